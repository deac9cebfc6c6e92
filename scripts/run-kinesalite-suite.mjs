#!/usr/bin/env node
/**
 * Runs the test suite of kinesalite, another server of the Kinesis API, against this one:
 *   node scripts/run-kinesalite-suite.mjs CHECKOUT [--list] [--slow]
 * CHECKOUT is a clone of github.com/mhart/kinesalite at 3.3.3 with its dependencies installed (npm ci there).
 *
 * A test fails on purpose where AWS has changed since the suite was written, or where two answers are right; each is in
 * kinesalite-suite.json beside this file with its reason, and from there in docs/kinesis-compatibility.md.
 * --slow runs also the test that waits for five minutes.
 */
import { runMochaSuite } from './run-mocha-suite.mjs'

const slow = 'getRecords validations should return ExpiredIteratorException if ShardIterator has expired'

runMochaSuite({
  name: 'kinesalite',
  usage: '[--list] [--slow]',
  leftOut: (options) => (options.includes('--slow') ? [] : [slow]),
})

#!/usr/bin/env node
/**
 * Runs the test suite of dynalite, another server of the DynamoDB API, against this one:
 *   node scripts/run-dynalite-suite.mjs CHECKOUT [--list]
 * CHECKOUT is a clone of github.com/architect/dynalite at v4.0.0 with its dependencies installed (npm install there).
 *
 * A test fails on purpose where AWS has changed since the suite was written, or where two answers are right; each is in
 * dynalite-suite.json beside this file with its reason, and from there in docs/dynamodb-compatibility.md.
 */
import { runMochaSuite } from './run-mocha-suite.mjs'

runMochaSuite({ name: 'dynalite' })

#!/usr/bin/env node
/**
 * Runs the test suite of kinesalite, another server of the Kinesis API, against this one:
 *   node scripts/run-kinesalite-suite.mjs CHECKOUT [--list] [--slow]
 * CHECKOUT is a clone of github.com/mhart/kinesalite at 3.3.3 with its dependencies installed (npm ci there). Nothing in
 * it is changed: the suite asks for its own server, and gets a listener of ours on the port that it wants.
 *
 * A test fails on purpose where AWS has changed since the suite was written, or where two answers are right; each is in
 * kinesalite-suite.json beside this file with its reason, and from there in docs/kinesis-compatibility.md. Those that
 * would spoil the stream that later tests use are not run. Exit code 1 where a test fails that is not listed, or passes
 * though it is.
 * --list prints every failure with its message; --slow runs also the test that waits for five minutes.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const [checkout, ...options] = process.argv.slice(2)
if (checkout === undefined) fail('usage: node scripts/run-kinesalite-suite.mjs CHECKOUT [--list] [--slow]')
const mocha = resolve(checkout, 'node_modules/mocha/bin/mocha')
if (!existsSync(mocha)) fail(`${mocha} does not exist; clone kinesalite and run npm ci in it`)

const listed = JSON.parse(readFileSync(new URL('./kinesalite-suite.json', import.meta.url), 'utf8'))
const expected = new Set(listed.flatMap(({ isRun, tests }) => (isRun === false ? [] : tests)))
const slow = 'getRecords validations should return ExpiredIteratorException if ShardIterator has expired'
const left = listed.flatMap(({ isRun, tests }) => (isRun === false ? tests : []))
if (!options.includes('--slow')) left.push(slow)
const invert = left.length === 0 ? [] : ['--grep', left.map(inPattern).join('|'), '--invert']

const directory = mkdtempSync(join(tmpdir(), 'millrace-kinesalite-'))
const preload = fileURLToPath(new URL('./kinesalite-preload.cjs', import.meta.url))
const reportFile = join(directory, 'report.json')
const { stdout, stderr } = spawnSync(
  process.execPath,
  [
    mocha,
    '--require',
    'should',
    '--require',
    preload,
    '--reporter',
    preload,
    '--exit',
    '-t',
    '20s',
    ...invert,
  ],
  {
    cwd: resolve(checkout),
    encoding: 'utf8',
    env: {
      ...process.env,
      MILLRACE_DIRECTORY: join(directory, 'data'),
      MILLRACE_REPORT: reportFile,
      AWS_ACCESS_KEY_ID: 'kinesalite',
      AWS_SECRET_ACCESS_KEY: 'kinesalite',
    },
  },
)
if (!existsSync(reportFile)) fail(`the suite gave no report:\n${stdout}\n${stderr}`)
const report = JSON.parse(readFileSync(reportFile, 'utf8'))
rmSync(directory, { recursive: true, force: true })

const failed = new Map(report.failed)
const unexpected = [...failed].filter(([test]) => !expected.has(test))
const healed = [...expected].filter((test) => !failed.has(test))
if (options.includes('--list')) for (const [test, message] of failed) console.log(`- ${test}\n    ${message}`)
for (const [test, message] of unexpected) console.log(`fails, and is not listed: ${test}\n    ${message}`)
for (const test of healed) console.log(`passes, though it is listed: ${test}`)
console.log(
  `${report.passed} of ${report.passed + failed.size} tests pass; ${failed.size - unexpected.length} fail on purpose, ${unexpected.length} otherwise; ${left.length} are not run`,
)
process.exit(unexpected.length + healed.length > 0 ? 1 : 0)

function inPattern(text) {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')
}

function fail(message) {
  console.error(message)
  process.exit(2)
}

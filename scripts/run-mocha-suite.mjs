/**
 * Runs the mocha suite of another server against ours and compares its failures with a list of those that are meant:
 * run-kinesalite-suite.mjs, run-dynalite-suite.mjs. Nothing in the suite's checkout is changed: the suite asks for its own
 * server, and the preload gives it ours.
 *
 * The list (NAME-suite.json): `[{ reason, tests, isRun? }]`. Tests with `isRun: false` are left out, since they would spoil
 * what later tests use. Ends the process: exit code 1 where a test fails that is not listed, or passes though it is, 2 where
 * the suite does not run. `--list` prints every failure with its message.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

/** `leftOut`: tests to leave out beside those of the list. */
export function runMochaSuite({ name, leftOut = () => [], usage = '[--list]' }) {
  const [checkout, ...options] = process.argv.slice(2)
  if (checkout === undefined) fail(`usage: node scripts/run-${name}-suite.mjs CHECKOUT ${usage}`)
  const mocha = resolve(checkout, 'node_modules/mocha/bin')
  const bin = ['mocha', 'mocha.js'].map((file) => join(mocha, file)).find((file) => existsSync(file))
  if (bin === undefined) fail(`there is no mocha in ${mocha}; clone ${name} and install its dependencies`)

  const listed = JSON.parse(readFileSync(new URL(`./${name}-suite.json`, import.meta.url), 'utf8'))
  const expected = new Set(listed.flatMap(({ isRun, tests }) => (isRun === false ? [] : tests)))
  const left = [...listed.flatMap(({ isRun, tests }) => (isRun === false ? tests : [])), ...leftOut(options)]
  const invert = left.length === 0 ? [] : ['--grep', left.map(inPattern).join('|'), '--invert']

  const directory = mkdtempSync(join(tmpdir(), `millrace-${name}-`))
  const preload = fileURLToPath(new URL(`./${name}-preload.cjs`, import.meta.url))
  const reportFile = join(directory, 'report.json')
  const loaded = ['--require', 'should', '--require', preload, '--reporter', preload]
  const { stdout, stderr } = spawnSync(process.execPath, [bin, ...loaded, '--exit', '-t', '20s', ...invert], {
    cwd: resolve(checkout),
    encoding: 'utf8',
    env: {
      ...process.env,
      MILLRACE_DIRECTORY: join(directory, 'data'),
      MILLRACE_REPORT: reportFile,
      AWS_ACCESS_KEY_ID: name,
      AWS_SECRET_ACCESS_KEY: name,
    },
  })
  if (!existsSync(reportFile)) fail(`the suite gave no report:\n${stdout}\n${stderr}`)
  const report = JSON.parse(readFileSync(reportFile, 'utf8'))
  rmSync(directory, { recursive: true, force: true })

  const failed = new Map(report.failed)
  const unexpected = [...failed].filter(([test]) => !expected.has(test))
  const healed = [...expected].filter((test) => !failed.has(test))
  if (options.includes('--list'))
    for (const [test, message] of failed) console.log(`- ${test}\n    ${message}`)
  for (const [test, message] of unexpected) console.log(`fails, and is not listed: ${test}\n    ${message}`)
  for (const test of healed) console.log(`passes, though it is listed: ${test}`)
  console.log(
    `${report.passed} of ${report.passed + failed.size} tests pass; ${failed.size - unexpected.length} fail on purpose, ${unexpected.length} otherwise; ${left.length} are not run`,
  )
  process.exit(unexpected.length + healed.length > 0 ? 1 : 0)
}

function inPattern(text) {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')
}

function fail(message) {
  console.error(message)
  process.exit(2)
}

/**
 * What black-box tests of a service did, for the pages that list it: runs a suite whose tests are named client > operation > case, and
 * gives tables of what passed. Throws if a case failed.
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export const root = join(import.meta.dirname, '..')

/** Runs test files; each test's names and outcome. Throws if one failed. @param {readonly string[]} suites paths, from the root */
export function runSuites(suites) {
  const work = mkdtempSync(join(tmpdir(), 'millrace-compatibility-'))
  const report = join(work, 'report.json')
  const run = spawnSync(
    join(root, 'node_modules/.bin/vitest'),
    ['run', ...suites, '--reporter=json', `--outputFile=${report}`],
    {
      cwd: root,
      stdio: ['ignore', 'ignore', 'inherit'],
      env: { ...process.env, CI: 'true', NODE_NO_WARNINGS: '1' },
    },
  )
  if (run.status !== 0) throw new Error('a case failed; mend it first')
  const tests = JSON.parse(readFileSync(report, 'utf8')).testResults.flatMap((file) => file.assertionResults)
  rmSync(work, { recursive: true, force: true })
  return tests
}

/** @param {string} suite path of the test file, from the root */
export function compatibilityReport(suite) {
  const tests = runSuites([suite])

  /** operation -> client -> titles */
  const passed = new Map()
  const clients = []
  for (const { ancestorTitles, title, status } of tests) {
    if (status !== 'passed') continue
    const [client, operation] = ancestorTitles.filter((each) => each !== '')
    if (!clients.includes(client)) clients.push(client)
    const byClient = passed.get(operation) ?? new Map()
    byClient.set(client, [...(byClient.get(client) ?? []), title])
    passed.set(operation, byClient)
  }
  const operations = [...passed.keys()].sort()
  return {
    numbers: [
      `| Operation | ${clients.join(' | ')} |`,
      `|---|${clients.map(() => '---').join('|')}|`,
      ...operations.map((operation) => {
        const byClient = passed.get(operation)
        return `| ${operation} | ${clients.map((client) => byClient.get(client)?.length ?? '–').join(' | ')} |`
      }),
    ].join('\n'),
    errors: [
      '| Operation | Errors |',
      '|---|---|',
      ...operations.map((operation) => {
        const titles = [...passed.get(operation).values()].flat()
        const types = new Set(titles.flatMap((title) => /^fails .*: (\w+)$/.exec(title)?.[1] ?? []))
        return `| ${operation} | ${[...types].sort().join(', ')} |`
      }),
    ].join('\n'),
  }
}

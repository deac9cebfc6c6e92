/**
 * Iceberg's own client for the REST protocol, which Spark, Flink and Trino use. Needs Maven, a JDK of 17 and Maven Central, so it runs with
 * MILLRACE_NIGHTLY=1 only; then it never skips.
 */
import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { beforeAll, describe, expect, test } from 'vitest'
import { openOrdersLake } from './testing/orders-lake.ts'

const project = fileURLToPath(new URL('../../../lake/iceberg-java', import.meta.url))

describe.skipIf(process.env.MILLRACE_NIGHTLY === undefined)('Iceberg on a JVM (nightly)', () => {
  let classpath: string

  beforeAll(async () => {
    const list = join(project, 'target/classpath.txt')
    const goals = ['compile', 'dependency:build-classpath', `-Dmdep.outputFile=${list}`]
    await promisify(execFile)('mvn', ['-q', '-B', ...goals], { cwd: project })
    classpath = [join(project, 'target/classes'), readFileSync(list, 'utf8').trim()].join(':')
  }, 600_000)

  test.each(['off', 'verify'] as const)(
    'reads what is there and makes what it wants: %s',
    {
      timeout: 120_000,
    },
    async (mode) => {
      const lake = await openOrdersLake(mode)
      try {
        const proof = mode === 'off' ? [] : [`credential=${lake.key.id}:${lake.key.secret}`]
        const args = ['-cp', classpath, 'iceberg.RestClient', lake.url, 'lake', ...proof]
        const { stdout } = await promisify(execFile)('java', args)
        const text = (rows: typeof lake.rows) => `[${rows.map((row) => `[${row.join(', ')}]`).join(', ')}]`
        expect(stdout.trim().split('\n')).toEqual([
          'namespaces [sales]',
          'tables [sales.orders]',
          'exists true false',
          `rows ${text(lake.rows)}`,
          `first ${text(lake.first)}`,
          'missing',
          'made [1:a, 2:b, 3:c]',
          'changed 1 1',
          'later 2',
          'doubled',
          'left [sales]',
        ])
      } finally {
        await lake.close()
      }
    },
  )
})

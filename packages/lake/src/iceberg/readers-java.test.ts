/**
 * Tables after random histories, read by Iceberg's own library. Needs Maven, a JDK of 17 and Maven Central, so it runs with
 * MILLRACE_NIGHTLY=1 only; then it never skips.
 */
import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, test } from 'vitest'
import { OutsideReader } from './testing/outside-reader.ts'
import { readHistories, seedsFrom } from './testing/read-histories.ts'

const project = fileURLToPath(new URL('../../iceberg-java', import.meta.url))
const firstSeed = Number(process.env.ICEBERG_SEED ?? '2611')

describe.skipIf(process.env.MILLRACE_NIGHTLY === undefined)('Iceberg on a JVM (nightly)', () => {
  let folder: string
  let reader: OutsideReader

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'iceberg-java-'))
    const list = join(project, 'target/classpath.txt')
    const goals = ['compile', 'dependency:build-classpath', `-Dmdep.outputFile=${list}`]
    await promisify(execFile)('mvn', ['-q', '-B', ...goals], { cwd: project })
    const classpath = [join(project, 'target/classes'), readFileSync(list, 'utf8').trim()].join(':')
    reader = new OutsideReader('java', ['-cp', classpath, 'iceberg.ReadTables'])
  }, 600_000)

  afterAll(() => {
    reader.close()
    rmSync(folder, { recursive: true, force: true })
  })

  test.each(seedsFrom(firstSeed, 40))('reads what the model has (seed %i)', { timeout: 300_000 }, (seed) =>
    readHistories((path, snapshot) => reader.read(path, snapshot), { dir: folder, seed, steps: 40 }),
  )
})

import { seededRandom } from '@millrace/values'
import { describe, expect, test } from 'vitest'
import type { CatalogFile } from '../catalog/catalog-port.ts'
import { chooseRuns } from './choose-files.ts'

function file(key: string, bytes: number, version = 1): CatalogFile {
  return { key, bytes, rows: 1, partition: [], version, addedAt: 0 }
}
const keysOf = (runs: CatalogFile[][]) => runs.map((run) => run.map(({ key }) => key).join(''))
const size = { targetBytes: 100, filesMin: 4 }

describe('runs of files', () => {
  test.each<[string, CatalogFile[], string[]]>([
    ['four equal ones', [file('d', 1), file('b', 1), file('a', 1), file('c', 1)], ['abcd']],
    ['too few', [file('a', 1), file('b', 1), file('c', 1)], []],
    ['two that fill the target', [file('a', 49), file('b', 49), file('c', 49)], ['abc']],
    ['a large one between', [file('a', 1), file('b', 1), file('c', 60), file('d', 1), file('e', 1)], []],
    [
      'one that would be written again for little',
      [file('a', 40), file('b', 1), file('c', 1), file('d', 1)],
      [],
    ],
    [
      'another version between',
      [file('a', 1), file('b', 1), file('c', 1, 2), file('d', 1), file('e', 1)],
      [],
    ],
    ['one alone', [file('a', 1)], []],
  ])('%s', (_, files, wanted) => {
    expect(keysOf(chooseRuns(files, size))).toEqual(wanted)
  })

  const seed = '12'
  test(`hold neighbours of one version, small ones, each once (seed ${seed})`, () => {
    const random = seededRandom(seed)
    for (let round = 0; round < 2000; round++) {
      const files = Array.from({ length: random.below(40) }, (_, i) =>
        file(
          String(i).padStart(3, '0'),
          1 + random.below(random.below(4) === 0 ? 120 : 20),
          (1 + random.below(10 + i) / 20) | 0,
        ),
      )
      for (const run of chooseRuns(files, size)) {
        const first = files.indexOf(run[0] as CatalogFile)
        expect(run).toEqual(files.slice(first, first + run.length))
        expect(run.length).toBeGreaterThan(1)
        expect(new Set(run.map(({ version }) => version)).size).toBe(1)
        expect(Math.max(...run.map(({ bytes }) => bytes))).toBeLessThan(50)
        expect(run.slice(0, -1).reduce((sum, { bytes }) => sum + bytes, 0)).toBeLessThan(100)
      }
    }
  })

  test('however small files come, a byte is written but a few times, and few files are left', () => {
    let files: CatalogFile[] = []
    let written = 0
    const count = 5000
    for (let i = 0; i < count; i++) {
      files.push(file(String(i).padStart(6, '0'), 1))
      for (const run of chooseRuns(files, { targetBytes: 1000, filesMin: 4 })) {
        const bytes = run.reduce((sum, each) => sum + each.bytes, 0)
        written += bytes
        const [first] = run as [CatalogFile]
        files = [...files.filter((each) => !run.includes(each)), { ...first, bytes }]
      }
    }
    // log2(1000) is about 10.
    expect(written / count).toBeLessThan(11)
    expect(files.length).toBeLessThan(30)
  })
})

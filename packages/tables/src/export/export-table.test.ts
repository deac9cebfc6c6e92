import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { TypedItem } from '../attribute-value.ts'
import { openTables } from '../open-tables.ts'
import { allChanges, printed, spec, TestClock, testDirectory, testStore } from '../testing/tables-kit.ts'
import { exportTable, type TableExport } from './export-table.ts'

const s = (text: string) => ({ S: text })
const n = (value: number) => ({ N: String(value) })

/** The items of an export, read as its manifests say, every checksum looked at. */
function readExport(dir: string, { path, items: count }: TableExport): TypedItem[] {
  const checked = (name: string): string => {
    const text = readFileSync(join(path, `${name}.json`), 'utf8')
    const md5 = createHash('md5').update(text).digest('base64')
    expect(readFileSync(join(path, `${name}.md5`), 'utf8')).toBe(md5)
    return text
  }
  const summary = JSON.parse(checked('manifest-summary'))
  expect(summary).toMatchObject({
    itemCount: count,
    outputFormat: 'DYNAMODB_JSON',
    exportType: 'FULL_EXPORT',
  })
  const items: TypedItem[] = []
  for (const line of checked('manifest-files').trimEnd().split('\n')) {
    const file = JSON.parse(line)
    const data = readFileSync(join(dir, file.dataFileS3Key))
    expect(createHash('md5').update(data).digest('base64')).toBe(file.md5Checksum)
    const lines = gunzipSync(data).toString('utf8').split('\n').slice(0, -1)
    expect(lines).toHaveLength(file.itemCount)
    items.push(...lines.map((text) => JSON.parse(text).Item as TypedItem))
  }
  return items
}

async function opened(changes = allChanges('t')) {
  const clock = new TestClock()
  const store = await testStore(testDirectory(), clock)
  const tables = openTables({ store })
  clock.time += 1_000
  const since = new Date(clock.time).toISOString().slice(0, -1)
  const { changes: given } = changes
  tables.create(spec('t', 'p:S', given === undefined ? {} : { changes: { ...given, label: since } }))
  const dir = testDirectory()
  const exported = (atMs?: number): TypedItem[] =>
    readExport(
      dir,
      exportTable({ store, table: 't', dir, nowMs: clock.time, ...(atMs === undefined ? {} : { atMs }) }),
    )
  return { clock, store, tables, dir, exported }
}

describe('export', () => {
  test('as of any moment is the table as it was then', async () => {
    const write = fc.record({ by: fc.nat(3), key: fc.nat(5), value: fc.option(fc.nat(2)) })
    await fc.assert(
      fc.asyncProperty(fc.array(fc.array(write, { maxLength: 6 }), { maxLength: 10 }), async (turns) => {
        const { clock, tables, exported, store } = await opened()
        const model = new Map<string, TypedItem>()
        const history: [number, string[]][] = []
        for (const writes of turns) {
          clock.time += 1 + (writes[0]?.by ?? 0)
          await tables.commit((writer) => {
            for (const { key, value } of writes) {
              const p = `k${key}`
              if (value === null) writer.remove('t', { partitionKey: p })
              else writer.replace('t', { p: s(p), value: n(value) })
              if (value === null) model.delete(p)
              else model.set(p, { p: s(p), value: n(value) })
            }
          })
          history.push([clock.time, [...model.values()].map(printed).sort()])
        }
        clock.time++
        for (const [time, items] of history) expect(exported(time).map(printed).sort()).toEqual(items)
        expect(exported().map(printed).sort()).toEqual([...model.values()].map(printed).sort())
        await store.close()
      }),
      { numRuns: 25 },
    )
  })

  test('of a large table has several files', { timeout: 60_000 }, async () => {
    const { tables, exported } = await opened({})
    const big = 'x'.repeat(390_000)
    for (let from = 0; from < 200; from += 50) {
      await tables.commit((writer) => {
        for (let i = from; i < from + 50; i++) writer.replace('t', { p: s(`k${i}`), big: s(big) })
      })
    }
    expect(exported()).toHaveLength(200)
  })

  test('of an empty table is an export too, and is not written twice', async () => {
    const { exported } = await opened()
    expect(exported()).toEqual([])
    expect(() => exported()).toThrow(/^TABLE_EXPORT_FAILED .*already/)
  })

  test('as of a time that nothing tells about is refused with the reason', async () => {
    const { clock, store, tables, exported } = await opened()
    const made = clock.time
    const put = (value: number) =>
      tables.commit((writer) => writer.replace('t', { p: s('a'), value: n(value) }))
    clock.time += 1
    await put(1)
    expect(() => exported(made - 1)).toThrow(/^TABLE_EXPORT_IMPOSSIBLE .*the table was made at/)
    expect(() => exported(made)).toThrow(/^TABLE_EXPORT_IMPOSSIBLE .*its change stream began at/)
    expect(() => exported(clock.time + 1)).toThrow(/has not come yet/)
    const first = clock.time
    clock.time += 3_600_000
    await put(2)
    const second = clock.time
    clock.time += 24 * 3_600_000
    // Not deleted yet, so it can still be told.
    expect(exported(first)).toEqual([{ p: s('a'), value: n(1) }])
    clock.time += 1
    await put(3)
    store.enforceRetention(clock.time)
    expect(() => exported(first + 1)).toThrow(/^TABLE_EXPORT_IMPOSSIBLE .*reaches back to/)
    expect(exported(second + 1)).toEqual([{ p: s('a'), value: n(2) }])
    expect(() => exported(second - 1)).toThrow(/^TABLE_EXPORT_IMPOSSIBLE/)
    tables.alter('t', { changes: undefined })
    expect(() => exported(clock.time - 1)).toThrow(/no change stream with old images/)
  })

  test('into a folder that is none is refused', async () => {
    const { store, dir, clock } = await opened()
    mkdirSync(dir, { recursive: true })
    writeFileSync(join(dir, 'file'), '')
    const into = (folder: string) => () =>
      exportTable({ store, table: 't', dir: join(dir, folder), nowMs: clock.time })
    expect(into('file')).toThrow(/^TABLE_EXPORT_FAILED .*Name a folder/)
    expect(() => exportTable({ store, table: 'x', dir, nowMs: 0 })).toThrow(/^TABLE_NOT_DEFINED/)
  })
})

import { appendFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { QueryBook, recordedQuery } from './query-book.ts'
import { answer, lakeKit, refusal } from './testing/lake-kit.ts'

const directories: string[] = []
afterEach(() => {
  for (const dir of directories.splice(0)) rmSync(dir, { recursive: true, force: true })
})

function book(): { dir: string; book: QueryBook } {
  const dir = mkdtempSync(join(tmpdir(), 'millrace-book-'))
  directories.push(dir)
  return { dir, book: new QueryBook(dir) }
}

test('statements are saved under names, replaced, listed and removed', async () => {
  const { book: own } = book()
  expect(await own.list()).toEqual([])
  expect((await refusal(own.saved('daily'))).message).toMatch(/None was saved yet/)
  await own.save({ name: 'daily', sql: ' SELECT 1\n' })
  await own.save({ name: 'daily', sql: 'SELECT 2' })
  await own.save({ name: 'A-1_b', sql: 'SELECT 3' })
  expect(await own.list()).toEqual([
    { name: 'A-1_b', sql: 'SELECT 3' },
    { name: 'daily', sql: 'SELECT 2' },
  ])
  expect((await refusal(own.saved('dayly'))).message).toMatch(/Did you mean "daily"\?/)
  for (const name of ['', '../x', 'a b', 'x'.repeat(101)])
    expect((await refusal(own.save({ name, sql: 'SELECT 1' }))).code).toBe('LAKE_QUERY_INVALID')
  await own.remove('daily')
  expect((await own.list()).map(({ name }) => name)).toEqual(['A-1_b'])
})

test('the history has what was asked, the newest first, and steps over what is no entry', async () => {
  const kit = await lakeKit()
  const { dir, book: own } = book()
  const query = recordedQuery(kit.query, own, kit.clock)
  expect((await answer(query, 'SELECT * FROM range(3000)')).rows).toHaveLength(3_000)
  appendFileSync(join(dir, 'queries', 'history.jsonl'), '{"half\n')
  await kit.clock.advance(1_000)
  await refusal(query.run('SELECT nothing', { database: 'default' }))
  await query.export('SELECT 1 AS a', { path: join(dir, 'a.csv'), format: 'csv' })
  for await (const _ of (await query.run('SELECT * FROM range(100_000)')).rows) break
  const at = Date.UTC(2026, 10, 21)
  const entry = { database: 'default', ms: 0, tables: [] }
  expect(await own.history(10)).toEqual([
    { ...entry, at: at + 1_000, sql: 'SELECT * FROM range(100_000)', rows: expect.any(Number) },
    { ...entry, at: at + 1_000, sql: 'SELECT 1 AS a', rows: 1 },
    {
      ...entry,
      at: at + 1_000,
      sql: 'SELECT nothing',
      rows: 0,
      error: expect.stringMatching(/LAKE_QUERY_INVALID line 1:8/),
    },
    { ...entry, at, sql: 'SELECT * FROM range(3000)', rows: 3_000 },
  ])
  expect(await own.history(1)).toHaveLength(1)
})

test('a long history keeps its newest part', async () => {
  const { book: own } = book()
  const entry = { sql: 'x'.repeat(100_000), database: 'default', ms: 0, rows: 0, tables: [] }
  for (let at = 0; at < 60; at++) await own.record({ at, ...entry })
  const kept = (await own.history(10_000)).map(({ at }) => at)
  expect(kept[0]).toBe(59)
  expect(kept.length).toBeGreaterThan(18)
  expect(kept.length).toBeLessThan(42)
  expect(kept).toEqual(kept.map((_, i) => 59 - i))
})

import { afterEach, beforeEach, expect, test } from 'vitest'
import { makeTableHandle } from './table-handle.ts'
import { itemTable, passThrough, runWhole, save, tempDir, testApp } from './testing/app-kit.ts'

let temp: ReturnType<typeof tempDir>
beforeEach(() => {
  temp = tempDir()
})
afterEach(() => temp.remove())

const items = makeTableHandle(itemTable)
const records = Array.from({ length: 100 }, (_, i) => ({
  key: `k${i % 9}`,
  value: { id: `i${i}`, n: i - 10 },
}))

test('source -> query -> function -> table: every record that the query lets through is an item, once', async () => {
  const app = testApp({
    records,
    tables: [itemTable],
    queries: [passThrough()],
    functions: [save((batch) => items.put(batch), { from: 'out' })],
  })
  const { report, tables, streams } = await runWhole(app, temp.dir)
  expect(
    report.stages.map(({ name, in: taken, out, filtered, dead }) => ({
      name,
      in: taken,
      out,
      filtered,
      dead,
    })),
  ).toEqual([
    { name: 'feed', in: 100, out: 100, filtered: 0, dead: 0 },
    { name: 'pass', in: 100, out: 90, filtered: 10, dead: 0 },
    { name: 'save', in: 90, out: 90, filtered: 0, dead: 0 },
  ])
  expect(tables.items).toHaveLength(90)
  expect(tables.items).toContainEqual({ id: 'i10', n: 0 })
  expect(streams['pass.error_stream']).toEqual([])
  expect(report.latencyMs.count).toBe(90)
})

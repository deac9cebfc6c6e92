import { type CellValue, makeBatch, readCell, type SqlType, seededRandom, writeCell } from '@millrace/values'
import { expect, test } from 'vitest'
import type { SqlValue } from '../plan.ts'
import { makeColumn } from './column-values.ts'
import { pageBytes, RowStore } from './row-store.ts'

const types: readonly SqlType[] = [
  { kind: 'INTEGER' },
  { kind: 'VARCHAR', length: 1_000_000 },
  { kind: 'BIGINT' },
  { kind: 'VARCHAR', length: 100 },
]
const schema = { fields: types.map((type, i) => ({ name: `c${i}`, type, nullable: true })) }

function batchOf(rows: readonly (readonly SqlValue[])[]) {
  const batch = makeBatch(schema, rows.length)
  rows.forEach((row, i) => {
    row.forEach((value, c) => {
      // Columns hold the flat types only.
      writeCell(batch.columns[c]!, i, types[c]!, value as CellValue)
    })
    batch.rowtime[i] = i
  })
  batch.length = rows.length
  return batch
}

/** All live rows, read back by gathering. */
function contents(store: RowStore): SqlValue[][] {
  const ids = Int32Array.from({ length: store.count }, (_, i) => (store.first + i) | 0)
  const columns = types.map((type, c) => {
    const column = makeColumn(type)
    store.gather(c, ids, undefined, ids.length, column)
    return column
  })
  return Array.from(ids, (_, i) => types.map((type, c) => readCell(columns[c]!, i, type)))
}

function randomRow(random: ReturnType<typeof seededRandom>): SqlValue[] {
  const long = random.below(300) === 0
  const text = long ? 'x'.repeat(random.below(3 * pageBytes)) : `é"${'ab'.repeat(random.below(40))}`
  return [
    random.below(10) === 0 ? null : random.below(1000),
    random.below(10) === 0 ? null : text,
    random.below(5) === 0 ? 2n ** 60n + BigInt(random.below(9)) : BigInt(random.below(9)),
    random.below(4) === 0 ? '' : String(random.next()),
  ]
}

for (const [name, firstId] of [
  ['from 0', 0],
  ['over the wrap of ids', 2 ** 31 - 4096],
  ['below 0', -4096],
] as const) {
  test(`what is appended and not dropped reads back, ids ${name}`, () => {
    const random = seededRandom(`row-store ${name}`)
    const store = new RowStore(types, firstId | 0)
    let model: SqlValue[][] = []
    for (let step = 0; step < 60; step++) {
      const rows = Array.from({ length: random.below(700) }, () => randomRow(random))
      store.append(batchOf(rows), new Int32Array(rows.length))
      model.push(...rows)
      expect(store.count).toBe(model.length)
      const dropped = random.below(model.length + 1)
      if (random.below(2) === 0) {
        store.dropBefore((store.first + dropped) | 0)
        model = model.slice(dropped)
        store.release()
      }
      if (step % 10 === 9) expect(contents(store)).toEqual(model)
    }
  })
}

test('memory stays bounded while rows come and go', () => {
  const random = seededRandom('row-store memory')
  const store = new RowStore(types)
  let most = 0
  for (let step = 0; step < 300; step++) {
    const rows = Array.from(
      { length: 500 },
      () => [1, 'y'.repeat(random.below(200)), null, 'z'] as SqlValue[],
    )
    store.append(batchOf(rows), new Int32Array(rows.length))
    if (store.count > 5000) store.dropBefore((store.next - 5000) | 0)
    store.release()
    if (step === 50) most = store.bytes
    if (step > 50) expect(store.bytes).toBeLessThan(most * 2)
  }
})

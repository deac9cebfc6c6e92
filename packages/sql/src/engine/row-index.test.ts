import { makeBatch, type SqlType, seededRandom, writeCell } from '@millrace/values'
import { expect, test } from 'vitest'
import { hashKeys } from './key-hash.ts'
import { RowIndex } from './row-index.ts'
import { RowStore } from './row-store.ts'

const types: readonly SqlType[] = [{ kind: 'INTEGER' }]
const schema = { fields: [{ name: 'k', type: types[0]!, nullable: true }] }

for (const [name, keys, windowRows] of [
  ['many keys', 30_000, 20_000],
  ['few keys with long chains', 40, 3_000],
  ['one key', 1, 500],
] as const) {
  test(`a chain leads through all live rows of its key, newest first, and to no other: ${name}`, () => {
    const random = seededRandom(`row-index ${name}`)
    const store = new RowStore(types, -4096)
    const same = (a: number, b: number) => RowStore.sameValue(store, 0, a, store, 0, b, false)
    const index = new RowIndex(store, same)
    /** Key of each id, by age. */
    const live: { id: number; key: number }[] = []
    for (let step = 0; step < 60; step++) {
      const batch = makeBatch(schema, 1000)
      for (let i = 0; i < 1000; i++) writeCell(batch.columns[0]!, i, types[0]!, random.below(keys))
      batch.length = 1000
      const hashes = new Int32Array(1000)
      hashKeys(batch, [0], types, hashes)
      const first = store.append(batch, hashes)
      for (let i = 0; i < 1000; i++) {
        const id = (first + i) | 0
        index.insert(hashes[i]!, id)
        const column = batch.columns[0]!
        live.push({ id, key: column.kind === 'number' ? column.values[i]! : -1 })
        if (live.length > windowRows) {
          live.shift()
          store.dropBefore(live[0]!.id)
        }
      }
      store.release()
      for (let probe = 0; probe < 20; probe++) {
        const { id, key } = live[random.below(live.length)]!
        const found: number[] = []
        const head = index.find(store.hashOf(id), id, same)
        expect(index.hit).toBe(true)
        for (let at = head; store.isLive(at); at = store.linkOf(at)) found.push(at)
        expect(found).toEqual(
          live
            .filter((row) => row.key === key)
            .map((row) => row.id)
            .reverse(),
        )
      }
    }
    // Dead keys leave with the renewals, so the table does not outgrow what lives.
    expect(index.bytes).toBeLessThan(8 * 12 * Math.max(1024, Math.min(keys, windowRows)))
  })
}

/** Laws of operator state: what comes back after a restart is what was there, in the same order, at any moment. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { SqlValue } from '../../plan.ts'
import { ByteReader } from './byte-reader.ts'
import { ByteWriter } from './byte-writer.ts'
import { MemoryStore } from './memory-store.ts'
import { type Key, type KeyedState, type ListState, RowList, type RowsState } from './state-store.ts'

type Action =
  | { readonly do: 'set' | 'delete' | 'touch'; readonly key: Key }
  | { readonly do: 'add' | 'remove' | 'extra'; readonly key: Key; readonly row: number }
  | { readonly do: 'end'; readonly key: Key }
  | { readonly do: 'take' | 'snapshot' | 'wait' }

const key = fc.constantFrom<Key>('a', 'b', 3, 4.5)
const action: fc.Arbitrary<Action> = fc.oneof(
  fc.record({ do: fc.constantFrom('set' as const, 'delete' as const, 'touch' as const), key }),
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constantFrom('add' as const, 'add' as const, 'remove' as const, 'extra' as const),
      key,
      row: fc.nat(20),
    }),
  },
  fc.record({ do: fc.constant('end' as const), key }),
  fc.record({ do: fc.constantFrom('take' as const, 'snapshot' as const, 'wait' as const) }),
)

interface Kept {
  readonly store: MemoryStore
  readonly keyed: KeyedState<number[]>
  readonly rows: RowsState
  readonly lists: ListState
  readonly value: { get(): number; set(value: number): void }
}

function open(now: () => number, ttl: number): Kept {
  // Few rows stay objects, so that most tests meet both forms.
  const store = new MemoryStore(now, { count: 0 }, 3)
  return {
    store,
    keyed: store.keyed<number[]>('keyed', { ttl }),
    rows: store.rows('rows', { ttl }),
    lists: store.lists('lists', { ttl }),
    value: store.value('value', 0),
  }
}

function shown({ keyed, rows, lists, value, store }: Kept): unknown {
  return {
    keyed: [...keyed.entries()],
    rows: [...rows.keys()].map((each) => [
      each,
      [...rows.get(each)!].map(({ row, count, extra }) => ({ row, count, extra })),
    ]),
    lists: [...lists.keys()].map((each) => {
      const found = lists.get(each)!
      return [each, found instanceof RowList ? found.rows : [found]]
    }),
    value: value.get(),
    size: [keyed.size, rows.size, lists.size, store.rowCount],
  }
}

function rowOf(n: number): SqlValue[] {
  if (n === 5) return [Number.NaN, new Map([['b', 1]]), 'x'.repeat(400_000)]
  return n % 3 === 0 ? [n, null, `text ${n}`] : [n, [n, new Uint8Array([n])], n * 1e12]
}

for (const ttl of [0, 15]) {
  test(`state that is restored equals state that lived on, time to live ${ttl}`, () => {
    fc.assert(
      fc.property(fc.array(action, { maxLength: 160 }), (actions) => {
        let now = 0
        const live = open(() => now, ttl)
        let blobs: Uint8Array[] = []
        const take = () => {
          const change = live.store.takeChange()
          if (change !== undefined) blobs.push(change)
        }
        for (const [step, each] of actions.entries()) {
          switch (each.do) {
            case 'set':
              live.keyed.set(each.key, [step])
              live.value.set(step)
              break
            case 'touch':
              live.keyed.get(each.key)?.push(step)
              live.keyed.touch(each.key)
              break
            case 'delete':
              live.keyed.delete(each.key)
              break
            case 'add':
              live.rows.add(each.key, rowOf(each.row))
              live.lists.add(each.key, rowOf(each.row))
              break
            case 'remove':
              live.rows.remove(each.key, rowOf(each.row))
              break
            case 'extra':
              for (const entry of live.rows.get(each.key) ?? []) live.rows.setExtra(each.key, entry, step)
              break
            case 'end':
              live.rows.delete(each.key)
              live.lists.delete(each.key)
              break
            case 'wait':
              now += 10
              live.store.expire(now)
              break
            case 'snapshot':
              take()
              blobs = live.store.snapshot()
              break
            case 'take':
              take()
          }
        }
        take()
        const again = open(() => now, ttl)
        for (const blob of blobs) again.store.restore(blob)
        expect(shown(again)).toEqual(shown(live))
        // Both go on alike: what is dead later is the same.
        now += 10
        again.store.expire(now)
        live.store.expire(now)
        expect(shown(again)).toEqual(shown(live))
      }),
      { numRuns: 300, seed: 7 },
    )
  })
}

test('plain data comes back as it was', () => {
  const data = fc.letrec((tie) => ({
    value: fc.oneof(
      { depthSize: 'small' },
      fc.integer(),
      fc.double(),
      fc.bigInt(),
      fc.string({ unit: 'binary' }),
      fc.string({ unit: 'grapheme', maxLength: 80 }),
      fc.constantFrom(null, undefined, true, false, -0, '\ud800x', 'é'.repeat(60), '€'.repeat(60)),
      fc.uint8Array({ maxLength: 9 }),
      fc.float64Array({ maxLength: 4 }),
      fc.int32Array({ maxLength: 4 }),
      fc.array(tie('value')),
      fc.array(fc.tuple(fc.oneof(fc.integer(), fc.string()), tie('value'))).map((list) => new Map(list)),
      fc.date({ noInvalidDate: true }),
      fc.record({ a: fc.integer(), b: fc.string() }, { noNullPrototype: true }),
    ),
  })).value
  fc.assert(
    fc.property(data, (value) => {
      const writer = new ByteWriter(1)
      writer.value(value)
      expect(new ByteReader(writer.finish()).value()).toEqual(value)
    }),
    { numRuns: 1000, seed: 7 },
  )
})

test('a hot key logs what has changed of it, not all of it', () => {
  const { store, rows } = open(() => 0, 0)
  for (let i = 0; i < 1000; i++) rows.add('hot', [i, `row ${i}`])
  const first = store.takeChange()!.length
  rows.add('hot', [1000, 'row 1000'])
  rows.remove('hot', [1, 'row 1'])
  expect(first).toBeGreaterThan(10_000)
  expect(store.takeChange()!.length).toBeLessThan(80)
  expect(store.takeChange()).toBeUndefined()
})

test('few and many rows of a key are all there, young or old, before and after a restart', () => {
  const live = open(() => 0, 0)
  const keys: Key[] = ['one', 'few', 'many']
  const counts = [1, 5, 60]
  for (let i = 0; i < 60; i++) {
    for (const [k, key] of keys.entries()) {
      if (i >= counts[k]!) continue
      live.rows.add(key, rowOf(i + 100))
      live.lists.add(key, rowOf(i + 100))
    }
    if (i % 7 === 0) shown(live)
  }
  for (const i of [3, 30, 59]) live.rows.remove('many', rowOf(i + 100))
  const again = open(() => 0, 0)
  again.store.restore(live.store.takeChange()!)
  const third = open(() => 0, 0)
  for (const blob of again.store.snapshot()) third.store.restore(blob)
  for (const each of [live, again, third]) {
    const { lists, rows } = each
    expect(keys.map((key) => rows.get(key)!.size)).toEqual([1, 5, 57])
    const many = lists.get('many')
    expect(many instanceof RowList && many.rows).toEqual(Array.from({ length: 60 }, (_, i) => rowOf(i + 100)))
    expect(shown(each)).toEqual(shown(live))
  }
})

test('a blob of another version or cut short is refused', () => {
  const { store, rows } = open(() => 0, 0)
  rows.add('a', [1])
  const blob = store.takeChange()!
  expect(() => open(() => 0, 0).store.restore(blob.slice(0, -2))).toThrow('cut')
  expect(() => open(() => 0, 0).store.restore(Uint8Array.of(9))).toThrow('version 9')
})

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { StoreError } from './errors.ts'
import type {
  ItemEncoding,
  KeyValue,
  ScanOptions,
  SortRange,
  Store,
  StoredItem,
  Transaction,
} from './port.ts'
import { openStore } from './store.ts'
import { bytes, TestClock, testDirectory, text } from './testing/support.ts'

/** Tables as maps of arrays: what the store has to answer like. */
interface Item {
  readonly partition: KeyValue
  readonly sort: KeyValue | undefined
  readonly encoding: ItemEncoding
  readonly text: string
}
interface Table {
  readonly shape: Shape
  settings: unknown
  createdAt: number
  items: Item[]
}
type Model = Map<string, Table>

/** Each name has two shapes in turn: a table that is made anew under a name may have other keys. */
const shapes = {
  text: { partition: 'string', sort: 'string' },
  blob: { partition: 'number', sort: 'binary' },
  count: { partition: 'binary', sort: 'number' },
  single: { partition: 'string', sort: undefined },
} as const
type Shape = keyof typeof shapes
type Type = 'string' | 'number' | 'binary'

const names = ['a', 'b', 'c'] as const
const nameOf = fc.constantFrom(...names)
const shapeOf = fc.constantFrom(...(Object.keys(shapes) as Shape[]))
/** Indexes into small sets of values, so that ranges and keys meet. */
const index = fc.nat(7)
const values: Readonly<Record<Type, readonly KeyValue[]>> = {
  string: ['', '\0', '\0a', 'a', 'a\0', 'aa', 'b', '\u{10ffff}'],
  number: [-100, -1.5, -1, 0, 0.5, 1, 2, 1e6],
  binary: [[], [0], [0, 0], [0, 255], [1], [255], [255, 0], [255, 255]].map((list) => Uint8Array.from(list)),
}

/** Mostly without a bound, so that most scans find something. */
const bound = fc.oneof(
  { weight: 3, arbitrary: fc.constant(undefined) },
  { weight: 1, arbitrary: fc.record({ index, inclusive: fc.boolean() }) },
)
const fewIndexes = fc.nat(3)
const scans = fc.record({
  partition: fc.option(fewIndexes, { nil: undefined }),
  from: bound,
  to: bound,
  prefix: fc.option(index, { nil: undefined }),
  reverse: fc.boolean(),
  after: fc.option(fc.tuple(index, index), { nil: undefined }),
  limit: fc.option(fc.nat(5), { nil: undefined }),
})
type Scan = typeof scans extends fc.Arbitrary<infer T> ? T : never

const steps = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('put' as const),
      name: nameOf,
      keys: fc.array(fc.tuple(fewIndexes, index), { maxLength: 12 }),
      encoding: fc.constantFrom('json' as const, 'typed-json' as const),
      size: fc.constantFrom(0, 20, 400_000),
    }),
  },
  fc.record({ kind: fc.constant('delete' as const), name: nameOf, key: fc.tuple(index, index) }),
  fc.record({ kind: fc.constant('settings' as const), name: nameOf, value: fc.nat(3) }),
  fc.record({ kind: fc.constant('scan' as const), name: nameOf, scan: scans }),
)
type Step = typeof steps extends fc.Arbitrary<infer T> ? T : never

const acts = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      act: fc.constant('commit' as const),
      by: fc.nat(1),
      steps: fc.array(steps, { maxLength: 6 }),
      fails: fc.boolean(),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      act: fc.constant('define' as const),
      by: fc.nat(1),
      name: nameOf,
      shape: shapeOf,
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      act: fc.constant('drop' as const),
      by: fc.nat(1),
      names: fc.uniqueArray(nameOf, { minLength: 1 }),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      act: fc.constant('scan' as const),
      name: nameOf,
      scans: fc.array(scans, { minLength: 1, maxLength: 6 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ act: fc.constant('reopen' as const) }) },
)

test('tables that come and go by two threads answer like maps, in any range and direction', {
  timeout: 120_000,
}, async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(acts, { minLength: 5, maxLength: 30 }), async (list) => {
      const dir = testDirectory()
      const clock = new TestClock()
      let stores = await open(dir, clock)
      let model: Model = new Map()
      for (const act of list) {
        clock.time += 10
        if (act.act === 'reopen') {
          for (const store of [...stores].reverse()) await store.close()
          stores = await open(dir, clock)
        }
        if (act.act === 'define') define(stores[act.by]!, model, act.name, act.shape)
        if (act.act === 'drop') drop(stores[act.by]!, model, act.names)
        if (act.act === 'commit') model = commit(stores[act.by]!, model, act)
        if (act.act === 'scan')
          for (const scan of act.scans) for (const store of stores) compareScan(store, model, act.name, scan)
        for (const store of stores) compare(store, model)
      }
      for (const store of [...stores].reverse()) await store.close()
    }),
    { numRuns: 80 },
  )
})

/** The second handle is what another thread has: its own environment and its own catalog. */
async function open(dir: string, clock: TestClock): Promise<readonly [Store, Store]> {
  const owner = await openStore({ dir, clock })
  return [owner, await openStore({ dir, clock, share: owner.share() })]
}

function define(store: Store, model: Model, name: string, shape: Shape): void {
  const { partition, sort } = shapes[shape]
  const definition = {
    name,
    partitionKey: { name: 'p', type: partition },
    ...(sort === undefined ? {} : { sortKey: { name: 's', type: sort } }),
  }
  const known = model.get(name)
  if (known !== undefined && known.shape !== shape) {
    expect(() => store.defineTable(definition)).toThrow(/^STORE_TABLE_CHANGED/)
    return
  }
  expect(store.defineTable(definition, { made: shape })).toBe(known === undefined)
  if (known !== undefined) return
  const { createdAt } = store.table(name)!
  model.set(name, { shape, settings: { made: shape }, createdAt, items: [] })
}

function drop(store: Store, model: Model, dropped: readonly string[]): void {
  if (dropped.some((name) => !model.has(name))) {
    expect(() => store.deleteTables(dropped)).toThrow(/^STORE_UNKNOWN_TABLE/)
    return
  }
  store.deleteTables(dropped)
  for (const name of dropped) model.delete(name)
}

function commit(
  store: Store,
  before: Model,
  act: { readonly steps: readonly Step[]; readonly fails: boolean },
): Model {
  const model: Model = structuredClone(before)
  const run = (): void =>
    store.commit((transaction) => {
      for (const step of act.steps) applyStep(transaction, model, step)
      if (act.fails) throw new Error('roll back')
    })
  if (act.fails) expect(run).toThrow('roll back')
  else run()
  return act.fails ? before : model
}

function applyStep(transaction: Transaction, model: Model, step: Step): void {
  const table = model.get(step.name)
  expect(transaction.table(step.name)?.settings).toEqual(table?.settings)
  if (table === undefined) {
    expect(() => transaction.deleteItem(step.name, 'x', undefined)).toThrow(StoreError)
    return
  }
  switch (step.kind) {
    case 'put':
      step.keys.forEach((key, i) => {
        const [partition, sort] = keyOf(table, key)
        const content = `${i}${'x'.repeat(step.size)}`
        transaction.putItem(step.name, partition, sort, bytes(content), step.encoding)
        remove(table, partition, sort)
        table.items.push({ partition, sort, encoding: step.encoding, text: content })
      })
      return
    case 'delete': {
      const [partition, sort] = keyOf(table, step.key)
      expect(transaction.deleteItem(step.name, partition, sort)).toBe(remove(table, partition, sort))
      return
    }
    case 'settings':
      transaction.setTableSettings(step.name, { value: step.value })
      table.settings = { value: step.value }
      return
    case 'scan':
      compareScan(transaction, model, step.name, step.scan)
  }
}

function keyOf(table: Table, [p, s]: readonly [number, number]): [KeyValue, KeyValue | undefined] {
  const { partition, sort } = shapes[table.shape]
  return [values[partition][p]!, sort === undefined ? undefined : values[sort][s]!]
}

function remove(table: Table, partition: KeyValue, sort: KeyValue | undefined): boolean {
  const at = table.items.findIndex(
    (item) => order(item.partition, partition) === 0 && order(item.sort, sort) === 0,
  )
  if (at >= 0) table.items.splice(at, 1)
  return at >= 0
}

function order(a: KeyValue | undefined, b: KeyValue | undefined): number {
  if (typeof a === 'number' || typeof b === 'number') return Number(a) - Number(b)
  return Buffer.compare(Buffer.from((a ?? '') as string), Buffer.from((b ?? '') as string))
}

const orderItems = (a: Item, b: Item): number => order(a.partition, b.partition) || order(a.sort, b.sort)

function compareScan(reader: Pick<Transaction, 'scan'>, model: Model, name: string, scan: Scan): void {
  const table = model.get(name)
  if (table === undefined) {
    expect(() => [...reader.scan(name)]).toThrow(/^STORE_UNKNOWN_TABLE/)
    return
  }
  const type = shapes[table.shape]
  const partition = scan.partition === undefined ? undefined : values[type.partition][scan.partition]!
  const hasRange = partition !== undefined && type.sort !== undefined
  const limitOf = (end: { index: number; inclusive: boolean } | undefined) =>
    end === undefined ? undefined : { value: values[type.sort!][end.index]!, inclusive: end.inclusive }
  const sort: SortRange = hasRange
    ? {
        ...defined('from', limitOf(scan.from)),
        ...defined('to', limitOf(scan.to)),
        ...(type.sort === 'number' || scan.prefix === undefined
          ? {}
          : { prefix: values[type.sort][scan.prefix] as string | Uint8Array }),
      }
    : {}
  const after = scan.after === undefined ? undefined : keyOf(table, scan.after)
  const options: ScanOptions = {
    ...defined('partitionKey', partition),
    ...(hasRange ? { sort } : {}),
    reverse: scan.reverse,
    ...(after === undefined ? {} : { after: { partitionKey: after[0], sortKey: after[1] } }),
    ...defined('limit', scan.limit),
  }
  const sign = scan.reverse ? -1 : 1
  const expected = table.items
    .filter((item) => partition === undefined || order(item.partition, partition) === 0)
    .filter((item) => isInside(item.sort, sort))
    .filter(
      (item) =>
        after === undefined || sign * (order(item.partition, after[0]) || order(item.sort, after[1])) > 0,
    )
    .sort((a, b) => sign * orderItems(a, b))
    .slice(0, scan.limit)
  expect([...reader.scan(name, options)].map(shown)).toEqual(expected)
}

function isInside(value: KeyValue | undefined, { from, to, prefix }: SortRange): boolean {
  if (from !== undefined && !(order(value, from.value) > (from.inclusive ? -1e-9 : 0))) return false
  if (to !== undefined && !(order(value, to.value) < (to.inclusive ? 1e-9 : 0))) return false
  if (prefix === undefined) return true
  const begin = Buffer.from(prefix as string)
  return Buffer.compare(Buffer.from(value as string).subarray(0, begin.length), begin) === 0
}

function compare(store: Store, model: Model): void {
  expect(store.tables().map(({ name }) => name)).toEqual([...model.keys()].sort())
  store.snapshot(() => {
    for (const [name, table] of model) {
      const { items, bytes: size, settings, createdAt } = store.table(name)!
      expect({ items, settings, createdAt }).toEqual({
        items: table.items.length,
        settings: table.settings,
        createdAt: table.createdAt,
      })
      expect(size > 0).toBe(table.items.length > 0)
      expect([...store.scan(name)].map(shown)).toEqual([...table.items].sort(orderItems))
      for (const item of table.items.slice(0, 3)) {
        const found = store.readItem(name, item.partition, item.sort)!
        expect([text(found.json), found.encoding]).toEqual([item.text, item.encoding])
        expect(text(store.getItem(name, item.partition, item.sort))).toBe(item.text)
      }
    }
  })
}

function shown({ partitionKey, sortKey, encoding, json }: StoredItem): Item {
  return { partition: partitionKey, sort: sortKey, encoding, text: text(json)! }
}

function defined<K extends string, V>(key: K, value: V | undefined): { readonly [P in K]?: V } {
  // One property of this name, or none.
  return (value === undefined ? {} : { [key]: value }) as { readonly [P in K]?: V }
}

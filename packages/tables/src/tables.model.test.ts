import { createHash } from 'node:crypto'
import { keyPart, type Store } from '@millrace/store'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { AttributeValue, TypedItem } from './attribute-value.ts'
import { ItemRejected } from './errors.ts'
import { openTables } from './open-tables.ts'
import {
  changeStreamName,
  type IndexSpec,
  type ItemKey,
  type ItemTest,
  type Tables,
  type TableWriter,
} from './port.ts'
import { segmentOf } from './read-items.ts'
import {
  allChanges,
  key,
  printed,
  recordsOf,
  spec,
  TestClock,
  testDirectory,
  testStore,
} from './testing/tables-kit.ts'
import { compareValues } from './values/compare.ts'
import { itemSize } from './values/item-size.ts'
import { itemToJson } from './values/plain-json.ts'

/** The table as an array of items: what the engine has to answer like. */
type Model = TypedItem[]

const partitions = ['a', 'b', 'b\0', 'ä']
const numbers = ['-2', '0', '1.5', '10', '123456789012345678901234567890']
const texts = ['x', 'xy', 'y', 'y\0']
/** Over the bound up to which an item's key stands in its entries as it is. */
const long = 'l'.repeat(300)

const item = fc
  .record({
    p: fc.constantFrom(...partitions, long),
    s: fc.constantFrom(...numbers),
    a: fc.option(fc.constantFrom(...texts), { nil: undefined }),
    b: fc.option(fc.constantFrom(...numbers), { nil: undefined }),
    more: fc.nat(2),
  })
  .map(({ p, s, a, b, more }): TypedItem => {
    const optional: Record<string, AttributeValue> = {}
    if (a !== undefined) optional.a = { S: a }
    if (b !== undefined) optional.b = { N: b }
    return { p: { S: p }, s: { N: s }, ...optional, more: { L: [{ N: String(more) }] } }
  })

const conditions: Readonly<Record<string, ItemTest | undefined>> = {
  always: undefined,
  absent: (found) => found === undefined,
  present: (found) => found !== undefined,
  hasA: (found) => found?.a !== undefined,
}
const condition = fc.constantFrom(...Object.keys(conditions))

const write = fc.oneof(
  fc.record({ kind: fc.constantFrom('put' as const, 'update' as const), item, condition }),
  fc.record({ kind: fc.constantFrom('replace' as const, 'putJson' as const), item }),
  fc.record({ kind: fc.constant('delete' as const), item, condition }),
)
type Write = typeof write extends fc.Arbitrary<infer T> ? T : never

const work = fc.record({ writes: fc.array(write, { maxLength: 6 }), fails: fc.boolean() })

const indexes: readonly IndexSpec[] = [
  { name: 'ab', kind: 'global', partitionKey: key('a:S'), sortKey: key('b:N'), projection: { kind: 'ALL' } },
  { name: 'b', kind: 'global', partitionKey: key('b:N'), projection: { kind: 'KEYS_ONLY' } },
  {
    name: 'pa',
    kind: 'local',
    partitionKey: key('p:S'),
    sortKey: key('a:S'),
    projection: { kind: 'INCLUDE', attributes: ['more'] },
  },
]

const act = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({ act: fc.constant('commit' as const), works: fc.array(work, { maxLength: 4 }) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      act: fc.constant('indexes' as const),
      of: fc.subarray(indexes.map(({ name }) => name)),
    }),
  },
  { weight: 1, arbitrary: fc.record({ act: fc.constant('reopen' as const) }) },
  {
    weight: 6,
    arbitrary: fc.record({
      act: fc.constant('query' as const),
      index: fc.constantFrom(undefined, 'ab', 'b', 'pa'),
      partition: fc.nat(4),
      from: fc.option(fc.tuple(fc.nat(4), fc.boolean()), { nil: undefined }),
      to: fc.option(fc.tuple(fc.nat(4), fc.boolean()), { nil: undefined }),
      prefix: fc.option(fc.nat(3), { nil: undefined }),
      forward: fc.boolean(),
      limit: fc.option(fc.integer({ min: 1, max: 4 }), { nil: undefined }),
      bytes: fc.option(fc.integer({ min: 1, max: 200 }), { nil: undefined }),
      isFiltered: fc.boolean(),
    }),
  },
)
type Act = typeof act extends fc.Arbitrary<infer T> ? T : never

test('a table with indexes answers like an array, its indexes like the array sorted, its changes replay to it', {
  timeout: 120_000,
}, async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(act, { minLength: 4, maxLength: 25 }), async (acts) => {
      const dir = testDirectory()
      const clock = new TestClock()
      let store = await testStore(dir, clock)
      let tables = openTables({ store })
      tables.create(spec('t', 'p:S s:N', { indexes, ...allChanges('t') }))
      let model: Model = []
      for (const each of acts) {
        clock.time += 500
        if (each.act === 'commit') model = await commit(tables, model, each.works)
        if (each.act === 'indexes')
          tables.alter('t', { indexes: indexes.filter(({ name }) => each.of.includes(name)) })
        if (each.act === 'reopen') {
          await store.close()
          store = await testStore(dir, clock)
          tables = openTables({ store })
        }
        if (each.act === 'query') compareQuery(tables, model, each)
        compare(store, tables, model)
      }
      await store.close()
    }),
    { numRuns: 100 },
  )
})

/** Several works in one turn; each that fails has to leave nothing. */
async function commit(
  tables: Tables,
  before: Model,
  works: readonly { readonly writes: readonly Write[]; readonly fails: boolean }[],
): Promise<Model> {
  let model = before
  const results = works.map(({ writes, fails }) => {
    const next = [...model]
    const rejected = writes.some((each) => !applyToModel(next, each))
    const promise = tables.commit((writer) => {
      for (const each of writes) apply(writer, each)
      if (fails) throw new Error('given up')
    })
    if (!fails && !rejected) model = next
    return { promise, expected: rejected ? 'ItemRejected' : fails ? 'Error' : undefined }
  })
  for (const { promise, expected } of results) {
    const name = await promise.then(
      () => undefined,
      (error: Error) => (error instanceof ItemRejected ? 'ItemRejected' : error.name),
    )
    expect(name).toBe(expected)
  }
  return model
}

function apply(writer: TableWriter, each: Write): void {
  const itemKey = keyOf(each.item)
  switch (each.kind) {
    case 'put':
      writer.put('t', each.item, conditions[each.condition])
      return
    case 'update':
      writer.update('t', itemKey, (before) => ({ ...before, ...each.item }), conditions[each.condition])
      return
    case 'replace':
      writer.replace('t', each.item)
      return
    case 'putJson':
      writer.putJson('t', itemKey, Buffer.from(itemToJson(each.item)))
      return
    case 'delete':
      writer.delete('t', itemKey, conditions[each.condition])
  }
}

/** False if the condition is. */
function applyToModel(model: Model, each: Write): boolean {
  const at = model.findIndex((found) => printed(keysOf(found)) === printed(keysOf(each.item)))
  const before = model[at]
  const test = 'condition' in each ? conditions[each.condition] : undefined
  if (test !== undefined && !test(before)) return false
  if (at >= 0) model.splice(at, 1)
  if (each.kind === 'update') model.push({ ...before, ...each.item })
  else if (each.kind !== 'delete') model.push(each.item)
  return true
}

const keysOf = (found: TypedItem): TypedItem => ({ p: found.p!, s: found.s! })

function keyOf(found: TypedItem): ItemKey {
  const [p, s] = [found.p!, found.s!]
  if (!('S' in p) || !('N' in s)) throw new Error('not an item of the test')
  return { partitionKey: p.S, sortKey: s.N }
}

function compareBy(names: readonly string[]): (a: TypedItem, b: TypedItem) => number {
  return (a, b) => {
    for (const name of names) {
      const order = compareValues(a[name]!, b[name]!)!
      if (order !== 0) return order
    }
    return 0
  }
}

/** Names of the attributes by which the table or index is ordered. */
function orderOf(index: string | undefined): readonly string[] {
  const found = indexes.find(({ name }) => name === index)
  if (found === undefined) return ['p', 's']
  return [found.partitionKey.name, ...(found.sortKey === undefined ? [] : [found.sortKey.name]), 'p', 's']
}

/** Items of equal index keys stand in the order of their keys, of which long ones are represented by a hash. */
function tailOf(found: TypedItem): Buffer {
  const { partitionKey, sortKey } = keyOf(found)
  const table = { name: 't', partitionKey: key('p:S'), sortKey: key('s:N') }
  const parts = [keyPart(table, table.partitionKey, partitionKey), keyPart(table, table.sortKey, sortKey!)]
  const bytes = Buffer.concat(parts)
  return bytes.length <= 200 ? bytes : createHash('sha256').update(bytes).digest()
}

/** What an index shows of its items, in its order. */
function shownBy(model: Model, index: string | undefined): TypedItem[] {
  const found = indexes.find(({ name }) => name === index)
  const names = orderOf(index)
  const own = compareBy(found === undefined ? names : names.slice(0, -2))
  return model
    .filter((each) => names.every((name) => each[name] !== undefined))
    .sort((a, b) => own(a, b) || Buffer.compare(tailOf(a), tailOf(b)))
    .map((each) => {
      if (found === undefined || found.projection.kind === 'ALL') return each
      const extra = found.projection.kind === 'INCLUDE' ? found.projection.attributes : []
      return Object.fromEntries(
        [...names, ...extra].filter((name) => each[name] !== undefined).map((name) => [name, each[name]!]),
      )
    })
}

function compareQuery(tables: Tables, model: Model, query: Extract<Act, { act: 'query' }>): void {
  const { index, forward, limit, bytes, isFiltered } = query
  const info = tables.table('t')!
  if (index !== undefined && !info.settings.indexes.some(({ name }) => name === index)) {
    expect(() => tables.query({ table: 't', index, partition: 'a' })).toThrow(/^TABLE_INDEX_UNKNOWN/)
    return
  }
  const [partitionName = '', sortName = ''] = orderOf(index)
  const hasSort = index !== 'b'
  const isText = index === 'pa'
  const values = partitionName === 'b' ? numbers : partitionName === 'a' ? texts : [...partitions, long]
  const partition = values[query.partition % values.length]!
  const sortValues = isText ? texts : numbers
  const at = (i: number): AttributeValue =>
    isText ? { S: sortValues[i % sortValues.length]! } : { N: sortValues[i]! }
  const raw = (i: number): string => sortValues[i % sortValues.length]!
  const prefix = isText && query.prefix !== undefined ? texts[query.prefix]! : undefined
  const bound = (end: readonly [number, boolean] | undefined) =>
    end === undefined ? undefined : { value: raw(end[0]), inclusive: end[1] }
  const [from, to] = [bound(query.from), bound(query.to)]
  const sort = {
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
    ...(prefix === undefined ? {} : { prefix }),
  }
  const expected = shownBy(model, index).filter((each) => {
    const value = each[partitionName]!
    if (('S' in value ? value.S : 'N' in value ? value.N : '') !== partition) return false
    if (!hasSort) return true
    const order = (i: number): number => compareValues(each[sortName]!, at(i))!
    if (query.from !== undefined && !(order(query.from[0]) > (query.from[1] ? -1 : 0))) {
      if (!(query.from[1] && order(query.from[0]) === 0)) return false
    }
    if (query.to !== undefined && !(order(query.to[0]) < 0 || (query.to[1] && order(query.to[0]) === 0)))
      return false
    const own = each[sortName]!
    return prefix === undefined || ('S' in own && own.S.startsWith(prefix))
  })
  if (!forward) expected.reverse()
  const filter = isFiltered ? (each: TypedItem) => 'N' in each.s! && each.s.N.length === 1 : undefined
  const found: TypedItem[] = []
  let after: TypedItem | undefined
  let examinedAll = 0
  for (;;) {
    const page = tables.query({
      table: 't',
      partition,
      forward,
      ...(index === undefined ? {} : { index }),
      ...(hasSort ? { sort } : {}),
      ...(limit === undefined ? {} : { limit }),
      ...(bytes === undefined ? {} : { bytes }),
      ...(after === undefined ? {} : { after }),
      ...(filter === undefined ? {} : { filter }),
    })
    const examined = expected.slice(examinedAll, examinedAll + page.examined)
    const sizes = examined.map(itemSize)
    expect(page.bytes).toBe(sizes.reduce((sum, size) => sum + size, 0))
    const isFull =
      (limit !== undefined && page.examined === limit) || (bytes !== undefined && page.bytes >= bytes)
    if (bytes !== undefined) expect(page.bytes - (sizes.at(-1) ?? 0)).toBeLessThan(bytes)
    if (limit !== undefined) expect(page.examined).toBeLessThanOrEqual(limit)
    // At a limit there is a last key, though nothing may follow; at the end there is none.
    expect(page.lastKey !== undefined).toBe(isFull)
    examinedAll += page.examined
    found.push(...page.items)
    if (page.lastKey === undefined) break
    expect(Object.keys(page.lastKey).sort()).toEqual([...new Set(orderOf(index))].sort())
    after = page.lastKey
  }
  expect(examinedAll).toBe(expected.length)
  const wanted = filter === undefined ? expected : expected.filter(filter)
  expect(found.map(printed)).toEqual(wanted.map(printed))
}

function compare(store: Store, tables: Tables, model: Model): void {
  const info = tables.table('t')!
  expect(info.items).toBe(model.length)
  const sorted = [...model].sort(compareBy(['p', 's']))
  expect(tables.scan({ table: 't' }).items.map(printed)).toEqual(sorted.map(printed))
  const segments = [0, 1, 2].map((index) => tables.scan({ table: 't', segment: { index, of: 3 } }).items)
  expect(segments.flat().map(printed).sort()).toEqual(sorted.map(printed).sort())
  segments.forEach((items, index) => {
    for (const found of items) expect(segmentOf(keyOf(found).partitionKey, 'string', 3)).toBe(index)
  })
  for (const { name } of info.settings.indexes) {
    const page = tables.scan({ table: 't', index: name })
    expect(page.items.map(printed).sort()).toEqual(shownBy(model, name).map(printed).sort())
  }
  for (const each of model.slice(0, 4)) {
    expect(printed(tables.get('t', keyOf(each)))).toBe(printed(each))
    expect(JSON.parse(Buffer.from(tables.getJson('t', keyOf(each))!).toString())).toEqual(
      JSON.parse(itemToJson(each)),
    )
  }
  // Each record tells the item before it as the ones before left it.
  const replayed = new Map<string, TypedItem>()
  for (const { eventName, dynamodb } of recordsOf(store, changeStreamName('t'))) {
    const { Keys, NewImage, OldImage } = dynamodb
    const id = printed(Keys)
    const before = replayed.get(id)
    expect(printed(OldImage)).toBe(printed(before))
    expect(eventName).toBe(NewImage === undefined ? 'REMOVE' : before === undefined ? 'INSERT' : 'MODIFY')
    expect(printed(NewImage)).not.toBe(printed(OldImage))
    if (NewImage === undefined) replayed.delete(id)
    else replayed.set(id, NewImage)
  }
  expect([...replayed.values()].map(printed).sort()).toEqual(model.map(printed).sort())
  // What the system keeps is as many tables as there are indexes, and shown to nobody.
  expect(store.tables()).toHaveLength(1 + info.settings.indexes.length)
  expect(tables.list().map(({ name }) => name)).toEqual(['t'])
}

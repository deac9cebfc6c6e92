/** Items that are odd, and what they must not do: make a table unreadable, spoil the writes of others, or lose an entry. */
import { describe, expect, test } from 'vitest'
import type { TypedItem } from './attribute-value.ts'
import { openTables } from './open-tables.ts'
import type { IndexSpec } from './port.ts'
import {
  allChanges,
  key,
  recordsOf,
  spec,
  TestClock,
  testDirectory,
  testStore,
} from './testing/tables-kit.ts'

async function opened() {
  const store = await testStore(testDirectory(), new TestClock())
  const tables = openTables({ store })
  const putJson = (table: string, partitionKey: string | Uint8Array, json: string): void =>
    store.commit((transaction) =>
      tables.writer(transaction).putJson(table, { partitionKey }, Buffer.from(json)),
    )
  return { store, tables, putJson }
}

const byGroup = (more: Partial<IndexSpec> = {}): IndexSpec => ({
  name: 'byGroup',
  kind: 'global',
  partitionKey: key('g:S'),
  projection: { kind: 'ALL' },
  ...more,
})

describe('plain JSON that no typed item can hold', () => {
  const deep = `${'['.repeat(40)}"]",{"a":[]}${']'.repeat(40)}`
  test.each<[string, string, TypedItem[string] | undefined]>([
    ['a number out of range', '{"id":"a","v":1e300}', { S: '1e300' }],
    ['a number of 45 digits', `{"id":"a","v":${'1'.repeat(45)}}`, { S: '1'.repeat(45) }],
    ['a member without a name', '{"id":"a","":7}', undefined],
    ['too many levels', `{"id":"a","v":${deep}}`, undefined],
  ])('%s: the table can be read, indexed, given an expiry and written', async (_, json, value) => {
    const { store, tables, putJson } = await opened()
    tables.create(spec('t', 'id:S'))
    putJson('t', 'a', json)
    putJson('t', 'b', '{"id":"b","g":"x"}')
    const [item] = tables.scan({ table: 't' }).items
    expect(item?.id).toEqual({ S: 'a' })
    if (value !== undefined) expect(item?.v).toEqual(value)
    // What app code reads is what it wrote.
    expect(Buffer.from(tables.getJson('t', { partitionKey: 'a' })!).toString()).toBe(json)
    tables.alter('t', { indexes: [byGroup()], ttlAttribute: 'ttl', ...allChanges('t') })
    expect(tables.query({ table: 't', index: 'byGroup', partition: 'x' }).items).toHaveLength(1)
    store.commit((transaction) => tables.writer(transaction).delete('t', { partitionKey: 'a' }))
    expect(recordsOf(store, 't.changes').map(({ eventName }) => eventName)).toEqual(['REMOVE'])
    // Now that somebody looks, such an item is refused.
    expect(() => putJson('t', 'a', json)).toThrow(/TABLE_VALUE_INVALID/)
  })

  test('levels beyond the last are kept as their text', async () => {
    const { tables, putJson } = await opened()
    tables.create(spec('t', 'id:S'))
    putJson('t', 'a', `{"id":"a","v":${deep}}`)
    let value = tables.get('t', { partitionKey: 'a' })?.v
    let levels = 0
    for (; value !== undefined && 'L' in value; levels++) value = value.L[0]
    expect(levels).toBe(32)
    expect(value).toEqual({ S: `${'['.repeat(8)}"]",{"a":[]}${']'.repeat(8)}` })
  })

  test('lists of digits count more than their text', async () => {
    const { tables } = await opened()
    tables.create(spec('t', 'id:S'))
    const json = Buffer.from(`{"id":"a","v":[${'1,'.repeat(150_000)}1]}`)
    expect(json.length).toBeLessThan(400 * 1024)
    expect(() => tables.readJson('t', { partitionKey: 'a' }, json)).toThrow(/TABLE_ITEM_TOO_LARGE/)
  })
})

test('half of a surrogate pair is no key of an index: refused whole, and passed over by a new index', async () => {
  const { tables, putJson } = await opened()
  tables.create(spec('t', 'id:S'))
  putJson('t', 'a', '{"id":"a","g":"\\ud800"}')
  tables.alter('t', { indexes: [byGroup()] })
  expect(tables.scan({ table: 't', index: 'byGroup' }).items).toEqual([])
  expect(() => putJson('t', 'b', '{"id":"b","g":"\\udfff"}')).toThrow(/TABLE_KEY_INVALID/)
  const bad: TypedItem = { id: { S: 'c' }, g: { S: '\ud800' } }
  await expect(tables.commit((writer) => writer.put('t', bad))).rejects.toThrow(/TABLE_KEY_INVALID/)
  expect(tables.scan({ table: 't' }).items).toHaveLength(1)
})

test('binary keys whose base64 texts differ in bits that mean nothing are one key', async () => {
  const { store, tables, putJson } = await opened()
  tables.create(spec('t', 'id:B'))
  putJson('t', Buffer.from('a'), '{"id":"YR=="}')
  const id = { partitionKey: Buffer.from('a') }
  expect(tables.get('t', id)).toEqual({ id: { B: 'YQ==' } })
  store.commit((transaction) =>
    tables.writer(transaction).update('t', id, (item) => ({ ...item, n: { N: '1' } })),
  )
  expect(tables.get('t', id)).toEqual({ id: { B: 'YQ==' }, n: { N: '1' } })
})

test('__proto__ is an attribute like any other, also as a key and in a projection', async () => {
  const { store, tables } = await opened()
  const sortKey = key('__proto__:S')
  const projection = { kind: 'INCLUDE', attributes: ['x'] } as const
  const keysOnly = { name: 'keys', partitionKey: sortKey, projection: { kind: 'KEYS_ONLY' } } as const
  const included = { projection: { kind: 'INCLUDE', attributes: ['__proto__', 'x'] } } as const
  tables.create(
    spec('t', 'id:S __proto__:S', {
      ...allChanges('t'),
      indexes: [byGroup({ sortKey, projection }), byGroup(keysOnly), byGroup({ name: 'all', ...included })],
    }),
  )
  const text = '{"id":{"S":"a"},"__proto__":{"S":"p"},"g":{"S":"x"},"x":{"N":"1"}}'
  // What JSON.parse gives, as in a request.
  const item = JSON.parse(text) as TypedItem
  await tables.commit((writer) => writer.put('t', item))
  const sorted = (found: object): string => JSON.stringify(Object.entries(found).sort())
  const page = tables.query({ table: 't', index: 'byGroup', partition: 'x', limit: 1 })
  expect(page.items.map(sorted)).toEqual([sorted(item)])
  expect(sorted(page.lastKey!)).toBe(sorted(Object.fromEntries(Object.entries(item).slice(0, 3))))
  expect(tables.query({ table: 't', index: 'all', partition: 'x' }).items.map(sorted)).toEqual([sorted(item)])
  expect(tables.query({ table: 't', index: 'keys', partition: 'p' }).items).toHaveLength(1)
  const [record] = recordsOf(store, 't.changes')
  expect(Object.keys(record!.dynamodb.Keys)).toEqual(['id', '__proto__'])
})

test('an item whose text is far larger than its size is refused alone: others of its commit are kept', async () => {
  const { tables } = await opened()
  tables.create(spec('t', 'id:S', allChanges('t')))
  tables.create(spec('u', 'id:S'))
  const long = { N: `1${'0'.repeat(125)}` }
  const big: TypedItem = { id: { S: 'a' }, l: { L: Array.from({ length: 100_000 }, () => long) } }
  const [first, second] = await Promise.allSettled([
    tables.commit((writer) => writer.put('t', big)),
    tables.commit((writer) => writer.put('u', { id: { S: 'ok' } })),
  ])
  expect(first.status === 'rejected' && String(first.reason)).toMatch(/TABLE_ITEM_TOO_LARGE/)
  expect(second.status).toBe('fulfilled')
  expect(tables.get('t', { partitionKey: 'a' })).toBeUndefined()
  expect(tables.get('u', { partitionKey: 'ok' })).toEqual({ id: { S: 'ok' } })
})

test('a table goes with its indexes and its change stream in one commit', async () => {
  const { store, tables } = await opened()
  tables.create(spec('t', 'id:S', { ...allChanges('t'), indexes: [byGroup()], ttlAttribute: 'ttl' }))
  await tables.commit((writer) => writer.put('t', { id: { S: 'a' }, g: { S: 'x' }, ttl: { N: '1' } }))
  const before = store.news()
  tables.drop('t')
  expect(store.news() - before).toBe(1)
  expect([store.tables(), store.streams()]).toEqual([[], []])
  tables.create(spec('t', 'id:S', allChanges('t')))
  expect(recordsOf(store, 't.changes')).toEqual([])
})

test('a page through an index that shows little of large items ends before it takes long', async () => {
  const { tables } = await opened()
  const projection = { kind: 'INCLUDE', attributes: ['n'] } as const
  tables.create(spec('t', 'id:S', { indexes: [byGroup({ projection })] }))
  const text = { S: 'x'.repeat(390_000) }
  for (let n = 0; n < 50; n++) {
    await tables.commit((writer) =>
      writer.put('t', { id: { S: `i${n}` }, g: { S: 'x' }, n: { N: '1' }, text }),
    )
  }
  const first = tables.query({ table: 't', index: 'byGroup', partition: 'x' })
  expect(first.lastKey).toBeDefined()
  expect(first.examined).toBeGreaterThan(30)
  const rest = tables.query({ table: 't', index: 'byGroup', partition: 'x', after: first.lastKey! })
  expect(rest.lastKey).toBeUndefined()
  expect(first.items.length + rest.items.length).toBe(50)
  expect(tables.query({ table: 't', index: 'byGroup', partition: 'x', limit: 50 }).items.length).toBe(
    first.examined,
  )
})

test('a stream with records of others is not taken for changes; one that had them before is', async () => {
  const { store, tables } = await opened()
  store.defineStream({ name: 't.changes', shards: 2, retentionMs: Number.POSITIVE_INFINITY })
  const append = (text: string): void =>
    store.commit((transaction) => {
      transaction.append('t.changes', [{ key: Buffer.from('k'), data: Buffer.from(text) }])
    })
  append('{"order":1}')
  expect(() => tables.create(spec('t', 'id:S', allChanges('t')))).toThrow(
    /TABLE_SPEC_INVALID.*records of others/,
  )
  expect(tables.table('t')).toBeUndefined()
  tables.create(spec('t', 'id:S'))
  expect(() => tables.alter('t', allChanges('t'))).toThrow(/TABLE_SPEC_INVALID/)
  tables.drop('t')
  expect(recordsOf(store, 't.changes')).toEqual([{ order: 1 }])
  store.deleteStream('t.changes')
  tables.create(spec('t', 'id:S', allChanges('t')))
  await tables.commit((writer) => writer.put('t', { id: { S: 'a' } }))
  tables.alter('t', { changes: undefined })
  tables.alter('t', allChanges('t'))
  expect(tables.table('t')?.settings.changes?.stream).toBe('t.changes')
})

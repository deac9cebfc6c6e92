import { openStore } from '@millrace/store'
import { describe, expect, test } from 'vitest'
import type { TypedItem } from './attribute-value.ts'
import { TableError } from './errors.ts'
import { openTables } from './open-tables.ts'
import { changeStreamName, type IndexSpec } from './port.ts'
import {
  allChanges,
  key,
  recordsOf,
  spec,
  TestClock,
  testDirectory,
  testStore,
} from './testing/tables-kit.ts'

const byColor: IndexSpec = {
  name: 'byColor',
  kind: 'global',
  partitionKey: key('color:S'),
  projection: { kind: 'ALL' },
}
const s = (text: string) => ({ S: text })
const n = (value: number) => ({ N: String(value) })

async function opened() {
  const clock = new TestClock()
  const store = await testStore(testDirectory(), clock)
  return { clock, store, tables: openTables({ store }) }
}

describe('items', () => {
  test('written as plain JSON and typed are read both ways, digit for digit', async () => {
    const { store, tables } = await opened()
    tables.create(spec('t', 'id:B'))
    const json = '{"id":"AAH/","n":12345678901234567890.5,"list":[1,null,true]}'
    const id = Uint8Array.of(0, 1, 255)
    const typed: TypedItem = {
      id: { B: 'AAH/' },
      n: { N: '12345678901234567890.5' },
      list: { L: [n(1), { NULL: true }, { BOOL: true }] },
    }
    store.commit((transaction) =>
      tables.writer(transaction).putJson('t', { partitionKey: id }, Buffer.from(json)),
    )
    expect(tables.get('t', { partitionKey: id })).toEqual(typed)
    const sets: TypedItem = { id: { B: 'AAH/' }, tags: { SS: ['a'] }, bytes: { B: '/w==' } }
    await tables.commit((writer) => writer.replace('t', sets))
    expect(tables.get('t', { partitionKey: id })).toEqual(sets)
    expect(JSON.parse(Buffer.from(tables.getJson('t', { partitionKey: id })!).toString())).toEqual({
      id: 'AAH/',
      tags: ['a'],
      bytes: '/w==',
    })
  })

  test.each<[string, TypedItem, string, RegExp]>([
    ['lacks a key', { p: s('a') }, 'TABLE_KEY_INVALID', /^One or more .*: Missing the key s in the item$/],
    [
      'has another type',
      { p: n(1), s: n(1) },
      'TABLE_KEY_INVALID',
      /mismatch for key p expected: S actual: N$/,
    ],
    ['has an empty key', { p: s(''), s: n(1) }, 'TABLE_KEY_INVALID', /empty string value\. Key: p$/],
    [
      'has too long a key',
      { p: s('ä'.repeat(1_025)), s: n(1) },
      'TABLE_KEY_INVALID',
      /Size of hashkey has exceeded the maximum size limit of2048 bytes$/,
    ],
    [
      'has too long an index key',
      { p: s('a'), s: n(1), color: s('c'.repeat(2_049)) },
      'TABLE_KEY_INVALID',
      /Size of hashkey/,
    ],
    [
      'has an index key of another type',
      { p: s('a'), s: n(1), color: n(1) },
      'TABLE_KEY_INVALID',
      /Type mismatch for Index Key color Expected: S Actual: N IndexName: byColor$/,
    ],
    [
      'has an empty index key',
      { p: s('a'), s: n(1), color: s('') },
      'TABLE_KEY_INVALID',
      /IndexName: byColor, IndexKey: color$/,
    ],
    [
      'is too large',
      { p: s('a'), s: n(1), big: s('x'.repeat(400 * 1024)) },
      'TABLE_ITEM_TOO_LARGE',
      /^Item size has exceeded the maximum allowed size$/,
    ],
  ])(
    'an item that %s is refused with nothing written, and others of its turn go on',
    async (_, item, code, reason) => {
      const { store, tables } = await opened()
      tables.create(spec('t', 'p:S s:N', { indexes: [byColor], ...allChanges('t') }))
      const good = { p: s('good'), s: n(1), color: s('red') }
      const results = await Promise.allSettled([
        tables.commit((writer) => writer.put('t', item)),
        tables.commit((writer) => writer.put('t', good)),
        tables.commit((writer) => {
          writer.put('t', { ...good, s: n(2) })
          writer.put('t', item)
        }),
      ])
      for (const at of [0, 2]) {
        const { reason: error } = results[at] as PromiseRejectedResult
        expect(error).toBeInstanceOf(TableError)
        expect(error).toMatchObject({ code })
        expect(error.reason).toMatch(reason)
        expect(error.message).toContain('table "t"')
      }
      expect(results[1]!.status).toBe('fulfilled')
      expect(tables.scan({ table: 't' }).items).toEqual([good])
      expect(tables.scan({ table: 't', index: 'byColor' }).items).toEqual([good])
      expect(recordsOf(store, changeStreamName('t'))).toHaveLength(1)
    },
  )

  test('keys that the store cannot hold, of many zeros, are refused before anything is written', async () => {
    const { tables } = await opened()
    tables.create(spec('t', 'p:S s:B', { indexes: [byColor] }))
    const zeros = { B: Buffer.alloc(1_024).toString('base64') }
    const write = tables.commit((writer) =>
      writer.put('t', { p: s('a'), s: zeros, color: s('\0'.repeat(1_800)) }),
    )
    await expect(write).rejects.toThrow(/^TABLE_KEY_INVALID .*zero/)
    expect(tables.scan({ table: 't' }).items).toEqual([])
  })

  test('an update may not change the key, and gives a new item its key', async () => {
    const { tables } = await opened()
    tables.create(spec('t', 'p:S s:N'))
    const at = { partitionKey: 'a', sortKey: 1 }
    const { before, after } = await tables.commit((writer) => writer.update('t', at, () => ({ x: n(1) })))
    expect([before, after]).toEqual([undefined, { p: s('a'), s: n(1), x: n(1) }])
    const change = tables.commit((writer) => writer.update('t', at, (item) => ({ ...item, s: n(2) })))
    await expect(change).rejects.toThrow(/^TABLE_KEY_CHANGED/)
    await expect(tables.commit((writer) => writer.get('t', { partitionKey: 'a' }))).rejects.toThrow(
      /^TABLE_KEY_INVALID .*"s" is missing/,
    )
  })
})

describe('tables', () => {
  test('come, change and go with all that belongs to them', async () => {
    const { store, tables } = await opened()
    const made = tables.create(
      spec('t', 'p:S', { indexes: [byColor], ttlAttribute: 'until', ...allChanges('t') }),
    )
    expect(made).toMatchObject({ name: 't', items: 0, partitionKey: { name: 'p', type: 'string' } })
    expect(() => tables.create(spec('t', 'p:S'))).toThrow(/^TABLE_EXISTS/)
    await tables.commit((writer) => writer.put('t', { p: s('a'), color: s('red'), until: n(5) }))
    expect(store.tables().map(({ name, items }) => [name, items])).toEqual([
      ['system.expiry/t', 1],
      ['system.index/t/byColor', 1],
      ['t', 1],
    ])
    tables.drop('t')
    expect(store.tables()).toEqual([])
    expect(store.streams()).toEqual([])
    expect(tables.table('t')).toBeUndefined()
    expect(() => tables.drop('t')).toThrow(/^TABLE_NOT_DEFINED/)
    await expect(tables.commit((writer) => writer.put('t', { p: s('a') }))).rejects.toThrow(
      /^TABLE_NOT_DEFINED/,
    )
    tables.create(spec('t', 'p:N', { indexes: [byColor] }))
    expect(tables.scan({ table: 't', index: 'byColor' }).items).toEqual([])
  })

  test('an index that is added holds the items that can be in it, and another of its name begins anew', async () => {
    const { tables } = await opened()
    tables.create(spec('t', 'p:S'))
    const red = { p: s('a'), color: s('red'), size: n(1) }
    await tables.commit((writer) => {
      writer.put('t', red)
      writer.put('t', { p: s('b'), color: n(1), size: n(2) })
      writer.put('t', { p: s('c') })
    })
    tables.alter('t', { indexes: [byColor] })
    expect(tables.scan({ table: 't', index: 'byColor' }).items).toEqual([red])
    // One that cannot be in the index stays out of it when it is deleted.
    await tables.commit((writer) => writer.delete('t', { partitionKey: 'b' }))
    tables.alter('t', { indexes: [{ ...byColor, partitionKey: key('size:N') }] })
    expect(tables.query({ table: 't', index: 'byColor', partition: 1 }).items).toEqual([red])
    tables.alter('t', { indexes: [] })
    expect(() => tables.query({ table: 't', index: 'byColor', partition: 1 })).toThrow(/^TABLE_INDEX_UNKNOWN/)
  })

  test('defined by an app keep what others gave them: tags, exports, the label of the change stream', async () => {
    const { store, tables } = await opened()
    // As a version before left it: without settings.
    store.defineTable({ name: 't', partitionKey: key('p:S') })
    store.commit((transaction) =>
      transaction.putItem('t', 'a', undefined, Buffer.from('{"p":"a","color":"red"}')),
    )
    expect(tables.list()).toEqual([])
    tables.define(spec('t', 'p:S', allChanges('t')))
    tables.alter('t', { tags: { team: 'a' }, isProtected: true })
    const { changes } = allChanges('t')
    const again = spec('t', 'p:S', { indexes: [byColor], changes: { ...changes!, label: 'later' } })
    const { settings } = tables.define(again)
    expect(settings).toEqual({
      indexes: [byColor],
      tags: { team: 'a' },
      exports: [],
      isProtected: true,
      changes,
    })
    expect(tables.query({ table: 't', index: 'byColor', partition: 'red' }).items).toHaveLength(1)
    expect(() => tables.define(spec('t', 'p:N'))).toThrow(/^STORE_TABLE_CHANGED/)
  })

  test.each<[string, Parameters<typeof spec>]>([
    ['system', ['system.t', 'p:S']],
    ['255', ['t'.repeat(256), 'p:S']],
    ['one type', ['t', 'color:N', { indexes: [byColor] }]],
    ['Rename', ['t', 'p:S', { indexes: [byColor, byColor] }]],
    ['slash', ['t', 'p:S', { indexes: [{ ...byColor, name: 'a/b' }] }]],
    ['Make it global', ['t', 'p:S', { indexes: [{ ...byColor, kind: 'local' }] }]],
    ['sort key of its own', ['t', 'p:S s:N', { indexes: [{ ...byColor, kind: 'local' }] }]],
  ])('that cannot be are refused: %s', async (text, given) => {
    const { tables } = await opened()
    expect(() => tables.create(spec(...given))).toThrow(new RegExp(`^TABLE_SPEC_INVALID .*${text}`))
  })

  test('a change of settings by one thread holds for the next write of another', async () => {
    const { store, tables } = await opened()
    tables.create(spec('t', 'p:S'))
    const otherStore = await openStore({ dir: store.dir, clock: new TestClock(), share: store.share() })
    const other = openTables({ store: otherStore })
    const red = { p: s('a'), color: s('red') }
    expect(other.get('t', { partitionKey: 'a' })).toBeUndefined()
    tables.alter('t', { indexes: [byColor] })
    await other.commit((writer) => writer.put('t', red))
    expect(tables.query({ table: 't', index: 'byColor', partition: 'red' }).items).toEqual([red])
    await otherStore.close()
  })
})

describe('changes', () => {
  test.each([
    ['KEYS_ONLY', false, false],
    ['NEW_IMAGE', true, false],
    ['OLD_IMAGE', false, true],
    ['NEW_AND_OLD_IMAGES', true, true],
  ] as const)('of view %s show what it says', async (view, hasNew, hasOld) => {
    const { clock, store, tables } = await opened()
    tables.create(spec('t', 'p:S', { changes: { view, stream: 't.changes', label: 'l' } }))
    clock.time += 1_999
    const at = { partitionKey: 'a' }
    for (const x of [1, 2, 2]) await tables.commit((writer) => writer.put('t', { p: s('a'), x: n(x) }))
    await tables.commit((writer) => writer.delete('t', at))
    await tables.commit((writer) => writer.delete('t', at))
    const old = (x: number) => (hasOld ? { OldImage: { p: s('a'), x: n(x) } } : {})
    const next = (x: number) => (hasNew ? { NewImage: { p: s('a'), x: n(x) } } : {})
    const change = (eventName: string, images: object, images2: object) => {
      const count = Object.keys(images).length + Object.keys(images2).length
      return {
        eventName,
        tableName: 't',
        dynamodb: {
          ApproximateCreationDateTime: 1_700_000_001,
          Keys: { p: s('a') },
          ...images,
          ...images2,
          SizeBytes: 2 + 5 * count,
          StreamViewType: view,
        },
      }
    }
    expect(recordsOf(store, 't.changes')).toEqual([
      change('INSERT', next(1), {}),
      change('MODIFY', next(2), old(1)),
      change('REMOVE', {}, old(2)),
    ])
  })

  test('are exported to data streams in their form, and an export that has gone stops no write', async () => {
    const { store, tables } = await opened()
    store.defineStream({ name: 'out', shards: 1, retentionMs: 1e9 })
    const exports = [
      { stream: 'out', status: 'ACTIVE', precision: 'MICROSECOND' },
      { stream: 'gone', status: 'ACTIVE', precision: 'MILLISECOND' },
      { stream: 'off', status: 'DISABLED', precision: 'MILLISECOND' },
    ] as const
    tables.create(spec('t', 'p:S', { exports }))
    await tables.commit((writer) => {
      writer.put('t', { p: s('a') })
      writer.delete('t', { partitionKey: 'a' })
    })
    const records = recordsOf<Record<string, unknown>>(store, 'out')
    expect(new Set(records.map(({ eventID }) => eventID)).size).toBe(2)
    expect(records.map(({ eventID: _, ...rest }) => rest)).toEqual([
      {
        awsRegion: 'us-east-1',
        eventName: 'INSERT',
        userIdentity: null,
        recordFormat: 'application/json',
        tableName: 't',
        dynamodb: {
          ApproximateCreationDateTime: 1_700_000_000_000_000,
          ApproximateCreationDateTimePrecision: 'MICROSECOND',
          Keys: { p: s('a') },
          NewImage: { p: s('a') },
          SizeBytes: 4,
        },
        eventSource: 'aws:dynamodb',
      },
      expect.objectContaining({ eventName: 'REMOVE', userIdentity: null }),
    ])
  })
})

describe('expiry', () => {
  test('deletes what is due, some at a time, marked as the service does; five years ago is a mistake', async () => {
    const { clock, store, tables } = await opened()
    tables.create(spec('t', 'p:S', { ...allChanges('t') }))
    const now = clock.time / 1_000
    const at = (name: string, until: TypedItem[string]): TypedItem => ({ p: s(name), until })
    const kept = [
      at('later', n(now + 60)),
      at('mistake', n(now - 5 * 366 * 86_400)),
      at('milliseconds', n(clock.time)),
      at('text', s('1')),
      { p: s('never') },
    ]
    await tables.commit((writer) => {
      for (const item of kept) writer.put('t', item)
      for (let i = 0; i < 1_500; i++) writer.put('t', at(`due ${i}`, n(now - (i % 50))))
      writer.put('t', at('half', { N: `${now}.5` }))
    })
    expect(tables.expire(clock.time, 10_000)).toBe(0)
    // Items that were there before are found as well.
    tables.alter('t', { ttlAttribute: 'until' })
    expect(tables.expire(clock.time, 400)).toBe(400)
    expect(tables.expire(clock.time, 10_000)).toBe(1_101)
    expect(tables.expire(clock.time, 10_000)).toBe(0)
    const names = (items: readonly TypedItem[]): string[] =>
      items.map(({ p }) => ('S' in p! ? p.S : '')).sort()
    expect(names(tables.scan({ table: 't' }).items)).toEqual(names(kept))
    const removed = recordsOf(store, changeStreamName('t')).filter(({ eventName }) => eventName === 'REMOVE')
    expect(removed).toHaveLength(1_501)
    expect(new Set(removed.map(({ userIdentity }) => userIdentity?.principalId))).toEqual(
      new Set(['dynamodb.amazonaws.com']),
    )
    clock.time += 60_000
    await tables.commit((writer) => writer.put('t', at('later', n(now + 90))))
    expect(tables.expire(clock.time, 10)).toBe(0)
    clock.time += 30_000
    expect(tables.expire(clock.time, 10)).toBe(1)
    tables.alter('t', { ttlAttribute: undefined })
    expect(store.tables().map(({ name }) => name)).toEqual(['t'])
  })
})

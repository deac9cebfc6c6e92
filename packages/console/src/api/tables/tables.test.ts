/** Tables over HTTP: what queries answer is what a naive filter of the items answers; pages, changes, writes. */
import { changeStreamName, openTables, type Tables, type TypedItem } from '@millrace/tables'
import { seededRandom, systemClock } from '@millrace/values'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type {
  ChangesEvent,
  DeleteAnswer,
  ItemAnswer,
  ItemShape,
  ItemsAnswer,
  SortOperator,
  TablesAnswer,
} from '../../protocol/tables.ts'
import { sortOperators } from '../../protocol/tables.ts'
import { type OpenRoutes, openRoutes } from '../../testing/open-routes.ts'
import { tableRoutes } from './table-routes.ts'

const seed = 20_261_121
let api: OpenRoutes
let tables: Tables
let stored: readonly TypedItem[] = []

const digits38 = '12345678901234567890123456789012345678'
const path = '/admin/tables'
const string = (name: string) => ({ name, type: 'string' }) as const
const number = (name: string) => ({ name, type: 'number' }) as const

beforeAll(async () => {
  api = await openRoutes((store) => tableRoutes({ store, clock: systemClock }))
  tables = openTables({ store: api.store })
  const all = { kind: 'ALL' } as const
  const settings = { tags: {}, exports: [], isProtected: false }
  tables.create({
    name: 'Rides',
    partitionKey: string('city'),
    sortKey: number('n'),
    settings: {
      ...settings,
      indexes: [
        {
          name: 'byName',
          kind: 'local',
          partitionKey: string('city'),
          sortKey: string('name'),
          projection: all,
        },
        {
          name: 'byPrice',
          kind: 'global',
          partitionKey: string('name'),
          sortKey: number('price'),
          projection: all,
        },
        { name: 'byTag', kind: 'global', partitionKey: string('name'), projection: { kind: 'KEYS_ONLY' } },
      ],
      changes: {
        view: 'NEW_AND_OLD_IMAGES',
        stream: changeStreamName('Rides'),
        label: '2026-11-21T00:00:00.000',
      },
    },
  })
  tables.create({ name: 'Plain', partitionKey: string('id'), settings: { ...settings, indexes: [] } })
  const random = seededRandom(seed)
  const pick = <T>(values: readonly T[]): T => values[random.below(values.length)]!
  api.store.commit((transaction) => {
    const writer = tables.writer(transaction)
    for (let i = 0; i < 400; i++) {
      writer.replace('Rides', {
        city: { S: pick(['Ulm', 'Bonn', 'Köln']) },
        // Keys that differ in their last digit only, which binary64 cannot tell apart.
        n: {
          N:
            random.below(2) === 0
              ? String(random.below(300))
              : `${digits38.slice(0, 35)}${100 + random.below(9)}`,
        },
        ...(random.below(5) === 0 ? {} : { name: { S: pick(['a', 'ab', 'abc', 'b', 'B', 'ä']) } }),
        ...(random.below(5) === 0 ? {} : { price: { N: String((random.below(40) - 20) / 4) } }),
        tags: { SS: ['x', `t${i % 7}`] },
      })
    }
  })
  stored = tables.scan({ table: 'Rides', bytes: 1e9 }).items
})
afterAll(() => api.close())

const items = async (query: Readonly<Record<string, string | undefined>>) => {
  const { status, body } = await api.get<ItemsAnswer>(`${path}/items`, { table: 'Rides', ...query })
  expect({ status, error: body.error }, JSON.stringify(query)).toEqual({ status: 200, error: undefined })
  return body
}

/** Bounds as text: numbers by their value, texts by their bytes in UTF-8. */
function compare(a: TypedItem[string], b: string): number {
  if ('S' in a) return Buffer.compare(Buffer.from(a.S), Buffer.from(b))
  if (!('N' in a)) throw new Error('a key is a text or a number')
  // Scaled by 100, so that what the test makes is an integer, of any length.
  const scaled = (text: string) => BigInt(text.includes('.') ? Math.round(Number(text) * 100) : `${text}00`)
  const [x, y] = [scaled(a.N), scaled(b)]
  return x < y ? -1 : x > y ? 1 : 0
}

function holds(value: TypedItem[string], op: SortOperator, sort: string, to: string): boolean {
  const order = compare(value, sort)
  switch (op) {
    case '=':
      return order === 0
    case '<':
      return order < 0
    case '<=':
      return order <= 0
    case '>':
      return order > 0
    case '>=':
      return order >= 0
    case 'between':
      return order >= 0 && compare(value, to) <= 0
    case 'begins':
      return 'S' in value && value.S.startsWith(sort)
  }
}

const keyOf = ({ city, n }: ItemShape) => JSON.stringify([city, n])

describe('a query', () => {
  test.each([
    { index: undefined, partition: 'city', sort: 'n' },
    { index: 'byName', partition: 'city', sort: 'name' },
    { index: 'byPrice', partition: 'name', sort: 'price' },
  ])(
    'through $index answers what a naive filter of all items answers',
    async ({ index, partition, sort }) => {
      const random = seededRandom(seed + 1)
      const withKeys = stored.filter((item) => item[partition] !== undefined && item[sort] !== undefined)
      const textOf = (value: TypedItem[string]) => ('S' in value ? value.S : 'N' in value ? value.N : '')
      let found = 0
      for (let round = 0; round < 60; round++) {
        const some = () => withKeys[random.below(withKeys.length)]!
        const [item, from, to] = [some(), textOf(some()[sort]!), textOf(some()[sort]!)]
        const key = item[partition]!
        const op = sortOperators[random.below(sortOperators.length)]!
        if (op === 'begins' && 'N' in item[sort]!) continue
        const forward = random.below(2) === 0
        const answer = await items({
          index,
          partition: textOf(key),
          op,
          sort: from,
          ...(op === 'between' ? { to } : {}),
          order: forward ? 'forward' : 'backward',
          limit: '1000',
        })
        const expected = withKeys.filter(
          (each) => textOf(each[partition]!) === textOf(key) && holds(each[sort]!, op, from, to),
        )
        expect(answer.items.map(keyOf).sort(), `${op} ${from} ${to}`).toEqual(expected.map(keyOf).sort())
        for (let i = 1; i < answer.items.length; i++) {
          const order = compare(answer.items[i - 1]![sort]!, textOf(answer.items[i]![sort]!))
          expect(forward ? order <= 0 : order >= 0).toBe(true)
        }
        found += answer.items.length
      }
      expect(found).toBeGreaterThan(100)
    },
  )

  test.each([['1'], ['7'], ['100'], ['1000']])('read in pages of %s gives each item once', async (limit) => {
    for (const filter of [undefined, '"Ab"', 't3']) {
      for (const query of [
        {},
        { partition: 'Ulm', order: 'backward' },
        { index: 'byPrice' },
        { index: 'byTag' },
      ]) {
        const whole = await items({ ...query, limit: '1000', filter })
        const pages: ItemShape[] = []
        let after: string | null = null
        do {
          const page: ItemsAnswer = await items({ ...query, limit, filter, after: after ?? undefined })
          expect(page.items.length).toBeLessThanOrEqual(Number(limit))
          pages.push(...page.items)
          after = page.next
        } while (after !== null && pages.length < 60)
        if (after === null) expect(pages).toEqual(whole.items)
        else expect(pages).toEqual(whole.items.slice(0, pages.length))
      }
    }
  })

  test('a filter looks into all that an item says', async () => {
    const { items: found } = await items({ filter: '"T3"', limit: '1000' })
    const expected = stored.filter(({ tags }) => tags !== undefined && 'SS' in tags && tags.SS.includes('t3'))
    expect(found.map(keyOf).sort()).toEqual(expected.map(keyOf).sort())
  })

  test.each([
    [{ table: 'Ride' }, 404, 'DATA_TABLE_UNKNOWN', /Did you mean "Rides"/],
    [{ index: 'byNam' }, 400, 'TABLE_INDEX_UNKNOWN', /Did you mean "byName"/],
    [{ partition: 'Ulm', sort: 'x' }, 400, 'TABLE_KEY_INVALID', /"n" is a number/],
    [{ partition: 'Ulm', op: 'begins', sort: '1' }, 400, 'TABLE_QUERY_INVALID', /no prefix/],
    [{ partition: 'a', index: 'byTag', sort: '1' }, 400, 'TABLE_QUERY_INVALID', /no sort key/],
    [{ partition: 'Ulm', op: 'between', sort: '1' }, 400, 'VALUE_INVALID', /"to"/],
    [{ partition: 'Ulm', op: '~', sort: '1' }, 400, 'VALUE_INVALID', /"op"/],
    [{ sort: '1' }, 400, 'VALUE_MISSING', /partition/],
    [{ order: 'backward' }, 400, 'VALUE_MISSING', /backward/],
    [{ limit: '1001' }, 400, 'VALUE_INVALID', /"limit"/],
    [{ after: 'x' }, 400, 'VALUE_INVALID', /"after"/],
    [{ after: Buffer.from('{"city":"Ulm"}').toString('base64url') }, 400, 'VALUE_INVALID', /"after"/],
    [{ after: Buffer.from('{"city":{"S":"Ulm"}}').toString('base64url') }, 400, 'TABLE_QUERY_INVALID', /"n"/],
  ])('%j is refused', async (query, status, code, message) => {
    const answer = await api.get(`${path}/items`, { table: 'Rides', ...query })
    expect(answer).toMatchObject({
      status,
      body: { error: { code, message: expect.stringMatching(message) } },
    })
  })
})

test('the list tells keys, counts, indexes and changes, and nothing of the system', async () => {
  const { body } = await api.get<TablesAnswer>(path)
  expect(body.tables.map(({ name }) => name)).toEqual(['Plain', 'Rides'])
  expect(body.tables[1]).toMatchObject({
    partitionKey: string('city'),
    sortKey: number('n'),
    items: stored.length,
    changes: { view: 'NEW_AND_OLD_IMAGES', stream: 'Rides.changes' },
    ttlAttribute: null,
    capacity: null,
  })
  expect(body.tables[1]?.indexes.map(({ name, projection }) => [name, projection])).toEqual([
    ['byName', 'ALL'],
    ['byPrice', 'ALL'],
    ['byTag', 'KEYS_ONLY'],
  ])
})

describe('writes', () => {
  const item = async (table: string, partition: string, sort?: string) =>
    (await api.get<ItemAnswer>(`${path}/item`, { table, partition, sort })).body.item

  test('an item of plain JSON comes back with every digit, also under a key of 38', async () => {
    const text = `{"city":"Rom","n":${digits38},"price":0.${digits38}}`
    expect((await api.post(`${path}/put`, { table: 'Rides', text })).status).toBe(200)
    expect(await item('Rides', 'Rom', digits38)).toEqual({
      city: { S: 'Rom' },
      n: { N: digits38 },
      price: { N: `0.${digits38}` },
    })
    expect(await item('Rides', 'Rom', `${digits38.slice(0, -1)}7`)).toBeNull()
  })

  test('what was written since it was seen is not overwritten, nor deleted', async () => {
    const typed = (v: string): ItemShape => ({ id: { S: 'k' }, v: { N: v } })
    const put = (body: object) => api.post(`${path}/put`, { table: 'Plain', ...body })
    expect((await put({ item: typed('1'), expected: null })).status).toBe(200)
    expect(await put({ item: typed('2'), expected: null })).toMatchObject({
      status: 409,
      body: { error: { code: 'TABLE_CONDITION_FAILED' } },
    })
    expect((await put({ item: typed('2'), expected: typed('1.0') })).status).toBe(200)
    const remove = (expected?: ItemShape) =>
      api.post<DeleteAnswer>(`${path}/delete`, { table: 'Plain', partition: 'k', expected })
    expect((await remove(typed('1'))).status).toBe(409)
    expect((await remove(typed('2'))).body.deleted).toBe(true)
    expect((await remove()).body.deleted).toBe(false)
    expect(await item('Plain', 'k')).toBeNull()
  })

  test.each([
    [{ table: 'Rides' }, 'VALUE_MISSING'],
    [{ table: 'Rides', text: '{"city":"x"}' }, 'TABLE_KEY_INVALID'],
    [{ table: 'Rides', text: '{' }, 'TABLE_VALUE_INVALID'],
    [{ table: 'Rides', item: { city: 'Ulm' } }, 'TABLE_VALUE_INVALID'],
    [{ table: 'dead-letters', text: '{}' }, 'DATA_TABLE_UNKNOWN'],
    [{ text: '{}' }, 'VALUE_MISSING'],
  ])('%j is refused', async (body, code) => {
    const answer = await api.post(`${path}/put`, body)
    expect(answer.body.error?.code).toBe(code)
    expect(answer.status).toBeGreaterThanOrEqual(400)
  })
})

describe('changes', () => {
  const replace = (table: string, item: TypedItem) =>
    api.store.commit((transaction) => tables.writer(transaction).replace(table, item))
  const plain = (id: string, v: number): TypedItem => ({ id: { S: id }, v: { N: String(v) } })
  const ride = (n: number, v: number): TypedItem => ({
    city: { S: 'Live' },
    n: { N: String(n) },
    v: { N: String(v) },
  })

  test('of an item without a stream of changes: before and after, and nothing of others', async () => {
    replace('Plain', plain('live', 1))
    const steps = [
      () => replace('Plain', plain('other', 1)),
      () => replace('Plain', plain('live', 2)),
      () =>
        api.store.commit((transaction) =>
          tables.writer(transaction).remove('Plain', { partitionKey: 'live' }),
        ),
      () => replace('Plain', plain('live', 3)),
    ]
    const told: unknown[] = []
    for await (const { event, data } of api.events(`${path}/changes`, {
      table: 'Plain',
      partition: 'live',
    })) {
      if (event === 'about') {
        expect(data).toEqual({ source: 'item', item: plain('live', 1) })
        steps.shift()?.()
      } else {
        for (const { time, ...change } of (data as ChangesEvent).changes) told.push(change)
      }
      if (told.length === 3) break
      steps.shift()?.()
    }
    const key = { id: { S: 'live' } }
    expect(told).toEqual([
      { kind: 'MODIFY', key, before: plain('live', 1), after: plain('live', 2) },
      { kind: 'REMOVE', key, before: plain('live', 2) },
      { kind: 'INSERT', key, after: plain('live', 3) },
    ])
  })

  test('of an item with a stream: every version of one commit after the other', async () => {
    const told: ChangesEvent['changes'][number][] = []
    for await (const { event, data } of api.events(`${path}/changes`, {
      table: 'Rides',
      partition: 'Live',
      sort: '1',
    })) {
      if (event === 'about') {
        expect(data).toEqual({ source: 'stream', item: null })
        for (let v = 0; v < 5; v++) {
          replace('Rides', ride(1, v))
          replace('Rides', ride(2, v))
        }
      } else told.push(...(data as ChangesEvent).changes)
      if (told.length >= 5) break
    }
    expect(told.map(({ kind, after }) => [kind, after])).toEqual(
      [0, 1, 2, 3, 4].map((v) => [v === 0 ? 'INSERT' : 'MODIFY', ride(1, v)]),
    )
  })

  test('of a whole table: the newest of many, and how many there were', async () => {
    let [told, skipped] = [0, 0]
    let newest: ItemShape | undefined
    for await (const { event, data } of api.events(`${path}/changes`, { table: 'Rides' })) {
      if (event === 'about') {
        api.store.commit((transaction) => {
          const writer = tables.writer(transaction)
          for (let n = 0; n < 500; n++) writer.replace('Rides', ride(1_000 + n, 0))
        })
        continue
      }
      const { changes, skipped: passed } = data as ChangesEvent
      told += changes.length
      skipped += passed
      newest = changes.at(-1)?.after
      if (told + skipped >= 500) break
    }
    expect(told + skipped).toBe(500)
    expect(told).toBeLessThanOrEqual(100)
    expect(newest).toEqual(ride(1_499, 0))
  })

  test('of a page that is watched: the page again, once it is another one', async () => {
    const pages: ItemsAnswer[] = []
    const query = { table: 'Plain', partition: 'watched' }
    for await (const { event, data } of api.events(`${path}/watch`, query)) {
      expect(event).toBe('page')
      pages.push(data as ItemsAnswer)
      if (pages.length === 2) break
      replace('Plain', plain('elsewhere', 1))
      replace('Plain', plain('watched', 1))
    }
    expect(pages.map((page) => page.items)).toEqual([[], [plain('watched', 1)]])
  })

  test('a whole table without a stream is refused, with what to do', async () => {
    expect(await api.get(`${path}/changes`, { table: 'Plain' })).toMatchObject({
      status: 409,
      body: {
        error: {
          code: 'TABLE_HAS_NO_CHANGES',
          message: expect.stringMatching(/changes: 'NEW_AND_OLD_IMAGES'/),
        },
      },
    })
  })
})

test('a filter that every large item meets is answered in pages of some megabytes', async () => {
  const settings = { indexes: [], tags: {}, exports: [], isProtected: false }
  tables.create({ name: 'Wide', partitionKey: string('id'), settings })
  const text = 'x'.repeat(390_000)
  for (let i = 0; i < 60; i++)
    await tables.commit((writer) => writer.replace('Wide', { id: { S: `i${i}` }, text: { S: text } }))
  const query = { table: 'Wide', filter: 'XXX', limit: '1000' }
  const first = await items(query)
  expect(first.items.length).toBeLessThan(50)
  const rest = await items({ ...query, after: first.next ?? '' })
  expect(first.items.length + rest.items.length).toBe(60)
  expect(rest.next).toBe(null)
})

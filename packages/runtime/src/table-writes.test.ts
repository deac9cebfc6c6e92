import type { Store } from '@millrace/store'
import { type ChangeRecord, changeStreamName, openTables } from '@millrace/tables'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { AppTable } from './app-model.ts'
import { makeTableHandle } from './table-handle.ts'
import {
  expectConserved,
  itemTable,
  readAll,
  runWhole,
  save,
  start,
  tempDir,
  testApp,
} from './testing/app-kit.ts'

let temp: ReturnType<typeof tempDir>
beforeEach(() => {
  temp = tempDir()
})
afterEach(() => temp.remove())

const items = makeTableHandle(itemTable)
/** Few items, many keys: lanes and shards meet at the items. */
const crowded = Array.from({ length: 240 }, (_, n) => ({ key: `k${n}`, value: { id: `i${n % 5}`, n } }))
const records = (values: readonly object[]) => values.map((value) => ({ key: 'k', value }))
/** A write through the engine by somebody else. */
function outside(store: Store, id: string, n: number): void {
  const tables = openTables({ store })
  store.commit((transaction) => {
    const change = { n: { N: String(n) } }
    tables.writer(transaction).update('items', { partitionKey: id }, (item) => ({ ...item, ...change }))
  })
}

describe('updates and conditions', () => {
  test('of many lanes at once lose nothing: counters count every record, and each item has one first writer', async () => {
    const app = testApp({
      records: crowded,
      tables: [itemTable],
      functions: [
        save(
          async (batch, context) => {
            for (const record of batch) {
              const { id } = record.json<{ id: string }>()
              await items.update(id, 'ADD hits :one', { values: { ':one': 1 } })
              const claim = { id: `first ${id}`, key: record.partitionKey }
              try {
                await items.put(claim, { condition: 'attribute_not_exists(id)' })
                context.emit('out', claim, { partitionKey: id })
              } catch (error) {
                expect(error).toMatchObject({ code: 'TABLE_CONDITION_FAILED' })
                await items.update('others', 'SET n = if_not_exists(n, :zero) + :one', {
                  values: { ':zero': 0, ':one': 1 },
                })
              }
            }
          },
          { batchSize: 3, parallelization: 4 },
        ),
      ],
    })
    const { tables, streams } = await runWhole(app, temp.dir)
    const found = new Map(tables.items!.map((item) => [(item as { id: string }).id, item]))
    for (let i = 0; i < 5; i++) expect(found.get(`i${i}`)).toEqual({ id: `i${i}`, hits: 48 })
    expect(found.get('others')).toEqual({ id: 'others', n: 235 })
    const firsts = streams.out!.map((text) => JSON.parse(text) as { id: string; key: string })
    expect(firsts.map(({ id }) => id).sort()).toEqual([0, 1, 2, 3, 4].map((i) => `first i${i}`))
    for (const first of firsts) expect(found.get(first.id)).toEqual(first)
  })

  test('a condition that fails at the commit repeats the call, which is no try and leaves nothing of the first one', async () => {
    const seen: unknown[] = []
    let store: Store | undefined
    const app = testApp({
      records: records([{ id: 'a' }]),
      tables: [itemTable],
      functions: [
        save(
          async (_, context) => {
            const item = await items.get('a')
            seen.push([item, context.attempt])
            const n = (item?.n as number | undefined) ?? 0
            await items.put({ id: `seen ${n}` })
            await items.update('a', 'SET n = :next', {
              condition: n === 0 ? 'attribute_not_exists(n)' : 'n = :n',
              values: { ':next': n + 1, ...(n === 0 ? {} : { ':n': n }) },
            })
            // Somebody is faster, twice.
            if (seen.length < 3) outside(store!, 'a', 10 * seen.length)
          },
          { maxRetries: 0 },
        ),
      ],
    })
    const { app: running } = await start(app, temp.dir)
    store = running.store
    expectConserved(await running.runToEnd())
    expect(seen).toEqual([
      [undefined, 1],
      [{ id: 'a', n: 10 }, 1],
      [{ id: 'a', n: 20 }, 1],
    ])
    const left = openTables({ store }).scan({ table: 'items' })
    expect(left.items).toEqual([{ id: { S: 'a' }, n: { N: '21' } }, { id: { S: 'seen 20' } }])
    await running.close()
  })

  test('state of a window does not see the call that was taken back', async () => {
    let calls = 0
    let store: Store | undefined
    const app = testApp({
      records: records([{ id: 'a' }, { id: 'b' }, { id: 'c' }]),
      tables: [itemTable],
      functions: [
        save(
          async (batch, { window }) => {
            if (window!.isFinal) {
              await items.put({ id: 'total', n: window!.state.n })
              return { state: {} }
            }
            const lock = await items.get<{ n: number }>('lock')
            await items.put(
              { id: 'lock', n: 0 },
              lock === undefined
                ? { condition: 'attribute_not_exists(n)' }
                : { condition: 'n = :n', values: { ':n': lock.n } },
            )
            if (++calls === 1) outside(store!, 'lock', 5)
            return { state: { n: ((window!.state.n as number | undefined) ?? 0) + batch.length } }
          },
          { batchSize: 10, tumblingWindowMs: 60_000 },
        ),
      ],
    })
    const { app: running } = await start(
      { ...app, streams: app.streams.map((s) => ({ ...s, shards: 1 })) },
      temp.dir,
    )
    store = running.store
    await running.runUntilIdle()
    await running.advance(120_000)
    expect(calls).toBe(2)
    const total = openTables({ store }).get('items', { partitionKey: 'total' })
    expect(total).toEqual({ id: { S: 'total' }, n: { N: '3' } })
    await running.close()
  })

  test('see what the same call wrote before', async () => {
    const seen: unknown[] = []
    const app = testApp({
      records: records([{ id: 'a' }]),
      tables: [itemTable],
      functions: [
        save(async () => {
          await items.put({ id: 'a', n: 1, big: 2 })
          const after = await items.update('a', 'SET n = n + :two REMOVE big', { values: { ':two': 2 } })
          seen.push(after, await items.get('a'))
          await items.deleteIf('a', { condition: 'n = :three', values: { ':three': 3 } })
          seen.push(await items.get('a'))
          const refused = items.deleteIf('a', { condition: 'attribute_exists(id)' })
          await expect(refused).rejects.toMatchObject({ code: 'TABLE_CONDITION_FAILED', item: undefined })
          await expect(items.update('a', 'SET n = :n')).rejects.toMatchObject({
            code: 'TABLE_EXPRESSION_INVALID',
          })
          seen.push(await items.update('a', 'SET tags = :tags', { values: { ':tags': new Set(['x']) } }))
        }),
      ],
    })
    const { tables } = await runWhole(app, temp.dir)
    const tagged = { id: 'a', tags: ['x'] }
    expect(seen).toEqual([{ id: 'a', n: 3 }, { id: 'a', n: 3 }, undefined, tagged])
    expect(tables.items).toEqual([tagged])
  })
})

describe('tables with indexes and changes', () => {
  const ranked: AppTable = {
    ...itemTable,
    changes: 'NEW_AND_OLD_IMAGES',
    ttlAttribute: 'until',
    indexes: [
      {
        name: 'byGroup',
        kind: 'global',
        partitionKey: { name: 'group', type: 'string' },
        sortKey: { name: 'n', type: 'number' },
        projection: { kind: 'ALL' },
      },
    ],
  }

  test('a function reads the changes that another one makes, and its copy is the table', async () => {
    const copies = makeTableHandle({ ...itemTable, name: 'copies' })
    const top: unknown[] = []
    const app = testApp({
      records: crowded.map(({ key, value }) => ({ key, value: { ...value, group: `g${value.n % 2}` } })),
      tables: [ranked, { ...itemTable, name: 'copies' }],
      functions: [
        save(async (batch) => {
          for (const record of batch) {
            const { id, n } = record.json<{ id: string; n: number }>()
            if (n % 7 === 0) await items.delete(id)
            else await items.put(record)
          }
        }),
        save(
          async (batch) => {
            for (const record of batch) {
              const { eventName, dynamodb } = record.json<ChangeRecord>()
              const id = dynamodb.Keys.id as { S: string }
              if (eventName === 'REMOVE') await copies.delete(id.S)
              else await copies.put({ id: id.S, image: dynamodb.NewImage })
              expect(record.partitionKey).toBe(id.S)
            }
            const page = await items.query('g1', {
              index: 'byGroup',
              reverse: true,
              limit: 2,
              sort: { lt: 1_000 },
            })
            top.splice(0, top.length, ...page.items)
          },
          { name: 'copy', from: changeStreamName('items') },
        ),
      ],
    })
    const { app: running } = await start(app, temp.dir)
    expectConserved(await running.runToEnd())
    const tables = openTables({ store: running.store })
    const { items: left } = tables.scan({ table: 'items' })
    const { items: copied } = tables.scan({ table: 'copies' })
    expect(left.length).toBeGreaterThan(2)
    expect(copied.map(({ image }) => image)).toEqual(
      left.map((item) => ({
        M: Object.fromEntries(Object.entries(item).map(([name, value]) => [name, { M: typeAsItem(value) }])),
      })),
    )
    const expected = left
      .filter(({ group }) => (group as { S: string }).S === 'g1')
      .map((item) => Number((item.n as { N: string }).N))
      .sort((a, b) => b - a)
    expect(top.map((item) => (item as { n: number }).n)).toEqual(expected.slice(0, 2))
    await running.close()
  })

  test('an item that an index cannot hold, or that is too large, is a dead letter without its neighbours', async () => {
    const app = testApp({
      records: records([
        { id: 'a', group: 'g', n: 1 },
        { id: 'b', group: 5, n: 1 },
        { id: 'c', big: 'x'.repeat(400 * 1024) },
        { id: 'd' },
      ]),
      tables: [ranked],
      functions: [save((batch) => items.put(batch))],
    })
    const { tables, report } = await runWhole(app, temp.dir)
    expect(report.stages[1]).toMatchObject({ out: 2, dead: 2 })
    expect(tables.items).toEqual([{ id: 'a', group: 'g', n: 1 }, { id: 'd' }])
    const letters = tables['dead-letters'] as { text: string; error: { message: string } }[]
    expect(letters.map(({ text }) => text.slice(0, 9))).toEqual(['{"id":"b"', '{"id":"c"'])
    expect(letters[0]!.error.message).toMatch(/^TABLE_ITEM_INVALID .*index "byGroup".*and 1 more/)
  })

  test('items expire as time goes on, and their change says so', async () => {
    const app = testApp({
      records: records([{ id: 'a', until: Date.UTC(2026, 0, 1, 0, 1) / 1_000 }, { id: 'b' }]),
      tables: [ranked],
      functions: [save((batch) => items.put(batch))],
    })
    const { app: running } = await start(app, temp.dir)
    await running.runToEnd()
    const count = (): number => running.store.table('items')!.items
    await running.advance(59_000)
    expect(count()).toBe(2)
    await running.advance(1_000)
    expect(count()).toBe(1)
    const changes = readAll(running.store, changeStreamName('items')).map((text) => JSON.parse(text))
    expect(changes.at(-1)).toMatchObject({
      eventName: 'REMOVE',
      userIdentity: { principalId: 'dynamodb.amazonaws.com' },
    })
    await running.close()
  })
})

/** An attribute value as an item that holds it: what putting an image as an object makes of it. */
function typeAsItem(value: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(value).map(([type, content]) => [type, { S: content }]))
}

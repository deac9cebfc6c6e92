/** Writes that a table never takes: the call that makes them is told at once, and its neighbours are kept. */
import { canonicalNumber, openTables } from '@millrace/tables'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { AppTable } from './app-model.ts'
import { makeTableHandle } from './table-handle.ts'
import { itemTable, runWhole, save, start, tempDir, testApp } from './testing/app-kit.ts'

let temp: ReturnType<typeof tempDir>
beforeEach(() => {
  temp = tempDir()
})
afterEach(() => temp.remove())

const items = makeTableHandle(itemTable)
const grouped: AppTable = {
  ...itemTable,
  indexes: [
    {
      name: 'byGroup',
      kind: 'global',
      partitionKey: { name: 'group', type: 'string' },
      projection: { kind: 'ALL' },
    },
  ],
}

/** Runs one call and gives what it caught; a call that is repeated for ever fails the test. */
async function caughtBy(table: AppTable, write: () => Promise<unknown>): Promise<unknown> {
  const caught: unknown[] = []
  const app = testApp({
    records: [{ key: 'k', value: {} }],
    tables: [table],
    functions: [
      save(async () => {
        if (caught.length > 2) throw new Error('the call is repeated')
        caught.push(
          await write().then(
            () => 'nothing',
            (error: { code?: string }) => error.code,
          ),
        )
        await items.put({ id: 'after' })
      }),
    ],
  })
  const { tables } = await runWhole(app, temp.dir)
  expect(caught).toHaveLength(1)
  expect(tables.items).toContainEqual({ id: 'after' })
  return caught[0]
}

describe('number keys of records', () => {
  const byNumber: AppTable = {
    name: 'items',
    partitionKey: { name: 'id', type: 'number' },
    indexes: grouped.indexes!,
  }

  test('keep all of their digits, and name one item each', async () => {
    const numbers = [
      '0.12345678901234567891',
      '0.12345678901234567892',
      '12345678901234567890123456789012345678',
      '1e-7',
      '1.50',
      '-0.0',
      '9.9e125',
    ]
    const app = testApp({
      records: [{ key: 'k', value: 0 }],
      tables: [byNumber],
      functions: [save((batch) => makeTableHandle(byNumber).put(batch), { from: 'numbers' })],
    })
    const { app: running } = await start(
      {
        ...app,
        streams: [...app.streams, { name: 'numbers', shards: 1, retentionMs: Number.POSITIVE_INFINITY }],
      },
      temp.dir,
    )
    running.store.commit((transaction) => {
      for (const number of [...numbers, '1e126', '1'.repeat(39), '1E400', '1e-131'])
        transaction.append('numbers', [
          { key: Buffer.from('k'), data: Buffer.from(`{"id":${number},"group":"g"}`) },
        ])
    })
    const report = await running.runToEnd()
    expect(report.stages.find(({ name }) => name === 'save')).toMatchObject({ out: numbers.length, dead: 4 })
    const tables = openTables({ store: running.store })
    const exact = numbers.map((text) => canonicalNumber(text))
    expect(tables.scan({ table: 'items' }).items).toHaveLength(numbers.length)
    for (const text of exact) {
      const item = { id: { N: text }, group: { S: 'g' } }
      expect(tables.get('items', { partitionKey: text })).toEqual(item)
      running.store.commit((transaction) =>
        tables
          .writer(transaction)
          .update('items', { partitionKey: text }, (before) => ({ ...before, seen: { BOOL: true } })),
      )
    }
    // Each entry of the index leads to its item.
    const page = tables.query({ table: 'items', index: 'byGroup', partition: 'g' })
    expect(page.items.map(({ id }) => JSON.stringify(id)).sort()).toEqual(
      exact.map((text) => JSON.stringify({ N: text })).sort(),
    )
    await running.close()
  })
})

describe('a handler is told at once of', () => {
  test.each<[string, () => Promise<unknown>, string]>([
    [
      'an update that gives a key of an index another type',
      () => items.update('a', 'SET #g = :v', { names: { '#g': 'group' }, values: { ':v': 5 } }),
      'TABLE_KEY_INVALID',
    ],
    [
      'an update of the key',
      () => items.update('a', 'SET id = :v', { values: { ':v': 'b' } }),
      'TABLE_KEY_CHANGED',
    ],
    [
      'an update that makes the item too large',
      () => items.update('a', 'SET v = :v', { values: { ':v': 'x'.repeat(500_000) } }),
      'TABLE_ITEM_TOO_LARGE',
    ],
    [
      'an item whose text is too long for its record of changes',
      () => items.put({ id: 'a', v: Array.from({ length: 100_000 }, () => 1e125) }),
      'TABLE_ITEM_INVALID',
    ],
  ])('%s', async (_, write, code) => {
    expect(await caughtBy({ ...grouped, changes: 'NEW_AND_OLD_IMAGES' }, write)).toBe(code)
  })

  test('a put under a condition that no typed item can hold, also where nobody looks', async () => {
    const condition = { condition: 'attribute_not_exists(id)' }
    expect(await caughtBy(itemTable, () => items.put({ id: 'a', v: 1e300 }, condition))).toBe(
      'TABLE_ITEM_INVALID',
    )
  })
})

test('keys that hold zero bytes are told apart', async () => {
  const pairs: AppTable = {
    name: 'items',
    partitionKey: { name: 'p', type: 'string' },
    sortKey: { name: 's', type: 'string' },
  }
  const handle = makeTableHandle(pairs)
  const seen: unknown[] = []
  const app = testApp({
    records: [{ key: 'k', value: {} }],
    tables: [pairs],
    functions: [
      save(async () => {
        await handle.put({ p: 'a\0b', s: 'c' })
        seen.push(await handle.get('a', 'b\0c'), await handle.get('a\0b', 'c'))
      }),
    ],
  })
  await runWhole(app, temp.dir)
  expect(seen).toEqual([undefined, { p: 'a\0b', s: 'c' }])
})

import { describe, expect, test } from 'vitest'
import { testApp } from '../testing/test-app.ts'
import { defineApp } from './define-app.ts'
import { type TableChange, tableChange } from './table-change.ts'
import type { TableSettings } from './table-settings.ts'

const build = (settings: TableSettings) =>
  defineApp('a', (app) => {
    const from = app.stream('s')
    app.table('T', settings)
    app.function('f', { from }, () => {})
  }).build()

describe('settings of a table', () => {
  test('become indexes, changes, expiry and capacity', () => {
    const { definition } = build({
      partitionKey: 'race',
      sortKey: { racer: 'number' },
      indexes: {
        byTime: { sortKey: { time: 'number' } },
        byTeam: { partitionKey: 'team', show: 'keys' },
        byCity: { partitionKey: 'city', sortKey: { time: 'number' }, show: ['name'] },
      },
      changes: 'NEW_IMAGE',
      ttl: 'until',
      capacity: { readUnits: 10, writeUnits: 20 },
    })
    const race = { name: 'race', type: 'string' }
    const time = { name: 'time', type: 'number' }
    expect(definition.tables).toEqual([
      {
        name: 'T',
        partitionKey: race,
        sortKey: { name: 'racer', type: 'number' },
        changes: 'NEW_IMAGE',
        ttlAttribute: 'until',
        capacity: { readUnits: 10, writeUnits: 20 },
        indexes: [
          { name: 'byTime', kind: 'local', partitionKey: race, sortKey: time, projection: { kind: 'ALL' } },
          {
            name: 'byTeam',
            kind: 'global',
            partitionKey: { name: 'team', type: 'string' },
            projection: { kind: 'KEYS_ONLY' },
          },
          {
            name: 'byCity',
            kind: 'global',
            partitionKey: { name: 'city', type: 'string' },
            sortKey: time,
            projection: { kind: 'INCLUDE', attributes: ['name'] },
          },
        ],
      },
    ])
  })

  test.each<[object, RegExp]>([
    [{ partitionKey: 'a', changes: 'ALL' }, /Changes of table "T" is "ALL".*Allowed: KEYS_ONLY/s],
    [{ partitionKey: 'a', ttll: 'a' }, /has no setting "ttll".*"ttl"/s],
    [{ partitionKey: 'a', ttl: 5 }, /Ttl of table "T" has the name 5/],
    [
      { partitionKey: 'a', indexes: { i: { sortKey: 'b' } } },
      /has no sort key, so index "i" cannot be local/,
    ],
    [{ partitionKey: 'a', sortKey: 'b', indexes: { i: {} } }, /local index "i" needs/],
    [
      { partitionKey: 'a', indexes: { i: { partitionKey: { a: 'number' } } } },
      /"a" is a string as one key and a number as another/,
    ],
    [{ partitionKey: 'a', indexes: { i: { partitionKey: 'b', show: [] } } }, /Show of index "i"/],
    [{ partitionKey: 'a', capacity: { readUnits: 0, writeUnits: 1 } }, /ReadUnits of table "T" is 0/],
  ])('that cannot be are refused where they are declared: %j', (settings, message) => {
    // Wrong on purpose.
    expect(() => build(settings as TableSettings)).toThrow(message)
  })

  test('a table without changes has no stream of them, and says how to get one', () => {
    const app = defineApp('a', (app) => {
      app.function('f', { from: app.table('T', { partitionKey: 'a' }).changes }, () => {})
    })
    expect(() => app.build()).toThrow(/Table "T" has no change stream.*changes: 'NEW_AND_OLD_IMAGES'/s)
  })

  test('a stream cannot have the name of the changes', async () => {
    const app = defineApp('a', (app) => {
      const { changes } = app.table('T', { partitionKey: 'a', changes: 'KEYS_ONLY' })
      app.stream('T.changes')
      app.function('f', { from: changes }, () => {})
    })
    await expect(testApp(app)).rejects.toThrow(/stream "T\.changes" of the app/)
  })
})

test('a board keeps the best of each racer by conditions, shows the first by an index, and tells of its changes', async () => {
  const told: TableChange[] = []
  let first: unknown
  const app = defineApp('race', (app) => {
    const times = app.stream<{ racer: string; time: number }>('times', { shards: 2 })
    const board = app.table('Board', {
      partitionKey: 'racer',
      indexes: { byTime: { partitionKey: 'race', sortKey: { time: 'number' } } },
      changes: 'NEW_AND_OLD_IMAGES',
    })
    app.function('keep', { from: times, batchSize: 3, parallelization: 4 }, async (records) => {
      for (const record of records) {
        const { racer, time } = record.json()
        await board
          .put(
            { racer, time, race: 'r' },
            {
              condition: 'attribute_not_exists(racer) OR #t > :t',
              names: { '#t': 'time' },
              values: { ':t': time },
            },
          )
          .catch((error: { code: string }) => {
            if (error.code !== 'TABLE_CONDITION_FAILED') throw error
          })
      }
    })
    app.function('tell', { from: board.changes }, async (records) => {
      told.push(...records.map((record) => tableChange(record)))
      first = (await board.query('r', { index: 'byTime', limit: 1 })).items[0]
    })
  })
  await using tested = await testApp(app)
  const best = new Map<string, number>()
  for (let i = 0; i < 200; i++) {
    const [racer, time] = [`racer ${i % 7}`, 50 + ((i * 37) % 101)]
    best.set(racer, Math.min(best.get(racer) ?? time, time))
    // Keys that have nothing to do with the racer: lanes and shards race for the items.
    tested.put('times', `key ${i}`, { racer, time })
  }
  await tested.runUntilIdle()
  const wanted = [...best]
    .map(([racer, time]) => ({ racer, time, race: 'r' }))
    .sort((a, b) => (a.racer < b.racer ? -1 : 1))
  expect(tested.items('Board')).toEqual(wanted)
  expect(first).toEqual(wanted.toSorted((a, b) => a.time - b.time)[0])
  const replayed = new Map<unknown, unknown>()
  for (const { kind, keys, before, after, isExpiry } of told) {
    expect(before).toEqual(replayed.get(keys.racer))
    expect(kind).toBe(before === undefined ? 'insert' : 'modify')
    expect(isExpiry).toBe(false)
    replayed.set(keys.racer, after)
  }
  expect(
    [...replayed.values()].sort((a, b) =>
      (a as { racer: string }).racer < (b as { racer: string }).racer ? -1 : 1,
    ),
  ).toEqual(wanted)
})

import { randomUUID } from 'node:crypto'
import { afterEach, describe, expect, it } from 'vitest'
import type { LakeColumn } from '../../schema/lake-type.ts'
import type { IcebergTable } from '../table-port.ts'
import { applyChanges } from './apply-changes.ts'
import { openUpsertLake, type UpsertLake } from './testing/upsert-lake.ts'
import type { ChangeSource, UpsertOptions } from './upsert-options.ts'

const lakes: UpsertLake[] = []
afterEach(() => {
  for (const lake of lakes.splice(0)) lake.close()
})

const columns: readonly LakeColumn[] = [
  { name: 'id', type: { kind: 'long' }, isRequired: true },
  { name: 'item', type: { kind: 'string' }, isRequired: true },
  { name: 'at', type: { kind: 'timestamp' } },
  { name: 'amount', type: { kind: 'decimal', precision: 10, scale: 2 } },
  { name: 'shop', type: { kind: 'struct', fields: [{ name: 'city', type: { kind: 'string' } }] } },
]

async function open(partitionBy: { column: string; transform: string }[] = []) {
  const lake = await openUpsertLake(randomUUID())
  lakes.push(lake)
  return { lake, table: await lake.create({ schema: { columns }, partitionBy }) }
}

type Row = readonly [op: 'put' | 'gone', id: number, item: string, at: number | null, amount: string | null]

/** Seconds of a day for times. */
function changes(rows: readonly Row[], first = 0): ChangeSource {
  const values = rows.map(
    ([op, id, item, at, amount], i) =>
      `(${op === 'put' ? 1 : 2}, ${first + i}, ${id}, '${item}', ${at === null ? 'CAST(NULL AS TIMESTAMP)' : `make_timestamp(${at * 1e6 + 1.7e15})`}, ${amount ?? 'NULL'}, {city: 'c${i}'})`,
  )
  const names = '__op, __n, id, item, "at", amount, shop'
  const sql = `(SELECT __op::INTEGER AS __op, __n::BIGINT AS __n, id::BIGINT AS id, item, "at", amount::DECIMAL(10,2) AS amount, shop FROM (VALUES ${values.join(', ')}) v(${names}))`
  return { sql }
}

async function amounts(lake: UpsertLake, table: IcebergTable): Promise<string[]> {
  await table.refresh()
  return (await lake.read(table)).map((row) => {
    const [id, item, , amount] = row.split('|')
    return `${id}/${item} ${amount}`
  })
}

const modes = ['merge-on-read', 'copy-on-write'] as const

describe.each(modes)('%s', (mode) => {
  const settings = { key: ['id', 'item'], precombine: 'at', mode } as const

  it('new keys are added, known ones replaced, gone ones taken away, in one snapshot each', async () => {
    const { lake, table } = await open()
    const first = await applyChanges(
      table,
      changes([
        ['put', 1, 'a', 1, '1.00'],
        ['put', 1, 'b', 1, '2.00'],
        ['put', 2, 'a', 1, '3.00'],
      ]),
      lake.options(settings),
    )
    expect(first).toMatchObject({ upserted: 3, deleted: 0, superseded: 0 })
    const second = await applyChanges(
      table,
      changes([
        ['put', 1, 'b', 2, '20.00'],
        ['gone', 2, 'a', 2, null],
        ['gone', 9, 'z', 2, null],
        ['put', 3, 'c', 2, '4.00'],
      ]),
      lake.options(settings),
    )
    expect(second).toMatchObject({ upserted: 2, deleted: 1, superseded: 0 })
    expect(await amounts(lake, table)).toEqual(['1/a 1.00', '1/b 20.00', '3/c 4.00'])
    expect(table.metadata.snapshots).toHaveLength(2)
    const before = await lake.read(table, { snapshotId: first.snapshot!['snapshot-id'] })
    expect(before).toHaveLength(3)
  })

  it('late versions lose, equal ones win by arrival, also inside of a batch', async () => {
    const { lake, table } = await open()
    const options = lake.options(settings)
    await applyChanges(
      table,
      changes([
        ['put', 1, 'a', 5, '5.00'],
        ['put', 1, 'a', 3, '3.00'],
      ]),
      options,
    )
    expect(await amounts(lake, table)).toEqual(['1/a 5.00'])
    expect(
      await applyChanges(
        table,
        changes([
          ['put', 1, 'a', 4, '4.00'],
          ['gone', 1, 'a', 4, null],
        ]),
        options,
      ),
    ).toMatchObject({
      snapshot: undefined,
      superseded: 2,
    })
    await applyChanges(table, changes([['put', 1, 'a', 5, '5.50']]), options)
    expect(await amounts(lake, table)).toEqual(['1/a 5.50'])
    await applyChanges(table, changes([['gone', 1, 'a', null, null]]), options)
    expect(await amounts(lake, table)).toEqual([])
  })

  it('a row that moves to another partition leaves the old one', async () => {
    const { lake, table } = await open([
      { column: 'at', transform: 'day' },
      { column: 'item', transform: 'bucket[4]' },
    ])
    const options = lake.options(settings)
    const days = Array.from({ length: 12 }, (_, i): Row => ['put', i, `item ${i}`, i * 86_400, '1.00'])
    await applyChanges(table, changes(days), options)
    expect(
      new Set((await table.plan()).tasks.map(({ file }) => JSON.stringify(file.partition.map(String)))).size,
    ).toBe(12)
    await applyChanges(table, changes([['put', 3, 'item 3', 40 * 86_400, '2.00']]), options)
    const found = await amounts(lake, table)
    expect(found).toHaveLength(12)
    expect(found).toContain('3/item 3 2.00')
  })

  it('a commit id changes the table once', async () => {
    const { lake, table } = await open()
    const options: UpsertOptions = lake.options({ ...settings, commit: { writer: 'lake', id: 'one' } })
    await applyChanges(table, changes([['put', 1, 'a', 1, '1.00']]), options)
    const other = lake.options({ ...settings, commit: { writer: 'other', id: 'x' } })
    await applyChanges(table, changes([['put', 1, 'a', 1, '2.00']]), other)
    const repeat = await applyChanges(await lake.open(), changes([['put', 1, 'a', 1, '1.00']]), options)
    expect(repeat).toMatchObject({ wasDone: true, snapshot: undefined })
    expect(await amounts(lake, table)).toEqual(['1/a 2.00'])
    expect(table.metadata.snapshots).toHaveLength(2)
  })

  it('all rows go, then the changes come', async () => {
    const { lake, table } = await open([{ column: 'item', transform: 'identity' }])
    const options = lake.options(settings)
    await applyChanges(
      table,
      changes([
        ['put', 1, 'a', 9, '1.00'],
        ['put', 2, 'b', 9, '1.00'],
      ]),
      options,
    )
    await applyChanges(table, changes([['put', 1, 'a', 9, '3.00']]), options)
    await applyChanges(table, { ...changes([['put', 1, 'a', 1, '2.00']]), isTruncated: true }, options)
    expect(await amounts(lake, table)).toEqual(['1/a 2.00'])
  })

  it('writers at once: as if one came after the other', async () => {
    const { lake, table } = await open()
    await applyChanges(table, changes([['put', 0, 'x', 1, '0.00']]), lake.options(settings))
    const writers = await Promise.all([1, 2, 3, 4].map(() => lake.open()))
    await Promise.all(
      writers.map(async (writer, i) => {
        for (let round = 0; round < 3; round++) {
          await applyChanges(
            writer,
            changes([
              ['put', 0, 'x', round * 10 + i, `${round}.0${i}`],
              ['put', 100 + i, 'y', round, `${round}.00`],
            ]),
            lake.options({ ...settings, attemptsMax: 100 }),
          )
        }
      }),
    )
    expect(await amounts(lake, table)).toEqual([
      '0/x 2.03',
      '100/y 2.00',
      '101/y 2.00',
      '102/y 2.00',
      '103/y 2.00',
    ])
  })
})

it('without a key rows are only added', async () => {
  const { lake, table } = await open()
  const options = lake.options({ key: [], mode: 'merge-on-read' })
  const rows = changes([
    ['put', 1, 'a', 1, '1.00'],
    ['put', 1, 'a', 1, '1.00'],
  ])
  await applyChanges(table, rows, options)
  await applyChanges(table, rows, options)
  expect(await amounts(lake, table)).toHaveLength(4)
  await expect(applyChanges(table, changes([['gone', 1, 'a', 1, null]]), options)).rejects.toThrow(
    /UPSERT_INVALID.*key/,
  )
})

it('what does not fit is said before anything is written', async () => {
  const { lake, table } = await open()
  const rows = changes([['put', 1, 'a', 1, '1.00']])
  const attempt = (settings: Partial<UpsertOptions>, source = rows) =>
    applyChanges(table, source, lake.options({ key: ['id'], mode: 'merge-on-read', ...settings }))
  await expect(attempt({ key: ['nothing'] })).rejects.toThrow(
    /UPSERT_INVALID.*"nothing".*id, item, at, amount, shop/,
  )
  await expect(attempt({ key: ['shop'] })).rejects.toThrow(/UPSERT_INVALID.*struct/)
  await expect(attempt({ precombine: 'shop' })).rejects.toThrow(/UPSERT_INVALID.*no order/)
  const missing = { sql: `(SELECT * REPLACE (CAST(NULL AS BIGINT) AS id) FROM ${rows.sql})` }
  await expect(attempt({}, missing)).rejects.toThrow(/UPSERT_KEY_MISSING.*1 of 1/)
  expect((await lake.store.list('sales/orders/data/')).objects).toEqual([])
})

import { gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { answer, lakeKit, lakeTable } from '../query/testing/lake-kit.ts'
import { openCrawler } from './open-crawler.ts'

const target = { bucket: 'lake', prefix: '', database: 'found' }

test('formats, columns and partitions are found, a table for each place', async () => {
  const kit = await lakeKit()
  const crawler = openCrawler(kit)
  await kit.write(
    'orders/day=2026-11-20/hour=7/a.parquet',
    'SELECT 1::INTEGER AS id, 1.5::DECIMAL(4,1) AS price',
  )
  await kit.write('orders/day=2026-11-21/hour=8/b.parquet', "SELECT 2::BIGINT AS id, {'zip': 1} AS spot")
  kit.writeText(
    'events/2026/11/21/07/a.json.gz',
    gzipSync('{"kind":"view","n":1}\n{"kind":"buy","n":2.5,"tags":["x"]}\n'),
  )
  kit.writeText('events/2026/11/21/08/b.json', '[{"kind":"view"}]')
  kit.writeText('Sheets 2026/a.csv', 'name;born\nAda;1815-12-10\n')
  kit.writeText('other/Sheets 2026/a.csv', '1,2\n3,4\n')
  const { tables, kept } = await crawler.crawl(target)
  expect(kept).toEqual([])
  const shown = tables.map(({ name, format, location, columns, partitionKeys, files }) => ({
    name,
    format,
    location,
    files,
    columns: columns.map((column) => `${column.name} ${column.type.kind}`).join(', '),
    keys: partitionKeys.map((column) => `${column.name} ${column.type.kind}`).join(', '),
  }))
  expect(shown).toEqual([
    {
      name: 'sheets_2026',
      format: 'csv',
      location: 'Sheets 2026/',
      files: 1,
      columns: 'name string, born date',
      keys: '',
    },
    {
      name: 'events',
      format: 'json',
      location: 'events/',
      files: 2,
      columns: 'kind string, n double, tags list',
      keys: 'partition_0 string, partition_1 string, partition_2 string, partition_3 string',
    },
    {
      name: 'orders',
      format: 'parquet',
      location: 'orders/',
      files: 2,
      columns: 'id long, price decimal, spot struct',
      keys: 'day date, hour int',
    },
    {
      name: 'other_sheets_2026',
      format: 'csv',
      location: 'other/Sheets 2026/',
      files: 1,
      columns: 'column0 long, column1 long',
      keys: '',
    },
  ])
  expect(tables[2]?.differing).toEqual([
    {
      key: 'orders/day=2026-11-20/hour=7/a.parquet',
      how: '"id" is INTEGER, in the table BIGINT; it has no "spot"',
    },
    { key: 'orders/day=2026-11-21/hour=8/b.parquet', how: 'it has no "price"' },
  ])
  const options = { database: 'found' }
  expect(
    (await answer(kit.query, 'SELECT id, price, spot.zip, day FROM orders ORDER BY id', options)).rows,
  ).toEqual([
    ['1', '1.5', null, '2026-11-20'],
    ['2', null, '1', '2026-11-21'],
  ])
  expect(
    (await answer(kit.query, 'SELECT kind, n, partition_3 FROM events ORDER BY ALL', options)).rows,
  ).toEqual([
    ['buy', '2.5', '07'],
    ['view', '1.0', '07'],
    ['view', null, '08'],
  ])
  expect((await answer(kit.query, 'SELECT * FROM sheets_2026', options)).rows).toEqual([
    ['Ada', '1815-12-10'],
  ])
  expect((await answer(kit.query, 'SELECT * FROM other_sheets_2026', options)).rows).toEqual([
    ['1', '2'],
    ['3', '4'],
  ])
  await crawler.close()
})

test('what stays the same makes no version, what comes to it one, and columns keep their places', async () => {
  const kit = await lakeKit()
  const crawler = openCrawler(kit)
  const orders = { ...target, prefix: 'orders/', crawler: 'nightly' }
  await kit.write('orders/a.parquet', 'SELECT 1::INTEGER AS id, true AS paid')
  expect((await crawler.crawl(orders)).tables[0]).toMatchObject({
    name: 'orders',
    outcome: 'made',
    version: 1,
  })
  expect((await crawler.crawl(orders)).tables[0]).toMatchObject({ outcome: 'unchanged', version: 1 })
  await kit.write('orders/0.parquet', "SELECT 'x' AS code, 2.5::DOUBLE AS id, false AS paid")
  expect((await crawler.crawl(orders)).tables[0]).toMatchObject({ outcome: 'changed', version: 2 })
  const table = kit.catalog.table('found', 'orders')
  expect(table?.columns.map(({ name, type }) => `${name} ${type.kind}`)).toEqual([
    'id double',
    'paid boolean',
    'code string',
  ])
  expect(table?.parameters).toEqual({ crawler: 'nightly' })
  expect(kit.catalog.versions('found', 'orders')).toHaveLength(2)
  await crawler.close()
})

test('a file that differs from the others breaks neither the crawl nor a query, and is named', async () => {
  const kit = await lakeKit()
  const crawler = openCrawler(kit)
  await kit.write('in/k=1/a.parquet', 'SELECT 1::BIGINT AS id')
  await kit.write('in/k=2/b.parquet', 'SELECT 2::BIGINT AS id')
  kit.writeText('in/k=2/c.parquet', 'PAR1 but then nothing of the kind PAR1')
  kit.writeText('in/k=3/d.json', '{"id":4}')
  kit.writeText('in/k=3/e.bin', new Uint8Array([0, 1, 2, 3]))
  await kit.write('in/f.parquet', 'SELECT 5::BIGINT AS id')
  const [table] = (await crawler.crawl({ ...target, prefix: 'in/' })).tables
  expect(table?.differing).toEqual([
    { key: 'in/f.parquet', how: 'its folders are not those of the others (k)' },
    { key: 'in/k=2/c.parquet', how: expect.stringMatching(/the file/) },
    { key: 'in/k=3/d.json', how: 'it is json, most files are parquet' },
    { key: 'in/k=3/e.bin', how: 'it is neither Parquet nor text' },
  ])
  const { rows, warnings } = await answer(kit.query, 'SELECT id, k FROM "in" ORDER BY id', {
    database: 'found',
  })
  expect(rows).toEqual([
    ['1', '1'],
    ['2', '2'],
  ])
  expect(warnings).toHaveLength(4)
  await crawler.close()
})

test('managed tables, views and tables of elsewhere are left alone', async () => {
  const kit = await lakeKit()
  const crawler = openCrawler(kit)
  kit.catalog.write((writer) => {
    writer.putTable(lakeTable({ name: 'mine', location: 'a/' }))
    writer.putView({ database: 'default', name: 'b', sql: 'SELECT 1' })
    writer.putTable(lakeTable({ name: 'c', location: 'elsewhere/', kind: 'external' }))
  })
  kit.writeText('sales/orders/metadata/v1.metadata.json', '{}')
  await kit.write('sales/orders/data/x.parquet', 'SELECT 1 AS id')
  for (const place of ['a', 'b', 'c']) await kit.write(`${place}/x.parquet`, 'SELECT 1 AS id')
  const before = kit.catalog.tables('default')
  const { tables, kept } = await crawler.crawl({ ...target, database: 'default' })
  expect(tables).toEqual([])
  expect(kept.map(({ name }) => name)).toEqual(['sales/orders/', 'mine', 'b', 'c'])
  expect(kit.catalog.tables('default')).toEqual(before)
  await crawler.close()
})

test('a place that makes no table keeps no other from being found', async () => {
  const kit = await lakeKit()
  const crawler = openCrawler(kit)
  kit.writeText('a/Day=1/day=2/a.json', '{"n":1}\n')
  kit.writeText('b/a.json', '{"n":1}\n')
  const { tables, kept } = await crawler.crawl(target)
  expect(tables.map(({ name }) => name)).toEqual(['b'])
  expect(kept).toMatchObject([{ name: 'a', reason: expect.stringContaining('two columns are called "day"') }])
})

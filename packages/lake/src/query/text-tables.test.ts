import { expect, test } from 'vitest'
import { compress } from '../compression/compress.ts'
import { answer, lakeKit, lakeTable, type WantedTable } from './testing/lake-kit.ts'

test('JSON and CSV files are tables with the types that the table says', async () => {
  const kit = await lakeKit()
  const columns: WantedTable['columns'] = [
    { name: 'id', type: { kind: 'long' } },
    { name: 'price', type: { kind: 'decimal', precision: 10, scale: 2 } },
    { name: 'at', type: { kind: 'timestamptz' } },
    { name: 'tags', type: { kind: 'list', element: { kind: 'string' } } },
  ]
  kit.catalog.write((writer) => {
    writer.putTable(
      lakeTable({ name: 'lines', format: 'json', kind: 'external', location: 'lines/', columns }),
    )
    writer.putTable(
      lakeTable({
        name: 'sheet',
        format: 'csv',
        kind: 'external',
        location: 'sheet/',
        columns: columns.slice(0, 3),
      }),
    )
    writer.putTable(
      lakeTable({ name: 'anything', format: 'json', kind: 'external', location: 'lines/', columns: [] }),
    )
  })
  kit.writeText(
    'lines/a.json',
    '{"id":1,"price":"1.10","at":"2026-11-21T10:00:00+01:00","tags":["x","y"]}\nno json\n{"id":"two","more":1}\n',
  )
  kit.writeText('lines/b.json', '[{"id":3,"price":2.5}]')
  expect((await answer(kit.query, 'SELECT * FROM lines ORDER BY id')).rows).toEqual([
    ['1', '1.10', '2026-11-21 09:00:00+00', '[x, y]'],
    ['3', '2.50', null, null],
    [null, null, null, null],
  ])
  expect((await answer(kit.query, 'SELECT count(*) FROM anything')).rows).toEqual([['3']])
  kit.writeText('sheet/a.csv', 'price;at;id\n"1,5";2026-11-21;1\n2.50;2026-11-21 07:30:00;2\n')
  kit.writeText('sheet/b.csv', 'id,price\n3,7.25\n4,8.00\n')
  expect((await answer(kit.query, 'SELECT * FROM sheet ORDER BY id')).rows).toEqual([
    ['1', null, '2026-11-21 00:00:00+00'],
    ['2', '2.50', '2026-11-21 07:30:00+00'],
    ['3', '7.25', null],
    ['4', '8.00', null],
  ])
})

test.each(['GZIP', 'ZSTD', 'ZIP', 'Snappy', 'HADOOP_SNAPPY'] as const)(
  'text that is compressed as %s is read, whatever its name ends in',
  async (form) => {
    const kit = await lakeKit()
    const columns = lakeTable().columns
    kit.catalog.write((writer) => {
      writer.putTable(
        lakeTable({ format: 'json', partitionKeys: [{ name: 'day', type: { kind: 'string' } }] }),
      )
      writer.putTable(lakeTable({ name: 'sheet', format: 'csv', columns, location: 'sheet/' }))
    })
    const suffix = form === 'HADOOP_SNAPPY' ? '.hsnappy' : '.data'
    const packed = await compress(Buffer.from('{"id":1,"name":"a"}\n{"id":2,"name":"b"}\n'), form)
    kit.writeText(`orders/d=1/packed${suffix}`, packed)
    kit.writeText('orders/d=2/plain', '{"id":3,"name":"c"}{"id":4,"name":"d"}')
    kit.writeText(`sheet/packed${suffix}`, await compress(Buffer.from('5,e\n'), form))
    kit.catalog.write((writer) => {
      writer.addFiles('default', 'orders', [
        { key: `orders/d=1/packed${suffix}`, bytes: packed.length, rows: 2, partition: ['1'], version: 1 },
        { key: 'orders/d=2/plain', bytes: 38, rows: 2, partition: ['2'], version: 1 },
      ])
      writer.addFiles('default', 'sheet', [
        { key: `sheet/packed${suffix}`, bytes: 1, rows: 1, partition: [], version: 1 },
      ])
    })
    expect(
      (
        await answer(
          kit.query,
          'SELECT id, name, day FROM orders UNION ALL SELECT *, NULL FROM sheet ORDER BY id',
        )
      ).rows,
    ).toEqual([
      ['1', 'a', '1'],
      ['2', 'b', '1'],
      ['3', 'c', '2'],
      ['4', 'd', '2'],
      ['5', 'e', null],
    ])
  },
)

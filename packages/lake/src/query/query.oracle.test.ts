/**
 * Random queries over random managed tables answer as plain DuckDB does over the same rows in one table: whatever files, partitions
 * and versions of columns the rows are spread over.
 */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { answer, type LakeKit, lakeKit, lakeTable, type WantedTable } from './testing/lake-kit.ts'

/** Versions of the columns, each wider than the one before. */
const versions: readonly WantedTable['columns'][] = [
  [
    { name: 'id', type: { kind: 'int' } },
    { name: 'name', type: { kind: 'string' } },
  ],
  [
    { name: 'id', type: { kind: 'long' } },
    { name: 'name', type: { kind: 'string' } },
    { name: 'price', type: { kind: 'decimal', precision: 6, scale: 2 } },
  ],
  [
    { name: 'price', type: { kind: 'decimal', precision: 10, scale: 2 } },
    { name: 'id', type: { kind: 'long' } },
    { name: 'name', type: { kind: 'string' } },
    { name: 'spot', type: { kind: 'struct', fields: [{ name: 'x', type: { kind: 'int' } }] } },
  ],
]
const casts: readonly Readonly<Record<string, string>>[] = [
  { id: 'INTEGER', name: 'VARCHAR' },
  { id: 'BIGINT', name: 'VARCHAR', price: 'DECIMAL(6,2)' },
  { price: 'DECIMAL(10,2)', id: 'BIGINT', name: 'VARCHAR', spot: 'STRUCT(x INTEGER)' },
]

const partitionings = ['none', 'hive', 'folders', 'hidden'] as const
const days = ['2026-11-19', '2026-11-20', '2026-11-21', '__HIVE_DEFAULT_PARTITION__'] as const
const hours = ['0', '7', '23'] as const

const row = fc.record({
  id: fc.option(fc.integer({ min: -5, max: 20 })),
  name: fc.option(fc.constantFrom('a', 'b', "it's", '', 'ß')),
  price: fc.option(fc.integer({ min: -999_999, max: 999_999 })),
  x: fc.option(fc.integer({ min: 0, max: 3 })),
})
const file = fc.record({
  version: fc.nat(2),
  day: fc.constantFrom(...days),
  hour: fc.constantFrom(...hours),
  rows: fc.array(row, { maxLength: 6 }),
})
const lakes = fc.record({
  partitioning: fc.constantFrom(...partitionings),
  format: fc.constantFrom('parquet' as const, 'json' as const),
  files: fc.array(file, { maxLength: 8 }),
})
type Lake = typeof lakes extends fc.Arbitrary<infer T> ? T : never

const literal = (text: string): string => `'${text.replaceAll("'", "''")}'`

/** Conditions over both kinds of columns; those of the partition are tried more often. */
function conditions(of: string): fc.Arbitrary<string> {
  const day = fc.constantFrom(...days.slice(0, 3), '2026-11-22').map((value) => `DATE '${value}'`)
  const compare = fc.constantFrom('=', '<>', '<', '<=', '>', '>=')
  const simple = fc.oneof(
    {
      weight: 3,
      arbitrary: fc.tuple(compare, day).map(([operator, value]) => `${of}day ${operator} ${value}`),
    },
    {
      weight: 2,
      arbitrary: fc
        .tuple(compare, fc.constantFrom('0', '7', '7.5', "'23'"))
        .map(([operator, value]) => `${of}hour ${operator} ${value}`),
    },
    {
      weight: 1,
      arbitrary: fc.constantFrom(
        `${of}hour IN (0, 23)`,
        `${of}hour BETWEEN 1 AND 22`,
        `${of}day IS NULL`,
        `${of}day IS NOT NULL`,
      ),
    },
    {
      weight: 1,
      arbitrary: fc.constantFrom(
        `year(${of}day) = 2026 AND day(${of}day) > 19`,
        `${of}hour % 2 = 1`,
        `coalesce(${of}hour, 5) < 10`,
      ),
    },
    {
      weight: 2,
      arbitrary: fc
        .tuple(compare, fc.integer({ min: -5, max: 20 }))
        .map(([operator, value]) => `${of}id ${operator} ${value}`),
    },
    {
      weight: 1,
      arbitrary: fc.constantFrom(
        `${of}name IS NULL`,
        `${of}name > 'a'`,
        `${of}price > 10.5`,
        `${of}spot.x = 1`,
        `${of}id = ${of}hour`,
      ),
    },
  )
  const { term } = fc.letrec<{ term: string; more: string }>((tie) => ({
    term: fc.oneof({ depthSize: 'small' }, simple, tie('more')),
    more: fc.oneof(
      fc.tuple(tie('term'), tie('term')).map(([a, b]) => `(${a} AND ${b})`),
      fc.tuple(tie('term'), tie('term')).map(([a, b]) => `(${a} OR ${b})`),
      tie('term').map((a) => `NOT (${a})`),
    ),
  }))
  return term
}

const plain = conditions('')
const left = conditions('a.')
const right = conditions('b.')

const queries: fc.Arbitrary<string> = fc.oneof(
  plain.map((where) => `SELECT * FROM t WHERE ${where}`),
  plain.map(
    (where) =>
      `SELECT day, hour, count(*), sum(id), min(name), max(price), count(spot.x) FROM t WHERE ${where} GROUP BY ALL`,
  ),
  fc
    .tuple(plain, plain)
    .map(([where, having]) => `SELECT hour, day, id FROM t WHERE ${where} GROUP BY ALL HAVING ${having}`),
  fc
    .tuple(left, right)
    .map(([a, b]) => `SELECT a.id, b.name, a.day, b.hour FROM t a JOIN t b USING (id) WHERE ${a} AND ${b}`),
  fc
    .tuple(left, right)
    .map(([a, b]) => `SELECT a.id, b.name, b.day FROM t a LEFT JOIN t b ON a.id = b.id AND ${b} WHERE ${a}`),
  fc
    .tuple(left, right)
    .map(([a, b]) => `SELECT a.id, b.day FROM t a LEFT JOIN t b ON a.id = b.id WHERE ${a} AND (${b})`),
  fc
    .tuple(left, right)
    .map(([a, b]) => `SELECT a.id, b.day FROM t a FULL JOIN t b ON a.id = b.id WHERE (${a}) OR (${b})`),
  fc
    .tuple(plain, plain)
    .map(
      ([inner, outer]) =>
        `SELECT * FROM (SELECT id, day, hour, name, price, spot FROM t WHERE ${inner}) WHERE ${outer}`,
    ),
  fc
    .tuple(plain, plain)
    .map(
      ([inner, outer]) =>
        `WITH t AS (SELECT * FROM t WHERE ${inner}) SELECT day, count(*) FROM t WHERE ${outer} GROUP BY day`,
    ),
  fc
    .tuple(plain, left)
    .map(
      ([inner, outer]) =>
        `SELECT id, day FROM t a WHERE ${outer} AND EXISTS (SELECT 1 FROM t WHERE ${inner} AND id = a.id)`,
    ),
  fc
    .tuple(plain, plain)
    .map(([a, b]) => `SELECT id, day FROM t WHERE ${a} UNION ALL SELECT id, day FROM t WHERE ${b}`),
  fc
    .tuple(plain, plain)
    .map(([a, b]) => `SELECT (SELECT count(*) FROM t WHERE ${a}), count(*) FROM t WHERE ${b}`),
  plain.map(
    (where) => `SELECT day, count(*) OVER (PARTITION BY hour ORDER BY id, name, price) FROM t WHERE ${where}`,
  ),
  // Names that look like partition keys and are none.
  plain.map(
    (where) =>
      `SELECT * FROM (SELECT id AS hour, DATE '2026-11-20' AS day, id, name, price, spot FROM t) WHERE ${where}`,
  ),
  plain.map((where) => `SELECT count(*) FROM v WHERE ${where}`),
)

/** The rows as the newest version of the table has them, in one table of plain DuckDB. */
async function expectedTable(kit: LakeKit, { partitioning, files }: Lake): Promise<void> {
  await kit.duck.run(
    'CREATE OR REPLACE TABLE t (price DECIMAL(10,2), id BIGINT, name VARCHAR, spot STRUCT(x INTEGER), day DATE, hour INTEGER)',
  )
  await kit.duck.run('CREATE OR REPLACE VIEW v AS SELECT * FROM t WHERE id IS NOT NULL')
  for (const { version, day, hour, rows } of files) {
    for (const { id, name, price, x } of rows) {
      const values = [
        version === 0 || price === null ? 'NULL' : priceText(version, price),
        id ?? 'NULL',
        name === null ? 'NULL' : literal(name),
        version < 2 ? 'NULL' : `{'x': ${x ?? 'NULL'}}`,
        partitioning === 'none' || day.startsWith('__') ? 'NULL' : `DATE '${day}'`,
        partitioning === 'none' ? 'NULL' : hour,
      ]
      await kit.duck.run(`INSERT INTO t VALUES (${values.join(', ')})`)
    }
  }
}

const priceText = (version: number, cents: number): string =>
  ((version === 1 ? cents % 99_999 : cents) / 100).toFixed(2)

async function lakeOf(kit: LakeKit, { partitioning, format, files }: Lake): Promise<void> {
  const partitionKeys: WantedTable['partitionKeys'] =
    partitioning === 'none'
      ? []
      : [
          { name: 'day', type: { kind: 'date' } },
          { name: 'hour', type: { kind: 'int' } },
        ]
  // Columns of a table without partitions that queries name all the same.
  const beside: WantedTable['columns'] =
    partitioning === 'none'
      ? [
          { name: 'day', type: { kind: 'date' } },
          { name: 'hour', type: { kind: 'int' } },
        ]
      : []
  const table = (version: number): WantedTable =>
    lakeTable({
      name: 't',
      location: 't/',
      format,
      partitionKeys,
      columns: [...(versions[version] ?? []), ...beside],
    })
  for (const version of versions.keys()) {
    kit.catalog.write((writer) => writer.putTable(table(version)))
    for (const [i, { version: own, day, hour, rows }] of files.entries()) {
      if (own !== version) continue
      const folder = { none: '', hive: `day=${day}/hour=${hour}/`, folders: `${day}/${hour}/`, hidden: '' }[
        partitioning
      ]
      const key = `t/${folder}${i}.${format}`
      const types = casts[version] ?? {}
      const select = rows.map(({ id, name, price, x }) => {
        const value: Readonly<Record<string, string>> = {
          id: String(id ?? 'NULL'),
          name: name === null ? 'NULL' : literal(name),
          price: price === null ? 'NULL' : priceText(version, price),
          spot: `{'x': ${x ?? 'NULL'}}`,
        }
        const columns = Object.entries(types).map(
          ([column, type]) => `CAST(${value[column]} AS ${type}) AS ${column}`,
        )
        const nulls = beside.map(
          (column) => `CAST(NULL AS ${column.name === 'day' ? 'DATE' : 'INTEGER'}) AS ${column.name}`,
        )
        return `SELECT ${[...columns, ...nulls].join(', ')}`
      })
      if (select.length === 0) continue
      const bytes = await kit.write(key, select.join(' UNION ALL '), `FORMAT ${format}`)
      const partition = partitioning === 'none' ? [] : [day, hour]
      kit.catalog.write((writer) =>
        writer.addFiles('default', 't', [{ key, bytes, rows: rows.length, partition, version: version + 1 }]),
      )
    }
  }
  kit.catalog.write((writer) =>
    writer.putView({ database: 'default', name: 'v', sql: 'SELECT * FROM t WHERE id IS NOT NULL' }),
  )
}

const runs = process.env.MILLRACE_NIGHTLY === undefined ? 12 : 200

test('random queries over random tables answer like plain DuckDB over the same rows in one', async () => {
  const kit = await lakeKit()
  let number = 0
  await fc.assert(
    fc.asyncProperty(lakes, fc.array(queries, { minLength: 4, maxLength: 8 }), async (lake, asked) => {
      if (number++ > 0) kit.catalog.write((writer) => writer.dropTable('default', 't'))
      await lakeOf(kit, lake)
      await expectedTable(kit, lake)
      for (const sql of asked) {
        const wanted = sql.replace(
          'SELECT * FROM t WHERE',
          'SELECT price, id, name, spot, day, hour FROM t WHERE',
        )
        const reader = await kit.duck.runAndReadAll(asTextRows(wanted))
        const expected = reader.getRows().map(String).sort()
        const found = (await answer(kit.query, asTextRows(wanted))).rows.map(String).sort()
        expect(found, sql).toEqual(expected)
      }
    }),
    { numRuns: runs, verbose: 1 },
  )
}, 600_000)

/** Each row as one text, so that both sides are compared by what DuckDB prints. */
function asTextRows(sql: string): string {
  return `SELECT CAST(q AS VARCHAR) FROM (${sql}) q`
}

/**
 * Changes of a table, written by the envelopes of change data capture and read by the sinks, end in the very rows that the changes
 * end in: random rows of many types, with deletions, changed keys, emptied tables and unknown values, cut into random batches, some
 * of which come twice.
 */
import {
  type Column,
  type ColumnType,
  type ColumnValue,
  type EnvelopeOptions,
  type LogEvent,
  makeEnvelope,
  type TableSchema,
} from '@millrace/cdc'
import type { StreamRecord } from '@millrace/runtime'
import { type Random, seededRandom } from '@millrace/values'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { testContext } from '../testing/function-context.ts'
import { mysqlSink } from './mysql-sink.ts'
import { postgresSink } from './postgres-sink.ts'
import type { DatabaseSinkOptions } from './sink-options.ts'
import { isInstalled, openTestDatabase, recordOf, type TestDatabase } from './testing/database-kit.ts'

const isNightly = process.env.MILLRACE_NIGHTLY === '1'

interface TestColumn {
  readonly name: string
  /** In CREATE TABLE. */
  readonly sql: string
  readonly type: ColumnType
  value(random: Random): ColumnValue
}

const digits = (random: Random, count: number) =>
  Array.from({ length: count }, () => random.below(10)).join('')
const two = (value: number) => String(value).padStart(2, '0')
const date = (random: Random) =>
  `${1900 + random.below(200)}-${two(1 + random.below(12))}-${two(1 + random.below(28))}`
const clockTime = (random: Random) =>
  `${two(random.below(24))}:${two(random.below(60))}:${two(random.below(60))}`
const texts = [
  'a',
  'ß "quoted" \\ back',
  "it's",
  'line\nbreak',
  '\u{1f600}',
  'null',
  '{"x":1}',
  'Ω'.repeat(30),
]
const documents = ['{"a":[1,2.50,null],"b":"x\\"y"}', '[]', '"text"', '12345678901234567890', 'true', '{}']
/** As texts of both databases are: a fraction has 6 digits or none. */
const fraction = (random: Random) =>
  random.below(3) === 0 ? '.000000' : `.${digits(random, 5)}${1 + random.below(9)}`
const bytes = (random: Random) => Uint8Array.from({ length: 1 + random.below(6) }, () => random.below(256))
const wholeNumber = (text: string) => (Number.isSafeInteger(Number(text)) ? Number(text) : BigInt(text))

const common = (kind: TestDatabase['kind']): TestColumn[] => [
  {
    name: 'id',
    sql: 'BIGINT',
    type: { kind: 'integer', native: 'bigint', bits: 64 },
    value: (random) => random.below(30),
  },
  {
    name: 'large',
    sql: 'BIGINT',
    type: { kind: 'integer', native: 'bigint', bits: 64 },
    value: (random) =>
      wholeNumber(`${random.below(2) ? '-' : ''}${1 + random.below(9)}${digits(random, random.below(18))}`),
  },
  {
    name: 'price',
    sql: 'NUMERIC(24,6)',
    type: { kind: 'decimal', native: 'numeric(24,6)', precision: 24, scale: 6 },
    value: (random) =>
      `${random.below(2) ? '-' : ''}${1 + random.below(9)}${digits(random, 12)}.${digits(random, 5)}7`,
  },
  {
    name: 'ratio',
    sql: 'DOUBLE PRECISION',
    type: { kind: 'float', native: 'double', bits: 64 },
    value: (random) => random.next() * 1e9 - 5e8,
  },
  {
    name: 'name',
    sql: 'VARCHAR(80)',
    type: { kind: 'text', native: 'varchar(80)', length: 80 },
    value: (random) => texts[random.below(texts.length)]!,
  },
  { name: 'born', sql: 'DATE', type: { kind: 'date', native: 'date' }, value: date },
  {
    name: 'made',
    sql: kind === 'mariadb' ? 'DATETIME(6)' : 'TIMESTAMP',
    type: { kind: 'datetime', native: 'timestamp', scale: 6 },
    value: (random) => `${date(random)} ${clockTime(random)}${fraction(random)}`,
  },
  {
    name: 'seen',
    sql: kind === 'mariadb' ? 'TIMESTAMP(6) NULL' : 'TIMESTAMPTZ',
    type: { kind: 'instant', native: 'timestamptz', scale: 6 },
    value: (random) =>
      `20${two(random.below(30))}-06-${two(1 + random.below(28))} ${clockTime(random)}${fraction(random)}`,
  },
  {
    name: 'hour',
    sql: kind === 'mariadb' ? 'TIME(6)' : 'TIME',
    type: { kind: 'time', native: 'time(6)', scale: 6 },
    value: (random) => `${clockTime(random)}${fraction(random)}`,
  },
  {
    name: 'doc',
    sql: 'JSON',
    type: { kind: 'json', native: 'json' },
    value: (random) => documents[random.below(documents.length)]!,
  },
  {
    name: 'raw',
    sql: kind === 'mariadb' ? 'VARBINARY(20)' : 'BYTEA',
    type: { kind: 'bytes', native: 'bytes', length: 20 },
    value: bytes,
  },
]
const own: { readonly [kind in TestDatabase['kind']]: TestColumn[] } = {
  mariadb: [
    {
      name: 'huge',
      sql: 'BIGINT UNSIGNED',
      type: { kind: 'integer', native: 'bigint unsigned', bits: 64, isUnsigned: true },
      value: (random) => wholeNumber(`1${random.below(8)}${digits(random, 18)}`),
    },
    {
      name: 'flags',
      sql: 'BIT(12)',
      type: { kind: 'bits', native: 'bit(12)', bits: 12 },
      value: (random) => random.below(4096).toString(2).padStart(12, '0'),
    },
    {
      name: 'flag',
      sql: 'BIT(1)',
      type: { kind: 'bits', native: 'bit(1)', bits: 1 },
      value: (random) => String(random.below(2)),
    },
    {
      name: 'size',
      sql: "ENUM('s','m, x','l')",
      type: { kind: 'enum', native: 'enum', labels: ['s', 'm, x', 'l'] },
      value: (random) => ['s', 'm, x', 'l'][random.below(3)]!,
    },
    {
      name: 'tags',
      sql: "SET('a','b','c')",
      type: { kind: 'set', native: 'set', labels: ['a', 'b', 'c'] },
      value: (random) => ['a', 'b,c', 'a,b,c'][random.below(3)]!,
    },
    {
      name: 'yr',
      sql: 'YEAR',
      type: { kind: 'year', native: 'year' },
      value: (random) => 1950 + random.below(150),
    },
  ],
  postgres: [
    {
      name: 'flag',
      sql: 'BOOLEAN',
      type: { kind: 'boolean', native: 'boolean' },
      value: (random) => random.below(2) === 1,
    },
    {
      name: 'uid',
      sql: 'UUID',
      type: { kind: 'uuid', native: 'uuid' },
      value: (random) => `00000000-0000-4000-8000-${digits(random, 12)}`,
    },
    {
      name: 'list',
      sql: 'INT[]',
      type: { kind: 'array', native: 'integer[]', element: { kind: 'integer', native: 'integer', bits: 32 } },
      value: (random) => Array.from({ length: random.below(4) }, () => random.below(100)),
    },
    {
      name: 'words',
      sql: 'TEXT[]',
      type: { kind: 'array', native: 'text[]', element: { kind: 'text', native: 'text' } },
      value: (random) => [texts[random.below(texts.length)]!, null],
    },
    {
      name: 'span',
      sql: 'INT4RANGE',
      type: { kind: 'other', native: 'int4range' },
      value: (random) => `[1,${2 + random.below(50)})`,
    },
    {
      name: 'bits',
      sql: 'BIT(5)',
      type: { kind: 'bits', native: 'bit(5)', bits: 5 },
      value: (random) => random.below(32).toString(2).padStart(5, '0'),
    },
  ],
}

const envelopes: {
  readonly name: string
  readonly envelope: EnvelopeOptions
  readonly sink: Partial<DatabaseSinkOptions>
}[] = [
  { name: 'dms', envelope: { format: 'dms' }, sink: { format: 'dms' } },
  {
    name: 'dms with nulls and bare hexadecimal digits',
    envelope: {
      format: 'dms',
      IncludeNullAndEmpty: true,
      NoHexPrefix: true,
      MessageFormat: 'json',
      UseLargeIntegerValue: false,
    },
    sink: { format: 'dms', missing: 'keep' },
  },
  { name: 'debezium', envelope: { format: 'debezium' }, sink: { format: 'debezium' } },
  {
    name: 'debezium with schemas',
    envelope: { format: 'debezium', schemasEnable: true, tombstonesOnDelete: true },
    sink: { format: 'debezium' },
  },
  { name: 'flat', envelope: { format: 'flat' }, sink: { format: 'flat' } },
]

for (const kind of ['mariadb', 'postgres'] as const) {
  describe.skipIf(!(await isInstalled(kind)))(`on ${kind}`, () => {
    let database: TestDatabase
    beforeAll(async () => {
      database = await openTestDatabase(kind)
    })
    afterAll(() => database[Symbol.asyncDispose]())

    test.each(envelopes)(
      'by the envelope $name',
      async ({ envelope, sink }) => {
        for (let round = 0; round < (isNightly ? 20 : 1); round++) {
          const seed = isNightly ? Math.floor(startSeed + round) : round + 1
          const random = seededRandom(seed)
          const columns = [...common(kind), ...own[kind]]
          const definition = columns.map(({ name, sql }) => `${name} ${sql}`).join(', ')
          await database.run(`DROP TABLE IF EXISTS goods; DROP TABLE IF EXISTS model;
          CREATE TABLE goods (${definition}, PRIMARY KEY (id)); CREATE TABLE model (${definition}, PRIMARY KEY (id))`)
          const { records, rows } = workload(kind, columns, envelope, random)
          const options: DatabaseSinkOptions = { url: database.url, truncate: 'apply', ...sink }
          const stop = new AbortController()
          const open = () => (kind === 'mariadb' ? mysqlSink : postgresSink)(options)
          let handler = open()
          for (let at = 0; at < records.length; ) {
            const to = Math.min(records.length, at + 1 + random.below(40))
            const batch = records.slice(at, to)
            const log = { sequences: batch.map(({ sequence }) => sequence) }
            await handler(batch, testContext({ signal: stop.signal, log }))
            // As after a kill before the position was committed.
            if (random.below(4) === 0) handler = open()
            else at = to
          }
          stop.abort()
          for (const row of rows.values()) await database.run(insertText(kind, columns, row))
          const [written, expected] = await Promise.all(
            ['goods', 'model'].map((table) => database.rows(`SELECT * FROM ${table} ORDER BY id`)),
          )
          expect(expected!.length).toBeGreaterThan(5)
          expect(written, `seed ${seed}`).toEqual(expected)
        }
      },
      120_000,
    )
  })
}

/** Nightly runs take others each day. */
const startSeed = performance.timeOrigin / 86_400_000

function workload(
  kind: TestDatabase['kind'],
  columns: readonly TestColumn[],
  options: EnvelopeOptions,
  random: Random,
): { records: StreamRecord[]; rows: Map<number, ColumnValue[]> } {
  const schema: TableSchema = {
    schema: 'source',
    table: 'goods',
    columns: columns.map(({ name, type }): Column => ({ name, type, isNullable: name !== 'id' })),
    key: [0],
  }
  const source = { name: 'test', kind, version: '1', database: 'postgres' }
  const envelope = makeEnvelope(options, source)
  const records: StreamRecord[] = []
  const emit = (partitionKey: string, data: string) => {
    records.push(recordOf(records.length, data, { partitionKey }))
  }
  const rows = new Map<number, ColumnValue[]>()
  const row = (id: number) =>
    columns.map(({ value }, i): ColumnValue => (i === 0 ? id : random.below(6) === 0 ? null : value(random)))
  const say = (event: Pick<LogEvent, 'kind'> & object, order: number) => {
    const transaction = {
      id: `0-1-${order}`,
      number: order,
      commitTimeUs: 1.7e15 + order,
      place: `log:${order}`,
    }
    // The members that the kind needs are given by the callers.
    envelope.encode({ table: schema, transaction, order: 0, ...event } as LogEvent, 1.7e15, emit)
  }
  envelope.begin(schema, 1.7e15, emit)
  for (let n = 0; n < 250; n++) {
    const id = random.below(30)
    const before = rows.get(id)
    if (n === 60) {
      say({ kind: 'truncate' }, n)
      rows.clear()
    } else if (before === undefined) {
      const after = row(id)
      say(
        {
          kind: 'row',
          operation: n < 20 ? 'load' : 'insert',
          before: undefined,
          after,
          ...(n < 20 ? { transaction: undefined } : {}),
        } as never,
        n,
      )
      rows.set(id, after)
    } else if (random.below(5) === 0) {
      say({ kind: 'row', operation: 'delete', before, after: undefined } as never, n)
      rows.delete(id)
    } else {
      const other = random.below(30)
      const isMove = random.below(5) === 0 && !rows.has(other)
      const after = row(isMove ? other : id)
      // An unchanged TOASTed column is not known where DMS' records cannot say so.
      if (kind === 'postgres' && options.format !== 'dms' && !isMove) after[4] = before[4]
      const told = after.map((value, i) =>
        i === 4 && kind === 'postgres' && options.format !== 'dms' && !isMove ? undefined : value,
      )
      say({ kind: 'row', operation: 'update', before, after: told } as never, n)
      if (isMove) rows.delete(id)
      rows.set(isMove ? other : id, after)
    }
  }
  return { records, rows }
}

/** By other means than the sink's. */
function insertText(
  kind: TestDatabase['kind'],
  columns: readonly TestColumn[],
  row: readonly ColumnValue[],
): string {
  const values = row.map((value, i) => {
    if (value === null || value === undefined) return 'NULL'
    if (value instanceof Uint8Array) {
      const hex = Buffer.from(value).toString('hex')
      return kind === 'mariadb' ? `0x${hex}` : `'\\x${hex}'`
    }
    const { type } = columns[i]!
    if (type.kind === 'bits') return `b'${String(value)}'`
    if (Array.isArray(value)) {
      const items = value.map((item) =>
        item === null ? 'NULL' : typeof item === 'number' ? item : `E'${escaped(String(item))}'`,
      )
      return `ARRAY[${items.join(',')}]::${type.native}`
    }
    if (typeof value !== 'string') return String(value)
    return kind === 'mariadb' ? `'${escaped(value)}'` : `E'${escaped(value)}'`
  })
  return `INSERT INTO model VALUES (${values.join(', ')})`
}

function escaped(text: string): string {
  return text.replace(/\\/g, '\\\\').replace(/'/g, "\\'").replace(/\n/g, '\\n')
}

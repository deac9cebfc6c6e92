/**
 * Every type, thousands of random values: what the log gives and what a chunk gives are the same, and both are what the database says of
 * the value in other words (its own conversion to text, hexadecimal digits or JSON, asked through another client).
 */
import { type Random, seededRandom } from '@millrace/values'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { ColumnValue } from '../model/column-value.ts'
import type { ColumnKind } from '../model/table-schema.ts'
import { isPostgresInstalled, PostgresFixture } from './testing/postgres-fixture.ts'
import {
  anyText,
  arrayText,
  bitsText,
  bytesText,
  dateText,
  decimalText,
  digits,
  floatText,
  integerText,
  intervalText,
  jsonText,
  oneOf,
  type RandomText,
  timestampText,
  timestampTzText,
  timeText,
  timeTzText,
  uuidText,
} from './testing/random-texts.ts'

const seed = process.env.MILLRACE_SEED ?? '20261121'
const valuesOfEach = process.env.MILLRACE_NIGHTLY === '1' ? 20_000 : 1000

/** How a value is asked of the database another way, and what the answer means. */
interface Oracle {
  /** SQL over the column `v`. */
  readonly sql: string
  read(text: string): ColumnValue
}

const text: Oracle = { sql: 'v::text', read: (answer) => answer }
const integer: Oracle = {
  sql: 'v::text',
  read: (answer) => (Number.isSafeInteger(Number(answer)) ? Number(answer) : BigInt(answer)),
}
const number: Oracle = { sql: 'v::text', read: Number }
const boolean: Oracle = {
  sql: "CASE WHEN v THEN 'yes' WHEN NOT v THEN 'no' END",
  read: (answer) => answer === 'yes',
}
const bytes: Oracle = {
  sql: "encode(v, 'base64')",
  read: (answer) => new Uint8Array(Buffer.from(answer, 'base64')),
}
const instant: Oracle = { sql: "(v AT TIME ZONE 'UTC')::text", read: (answer) => answer }
const wallTime: Oracle = { sql: 'v::text', read: (answer) => answer }
/** Elements as JSON texts; numbers are read as such. */
const list = (element: (item: unknown) => ColumnValue, sql = 'to_json(v)::text'): Oracle => {
  const read = (value: unknown): ColumnValue =>
    value === null ? null : Array.isArray(value) ? value.map(read) : element(value)
  return { sql, read: (answer) => read(JSON.parse(answer)) }
}
const asIs = (item: unknown): ColumnValue => item as ColumnValue

interface TypeCase {
  readonly type: string
  readonly kind: ColumnKind
  readonly random: RandomText
  readonly oracle: Oracle
}

const one = (random: Random) => String(random.below(100))
const range: RandomText = (random) =>
  random.below(8) === 0
    ? 'empty'
    : `${oneOf(random, ['[', '('])}${random.below(50)},${oneOf(random, ['', String(60 + random.below(50))])}${oneOf(random, [']', ')'])}`

let cases: readonly TypeCase[] = [
  { type: 'smallint', kind: 'integer', random: integerText(16), oracle: integer },
  { type: 'integer', kind: 'integer', random: integerText(32), oracle: integer },
  { type: 'bigint', kind: 'integer', random: integerText(64), oracle: integer },
  { type: 'oid', kind: 'integer', random: (r) => String(r.below(2 ** 32)), oracle: integer },
  { type: 'boolean', kind: 'boolean', random: (r) => oneOf(r, ['t', 'f']), oracle: boolean },
  { type: 'numeric', kind: 'decimal', random: decimalText, oracle: text },
  { type: 'numeric(12,3)', kind: 'decimal', random: (r) => `${r.below(1e9)}.${r.below(1000)}`, oracle: text },
  { type: 'numeric(3,-2)', kind: 'decimal', random: (r) => digits(r, 4), oracle: text },
  { type: 'real', kind: 'float', random: floatText, oracle: number },
  { type: 'double precision', kind: 'float', random: floatText, oracle: number },
  { type: 'text', kind: 'text', random: anyText, oracle: text },
  { type: 'varchar(20)', kind: 'text', random: anyText, oracle: text },
  {
    type: 'char(15)',
    kind: 'text',
    random: anyText,
    oracle: { sql: 'rpad(v::text, 15)', read: (answer) => answer },
  },
  { type: '"char"', kind: 'text', random: (r) => oneOf(r, ['a', '', 'Z']), oracle: text },
  { type: 'name', kind: 'text', random: anyText, oracle: text },
  { type: 'citext', kind: 'text', random: anyText, oracle: text },
  { type: 'xml', kind: 'text', random: (r) => `<a b="${r.below(9)}">é${digits(r, 4)}</a>`, oracle: text },
  { type: 'bytea', kind: 'bytes', random: bytesText, oracle: bytes },
  { type: 'bit(7)', kind: 'bits', random: bitsText(7), oracle: text },
  { type: 'bit varying', kind: 'bits', random: bitsText(undefined), oracle: text },
  { type: 'date', kind: 'date', random: dateText, oracle: text },
  { type: 'time', kind: 'time', random: timeText, oracle: text },
  { type: 'time(2)', kind: 'time', random: timeText, oracle: text },
  { type: 'timetz', kind: 'time-zoned', random: timeTzText, oracle: text },
  { type: 'timestamp', kind: 'datetime', random: timestampText, oracle: wallTime },
  { type: 'timestamp(0)', kind: 'datetime', random: timestampText, oracle: wallTime },
  { type: 'timestamptz', kind: 'instant', random: timestampTzText, oracle: instant },
  { type: 'interval', kind: 'interval', random: intervalText, oracle: text },
  { type: 'uuid', kind: 'uuid', random: uuidText, oracle: text },
  { type: 'json', kind: 'json', random: jsonText, oracle: text },
  { type: 'jsonb', kind: 'json', random: jsonText, oracle: text },
  { type: 'mood', kind: 'enum', random: (r) => oneOf(r, ['so so', "o'k", '"very"']), oracle: text },
  { type: 'positive', kind: 'integer', random: (r) => String(1 + r.below(1e9)), oracle: integer },
  { type: 'price', kind: 'decimal', random: (r) => `${r.below(1e6)}.${r.below(100)}`, oracle: text },
  { type: 'integer[]', kind: 'array', random: arrayText(integerText(32)), oracle: list(asIs) },
  { type: 'text[]', kind: 'array', random: arrayText(anyText), oracle: list(asIs) },
  {
    type: 'numeric[]',
    kind: 'array',
    random: arrayText((r) => `${r.below(99)}.50`),
    oracle: list(asIs, 'to_json(v::text[])::text'),
  },
  { type: 'boolean[]', kind: 'array', random: arrayText((r) => oneOf(r, ['t', 'f'])), oracle: list(asIs) },
  {
    type: 'mood[]',
    kind: 'array',
    random: arrayText((r) => oneOf(r, ['so so', "o'k", '"very"'])),
    oracle: list(asIs),
  },
  {
    type: 'bytea[]',
    kind: 'array',
    random: arrayText(bytesText),
    oracle: list((item) => new Uint8Array(Buffer.from(String(item).slice(2), 'hex'))),
  },
  {
    type: 'timestamptz[]',
    kind: 'array',
    random: arrayText(timestampTzText),
    oracle: list(asIs, "replace(to_json(v::text[])::text, '+00', '')"),
  },
  {
    type: 'box[]',
    kind: 'array',
    random: arrayText((r) => `(${r.below(9)},2),(1,${r.below(9)})`, ';'),
    oracle: list(asIs, 'to_json(v::text[])::text'),
  },
  { type: 'money', kind: 'other', random: (r) => `${r.below(1e9)}.${10 + r.below(89)}`, oracle: text },
  {
    type: 'inet',
    kind: 'other',
    random: (r) => oneOf(r, [`10.${r.below(256)}.0.1/8`, `fe80::${r.below(9999)}`]),
    oracle: { sql: 'v::text', read: (answer) => answer.replace(/\/(32|128)$/, '') },
  },
  { type: 'cidr', kind: 'other', random: (r) => `10.${r.below(256)}.0.0/16`, oracle: text },
  { type: 'macaddr', kind: 'other', random: (r) => `08:00:2b:01:02:${10 + r.below(89)}`, oracle: text },
  { type: 'point', kind: 'other', random: (r) => `(${r.next()},${one(r)})`, oracle: text },
  { type: 'polygon', kind: 'other', random: (r) => `((0,0),(${one(r)},1),(2,2))`, oracle: text },
  { type: 'circle', kind: 'other', random: (r) => `<(1,${one(r)}),3>`, oracle: text },
  { type: 'tsvector', kind: 'other', random: (r) => `'wörd':${1 + r.below(99)} other`, oracle: text },
  { type: 'int4range', kind: 'other', random: range, oracle: text },
  {
    type: 'tstzrange',
    kind: 'other',
    random: (r) => `["2024-01-01 00:00:00+0${r.below(9)}",)`,
    oracle: text,
  },
  {
    type: 'int4multirange',
    kind: 'other',
    random: (r) => `{${range(r).replace('empty', '[1,2)')}}`,
    oracle: text,
  },
  { type: 'hstore', kind: 'other', random: (r) => `"a b"=>"${one(r)}", n=>NULL`, oracle: text },
  { type: 'pair', kind: 'other', random: (r) => `(${one(r)},"x, ""y""")`, oracle: text },
  { type: 'pg_lsn', kind: 'other', random: (r) => `${one(r)}/FF`, oracle: text },
]

describe.skipIf(!isPostgresInstalled)(`values of every type (seed ${seed})`, () => {
  let pg: PostgresFixture
  beforeAll(async () => {
    pg = await PostgresFixture.start({
      timezone: 'Asia/Kathmandu',
      datestyle: 'German, DMY',
      intervalstyle: 'postgres_verbose',
      extra_float_digits: '-3',
      bytea_output: 'escape',
    })
    const { rows } = await pg.sql.query<{ name: string }>('SELECT name FROM pg_available_extensions')
    for (const name of ['hstore', 'citext']) {
      if (rows.some((row) => row.name === name)) await pg.sql.query(`CREATE EXTENSION ${name}`)
      else cases = cases.filter(({ type }) => type !== name)
    }
    await pg.sql.query(
      `CREATE TYPE mood AS ENUM ('so so', 'o''k', '"very"');
       CREATE DOMAIN positive AS int CHECK (VALUE > 0); CREATE DOMAIN price AS numeric(9,2); CREATE TYPE pair AS (a int, b text)`,
    )
  }, 60_000)
  afterAll(() => pg[Symbol.asyncDispose]())

  test('are the same from the log, from chunks and from the database itself', async () => {
    const names = cases.map((_, i) => ({ schema: 'public', table: `t${i}` }))
    await pg.sql.query(
      cases.map(({ type }, i) => `CREATE TABLE t${i} (id int PRIMARY KEY, v ${type})`).join(';'),
    )
    const database = await pg.open()
    const follower = await pg.follow(database, names)
    const random = seededRandom(`${seed} types`)
    for (const [i, { type, random: make }] of cases.entries()) {
      const texts = Array.from({ length: valuesOfEach }, () => (random.below(20) === 0 ? null : make(random)))
      // In a session that writes as people do, so that texts mean what they say.
      await pg.sql.query(`SET DateStyle = 'ISO, YMD'; SET IntervalStyle = 'postgres'`)
      await pg.sql.query(
        `INSERT INTO t${i} SELECT n, v::text::${type} FROM unnest($1::text[]) WITH ORDINALITY AS x(v, n)`,
        [texts],
      )
    }
    const events = await follower.until((all) => all.length >= cases.length * valuesOfEach)
    const logged = new Map<string, ColumnValue[]>(names.map(({ table }) => [table, []]))
    for (const event of events) {
      if (event.kind !== 'row') throw new Error(`${event.kind} of ${event.table.table}`)
      logged.get(event.table.table)!.push(event.after?.[1])
    }
    await pg.sql.query(
      "SET DateStyle = 'ISO, YMD'; SET TimeZone = 'UTC'; SET IntervalStyle = 'iso_8601'; SET extra_float_digits = 1; SET bytea_output = 'hex'",
    )
    const schemas = await database.schemas(names)
    for (const [i, { type, kind, oracle }] of cases.entries()) {
      const schema = schemas.find(({ table }) => table === `t${i}`)!
      expect(schema.columns[1]?.type.kind, type).toBe(kind)
      const { rows } = await pg.sql.query<[string | null]>({
        text: `SELECT ${oracle.sql} FROM t${i} ORDER BY id`,
        rowMode: 'array',
        types: { getTypeParser: () => (answer: string) => answer } as never,
      })
      const expected = rows.map(([answer]) => (answer === null ? null : oracle.read(answer)))
      expect(logged.get(`t${i}`), `${type} from the log`).toEqual(expected)
      const reader = await database.openTable(schema)
      const chunk = await reader.readChunk(
        undefined,
        { rowsMax: valuesOfEach + 1, bytesMax: 100_000_000 },
        pg.control.signal,
      )
      expect(
        chunk.rows.map((row) => row[1]),
        `${type} from a chunk`,
      ).toEqual(expected)
      await reader[Symbol.asyncDispose]()
    }
  }, 300_000)
})

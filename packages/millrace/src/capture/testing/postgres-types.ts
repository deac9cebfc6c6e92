/** The types of Postgres. */
import type { Random } from '@millrace/values'
import { type ExactJson, parseExact } from './exact-json.ts'
import { quoted } from './random-workload.ts'
import {
  clockText,
  dateText,
  decimalText,
  digits,
  doubleText,
  hexBytes,
  integer,
  pick,
  sameBytes,
  sameDouble,
  sameInstant,
  someJson,
  someText,
  type TypeCase,
} from './type-case.ts'

const quote = (text: string) => quoted('postgres', text)
const asText = (random: Random, max: number) => quote(someText(random, max, '\u0000'))

/** Statements before the tables. */
export const postgresPreparation = [
  'CREATE EXTENSION hstore',
  'CREATE EXTENSION citext',
  "CREATE TYPE shop.mood AS ENUM ('sad', 'ok', 'it''s fine', 'ü')",
  'CREATE DOMAIN shop.price AS numeric(10,2) CHECK (VALUE >= 0)',
  'CREATE TYPE shop.address AS (street text, number int)',
]

const sameJson = (value: ExactJson, text: string): boolean =>
  JSON.stringify(value) === JSON.stringify(parseExact(text))

const instant = `to_char(v AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS')`
const interval = (random: Random) =>
  `'${random.below(40) - 20} years ${random.below(30) - 15} mons ${random.below(60) - 30} days ${random.below(100) - 50}:${digits(random, 1)}0:00.${digits(random, 6)}'`.replace(
    /:[6-9]0:/,
    ':00:',
  )

const single = (type: string, literal: TypeCase['literal'], more: Partial<TypeCase> = {}): TypeCase => ({
  type,
  literal,
  ...more,
})

/** A case of arrays of it, whose oracle is the database's own JSON of the array. */
const arrayOf = (type: string, literal: (random: Random) => string): TypeCase => ({
  type: `${type}[]`,
  literal: (random) => {
    const list = (depth: number): string => {
      const count = random.below(4)
      if (depth === 0 || count === 0)
        return `ARRAY[${Array.from({ length: count }, () => (random.below(6) === 0 ? 'NULL' : literal(random))).join(',')}]::${type}[]`
      // Of equal lengths, as arrays of several dimensions are.
      return `ARRAY[${Array.from({ length: 2 }, () => `ARRAY[${literal(random)}, NULL, ${literal(random)}]::${type}[]`).join(',')}]`
    }
    return list(random.below(3) === 0 ? 1 : 0)
  },
  text: 'array_to_json(v)',
  isSame: sameJson,
})

const ip = (random: Random) =>
  `${random.below(256)}.${random.below(256)}.${random.below(256)}.${random.below(256)}`

export const postgresTypes: readonly TypeCase[] = [
  single('smallint', (random) => integer(random, 16)),
  single('integer', (random) => integer(random, 32)),
  single('bigint', (random) => `'${integer(random, 64)}'`),
  single('oid', (random) => `'${integer(random, 32, true)}'`),
  single('numeric', (random) =>
    pick(random, [
      decimalText(random, 60, 20),
      decimalText(random, 8, 2),
      "'NaN'",
      "'Infinity'",
      "'-Infinity'",
      '1e-30',
      '1e40',
    ]),
  ),
  single('numeric(12,4)', (random) => decimalText(random, 12, 4)),
  single('numeric(5,0)', (random) => decimalText(random, 5, 0)),
  single('real', (random) => pick(random, [doubleText(random, 30), "'NaN'", "'Infinity'", "'-Infinity'"]), {
    isSame: sameDouble,
  }),
  single(
    'double precision',
    (random) => pick(random, [doubleText(random, 300), "'NaN'", "'Infinity'", "'-Infinity'", "'-0'"]),
    { isSame: sameDouble },
  ),
  single('boolean', (random) => pick(random, ['true', 'false']), {
    text: "CASE WHEN v THEN 'true' WHEN NOT v THEN 'false' END",
    isSame: (value, text) => String(value) === text,
  }),
  single('text', (random) => asText(random, 300)),
  single('varchar(40)', (random) => asText(random, 40)),
  single('char(12)', (random) => asText(random, 12), { text: "rpad(v::text, 12, ' ')" }),
  single('name', (random) => asText(random, 12)),
  single('citext', (random) => asText(random, 20)),
  single('bytea', (random) => `'\\x${hexBytes(random, random.below(300))}'`, {
    text: "encode(v, 'hex')",
    isSame: sameBytes,
  }),
  single('bit(1)', (random) => `B'${random.below(2)}'`, {
    text: "CASE v WHEN B'1' THEN 'true' WHEN B'0' THEN 'false' END",
    isSame: (value, text) => String(value) === text,
  }),
  single('bit(11)', (random) => `B'${Array.from({ length: 11 }, () => random.below(2)).join('')}'`),
  single(
    'bit varying(20)',
    (random) => `B'${Array.from({ length: random.below(20) }, () => random.below(2)).join('')}'`,
  ),
  single('date', (random) =>
    pick(random, [
      "'infinity'",
      "'-infinity'",
      "'0044-03-15 BC'",
      `'${dateText(random, 1, 9999)}'`,
      "'12345-06-07'",
    ]),
  ),
  single('time', (random) =>
    pick(random, ["'24:00:00'", `'${clockText(random, 6)}'`, `'${clockText(random, 0)}'`]),
  ),
  single('time(3)', (random) => `'${clockText(random, 6)}'`),
  single('timetz', (random) => `'${clockText(random, 6)}${pick(random, ['+00', '-08', '+05:30', '+14'])}'`),
  single('timestamp', (random) =>
    pick(random, [
      "'infinity'",
      "'-infinity'",
      "'0044-03-15 01:02:03 BC'",
      `'${dateText(random, 1, 9999)} ${clockText(random, 6)}'`,
      "'12345-06-07 08:09:10'",
    ]),
  ),
  single('timestamp(3)', (random) => `'${dateText(random, 1900, 2100)} ${clockText(random, 6)}'`),
  // Whole seconds, since the function pads what the text does not; fractions are below.
  single(
    'timestamptz(0)',
    (random) =>
      `'${dateText(random, 1900, 2100)} ${clockText(random, 0)}${pick(random, ['+00', '-08', '+05:30'])}'`,
    { text: instant, isSame: sameInstant },
  ),
  single(
    'timestamptz',
    (random) =>
      `'${dateText(random, 1900, 2100)} ${clockText(random, 5)}1${pick(random, ['+00', '-08', '+05:30'])}'`,
    { text: `${instant} || to_char(v, '.US')`, isSame: sameInstant },
  ),
  single('interval', interval),
  single('uuid', (random) => `'${hexBytes(random, 16)}'`),
  single('json', (random) => quote(someJson(random)), { isSame: sameJson }),
  single('jsonb', (random) => quote(someJson(random)), { isSame: sameJson }),
  single('money', (random) => decimalText(random, 12, 2)),
  single('inet', (random) =>
    pick(random, [`'${ip(random)}'`, `'${ip(random)}/${random.below(33)}'`, "'2001:db8::1'"]),
  ),
  single('cidr', (random) => `'${random.below(256)}.0.0.0/8'`),
  single('macaddr', (random) => `'${hexBytes(random, 6)}'`),
  single('point', (random) => `'(${doubleText(random, 5)},${doubleText(random, 5)})'`),
  single('box', (random) => `'((${random.below(9)},1),(2,3))'`),
  single('path', (random) => `'[(0,0),(1,${random.below(9)})]'`),
  single('int4range', (random) =>
    pick(random, ["'empty'", `'[${random.below(9)},${10 + random.below(9)})'`, "'(,5]'"]),
  ),
  single('numrange', (random) => `'[${random.below(9)}.5,${10 + random.below(9)}.25]'`),
  single(
    'tstzrange',
    (random) => `'[${dateText(random, 1990, 2000)} 00:00+00,${dateText(random, 2001, 2010)} 00:00+00)'`,
  ),
  single('tsvector', (random) => quote(`${pick(random, ['a', 'fat'])}:1 cat:${1 + random.below(9)}`)),
  single('xml', (random) => `'<a b="${random.below(9)}">x</a>'`),
  single('pg_lsn', (random) => `'${random.below(9)}/${hexBytes(random, 4)}'`),
  single('hstore', (random) => pick(random, ["''", `'a=>${random.below(9)}, "b c"=>NULL'`])),
  single('shop.mood', (random) => pick(random, ["'sad'", "'ok'", "'it''s fine'", "'ü'"])),
  single('shop.price', (random) => decimalText(random, 10, 2, true)),
  single('shop.address', (random) => `ROW(${asText(random, 10)}, ${random.below(99)})`),
  arrayOf('integer', (random) => integer(random, 32)),
  arrayOf('text', (random) => asText(random, 12)),
  arrayOf('numeric', (random) => decimalText(random, 20, 6)),
  arrayOf('boolean', (random) => pick(random, ['true', 'false'])),
  arrayOf('uuid', (random) => `'${hexBytes(random, 16)}'`),
  arrayOf('jsonb', (random) => quote(someJson(random, 1))),
  arrayOf('shop.mood', (random) => pick(random, ["'sad'", "'it''s fine'"])),
]

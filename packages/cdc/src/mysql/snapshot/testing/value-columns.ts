/** A column of each type, and random values of it as SQL literals; values that do not fit are cut by the server (INSERT IGNORE). */
import type { Random } from '@millrace/values'

export interface ValueColumn {
  readonly type: string
  readonly value: (random: Random) => string
  readonly isGenerated?: true
}

export function valueColumns(server: 'MariaDB' | 'MySQL'): readonly ValueColumn[] {
  const own = server === 'MariaDB' ? mariadbColumns : mysqlColumns
  return [...commonColumns, ...own]
}

const pick = <T>(random: Random, items: readonly T[]): T => items[random.below(items.length)]!
const digits = (random: Random, count: number) =>
  Array.from({ length: count }, () => random.below(10)).join('')

function integer(bits: number, isUnsigned = false) {
  const all = 1n << BigInt(bits)
  const [least, most] = isUnsigned ? [0n, all - 1n] : [-all / 2n, all / 2n - 1n]
  return (random: Random) => {
    const some = least + ((BigInt(random.below(2 ** 31)) * BigInt(random.below(2 ** 31)) * 4n) % all)
    return String(
      pick(random, [least, most, 0n, 1n, least + 1n, most - 1n, 9007199254740993n % (most + 1n), some]),
    )
  }
}

function decimal(precision: number, scale: number) {
  return (random: Random) => {
    const whole = digits(random, random.below(precision - scale + 1)) || '0'
    return `${pick(random, ['', '-'])}${whole}.${digits(random, random.below(scale + 1)) || '0'}`
  }
}

function float(random: Random) {
  const mantissa = `${pick(random, ['', '-'])}${random.below(10)}.${digits(random, random.below(17))}1`
  return pick(random, [
    '0',
    '-0e0',
    '0.1',
    '1.5',
    '3.4028234e38',
    '-1.1754944e-38',
    `${mantissa}e${random.below(60) - 30}`,
  ])
}

const letters = [
  'a',
  'Z',
  ' ',
  "''",
  '\\\\',
  '%',
  '\\n',
  '\\0',
  'é',
  'ß',
  'ÿ',
  'Ж',
  '€',
  '漢',
  '\u{1F40E}',
  '"',
  '`',
  '\\t',
  'ı',
]

function text(max: number, alphabet = letters) {
  return (random: Random) => {
    const count = random.below(max + 1)
    return `'${Array.from({ length: count }, () => pick(random, alphabet)).join('')}'`
  }
}

const latin = letters.filter((letter) => !/[Ж漢ı\u{1F40E}]/u.test(letter))
const ascii = letters.filter((letter) => /^[\x20-\x7e]+$/.test(letter))

function bytes(max: number) {
  return (random: Random) => {
    const count = random.below(max + 1)
    const hex = Array.from({ length: count }, () =>
      pick(random, ['00', 'ff', '20', '27', '5c', random.below(256).toString(16).padStart(2, '0')]),
    )
    return `X'${hex.join('')}'`
  }
}

const two = (number: number) => String(number).padStart(2, '0')

function date(random: Random): string {
  const year = pick(random, [1000, 1969, 1970, 2000, 2024, 9999, random.below(9999) + 1])
  const day = `${String(year).padStart(4, '0')}-${two(1 + random.below(12))}-${two(1 + random.below(28))}`
  return pick(random, [day, day, day, day, '0000-00-00', '2024-02-29', '2023-00-00', '2023-05-00'])
}

function time(random: Random): string {
  return `${two(random.below(24))}:${two(random.below(60))}:${two(random.below(60))}.${digits(random, 6)}`
}

const datetime = (random: Random) => `'${date(random)} ${time(random)}'`
const interval = (random: Random) =>
  `'${pick(random, ['', '-'])}${pick(random, [0, 1, 23, 24, 100, 837, random.below(838)])}:${two(random.below(60))}:${two(random.below(60))}.${digits(random, 6)}'`
const timestamp = (random: Random) =>
  pick(random, [
    `'${pick(random, [1970, 1999, 2024, 2037])}-${two(1 + random.below(12))}-${two(2 + random.below(27))} ${time(random)}'`,
    "'0000-00-00 00:00:00'",
    "'1970-01-01 00:00:01'",
  ])

const json = (random: Random): string => {
  const value = (depth: number): string => {
    const kinds = ['number', 'text', 'word', ...(depth < 3 ? ['array', 'object', 'object'] : [])]
    switch (pick(random, kinds)) {
      case 'number':
        return pick(random, [
          '0',
          '-1',
          '1.5',
          '1e100',
          '18446744073709551615',
          '-9223372036854775808',
          '0.1',
          '32768',
          '2147483648',
        ])
      case 'text':
        return pick(random, [
          '""',
          '"a"',
          '"é漢"',
          '"\\\\u0041"',
          '"it\'\'s"',
          '"\\\\n"',
          '"\\\\\\\\"',
          '"\u{1F40E}"',
        ])
      case 'word':
        return pick(random, ['true', 'false', 'null'])
      case 'array':
        return `[${Array.from({ length: random.below(4) }, () => value(depth + 1)).join(', ')}]`
      default:
        return `{${['"a"', '"bb"', '"é"', '"zz z"']
          .slice(0, random.below(5))
          .map((key) => `${key}: ${value(depth + 1)}`)
          .join(', ')}}`
    }
  }
  return `'${value(0)}'`
}

const geometry = (random: Random) => {
  const point = () => `${random.below(80)}.5 ${random.below(80)}`
  return pick(random, [
    `ST_GeomFromText('POINT(${point()})')`,
    `ST_GeomFromText('POINT(${point()})', 4326)`,
    `ST_GeomFromText('LINESTRING(${point()}, ${point()})')`,
    `ST_GeomFromText('GEOMETRYCOLLECTION(POINT(${point()}), LINESTRING(0 0, ${point()}))')`,
  ])
}

const label = (random: Random) => pick(random, ["'a'", "'b''c'", "'d,e'", "'é'", "''", "'nope'"])
const labels = (random: Random) => pick(random, ["''", "'p'", "'r,p'", "'s''t'", "'p,q,r,s''t'", "'ü'"])

const commonColumns: readonly ValueColumn[] = [
  ...[8, 16, 24, 32, 64].flatMap((bits) => {
    const name = { 8: 'TINYINT', 16: 'SMALLINT', 24: 'MEDIUMINT', 32: 'INT', 64: 'BIGINT' }[bits]
    return [
      { type: `${name}`, value: integer(bits) },
      { type: `${name} UNSIGNED`, value: integer(bits, true) },
    ]
  }),
  { type: 'INT(7) ZEROFILL', value: integer(32, true) },
  { type: 'BOOL', value: integer(8) },
  { type: 'DECIMAL(10,2)', value: decimal(10, 2) },
  { type: 'DECIMAL(65,30)', value: decimal(65, 30) },
  { type: 'DECIMAL(18,0)', value: decimal(18, 0) },
  { type: 'DECIMAL(5,5)', value: decimal(5, 5) },
  { type: 'DECIMAL(12,3) UNSIGNED ZEROFILL', value: decimal(12, 3) },
  { type: 'FLOAT', value: float },
  { type: 'FLOAT(7,3)', value: float },
  { type: 'DOUBLE', value: float },
  { type: 'DOUBLE(9,2) UNSIGNED', value: float },
  { type: 'BIT(1)', value: (random) => `b'${random.below(2)}'` },
  { type: 'BIT(13)', value: (random) => `b'${random.below(8192).toString(2)}'` },
  { type: 'BIT(64)', value: bytes(8) },
  { type: 'YEAR', value: (random) => pick(random, ['0', '1901', '2155', '2024']) },
  { type: 'DATE', value: (random) => `'${date(random)}'` },
  ...[0, 1, 2, 3, 4, 5, 6].flatMap((scale) => [
    { type: `TIME(${scale})`, value: interval },
    { type: `DATETIME(${scale})`, value: datetime },
    { type: `TIMESTAMP(${scale}) NULL`, value: timestamp },
  ]),
  { type: 'CHAR(9)', value: text(9) },
  { type: 'CHAR(200)', value: text(150) },
  { type: 'CHAR(7) CHARACTER SET latin1', value: text(7, latin) },
  { type: 'VARCHAR(40)', value: text(40) },
  { type: 'VARCHAR(3000)', value: text(900) },
  { type: 'VARCHAR(50) CHARACTER SET latin1', value: text(50, latin) },
  {
    type: 'VARCHAR(50) CHARACTER SET ucs2',
    value: text(
      50,
      letters.filter((letter) => letter !== '\u{1F40E}'),
    ),
  },
  { type: 'VARCHAR(50) CHARACTER SET utf16', value: text(50) },
  {
    type: 'VARCHAR(50) CHARACTER SET utf8mb3',
    value: text(
      50,
      letters.filter((letter) => letter !== '\u{1F40E}'),
    ),
  },
  { type: 'VARCHAR(50) CHARACTER SET cp1251', value: text(50, [...ascii, 'Ж', '€']) },
  {
    type: 'VARCHAR(50) CHARACTER SET sjis',
    value: text(50, [...ascii.filter((letter) => letter !== '\\\\'), '漢']),
  },
  { type: 'VARCHAR(50) CHARACTER SET gbk', value: text(50, [...ascii, '漢', 'Ж']) },
  { type: 'VARCHAR(50) CHARACTER SET koi8r', value: text(50, [...ascii, 'Ж']) },
  { type: 'TINYTEXT', value: text(50) },
  { type: 'TEXT', value: text(700) },
  { type: 'MEDIUMTEXT CHARACTER SET latin1', value: text(700, latin) },
  { type: 'LONGTEXT', value: text(700) },
  { type: 'BINARY(5)', value: bytes(5) },
  { type: 'VARBINARY(300)', value: bytes(300) },
  { type: 'TINYBLOB', value: bytes(255) },
  { type: 'BLOB', value: bytes(700) },
  { type: 'MEDIUMBLOB', value: bytes(700) },
  { type: 'LONGBLOB', value: bytes(700) },
  { type: "ENUM('a','b''c','d,e','é')", value: label },
  { type: "ENUM('a','b''c','d','é') CHARACTER SET latin1", value: label },
  {
    type: `ENUM(${Array.from({ length: 300 }, (_, i) => `'l${i}'`).join(',')})`,
    value: (random) => `'l${random.below(300)}'`,
  },
  { type: "SET('p','q','r','s''t','ü')", value: labels },
  {
    type: `SET(${Array.from({ length: 64 }, (_, i) => `'m${i}'`).join(',')})`,
    value: (random) => `'m${random.below(64)},m${random.below(64)}'`,
  },
  { type: 'GEOMETRY', value: geometry },
  { type: 'JSON', value: json },
  { type: 'INT AS (id + 1) STORED', value: () => '', isGenerated: true },
  { type: 'INT AS (id + 2) VIRTUAL', value: () => '', isGenerated: true },
  { type: 'INT INVISIBLE DEFAULT 3', value: integer(32) },
]

const hex = (random: Random, count: number) =>
  Array.from({ length: count }, () => random.below(16).toString(16)).join('')
const uuid = (random: Random) =>
  `'${hex(random, 8)}-${hex(random, 4)}-${hex(random, 4)}-${hex(random, 4)}-${hex(random, 12)}'`

const mariadbColumns: readonly ValueColumn[] = [
  { type: 'UUID', value: uuid },
  {
    type: 'INET6',
    value: (random) =>
      pick(random, [
        "'::1'",
        "'::'",
        "'2001:db8::ff00:42:8329'",
        "'::ffff:192.0.2.1'",
        `'${hex(random, 4)}::${hex(random, 3)}'`,
      ]),
  },
  { type: 'INET4', value: (random) => `'${random.below(256)}.${random.below(256)}.0.${random.below(256)}'` },
  { type: 'VARCHAR(300) COMPRESSED', value: text(300) },
  { type: 'BLOB COMPRESSED', value: bytes(700) },
  { type: 'TEXT COMPRESSED CHARACTER SET latin1', value: text(700, latin) },
]

const mysqlColumns: readonly ValueColumn[] = [
  {
    type: 'JSON',
    value: (random) =>
      pick(random, [
        "CAST(DATE'2024-01-02' AS JSON)",
        "JSON_OBJECT('d', DATE'2024-01-02', 't', TIME'11:22:33.5', 'n', 1.50)",
        "JSON_ARRAY(CAST(1.5 AS DECIMAL(5,3)), TIMESTAMP'2024-01-02 03:04:05')",
        'CAST(TRUE AS JSON)',
      ]),
  },
  { type: 'POINT', value: (random) => `ST_GeomFromText('POINT(${random.below(80)} 1)', 4326)` },
]

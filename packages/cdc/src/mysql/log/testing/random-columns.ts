/** Types of columns of MySQL and MariaDB, random values of each as SQL, and how a server's own text of a value is asked for. */
import type { Random } from '@millrace/values'
import type { ColumnValue } from '../../../model/column-value.ts'

export interface TestColumn {
  readonly name: string
  readonly type: string
  /** A literal. */
  readonly literal: (random: Random) => string
  /** What to select, so that the answer's bytes say everything: `%` is the column. */
  readonly select: string
  /** Our value in the same form. */
  readonly text: (value: Exclude<ColumnValue, null | undefined>) => string
}

const plain = (value: Exclude<ColumnValue, null | undefined>) => String(value)
const hex = (value: Exclude<ColumnValue, null | undefined>) =>
  Buffer.from(value as Uint8Array)
    .toString('hex')
    .toUpperCase()
const asText = 'CONVERT(% USING utf8mb4)'

function pick<T>(random: Random, items: readonly T[]): T {
  return items[random.below(items.length)]!
}

function digits(random: Random, count: number): string {
  return Array.from({ length: count }, () => random.below(10)).join('')
}

function integer(bits: number, isUnsigned: boolean): (random: Random) => string {
  const low = isUnsigned ? 0n : -(2n ** BigInt(bits - 1))
  const range = 2n ** BigInt(bits)
  return (random) => {
    const near = pick(random, [low, 0n, low + range - 1n])
    const value =
      random.below(2) === 0
        ? near + BigInt(random.below(5) - 2)
        : low + (BigInt(Math.floor(random.next() * 2 ** 53)) * range) / 2n ** 53n
    return String(value < low ? low : value >= low + range ? low + range - 1n : value)
  }
}

function decimal(precision: number, scale: number): (random: Random) => string {
  return (random) => {
    const whole = digits(random, random.below(precision - scale + 1)) || '0'
    const fraction = digits(random, random.below(scale + 1))
    return `'${random.below(2) === 0 ? '-' : ''}${whole}${fraction === '' ? '' : `.${fraction}`}'`
  }
}

function date(random: Random): string {
  if (random.below(8) === 0) return pick(random, ['0000-00-00', '1000-01-01', '9999-12-31', '2024-02-29'])
  return `${String(1 + random.below(9999)).padStart(4, '0')}-${String(1 + random.below(12)).padStart(2, '0')}-${String(1 + random.below(28)).padStart(2, '0')}`
}

const two = (random: Random, below: number) => String(random.below(below)).padStart(2, '0')
const clock = (random: Random, fraction: number) =>
  `${two(random, 24)}:${two(random, 60)}:${two(random, 60)}${fraction === 0 ? '' : `.${random.below(3) === 0 ? '0'.repeat(fraction) : digits(random, fraction)}`}`

function time(fraction: number): (random: Random) => string {
  return (random) => {
    const hours = pick(random, [0, random.below(24), random.below(838)])
    return `'${random.below(2) === 0 ? '-' : ''}${String(hours).padStart(2, '0')}${clock(random, fraction).slice(2)}'`
  }
}

function timestamp(fraction: number): (random: Random) => string {
  return (random) => {
    if (random.below(10) === 0) return `'0000-00-00 00:00:00'`
    const seconds = 1 + random.below(2 ** 31 - 2)
    const text = new Date(seconds * 1000).toISOString().slice(0, 19).replace('T', ' ')
    return `'${text}${fraction === 0 ? '' : `.${digits(random, fraction)}`}'`
  }
}

/** Characters that nearly every character set of the kind has. */
function text(characters: string, lengthMax: number): (random: Random) => string {
  const points = [...characters]
  return (random) => {
    const count = random.below(lengthMax + 1)
    const value = Array.from({ length: count }, () => pick(random, points)).join('')
    return `CONVERT(X'${Buffer.from(value).toString('hex')}' USING utf8mb4)`
  }
}

function bytes(lengthMax: number): (random: Random) => string {
  return (random) => {
    const value = Buffer.from(Array.from({ length: random.below(lengthMax + 1) }, () => random.below(256)))
    // Zeros at the end are what BINARY fills up with.
    return `X'${value.toString('hex')}${pick(random, ['', '', '00'])}'`.replace(
      /00'$/,
      value.length === lengthMax ? "'" : "00'",
    )
  }
}

function double(random: Random): string {
  const view = new DataView(new ArrayBuffer(8))
  view.setUint32(0, Math.floor(random.next() * 2 ** 32))
  view.setUint32(4, Math.floor(random.next() * 2 ** 32))
  const value = pick(random, [
    view.getFloat64(0),
    random.below(1000) / 8,
    -random.below(1e6),
    0,
    random.next() * 1e-7,
  ])
  return Number.isFinite(value) ? value.toExponential() : '1.5e0'
}

function single(random: Random): string {
  return Math.fround((random.next() - 0.5) * 10 ** random.below(20)).toExponential()
}

const ascii = `abcXYZ0189 '"\\\n%_;`
const western = `${ascii}äöüéÅß§`
const everything = `${western}αβЖщ漢字한글€🐎😀`
const labels = ["'a'", "'b,c'", "'it''s'", "'ü'", "'漢'"]

function column(
  name: string,
  type: string,
  literal: (random: Random) => string,
  select = asText,
  toText: TestColumn['text'] = plain,
): TestColumn {
  return { name, type, literal, select, text: toText }
}

export const commonColumns: readonly TestColumn[] = [
  column('i8', 'TINYINT', integer(8, false)),
  column('u8', 'TINYINT UNSIGNED', integer(8, true)),
  column('i16', 'SMALLINT', integer(16, false)),
  column('u16', 'SMALLINT UNSIGNED', integer(16, true)),
  column('i24', 'MEDIUMINT', integer(24, false)),
  column('u24', 'MEDIUMINT UNSIGNED', integer(24, true)),
  column('y', 'YEAR', (random) => pick(random, ['0', '1901', '2155', '2024']), '% + 0'),
  column('i32', 'INT', integer(32, false)),
  column('u32', 'INT UNSIGNED', integer(32, true)),
  column('i64', 'BIGINT', integer(64, false)),
  column('u64', 'BIGINT UNSIGNED', integer(64, true)),
  ...[
    [1, 0],
    [5, 5],
    [10, 2],
    [18, 9],
    [30, 10],
    [65, 30],
    [38, 0],
  ].map(([p, s]) => column(`d${p}_${s}`, `DECIMAL(${p},${s})`, decimal(p!, s!))),
  column('ud', 'DECIMAL(12,3) UNSIGNED', (random) => `'${digits(random, 6)}.${digits(random, 3)}'`),
  column('f32', 'FLOAT', single, 'CAST(% AS DOUBLE)'),
  column('f64', 'DOUBLE', double, '%'),
  ...[1, 7, 8, 10, 33, 64].map((n) =>
    column(
      `b${n}`,
      `BIT(${n})`,
      (random) => `b'${Array.from({ length: 1 + random.below(n) }, () => random.below(2)).join('')}'`,
      `LPAD(BIN(% + 0), ${n}, '0')`,
    ),
  ),
  column('da', 'DATE', (random) => `'${date(random)}'`),
  ...[0, 1, 2, 3, 4, 5, 6].flatMap((n) => [
    column(`t${n}`, `TIME(${n})`, time(n)),
    column(`dt${n}`, `DATETIME(${n})`, (random) => `'${date(random)} ${clock(random, n)}'`),
    column(`ts${n}`, `TIMESTAMP(${n}) NULL`, timestamp(n)),
  ]),
  column('c', 'CHAR(10) CHARACTER SET latin1', text(western.replace(' ', ''), 10)),
  column('cm', 'CHAR(200) CHARACTER SET utf8mb4', text(everything.replace(' ', ''), 200)),
  column('v', 'VARCHAR(20) CHARACTER SET latin1', text(western, 20)),
  column('vm', 'VARCHAR(300) CHARACTER SET utf8mb4', text(everything, 60)),
  column('v3', 'VARCHAR(60) CHARACTER SET utf8mb3', text(`${western}漢字αЖ`, 60)),
  column('vu', 'VARCHAR(40) CHARACTER SET ucs2', text(`${western}漢字αЖ`, 40)),
  column('v16', 'VARCHAR(40) CHARACTER SET utf16', text(everything, 40)),
  column('v16l', 'VARCHAR(40) CHARACTER SET utf16le', text(everything, 40)),
  column('v32', 'VARCHAR(40) CHARACTER SET utf32', text(everything, 40)),
  column('tt', 'TINYTEXT CHARACTER SET cp1251', text(`${ascii}ЖщЮё№`, 40)),
  column('tx', 'TEXT CHARACTER SET utf8mb4', text(everything, 90)),
  column('mt', 'MEDIUMTEXT CHARACTER SET greek', text(`${ascii}αβγΩ`, 300)),
  column('lt', 'LONGTEXT CHARACTER SET sjis', text(`${ascii}漢字カﾊ`, 90)),
  column('bi', 'BINARY(12)', bytes(12), 'HEX(%)', hex),
  column('vb', 'VARBINARY(300)', bytes(40), 'HEX(%)', hex),
  column('tb', 'TINYBLOB', bytes(40), 'HEX(%)', hex),
  column('bl', 'BLOB', bytes(400), 'HEX(%)', hex),
  column('mb', 'MEDIUMBLOB', bytes(40), 'HEX(%)', hex),
  column('lb', 'LONGBLOB', bytes(40), 'HEX(%)', hex),
  column('e', `ENUM(${labels}) CHARACTER SET utf8mb4`, (random) => pick(random, labels)),
  column(
    'e2',
    `ENUM(${Array.from({ length: 300 }, (_, i) => `'l${i}'`)})`,
    (random) => `'l${random.below(300)}'`,
  ),
  column('s', `SET('a','b','c','ü') CHARACTER SET utf8mb4`, (random) => String(random.below(16))),
  column(
    's64',
    `SET(${Array.from({ length: 64 }, (_, i) => `'l${i}'`)})`,
    (random) => `${random.below(2 ** 31)} | (${random.below(2 ** 31)} << 32)`,
  ),
  column(
    'g',
    'GEOMETRY',
    (random) =>
      `ST_GeomFromText('POINT(${random.below(90)} ${random.below(90)})', ${pick(random, [0, 4326])})`,
    'HEX(%)',
    hex,
  ),
]

export const mariadbColumns: readonly TestColumn[] = [
  column('id1', 'UUID', (random) => `'${uuid(random)}'`),
  column('ip6', 'INET6', (random) =>
    pick(
      random,
      [
        "'::'",
        "'::1'",
        "'::ffff:1.2.3.4'",
        "'::1.2.3.4'",
        "'2001:db8::8a2e:370:7334'",
        "'1:0:0:2::3'",
      ].concat([
        `'${Array.from({ length: 8 }, () => pick(random, ['0', random.below(65536).toString(16)])).join(':')}'`,
      ]),
    ),
  ),
  column('ip4', 'INET4', (random) => `'${random.below(256)}.${random.below(256)}.0.${random.below(256)}'`),
  column('j', 'JSON', (random) => `'{"a": ${random.below(100)}, "ü": [1.10, null]}'`),
  column('vc', 'VARCHAR(300) COMPRESSED CHARACTER SET utf8mb4', text(everything, 60)),
  column(
    'tc',
    'TEXT COMPRESSED CHARACTER SET latin1',
    (random) => `REPEAT('abc${random.below(9)}', ${random.below(200)})`,
  ),
  column(
    'bc',
    'BLOB COMPRESSED',
    (random) => `REPEAT(X'00ff0${random.below(9)}', ${random.below(200)})`,
    'HEX(%)',
    hex,
  ),
]

export const mysqlColumns: readonly TestColumn[] = [
  column(
    'j',
    'JSON',
    (random) => `CAST('${json(random, 0).replaceAll('\\', '\\\\').replaceAll("'", "''")}' AS JSON)`,
  ),
  column('jd', 'JSON', (random) =>
    pick(random, [
      `JSON_ARRAY(CAST('${digits(random, 9)}.${digits(random, 7)}' AS DECIMAL(20,9)), CAST('-0.${digits(random, 30)}' AS DECIMAL(65,30)))`,
      `JSON_OBJECT('d', CAST('${date(random)}' AS DATE), 't', CAST(${time(6)(random)} AS TIME(6)), 'dt', CAST('2024-02-29 ${clock(random, 6)}' AS DATETIME(6)))`,
      `JSON_ARRAY(CAST(18446744073709551615 AS UNSIGNED), -9223372036854775808, 3000000000, -40000, ${random.below(70000)})`,
      `JSON_ARRAY(${double(random)}, ${double(random)}, ${random.below(100)}e0, -0e0, 1e300, 1e-300, 123456789012345e0, 1e15, 1e16)`,
      `JSON_ARRAY(${Array.from({ length: 20 }, () => ((random.next() - 0.5) * 10 ** (random.below(44) - 20)).toExponential())})`,
      `JSON_ARRAY(${Array.from({ length: 40 }, (_, i) => `1e${i - 20}, -2.5e${i - 20}`)})`,
      `JSON_ARRAY(X'${digits(random, 4)}', b'101', REPEAT('x', 70000))`,
      `CAST('${JSON.stringify(Object.fromEntries(Array.from({ length: 300 }, (_, i) => [`key${i}`, 'x'.repeat(random.below(400))])))}' AS JSON)`,
    ]),
  ),
  column('vec', 'VECTOR(4)', (random) => `STRING_TO_VECTOR('[${random.below(9)},0,1.5,-2]')`, 'HEX(%)', hex),
]

function uuid(random: Random): string {
  const part = (count: number) => Array.from({ length: count }, () => random.below(16).toString(16)).join('')
  return `${part(8)}-${part(4)}-${pick(random, ['1', '4', '7', '0'])}${part(3)}-${pick(random, ['8', 'b', '0', 'f'])}${part(3)}-${part(12)}`
}

function json(random: Random, depth: number): string {
  switch (random.below(depth > 3 ? 6 : 8)) {
    case 0:
      return pick(random, ['null', 'true', 'false'])
    case 1:
      return String(random.below(2 ** 20) - 2 ** 19)
    case 2:
      return pick(random, [
        '0',
        '-1',
        '65535',
        '65536',
        '2147483648',
        '9223372036854775807',
        '18446744073709551615',
      ])
    case 3:
      return pick(random, ['1.5', '0.1', '1e25', '-2.5e-10', '3.0'])
    case 4:
    case 5:
      return JSON.stringify(
        Array.from({ length: random.below(12) }, () =>
          pick(random, [...`${everything}\t\b\f\u0001\u001f/`]),
        ).join(''),
      )
    case 6:
      return `[${Array.from({ length: random.below(5) }, () => json(random, depth + 1)).join(',')}]`
    default:
      return `{${Array.from({ length: random.below(5) }, (_, i) => `"${pick(random, ['a', 'ü', 'x y', ''])}${i}":${json(random, depth + 1)}`).join(',')}}`
  }
}

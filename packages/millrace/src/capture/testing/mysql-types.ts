/** The types of MySQL and MariaDB. */
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
  sameFloat,
  sameInstant,
  someJson,
  someText,
  type TypeCase,
} from './type-case.ts'

const quote = (text: string) => quoted('mysql', text)

const integers: TypeCase[] = [
  ['tinyint', 8],
  ['smallint', 16],
  ['mediumint', 24],
  ['int', 32],
  ['bigint', 64],
].flatMap(([type, bits]) =>
  [false, true].map((isUnsigned) => ({
    type: `${type}${isUnsigned ? ' unsigned' : ''}`,
    literal: (random: Random) => integer(random, Number(bits), isUnsigned),
  })),
)

const decimals: TypeCase[] = [
  [5, 2],
  [10, 0],
  [18, 9],
  [30, 30],
  [65, 30],
].flatMap(([precision = 0, scale = 0]) =>
  [false, true].map((isUnsigned) => ({
    type: `decimal(${precision},${scale})${isUnsigned ? ' unsigned' : ''}`,
    literal: (random: Random) => decimalText(random, precision, scale, isUnsigned),
  })),
)

const bits: TypeCase[] = [1, 7, 8, 33, 64].map((width) => ({
  type: `bit(${width})`,
  literal: (random) => `b'${Array.from({ length: width }, () => random.below(2)).join('')}'`,
  text: width === 1 ? "CASE v WHEN 1 THEN 'true' WHEN 0 THEN 'false' END" : `LPAD(BIN(v), ${width}, '0')`,
  ...(width === 1 ? { isSame: (value: ExactJson, text: string) => String(value) === text } : {}),
}))

const fractions = [0, 3, 6]

const times: TypeCase[] = [
  {
    type: 'year',
    literal: (random) => pick(random, ['0', '1901', '2155', '2024', '1999']),
    // A number: the year 0 is not written as 0000.
    text: 'CAST(v AS unsigned)',
  },
  {
    type: 'date',
    literal: (random) =>
      pick(random, [
        "'0000-00-00'",
        "'2024-00-00'",
        "'2024-05-00'",
        `'${dateText(random, 1, 9999)}'`,
        `'${dateText(random, 1900, 2100)}'`,
      ]),
  },
  ...fractions.flatMap((fraction): TypeCase[] => {
    const part = (random: Random) => (fraction === 0 ? '' : `.${digits(random, fraction)}`)
    return [
      {
        type: `time(${fraction})`,
        literal: (random) =>
          pick(random, [
            "'838:59:59'",
            "'-838:59:59'",
            "'00:00:00'",
            `'${clockText(random, fraction)}'`,
            `'-${clockText(random, fraction)}'`,
            `'${random.below(838)}:${digits(random, 1)}0:0${digits(random, 1)}${part(random)}'`.replace(
              /:[6-9]0:/,
              ':00:',
            ),
          ]),
      },
      {
        type: `datetime(${fraction})`,
        literal: (random) =>
          pick(random, [
            "'0000-00-00 00:00:00'",
            "'9999-12-31 23:59:59'",
            "'2024-00-00 10:00:00'",
            `'${dateText(random, 1, 9999)} ${clockText(random, fraction)}'`,
            `'${dateText(random, 1970, 2037)} ${clockText(random, fraction)}'`,
          ]),
      },
      {
        type: `timestamp(${fraction}) NULL`,
        literal: (random) =>
          pick(random, [
            "'0000-00-00 00:00:00'",
            "'1970-01-01 00:00:01'",
            "'2038-01-19 03:14:07'",
            `'${dateText(random, 1971, 2037)} ${clockText(random, fraction)}'`,
          ]),
        isSame: sameInstant,
      },
    ]
  }),
]

const charsets = [
  'utf8mb4',
  'utf8mb3',
  'latin1',
  'ascii',
  'cp1250',
  'cp1251',
  'koi8r',
  'latin2',
  'greek',
  'ucs2',
  'utf16',
  'utf32',
  'sjis',
  'cp932',
  'ujis',
  'gbk',
  'gb2312',
  'big5',
  'euckr',
]

const texts: TypeCase[] = [
  { type: 'char(10)', literal: (random) => quote(someText(random, 10)) },
  { type: 'varchar(300)', literal: (random) => quote(someText(random, 300)) },
  ...['tinytext', 'text', 'mediumtext', 'longtext'].map((type) => ({
    type,
    literal: (random: Random) => quote(someText(random, type === 'tinytext' ? 60 : 400)),
  })),
  // What a character set does not have becomes a question mark, in the database.
  ...charsets.map((charset) => ({
    type: `varchar(60) CHARACTER SET ${charset}`,
    literal: (random: Random) => quote(someText(random, 60)),
  })),
  ...["enum('a','b,c','it''s','ü','')", "set('a','b','c d','it''s','ü')"].map((type) => ({
    type,
    literal: (random: Random) => String(random.below(type.startsWith('enum') ? 6 : 32)),
  })),
  {
    type: `set(${Array.from({ length: 64 }, (_, i) => `'m${i}'`).join(',')})`,
    literal: (random) => integer(random, 63, true),
  },
]

const bytes: TypeCase[] = [
  ['binary(16)', 16],
  ['varbinary(300)', 300],
  ['tinyblob', 200],
  ['blob', 300],
  ['mediumblob', 300],
  ['longblob', 300],
].map(([type, max]) => ({
  type: String(type),
  literal: (random) => `x'${hexBytes(random, random.below(Number(max) + 1))}'`,
  text: 'HEX(v)',
  isSame: sameBytes,
}))

const point = (random: Random) => `${random.below(360) - 180}.${digits(random, 3)} ${random.below(90)}.5`

const shapes: TypeCase[] = [
  ['geometry', (random: Random) => `POINT(${point(random)})`],
  ['point', (random: Random) => `POINT(${point(random)})`],
  ['linestring', (random: Random) => `LINESTRING(${point(random)}, ${point(random)})`],
  ['polygon', () => 'POLYGON((0 0, 4 0, 4 4, 0 4, 0 0), (1 1, 2 1, 2 2, 1 1))'],
  ['multipoint', (random: Random) => `MULTIPOINT(${point(random)}, ${point(random)})`],
  [
    'geometrycollection',
    (random: Random) => `GEOMETRYCOLLECTION(POINT(${point(random)}), LINESTRING(0 0, 1 1))`,
  ],
].map(([type, wkt]) => ({
  type: String(type),
  literal: (random) => `ST_GeomFromText('${(wkt as (random: Random) => string)(random)}', 0)`, // the pairs above
  text: 'HEX(v)',
  isSame: sameBytes,
}))

/** A record has JSON as JSON: equal up to blanks and the way that characters are escaped, with every digit of numbers. */
const sameJson = (value: ExactJson, text: string): boolean =>
  JSON.stringify(value) === JSON.stringify(parseExact(text))

const common: TypeCase[] = [
  ...integers,
  ...decimals,
  {
    type: 'float',
    literal: (random) => doubleText(random, 37),
    text: 'CAST(v AS double)',
    isSame: sameFloat,
  },
  { type: 'double', literal: (random) => doubleText(random, 300), isSame: sameDouble },
  ...bits,
  ...times,
  ...texts,
  ...bytes,
  ...shapes,
  { type: 'json', literal: (random) => quote(someJson(random)), isSame: sameJson },
]

export const mysqlTypes: { readonly mariadb: readonly TypeCase[]; readonly mysql: readonly TypeCase[] } = {
  mariadb: [
    ...common,
    {
      type: 'uuid',
      literal: (random) => `'${hexBytes(random, 16)}'`,
    },
    {
      type: 'inet6',
      literal: (random) =>
        pick(random, [
          "'::'",
          "'2001:db8::ff00:42:8329'",
          "'::ffff:192.0.2.1'",
          `'fe80::${digits(random, 4)}'`,
        ]),
    },
    {
      type: 'inet4',
      literal: (random) => `'${random.below(256)}.${random.below(256)}.0.${random.below(256)}'`,
    },
  ],
  mysql: common,
}

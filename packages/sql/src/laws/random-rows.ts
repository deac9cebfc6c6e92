/**
 * Random schemas, values and records: NULLs, duplicates, negatives, integers beyond 53 bits, text of several bytes per
 * character, equal times. Numbers are mostly small, so that keys meet; floating ones are multiples of a quarter, whose sums
 * are exact in any order.
 */
import type { Field, Random, Schema, SqlType } from '@millrace/values'
import type { Row } from '../interpreter/row.ts'
import type { SqlValue } from '../plan.ts'
import { decimal, field, types, varchar } from './plan-builder.ts'

export const startMs = Date.UTC(2024, 0, 31, 23, 58, 0)

const columnTypes: readonly SqlType[] = [
  types.integer,
  types.integer,
  types.bigint,
  types.bigint,
  types.smallint,
  decimal(9, 2),
  decimal(18, 4),
  types.double,
  types.real,
  varchar(12),
  varchar(12),
  { kind: 'CHAR', length: 4 },
  types.boolean,
  types.timestamp,
  types.date,
]

/** One source record: the rows of one input stream that it gave. */
export interface SourceRecord {
  readonly stream: string
  readonly rowtime: number
  readonly rows: readonly (readonly SqlValue[])[]
}

export function randomSchema(random: Random): Schema {
  const fields: Field[] = [field('K', types.integer), field('N', varchar(4))]
  const count = 1 + random.below(4)
  for (let i = 0; i < count; i++) fields.push(field(`C${i}`, columnTypes[random.below(columnTypes.length)]!))
  return { fields }
}

export function randomRecords(
  random: Random,
  inputs: ReadonlyMap<string, Schema>,
  count: number,
): SourceRecord[] {
  const names = [...inputs.keys()]
  let rowtime = startMs
  return Array.from({ length: count }, () => {
    const step = random.below(10)
    if (step > 3) rowtime += step > 8 ? random.below(60_000) : random.below(8) * 1000
    const stream = names[random.below(names.length)]!
    // Most records give one row; some none (a record that failed before), some several (a flattened array).
    const rowCount = [1, 1, 1, 1, 1, 1, 1, 0, 2, 3][random.below(10)]!
    return {
      stream,
      rowtime,
      rows: Array.from({ length: rowCount }, () => randomRow(random, inputs.get(stream)!)),
    }
  })
}

export function randomRow(random: Random, schema: Schema): SqlValue[] {
  return schema.fields.map(({ type, nullable }) => {
    return nullable && random.below(8) === 0 ? null : randomValue(random, type)
  })
}

export function randomValue(random: Random, type: SqlType): SqlValue {
  const small = random.below(7) - 2
  const rare = random.below(12) === 0
  switch (type.kind) {
    case 'BOOLEAN':
      return small > 0
    case 'TINYINT':
      return rare ? pick(random, [-128, 127]) : small
    case 'SMALLINT':
      return rare ? pick(random, [-32768, 32767]) : small
    case 'INTEGER':
      return rare ? pick(random, [-2147483648, 2147483647, 65536, 1000003]) : small
    case 'BIGINT':
      return rare
        ? pick(random, [
            9007199254740993n,
            -9223372036854775808n,
            9223372036854775807n,
            4294967296n,
            9007199254740991n,
          ])
        : BigInt(small)
    case 'DECIMAL': {
      const limit = 10n ** BigInt(type.precision) - 1n
      return rare ? pick(random, [limit, -limit, limit / 3n]) : BigInt(random.below(2000) - 500)
    }
    case 'REAL':
    case 'DOUBLE':
      return (random.below(80) - 30) / 4
    case 'CHAR':
      return pick(random, ['a', 'b', 'ab', 'é']).padEnd(type.length, ' ')
    case 'VARCHAR': {
      const text = pick(random, [
        '',
        'a',
        'b',
        'ab',
        'a b',
        ' x ',
        '"q\\',
        'né😀',
        'line\n',
        '42',
        '-7.5',
        'TRUE',
      ])
      return [...text].slice(0, type.length).join('')
    }
    case 'DATE':
      return 19_700 + small
    case 'TIME':
      return random.below(86_400_000)
    case 'TIMESTAMP':
      return startMs + random.below(240) * 500
    case 'INTERVAL_DAY':
      return small * 1000
    case 'INTERVAL_MONTH':
      return small
    case 'TIMESTAMP_LTZ':
    case 'ARRAY':
    case 'MULTISET':
    case 'MAP':
    case 'ROW':
      throw new Error(`random rows: no values of ${type.kind} yet`)
    case 'BINARY':
    case 'VARBINARY':
      return Uint8Array.from({ length: type.length > 0 ? 1 : 0 }, () => random.below(256))
    case 'NULL':
      return null
  }
}

/** Rows of a micro-batch by stream; origins index its records. */
export function rowsByStream(records: readonly SourceRecord[]): Map<string, Row[]> {
  const inputs = new Map<string, Row[]>()
  records.forEach(({ stream, rowtime, rows }, origin) => {
    const list = inputs.get(stream) ?? []
    for (const values of rows) list.push({ values, rowtime, origin })
    inputs.set(stream, list)
  })
  return inputs
}

function pick<T>(random: Random, items: readonly T[]): T {
  return items[random.below(items.length)]!
}

import { randomUUID } from 'node:crypto'
import type { DuckDBConnection } from '@duckdb/node-api'
import { type Random, seededRandom } from '@millrace/values'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Duck } from '../../duck/duck-port.ts'
import { literal, openDuck } from '../../duck/open-duck.ts'
import { duckTypeText } from '../../schema/duck-type.ts'
import type { LakeType, PrimitiveKind } from '../../schema/lake-type.ts'
import { applyTransform, parseTransform, transformResult } from '../format/transform.ts'
import { textOfValue, valueOfText } from '../format/value-text.ts'
import type { SingleValue } from '../table-port.ts'
import { prepareTransforms, transformSql } from './transform-sql.ts'

let duck: Duck
let connection: DuckDBConnection
beforeAll(async () => {
  duck = await openDuck({ memoryBytes: 256e6, threads: 1, folders: [] })
  connection = await duck.connect()
  await prepareTransforms(connection)
})
afterAll(() => {
  connection.closeSync()
  duck.close()
})

type Known = Extract<LakeType, { kind: PrimitiveKind | 'decimal' }>

const types: readonly Known[] = [
  { kind: 'int' },
  { kind: 'long' },
  { kind: 'decimal', precision: 9, scale: 2 },
  { kind: 'decimal', precision: 38, scale: 6 },
  { kind: 'string' },
  { kind: 'binary' },
  { kind: 'date' },
  { kind: 'time' },
  { kind: 'timestamp' },
  { kind: 'timestamptz' },
]
const transforms = [
  'identity',
  'bucket[16]',
  'bucket[1000]',
  'truncate[3]',
  'truncate[10]',
  'year',
  'month',
  'day',
  'hour',
]

test.each(types)('transforms of $kind in SQL are those of the format', async (type) => {
  const seed = randomUUID()
  const random = seededRandom(seed)
  const values = [...edges(type), ...Array.from({ length: 300 }, () => randomValue(type, random)), null]
  const sqlType = duckTypeText(type)
  const rows = values.map(
    (value) => `CAST(${value === null ? 'NULL' : literal(textOfValue(type, value))} AS ${sqlType})`,
  )
  for (const text of transforms) {
    const transform = parseTransform(text)
    const result = transformResult(transform, type)
    if (result === undefined) {
      expect(() => transformSql(transform, type, { column: 'v', name: 'v' })).toThrow(
        /ICEBERG_PARTITION_INVALID/,
      )
      continue
    }
    const expression = transformSql(transform, type, { column: 'v', name: 'v' })
    const found = await connection.runAndReadAll(
      `SELECT CAST(${expression} AS VARCHAR) FROM (SELECT unnest([${rows.join(', ')}]) AS v)`,
    )
    for (const [i, [answer]] of found.getRows().entries()) {
      const value = values[i] ?? null
      const expected = applyTransform(transform, type, value)
      const actual = answer === null ? null : valueOfText(result, String(answer))
      expect(actual, `${text} of ${String(value)}, seed ${seed}`).toEqual(expected)
    }
  }
})

function edges(type: Known): SingleValue[] {
  switch (type.kind) {
    case 'int':
      return [0, -1, 1, 34, 0x7fff_ffff, -0x7fff_fff0]
    case 'long':
      return [0n, -1n, 34n, 2n ** 63n - 1n, -(2n ** 63n) + 20n]
    case 'decimal':
      return [0n, -1n, 1420n, 10n ** BigInt(type.precision) - 1n, -(10n ** BigInt(type.precision)) + 20n]
    case 'string':
      return ['', 'iceberg', 'ü😀x', 'ab\u0301cd', "it's \\x"]
    case 'binary':
      return [new Uint8Array(0), Uint8Array.of(0, 1, 2, 3), Uint8Array.of(92, 39)]
    case 'date':
      return [0, -1, 17_486, -719_162]
    case 'time':
      return [0n, 81_068_000_000n, 86_399_999_999n]
    default:
      return [0n, -1n, -3_600_000_000n, -3_600_000_001n, 1_510_871_468_000_000n, -62_135_596_800_000_000n]
  }
}

function randomValue(type: Known, random: Random): SingleValue {
  const whole = (max: number) => random.below(2 * max) - max
  switch (type.kind) {
    case 'int':
      return whole(2 ** 30)
    case 'long':
      return BigInt(whole(2 ** 52)) * BigInt(random.below(1000))
    case 'decimal':
      return BigInt(whole(10 ** Math.min(type.precision, 9)))
    case 'string':
      return Array.from({ length: random.below(30) }, () =>
        String.fromCodePoint(random.below(0x800) + 1),
      ).join('')
    case 'binary':
      return Uint8Array.from({ length: random.below(30) }, () => random.below(256))
    case 'date':
      return whole(60_000)
    case 'time':
      return BigInt(random.below(86_400_000)) * 1000n + BigInt(random.below(1000))
    default:
      return BigInt(whole(2 ** 51))
  }
}

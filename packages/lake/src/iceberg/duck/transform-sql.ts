/**
 * Partition transforms in DuckDB's SQL, for whole columns at once; `format/transform.ts` is their definition, value by value. Buckets of
 * whole numbers are computed by macros; what SQL has no exact arithmetic for goes through a function that calls the definition.
 */
import type { DuckDBConnection } from '@duckdb/node-api'
import { duckTypeText } from '../../schema/duck-type.ts'
import type { LakeType } from '../../schema/lake-type.ts'
import {
  applyTransform,
  parseTransform,
  refusal,
  type Transform,
  transformResult,
} from '../format/transform.ts'
import { textOfValue, valueOfText } from '../format/value-text.ts'
import { parseValueType, type ValueType, valueTypeText } from '../format/value-type.ts'

const definition = 'millrace_transform_of_text'

/** An expression of the type that the transform gives. `column`: SQL. Error: ICEBERG_PARTITION_INVALID. */
export function transformSql(
  transform: Transform,
  type: ValueType,
  { column, name }: { column: string; name: string },
): string {
  if (transformResult(transform, type) === undefined) throw refusal(transform, type, name)
  switch (transform.kind) {
    case 'identity':
      return column
    case 'void':
      return 'CAST(NULL AS INTEGER)'
    case 'year':
      return `CAST(year(${column}) - 1970 AS INTEGER)`
    case 'month':
      return `CAST((year(${column}) - 1970) * 12 + month(${column}) - 1 AS INTEGER)`
    case 'day':
      return `CAST(${column} AS DATE)`
    case 'hour':
      // Below 2^53 in hours and exact in a double's floor only because whole microseconds are divided as integers first.
      return `CAST(${floored(`epoch_us(${column})`, '3600000000')} AS INTEGER)`
    case 'truncate':
      return truncateSql(type, transform.width, column)
    case 'bucket':
      return bucketSql(type, transform.buckets, column)
    case 'unknown':
      throw refusal(transform, type, name)
  }
}

/** Makes the functions that expressions use known to a connection. */
export async function prepareTransforms(connection: DuckDBConnection): Promise<void> {
  const api = await import('@duckdb/node-api')
  // 32-bit arithmetic in 64 unsigned bits, which no product of two such numbers leaves.
  await connection.run('CREATE OR REPLACE TEMP MACRO millrace_m32(a, b) AS (a * b) & 4294967295::UBIGINT')
  await connection.run(
    'CREATE OR REPLACE TEMP MACRO millrace_rot(a, n) AS ((a << n) & 4294967295::UBIGINT) | (a >> (32 - n))',
  )
  await connection.run(
    `CREATE OR REPLACE TEMP MACRO millrace_mix(h, w) AS
       (millrace_m32(millrace_rot(xor(h, millrace_m32(millrace_rot(millrace_m32(w, 3432918353::UBIGINT), 15), 461845907::UBIGINT)), 13),
         5::UBIGINT) + 3864292196::UBIGINT) & 4294967295::UBIGINT`,
  )
  await connection.run('CREATE OR REPLACE TEMP MACRO millrace_fold(h, n) AS xor(h, h >> n)')
  await connection.run(
    `CREATE OR REPLACE TEMP MACRO millrace_murmur8(v) AS
       millrace_fold(millrace_m32(millrace_fold(millrace_m32(millrace_fold(
         xor(millrace_mix(millrace_mix(0::UBIGINT, v & 4294967295::UBIGINT), v >> 32), 8::UBIGINT),
       16), 2246822507::UBIGINT), 13), 3266489909::UBIGINT), 16)`,
  )
  connection.registerScalarFunction(
    api.DuckDBScalarFunction.create({
      name: definition,
      parameterTypes: [api.VARCHAR, api.VARCHAR, api.VARCHAR],
      returnType: api.VARCHAR,
      mainFunction(_info, input, output) {
        const [types, transforms, texts] = [0, 1, 2].map((i) => input.getColumnVector(i))
        for (let i = 0; i < input.rowCount; i++) {
          const text = texts?.getItem(i) ?? null
          const type = parseValueType(String(types?.getItem(i)), 'a partition')
          const transform = parseTransform(String(transforms?.getItem(i)))
          const value = text === null ? undefined : valueOfText(type, String(text))
          const partition = value === undefined ? null : applyTransform(transform, type, value)
          const result = transformResult(transform, type)
          output.setItem(
            i,
            partition === null || result === undefined ? null : textOfValue(result, partition),
          )
        }
        output.flush()
      },
    }),
  )
}

function definitionSql(type: ValueType, transform: string, column: string, result: LakeType): string {
  const call = `${definition}('${valueTypeText(type)}', '${transform}', CAST(${column} AS VARCHAR))`
  return `CAST(CASE WHEN ${column} IS NULL THEN NULL ELSE ${call} END AS ${duckTypeText(result)})`
}

function truncateSql(type: ValueType, width: number, column: string): string {
  switch (type.kind) {
    case 'int':
    case 'long':
      return `${column} - ((${column} % ${width}) + ${width}) % ${width}`
    case 'decimal':
      return definitionSql(type, `truncate[${width}]`, column, type)
    case 'binary':
      return `array_slice(${column}, 1, ${width})`
    default:
      return `left(${column}, ${width})`
  }
}

function bucketSql(type: ValueType, buckets: number, column: string): string {
  switch (type.kind) {
    case 'int':
    case 'long':
      return wholeBucket(`CAST(${column} AS BIGINT)`, buckets)
    case 'date':
      return wholeBucket(`CAST(${column} - DATE '1970-01-01' AS BIGINT)`, buckets)
    case 'time':
    case 'timestamp':
    case 'timestamptz':
      return wholeBucket(`epoch_us(${column})`, buckets)
    default:
      return definitionSql(type, `bucket[${buckets}]`, column, { kind: 'int' })
  }
}

/** Two's complement of the number as 64 unsigned bits. */
function wholeBucket(value: string, buckets: number): string {
  const bits = `CAST(CASE WHEN ${value} < 0 THEN CAST(${value} AS HUGEINT) + 18446744073709551616::HUGEINT ELSE ${value} END AS UBIGINT)`
  return `CAST((millrace_murmur8(${bits}) & 2147483647::UBIGINT) % ${buckets} AS INTEGER)`
}

function floored(value: string, by: string): string {
  return `(${value} - ((${value} % ${by}) + ${by}) % ${by}) // ${by}`
}

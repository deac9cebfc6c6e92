/** Values for tests: any SQL type with cells that it can hold. Not part of the package's door. */
import fc from 'fast-check'
import type { CellValue } from '../cell.ts'
import { decimalLimit } from '../decimal.ts'
import type { Field, Schema, SqlType } from '../sql-type.ts'
import { dateMax, dateMin, dayMs, timestampMax, timestampMin } from '../time.ts'

const text = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 20 }),
  fc.string({ unit: 'binary-ascii', maxLength: 20 }),
  fc.constantFrom('"', '\\', '\u0000\u001f', 'é😀', ''),
)

/** A column type and the values its cells can take from JSON, NULL among them. */
export const typedCell: fc.Arbitrary<{ type: SqlType; cell: fc.Arbitrary<CellValue> }> = fc.oneof(
  integers('TINYINT', 128),
  integers('SMALLINT', 32768),
  integers('INTEGER', 2147483648),
  fc.constant({
    type: { kind: 'BIGINT' } as const,
    cell: nullable(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })),
  }),
  fc.constant({ type: { kind: 'BOOLEAN' } as const, cell: nullable(fc.boolean()) }),
  // JSON writes -0 as 0.
  fc.constant({
    type: { kind: 'DOUBLE' } as const,
    cell: nullable(fc.double({ noNaN: true, noDefaultInfinity: true }).map((x) => x + 0)),
  }),
  fc.constant({
    type: { kind: 'REAL' } as const,
    cell: nullable(fc.float({ noNaN: true, noDefaultInfinity: true }).map((x) => x + 0)),
  }),
  fc.tuple(fc.integer({ min: 1, max: 38 }), fc.nat(38)).map(([precision, s]) => {
    const limit = BigInt(decimalLimit(precision))
    const scale = Math.min(s, precision)
    const type = { kind: 'DECIMAL', precision, scale } as const
    return {
      type,
      cell: nullable(fc.oneof(fc.bigInt({ min: -limit, max: limit }), fc.constantFrom(limit, -limit, 0n))),
    }
  }),
  fc.constant({
    type: { kind: 'DATE' } as const,
    cell: nullable(fc.integer({ min: dateMin, max: dateMax })),
  }),
  fc.constant({ type: { kind: 'TIME' } as const, cell: nullable(fc.nat(dayMs - 1)) }),
  fc.constant({
    type: { kind: 'TIMESTAMP' } as const,
    cell: nullable(fc.integer({ min: timestampMin, max: timestampMax })),
  }),
  fc.constant({ type: { kind: 'VARCHAR', length: 200 } as const, cell: nullable(text) }),
  fc.constant({
    type: { kind: 'CHAR', length: 40 } as const,
    cell: nullable(text.map((t) => t + ' '.repeat(Math.max(0, 40 - [...t].length)))).filter(
      (t) => t === null || [...t].length === 40,
    ),
  }),
  fc.constant({
    type: { kind: 'VARBINARY', length: 30 } as const,
    cell: nullable(fc.uint8Array({ maxLength: 30 })),
  }),
  fc.constant({
    type: { kind: 'BINARY', length: 5 } as const,
    cell: nullable(fc.uint8Array({ minLength: 5, maxLength: 5 })),
  }),
)

/** A schema and rows of it. */
export const schemaWithRows: fc.Arbitrary<{ schema: Schema; rows: CellValue[][] }> = fc
  .array(fc.tuple(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 12 }), typedCell), { maxLength: 8 })
  .chain((columns) => {
    const unique = new Map(columns.filter(([name]) => !/['\]]/.test(name)))
    const fields = [...unique].map(([name, { type }]): Field => ({ name, type, nullable: true }))
    const row = fc.tuple(...[...unique.values()].map(({ cell }) => cell))
    return fc.record({ schema: fc.constant({ fields }), rows: fc.array(row, { maxLength: 6 }) })
  })

function integers(kind: 'TINYINT' | 'SMALLINT' | 'INTEGER', size: number) {
  return fc.constant({ type: { kind }, cell: nullable(fc.integer({ min: -size, max: size - 1 })) })
}

function nullable<T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | null> {
  return fc.option(value, { nil: null, freq: 6 })
}

/**
 * Types of single values: what a column must have to be a partition source or to have bounds. The text is that of schemas
 * (Apache Iceberg, format/spec.md, appendix C): `long`, `decimal(10,2)`, `fixed[16]`, with white space allowed in the brackets.
 * `uuid` and `fixed` are read where other writers used them; the lake's own columns have neither.
 */
import { LakeError } from '../../errors.ts'
import type { PrimitiveKind } from '../../schema/lake-type.ts'

export type ValueType =
  | { readonly kind: PrimitiveKind | 'uuid' }
  | { readonly kind: 'fixed'; readonly length: number }
  | { readonly kind: 'decimal'; readonly precision: number; readonly scale: number }

const plainKinds: ReadonlySet<string> = new Set([
  'boolean',
  'int',
  'long',
  'float',
  'double',
  'string',
  'binary',
  'date',
  'time',
  'timestamp',
  'timestamptz',
  'uuid',
] satisfies ValueType['kind'][])

/** Error: ICEBERG_SCHEMA_INVALID, which also names types of newer versions of the format. */
export function parseValueType(text: string, place: string): ValueType {
  // Proven by the set: it holds kinds without parameters only.
  if (plainKinds.has(text)) return { kind: text as PrimitiveKind | 'uuid' }
  const decimal = /^decimal\(\s*(\d{1,2})\s*,\s*(\d{1,2})\s*\)$/.exec(text)
  if (decimal !== null) {
    const precision = Number(decimal[1])
    const scale = Number(decimal[2])
    if (precision >= 1 && precision <= 38 && scale <= precision) return { kind: 'decimal', precision, scale }
  }
  const fixed = /^fixed\[\s*(\d{1,9})\s*\]$/.exec(text)
  if (fixed !== null) return { kind: 'fixed', length: Number(fixed[1]) }
  throw new LakeError(
    'ICEBERG_SCHEMA_INVALID',
    `${place} has the type ${JSON.stringify(text)}, which version 2 of the format does not have. ` +
      `It has ${[...plainKinds].join(', ')}, decimal(1..38, scale) and fixed[length].`,
  )
}

export function valueTypeText(type: ValueType): string {
  if (type.kind === 'decimal') return `decimal(${type.precision}, ${type.scale})`
  return type.kind === 'fixed' ? `fixed[${type.length}]` : type.kind
}

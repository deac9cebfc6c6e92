/**
 * Whether a file or a manifest may hold rows that a predicate is true of, as far as ranges of columns and partition values tell. The
 * answer `false` is certain; `true` means that the rows have to be read. Apache Iceberg, format/spec.md, "Scan planning".
 *
 * NaN is above all numbers, as in DuckDB, and outside of the bounds that files have; so a file that may hold NaN is never left out
 * by its upper bound.
 */
import { LakeError } from '../../errors.ts'
import { findField, valueTypeOf, walkFields } from '../format/iceberg-schema.ts'
import type { ManifestFile } from '../format/manifest-file.ts'
import { summaryRange } from '../format/manifest-list.ts'
import type { PartitionColumn } from '../format/manifest-schema.ts'
import { compareSingleValues, readSingleValue } from '../format/single-value.ts'
import { applyTransform, keepsOrder, type Transform } from '../format/transform.ts'
import { valueOfPlain } from '../format/value-text.ts'
import { type ValueType, valueTypeText } from '../format/value-type.ts'
import type { IcebergSchema } from '../metadata.ts'
import type { ContentFile, ScanPredicate, SingleValue } from '../table-port.ts'

type Operator = '=' | '!=' | '<' | '<=' | '>' | '>='

/** A predicate whose columns have been found. */
export type BoundPredicate =
  | { readonly kind: 'and'; readonly terms: readonly BoundPredicate[] }
  | { readonly kind: 'or'; readonly terms: readonly BoundPredicate[] }
  | {
      readonly kind: 'compare'
      readonly id: number
      readonly type: ValueType
      readonly operator: Operator
      readonly value: SingleValue
    }
  | {
      readonly kind: 'in'
      readonly id: number
      readonly type: ValueType
      readonly values: readonly SingleValue[]
    }
  | { readonly kind: 'null'; readonly id: number; readonly type: ValueType | undefined }
  | { readonly kind: 'not-null'; readonly id: number; readonly type: ValueType | undefined }

type Leaf = Exclude<BoundPredicate, { readonly terms: unknown }>

/** What is known of the values of a column or partition field in a file. */
interface Range {
  /** Undefined: not known, or there is no value. */
  readonly lower: SingleValue | undefined
  readonly upper: SingleValue | undefined
  /** Whether there may be such rows. */
  readonly mayBeNull: boolean
  readonly mayBeNaN: boolean
  /** Some row may have a value that is neither null nor NaN. */
  readonly mayBeValue: boolean
}

const identity: Transform = { kind: 'identity' }

/** Error: ICEBERG_PREDICATE_INVALID. */
export function bindPredicate(schema: IcebergSchema, predicate: ScanPredicate): BoundPredicate {
  if (predicate.kind === 'and' || predicate.kind === 'or') {
    return { kind: predicate.kind, terms: predicate.terms.map((term) => bindPredicate(schema, term)) }
  }
  const found = findField(schema, predicate.column)
  if (found === undefined || found.isRepeated) {
    const names = [...walkFields(schema)].filter((each) => !each.isRepeated).map((each) => each.path)
    throw new LakeError(
      'ICEBERG_PREDICATE_INVALID',
      `A scan cannot be told by the column ${JSON.stringify(predicate.column)}; there are ${names.join(', ')}.`,
    )
  }
  const { id } = found.field
  const type = valueTypeOf(found.field)
  if (predicate.kind === 'null' || predicate.kind === 'not-null') return { kind: predicate.kind, id, type }
  if (type === undefined) {
    throw new LakeError(
      'ICEBERG_PREDICATE_INVALID',
      `Column "${found.path}" holds no values that can be compared.`,
    )
  }
  const checked = (value: SingleValue) => checkedValue(type, value, found.path)
  return predicate.kind === 'in'
    ? { kind: 'in', id, type, values: predicate.values.map(checked) }
    : { kind: 'compare', id, type, operator: predicate.operator, value: checked(predicate.value) }
}

/** By the bounds and counts of its columns, and by its partition. */
export function mayMatchFile(
  predicate: BoundPredicate,
  file: ContentFile,
  columns: readonly PartitionColumn[],
): boolean {
  return mayMatch(predicate, (leaf) => {
    if (
      leaf.type !== undefined &&
      !leafMayMatch(leaf, identity, leaf.type, fileRange(file, leaf.id, leaf.type))
    ) {
      return false
    }
    return columns.every((column, i) => {
      if (column.sourceId !== leaf.id || column.source === undefined) return true
      return leafMayMatch(leaf, column.transform, column.source, tupleRange(file.partition[i] ?? null))
    })
  })
}

/** By the ranges of its partition fields. */
export function mayMatchManifest(
  predicate: BoundPredicate,
  manifest: ManifestFile,
  columns: readonly PartitionColumn[],
): boolean {
  const { partitions } = manifest
  if (partitions === undefined) return true
  return mayMatch(predicate, (leaf) =>
    columns.every((column, i) => {
      const summary = partitions[i]
      if (column.sourceId !== leaf.id || column.source === undefined || summary === undefined) return true
      const { lower, upper } = summaryRange(summary, column)
      const range = {
        lower,
        upper,
        mayBeNull: summary.hasNull,
        mayBeNaN: summary.hasNaN ?? isFloating(column.result),
        // Without a bound all values are null or NaN.
        mayBeValue: summary.lower !== undefined || summary.upper !== undefined,
      }
      return leafMayMatch(leaf, column.transform, column.source, range)
    }),
  )
}

function mayMatch(predicate: BoundPredicate, leafMay: (leaf: Leaf) => boolean): boolean {
  switch (predicate.kind) {
    case 'and':
      return predicate.terms.every((term) => mayMatch(term, leafMay))
    case 'or':
      return predicate.terms.some((term) => mayMatch(term, leafMay))
    default:
      return leafMay(predicate)
  }
}

function leafMayMatch(leaf: Leaf, transform: Transform, source: ValueType, range: Range): boolean {
  // Void is null whatever the column is, and of what is not known nothing follows.
  if (transform.kind === 'void' || transform.kind === 'unknown') return true
  switch (leaf.kind) {
    case 'null':
      return range.mayBeNull
    case 'not-null':
      return range.mayBeValue || range.mayBeNaN
    case 'in':
      return leaf.values.some((value) => compareMayMatch('=', value, transform, source, range))
    case 'compare':
      return compareMayMatch(leaf.operator, leaf.value, transform, source, range)
  }
}

function compareMayMatch(
  operator: Operator,
  value: SingleValue,
  transform: Transform,
  source: ValueType,
  range: Range,
): boolean {
  if (range.mayBeNaN) return true
  if (!range.mayBeValue) return false
  const bound = applyTransform(transform, source, value)
  if (bound === null) return true
  const { lower, upper } = range
  const toLower = lower === undefined ? -1 : compareSingleValues(lower, bound)
  const toUpper = upper === undefined ? 1 : compareSingleValues(upper, bound)
  const isExact = transform.kind === 'identity'
  if (operator !== '=' && operator !== '!=' && mayWrap(transform, source, value, bound, upper)) return true
  switch (operator) {
    case '=':
      return toLower <= 0 && toUpper >= 0
    case '!=':
      return !isExact || toLower !== 0 || toUpper !== 0
    case '<':
      return !keepsOrder(transform) || (isExact ? toLower < 0 : toLower <= 0)
    case '<=':
      return !keepsOrder(transform) || toLower <= 0
    case '>':
      return !keepsOrder(transform) || (isExact ? toUpper > 0 : toUpper >= 0)
    case '>=':
      return !keepsOrder(transform) || toUpper >= 0
  }
}

/**
 * The least ints and longs, truncated, are below what their type holds and wrap around to the largest (all writers do so): there the
 * order of values is not that of their partitions.
 */
function mayWrap(
  transform: Transform,
  source: ValueType,
  value: SingleValue,
  bound: SingleValue,
  upper: SingleValue | undefined,
): boolean {
  if (transform.kind !== 'truncate' || (source.kind !== 'int' && source.kind !== 'long')) return false
  if (compareSingleValues(bound, value) > 0 || upper === undefined) return true
  const last = source.kind === 'int' ? 0x7fff_ffffn : 0x7fff_ffff_ffff_ffffn
  // Proven by the kinds: numbers of ints, bigints of longs.
  return BigInt(upper as number | bigint) > last - BigInt(transform.width)
}

function fileRange({ metrics, records }: ContentFile, id: number, type: ValueType): Range {
  const values = metrics.values.get(id)
  const nulls = metrics.nulls.get(id)
  const lower = metrics.lower.get(id)
  const upper = metrics.upper.get(id)
  return {
    lower: lower === undefined ? undefined : readSingleValue(type, lower),
    upper: upper === undefined ? undefined : readSingleValue(type, upper),
    mayBeNull: nulls === undefined || nulls > 0,
    mayBeNaN: isFloating(type) && metrics.nans.get(id) !== 0,
    mayBeValue: records > 0 && (values === undefined || nulls === undefined || values > nulls),
  }
}

function tupleRange(value: SingleValue | null): Range {
  const isNotANumber = typeof value === 'number' && Number.isNaN(value)
  const known = value === null || isNotANumber ? undefined : value
  return {
    lower: known,
    upper: known,
    mayBeNull: value === null,
    mayBeNaN: isNotANumber,
    mayBeValue: known !== undefined,
  }
}

function isFloating(type: ValueType): boolean {
  return type.kind === 'float' || type.kind === 'double'
}

/** In the form that `SingleValue` has for the type; whole numbers are taken for longs as well. */
function checkedValue(type: ValueType, value: SingleValue, path: string): SingleValue {
  // A double beside a float column is compared as it is: rounding could move it over a bound.
  if (type.kind === 'float' && typeof value === 'number') return value
  if (type.kind === 'decimal' && typeof value === 'bigint') return value
  try {
    const plain = valueOfPlain(type, value)
    if (plain !== null) return plain
  } catch {
    // Told below, with the column.
  }
  throw new LakeError(
    'ICEBERG_PREDICATE_INVALID',
    `Column "${path}" of type ${valueTypeText(type)} cannot be compared with ${String(value)} (${typeof value}).`,
  )
}

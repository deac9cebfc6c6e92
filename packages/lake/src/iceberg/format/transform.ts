/**
 * Partition transforms: value to partition value, and predicate on the column to a predicate on the partition that holds wherever the
 * first one may (an inclusive projection). Apache Iceberg, format/spec.md, "Partition transforms" and appendix B.
 * All give null for null. Unknown ones are read and never pruned by, as the format asks, and never written.
 */
import { civilFromDays } from '@millrace/values'
import { LakeError } from '../../errors.ts'
import type { SingleValue } from '../table-port.ts'
import { murmur3 } from './murmur3.ts'
import { writeSingleValue, writeTwosComplement } from './single-value.ts'
import { dateText, floorDiv, textOfValue } from './value-text.ts'
import { type ValueType, valueTypeText } from './value-type.ts'

export type Transform =
  | { readonly kind: 'identity' | 'year' | 'month' | 'day' | 'hour' | 'void' }
  | { readonly kind: 'bucket'; readonly buckets: number }
  | { readonly kind: 'truncate'; readonly width: number }
  | { readonly kind: 'unknown'; readonly text: string }

const dayMicros = 86_400_000_000n
const hourMicros = 3_600_000_000n

export function parseTransform(text: string): Transform {
  switch (text) {
    case 'identity':
    case 'year':
    case 'month':
    case 'day':
    case 'hour':
    case 'void':
      return { kind: text }
  }
  const parts = /^(bucket|truncate)\[\s*([1-9]\d{0,9})\s*\]$/.exec(text)
  const parameter = Number(parts?.[2])
  if (parts === null || parameter > 0x7fff_ffff) return { kind: 'unknown', text }
  return parts[1] === 'bucket'
    ? { kind: 'bucket', buckets: parameter }
    : { kind: 'truncate', width: parameter }
}

/** What the transform gives for columns of the type; undefined where it does not take them. */
export function transformResult(transform: Transform, type: ValueType): ValueType | undefined {
  const { kind } = type
  const isTimestamp = kind === 'timestamp' || kind === 'timestamptz'
  switch (transform.kind) {
    case 'identity':
    case 'void':
      return type
    case 'bucket':
      return kind === 'boolean' || kind === 'float' || kind === 'double' ? undefined : { kind: 'int' }
    case 'truncate':
      return kind === 'int' || kind === 'long' || kind === 'decimal' || kind === 'string' || kind === 'binary'
        ? type
        : undefined
    case 'year':
    case 'month':
      return kind === 'date' || isTimestamp ? { kind: 'int' } : undefined
    case 'day':
      return kind === 'date' || isTimestamp ? { kind: 'date' } : undefined
    case 'hour':
      return isTimestamp ? { kind: 'int' } : undefined
    case 'unknown':
      // The format does not say; the text is what is shown.
      return { kind: 'string' }
  }
}

/** The transform must take the type (`transformResult`), and the value must be of it. */
export function applyTransform(
  transform: Transform,
  type: ValueType,
  value: SingleValue | null,
): SingleValue | null {
  if (value === null) return null
  switch (transform.kind) {
    case 'identity':
      return value
    case 'void':
      return null
    case 'bucket':
      return (hashOf(type, value) & 0x7fff_ffff) % transform.buckets
    case 'truncate':
      return truncated(type, value, transform.width)
    case 'year':
      return civilFromDays(daysOf(type, value)).year - 1970
    case 'month': {
      const { year, month } = civilFromDays(daysOf(type, value))
      return (year - 1970) * 12 + month - 1
    }
    case 'day':
      return daysOf(type, value)
    case 'hour':
      return Number(floorDiv(value as bigint, hourMicros))
    case 'unknown':
      throw new LakeError(
        'ICEBERG_PARTITION_INVALID',
        `The transform ${JSON.stringify(transform.text)} is unknown, so no rows can be written by it. ` +
          'Known are identity, bucket[N], truncate[W], year, month, day, hour and void.',
      )
  }
}

/** Whether a larger value never has a smaller partition value, so that ranges of one are ranges of the other. */
export function keepsOrder(transform: Transform): boolean {
  return transform.kind !== 'bucket' && transform.kind !== 'void' && transform.kind !== 'unknown'
}

/** For names of folders: `2026-11-21`, `2026-11`, `2026-11-21-09`, `7`, `null`. Not to be read back. */
export function partitionText(transform: Transform, type: ValueType, value: SingleValue | null): string {
  if (value === null) return 'null'
  switch (transform.kind) {
    case 'year':
      return String(1970 + (value as number))
    case 'month': {
      const months = value as number
      return `${1970 + Math.floor(months / 12)}-${String((((months % 12) + 12) % 12) + 1).padStart(2, '0')}`
    }
    case 'day':
      return dateText(value as number)
    case 'hour': {
      const hours = value as number
      const day = Math.floor(hours / 24)
      return `${dateText(day)}-${String(hours - day * 24).padStart(2, '0')}`
    }
    default:
      return textOfValue(transformResult(transform, type) ?? type, value)
  }
}

/** Appendix B: types that may be widened into each other hash alike. */
function hashOf(type: ValueType, value: SingleValue): number {
  switch (type.kind) {
    case 'int':
    case 'date':
      return murmur3(writeSingleValue({ kind: 'long' }, BigInt(value as number)))
    case 'decimal':
      return murmur3(writeTwosComplement(value as bigint))
    default:
      return murmur3(writeSingleValue(type, value))
  }
}

function truncated(type: ValueType, value: SingleValue, width: number): SingleValue {
  // Below the least int or long it wraps around, as other writers do.
  if (typeof value === 'number') return (value - (((value % width) + width) % width)) | 0
  if (typeof value === 'bigint') {
    const by = BigInt(width)
    const cut = value - (((value % by) + by) % by)
    return type.kind === 'long' ? BigInt.asIntN(64, cut) : cut
  }
  if (typeof value === 'string') return cutText(value, width)
  return (value as Uint8Array).slice(0, width)
}

/** The first code points; pairs of surrogates stay together. */
export function cutText(text: string, points: number): string {
  if (text.length <= points) return text
  let end = 0
  for (let i = 0; i < points && end < text.length; i++) end += text.codePointAt(end)! > 0xffff ? 2 : 1
  return text.slice(0, end)
}

function daysOf(type: ValueType, value: SingleValue): number {
  return type.kind === 'date' ? (value as number) : Number(floorDiv(value as bigint, dayMicros))
}

/** For messages: what a transform takes. */
export function refusal(transform: Transform, type: ValueType, column: string): LakeError {
  const takes: Readonly<Record<string, string>> = {
    bucket: 'int, long, decimal, date, time, timestamps, string and binary',
    truncate: 'int, long, decimal, string and binary',
    year: 'date and timestamps',
    month: 'date and timestamps',
    day: 'date and timestamps',
    hour: 'timestamps',
  }
  return new LakeError(
    'ICEBERG_PARTITION_INVALID',
    `Column "${column}" of type ${valueTypeText(type)} cannot be partitioned by ${transform.kind}, which takes ` +
      `${takes[transform.kind] ?? 'any single value'}.`,
  )
}

/**
 * Values inside nested values. There BIGINT and DECIMAL are a number while it is a safe integer (plan.ts, SqlValue); outside
 * they are bigint. `inner` and `outer` convert at that border.
 */
import type { SqlType } from '@millrace/values'
import { valueKey } from '../../changelog/value.ts'
import type { SqlValue } from '../../plan.ts'

export function inner(value: SqlValue): SqlValue {
  if (typeof value !== 'bigint') return value
  const near = Number(value)
  return Number.isSafeInteger(near) ? near : value
}

export function outer(value: SqlValue, type: SqlType): SqlValue {
  return typeof value === 'number' && (type.kind === 'BIGINT' || type.kind === 'DECIMAL')
    ? BigInt(value)
    : value
}

export function arrayOf(value: SqlValue | undefined): readonly SqlValue[] {
  if (!Array.isArray(value)) throw new Error('function table: an array or a row expected')
  return value
}

export function mapOf(value: SqlValue | undefined): ReadonlyMap<SqlValue, SqlValue> {
  if (!(value instanceof Map)) throw new Error('function table: a map expected')
  return value
}

/** The key of `map` that equals `key` by value, or undefined. */
export function findKey(map: ReadonlyMap<SqlValue, SqlValue>, key: SqlValue): SqlValue | undefined {
  if (map.has(key)) return key
  if (typeof key !== 'object' || key === null) return undefined
  const sought = valueKey(key)
  for (const candidate of map.keys()) if (valueKey(candidate) === sought) return candidate
  return undefined
}

/** A map of these entries; of two equal keys the later value counts, in the place of the first. */
export function makeMap(entries: Iterable<readonly [SqlValue, SqlValue]>): ReadonlyMap<SqlValue, SqlValue> {
  const map = new Map<SqlValue, SqlValue>()
  for (const [key, value] of entries) map.set(findKey(map, key) ?? key, value)
  return map
}

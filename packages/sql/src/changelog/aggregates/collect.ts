/** COLLECT: a MULTISET, counts of values in order of first arrival. Bytes and nested values are told apart by their text. */
import type { SqlType } from '@millrace/values'
import type { SqlValue } from '../../plan.ts'
import { valueKey } from '../value.ts'
import { type AggregateCode, type AggregateScope, isPlainKind } from './aggregate-code.ts'

type Counts = Map<SqlValue, number>
/** By text: the value and its count. */
type Entries = Map<string, [SqlValue, number]>

export function writeCollect(code: AggregateCode, scope: AggregateScope, type: SqlType): string {
  const plain = isPlainKind(type.kind)
  const slot = scope.shared('collect', () => {
    const first = code.slot('new Map()')
    const change = code.constant(plain ? countPlain : countNested)
    scope.step(
      `${change}(a[${first}], ${scope.values[0]}, 1)`,
      `${change}(a[${first}], ${scope.values[0]}, -1)`,
    )
    scope.merge(`${code.constant(plain ? mergePlain : mergeNested)}(a[${first}], b[${first}])`)
    return first
  })
  return `${code.constant(plain ? copyPlain : copyNested)}(a[${slot}])`
}

function countPlain(counts: Counts, value: SqlValue, by: number): void {
  const count = (counts.get(value) ?? 0) + by
  if (count > 0) counts.set(value, count)
  else counts.delete(value)
}

function countNested(entries: Entries, value: SqlValue, by: number): void {
  const key = valueKey(value)
  const entry = entries.get(key)
  if (entry === undefined) {
    if (by > 0) entries.set(key, [value, by])
    return
  }
  entry[1] += by
  if (entry[1] <= 0) entries.delete(key)
}

function mergePlain(counts: Counts, others: Counts): void {
  for (const [value, count] of others) countPlain(counts, value, count)
}

function mergeNested(entries: Entries, others: Entries): void {
  for (const [value, count] of others.values()) countNested(entries, value, count)
}

/** A copy, since values in rows never change. */
function copyPlain(counts: Counts): SqlValue {
  return new Map(counts)
}

function copyNested(entries: Entries): SqlValue {
  return new Map(entries.values())
}

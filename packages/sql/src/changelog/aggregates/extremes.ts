/**
 * MIN and MAX. Where rows only come, one value. Where they can go: [counts of the values, a binary heap of the same values, how
 * many of them have count 0]. A value that has gone stays in both until it comes to the top or until such values are half
 * of all; so adding and taking away cost the logarithm of the number of values. The three lie in the accumulator, or in a
 * set beside it (distinct-sets.ts), whose journal holds the counts and from which the heap is built.
 */
import type { SqlType } from '@millrace/values'
import { compareText } from '../../functions/text.ts'
import { isApproximate, isText } from '../../functions/types.ts'
import type { SqlValue } from '../../plan.ts'
import { compareValue } from '../value.ts'
import { type AggregateCode, type AggregateScope, isPlainKind } from './aggregate-code.ts'
import { setsName } from './distinct-code.ts'
import type { DistinctSet, DistinctSets } from './distinct-sets.ts'

/** Whether the first value stands before the second: lies below for MIN, above for MAX. */
type Before = (a: SqlValue, b: SqlValue) => boolean

export function writeExtreme(
  code: AggregateCode,
  scope: AggregateScope,
  type: SqlType,
  which: 'MIN' | 'MAX',
): string {
  const value = scope.values[0]!
  if (!code.retracts) return writeSingle(code, scope, type, which)
  const before = code.constant(order(type, which))
  const key = isPlainKind(type.kind) ? value : `${code.constant(bytesText)}(${value})`
  const slot = scope.shared(which, () => {
    if (code.beside) {
      const first = code.slot('0')
      const set = `${setsName}, ${setsName}.of(a, ${first}), ${key}, ${before}`
      scope.step(`${code.constant(addBeside)}(${set})`, `${code.constant(removeBeside)}(${set})`)
      code.dropSet(first)
      return first
    }
    const first = code.slot('[new Map(), [], 0]')
    scope.step(
      `${code.constant(addValue)}(a[${first}], ${key}, ${before})`,
      `${code.constant(removeValue)}(a[${first}], ${key}, ${before})`,
    )
    scope.merge(`${code.constant(mergeValues)}(a[${first}], b[${first}], ${before})`)
    return first
  })
  const values = code.beside
    ? `${code.constant(valuesOf)}(${setsName}.of(a, ${slot}), ${before})`
    : `a[${slot}]`
  const top = `${code.constant(topValue)}(${values})`
  return isPlainKind(type.kind) ? top : `${code.constant(textBytes)}(${top})`
}

function writeSingle(
  code: AggregateCode,
  scope: AggregateScope,
  type: SqlType,
  which: 'MIN' | 'MAX',
): string {
  const value = scope.values[0]!
  const slot = scope.shared(which, () => {
    const first = code.slot('null')
    const test = (x: string, y: string) =>
      isDirect(type)
        ? `${x} ${which === 'MIN' ? '<' : '>'} ${y}`
        : `${code.constant(order(type, which))}(${x}, ${y})`
    scope.step(`if (a[${first}] === null || ${test(value, `a[${first}]`)}) a[${first}] = ${value}`, '')
    scope.merge(
      `if (b[${first}] !== null && (a[${first}] === null || ${test(`b[${first}]`, `a[${first}]`)})) a[${first}] = b[${first}]`,
    )
    return first
  })
  return `a[${slot}]`
}

/** Whether < orders the values as SQL does. */
function isDirect(type: SqlType): boolean {
  return !isApproximate(type) && !isText(type) && isPlainKind(type.kind)
}

const minOf: Record<'direct' | 'double' | 'text' | 'other', Before> = {
  direct: (a, b) => a! < b!,
  // NaN lies above all numbers.
  double: (a, b) => a! < b! || (Number.isNaN(b) && !Number.isNaN(a)),
  text: (a, b) => compareText(a as string, b as string) < 0, // The type is text.
  other: (a, b) => compareValue(a, b) < 0,
}
const maxOf: typeof minOf = {
  direct: (a, b) => a! > b!,
  double: (a, b) => a! > b! || (Number.isNaN(a) && !Number.isNaN(b)),
  text: (a, b) => compareText(a as string, b as string) > 0, // As above.
  other: (a, b) => compareValue(a, b) > 0,
}

function order(type: SqlType, which: 'MIN' | 'MAX'): Before {
  const orders = which === 'MIN' ? minOf : maxOf
  if (isDirect(type)) return orders.direct
  if (isApproximate(type)) return orders.double
  return isText(type) ? orders.text : orders.other
}

/** Bytes as a text with the same order. */
function bytesText(value: Uint8Array): string {
  return Buffer.from(value).toString('latin1')
}

function textBytes(value: string | null): Uint8Array | null {
  return value === null ? null : new Uint8Array(Buffer.from(value, 'latin1'))
}

type Values = [counts: Map<SqlValue, number>, heap: SqlValue[], gone: number]

function addValue(values: Values, value: SqlValue, before: Before): void {
  addCount(values, value, 1, before)
}

function addCount(values: Values, value: SqlValue, by: number, before: Before): void {
  const count = values[0].get(value)
  values[0].set(value, (count ?? 0) + by)
  if (count === undefined) push(values[1], value, before)
  else if (count === 0) values[2]--
}

function removeValue(values: Values, value: SqlValue, before: Before): void {
  const [counts, heap] = values
  const count = counts.get(value)
  if (count === undefined || count === 0) return
  counts.set(value, count - 1)
  if (count > 1) return
  values[2]++
  while (heap.length > 0 && counts.get(heap[0]!) === 0) {
    counts.delete(pop(heap, before)!)
    values[2]--
  }
  if (values[2] <= 16 || values[2] * 2 <= heap.length) return
  for (const [key, left] of counts) if (left === 0) counts.delete(key)
  heap.length = 0
  for (const key of counts.keys()) push(heap, key, before)
  values[2] = 0
}

function mergeValues(values: Values, others: Values, before: Before): void {
  for (const [value, count] of others[0]) if (count > 0) addCount(values, value, count, before)
}

/** The top of the heap always has a count, because removing clears it. */
function topValue(values: Values): SqlValue {
  return values[1][0] ?? null
}

/** Of a set that was read from its journal the heap is made when it is first asked for. */
function valuesOf(set: DistinctSet, before: Before): Values {
  if (set.heap === undefined) {
    const heap: SqlValue[] = []
    for (const value of set.seen.keys()) push(heap, value, before)
    set.heap = [set.seen as Map<SqlValue, number>, heap, 0] // Marks of this set are counts.
  }
  return set.heap
}

function addBeside(sets: DistinctSets, set: DistinctSet, value: SqlValue, before: Before): void {
  const values = valuesOf(set, before)
  addValue(values, value, before)
  sets.note(set, value, values[0].get(value) ?? 0)
}

function removeBeside(sets: DistinctSets, set: DistinctSet, value: SqlValue, before: Before): void {
  const values = valuesOf(set, before)
  removeValue(values, value, before)
  sets.note(set, value, values[0].get(value) ?? 0)
}

function push(heap: SqlValue[], value: SqlValue, before: Before): void {
  let at = heap.length
  heap.push(value)
  while (at > 0) {
    const parent = (at - 1) >> 1
    if (!before(value, heap[parent]!)) break
    heap[at] = heap[parent]!
    at = parent
  }
  heap[at] = value
}

function pop(heap: SqlValue[], before: Before): SqlValue | undefined {
  const top = heap[0]
  const value = heap.pop()
  const { length } = heap
  if (value === undefined || length === 0) return top
  let at = 0
  for (;;) {
    let child = 2 * at + 1
    if (child >= length) break
    if (child + 1 < length && before(heap[child + 1]!, heap[child]!)) child++
    if (!before(heap[child]!, value)) break
    heap[at] = heap[child]!
    at = child
  }
  heap[at] = value
  return top
}

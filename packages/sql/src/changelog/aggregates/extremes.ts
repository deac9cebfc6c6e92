/**
 * MIN and MAX. Where rows only come, one value. Where they can go, three slots: counts of the values (a Map), a binary heap of
 * the Map's values, and how many of them have count 0. A value that has gone stays in both until it comes to the top or
 * until such values are half of all; so adding and taking away cost the logarithm of the number of values.
 */
import type { SqlType } from '@millrace/values'
import { compareText } from '../../functions/text.ts'
import { isApproximate, isText } from '../../functions/types.ts'
import type { SqlValue } from '../../plan.ts'
import { compareValue } from '../value.ts'
import { type AggregateCode, type AggregateScope, isPlainKind } from './aggregate-code.ts'
import type { Accumulator } from './aggregate-program.ts'

/** Whether the first value stands before the second: lies below for MIN, above for MAX. */
type Before = (a: SqlValue, b: SqlValue) => boolean

export function writeExtreme(
  code: AggregateCode,
  scope: AggregateScope,
  type: SqlType,
  which: 'MIN' | 'MAX',
): string {
  const value = scope.values[0]!
  // Bytes have no identity in a Map: they are kept as they are, and looked for by value.
  if (!code.retracts) return writeSingle(code, scope, type, which)
  const slot = scope.shared(which, () => {
    const first = code.slot('new Map()')
    code.slot('[]')
    code.slot('0')
    const before = code.constant(order(type, which))
    const key = isPlainKind(type.kind) ? value : `${code.constant(bytesText)}(${value})`
    scope.step(
      `${code.constant(addValue)}(a, ${first}, ${key}, ${before})`,
      `${code.constant(removeValue)}(a, ${first}, ${key}, ${before})`,
    )
    scope.merge(`${code.constant(mergeValues)}(a, ${first}, b, ${before})`)
    return first
  })
  const top = `${code.constant(topValue)}(a, ${slot})`
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

/** Slots of one extreme, as `slot` of an accumulator holds them. */
function countsOf(accumulator: Accumulator, slot: number): Map<SqlValue, number> {
  return accumulator[slot] as Map<SqlValue, number> // writeExtreme made it so.
}
function heapOf(accumulator: Accumulator, slot: number): SqlValue[] {
  return accumulator[slot + 1] as SqlValue[] // As above.
}

function addValue(accumulator: Accumulator, slot: number, value: SqlValue, before: Before): void {
  addCount(accumulator, slot, value, 1, before)
}

function addCount(accumulator: Accumulator, slot: number, value: SqlValue, by: number, before: Before): void {
  const counts = countsOf(accumulator, slot)
  const count = counts.get(value)
  counts.set(value, (count ?? 0) + by)
  if (count === undefined) push(heapOf(accumulator, slot), value, before)
  else if (count === 0) (accumulator[slot + 2] as number)-- // The number of values with count 0.
}

function removeValue(accumulator: Accumulator, slot: number, value: SqlValue, before: Before): void {
  const counts = countsOf(accumulator, slot)
  const count = counts.get(value)
  if (count === undefined || count === 0) return
  counts.set(value, count - 1)
  if (count > 1) return
  const heap = heapOf(accumulator, slot)
  let dead = (accumulator[slot + 2] as number) + 1 // As above.
  while (heap.length > 0 && counts.get(heap[0]!) === 0) {
    counts.delete(pop(heap, before)!)
    dead--
  }
  if (dead > 16 && dead * 2 > heap.length) {
    for (const [key, left] of counts) if (left === 0) counts.delete(key)
    heap.length = 0
    for (const key of counts.keys()) push(heap, key, before)
    dead = 0
  }
  accumulator[slot + 2] = dead
}

function mergeValues(accumulator: Accumulator, slot: number, other: Accumulator, before: Before): void {
  for (const [value, count] of countsOf(other, slot)) {
    if (count > 0) addCount(accumulator, slot, value, count, before)
  }
}

/** The top of the heap always has a count, because removing clears it. */
function topValue(accumulator: Accumulator, slot: number): SqlValue {
  return heapOf(accumulator, slot)[0] ?? null
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

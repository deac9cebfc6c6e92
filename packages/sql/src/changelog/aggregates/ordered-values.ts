/**
 * Values in order of arrival, for the aggregates that show it: [values, arrival numbers, live values, index of the first].
 * A value that has gone leaves a hole (undefined); holes at the ends go at once, those within when they are the larger
 * part. Taking a value away finds its first occurrence: frames that move on and corrections of late rows find it near the
 * front, others cost the number of values.
 */
import type { SqlValue } from '../../plan.ts'
import { sameValue } from '../value.ts'

type Ordered = [(SqlValue | undefined)[], number[], number, number]

export const emptyOrdered = '[[], [], 0, 0]'

export function addOrdered(ordered: Ordered, value: SqlValue, arrival: number): void {
  const [values, arrivals] = ordered
  const last = arrivals.length === 0 ? arrival : arrivals[arrivals.length - 1]!
  values.push(value)
  arrivals.push(arrival < last ? last : arrival)
  ordered[2]++
}

export function removeOrdered(ordered: Ordered, value: SqlValue): void {
  const [values, arrivals] = ordered
  for (let i = ordered[3]; i < values.length; i++) {
    const each = values[i]
    if (each === undefined || !sameValue(each, value)) continue
    values[i] = undefined
    ordered[2]--
    while (ordered[3] < values.length && values[ordered[3]] === undefined) ordered[3]++
    while (values.length > ordered[3] && values[values.length - 1] === undefined) {
      values.pop()
      arrivals.pop()
    }
    if (values.length > 16 && ordered[2] * 2 < values.length) compact(ordered)
    return
  }
}

/** By arrival number; of equal ones those that are there come first. */
export function mergeOrdered(ordered: Ordered, other: Ordered): void {
  if (other[2] === 0) return
  if (ordered[2] > 0 && other[1][other[3]]! < ordered[1][ordered[1].length - 1]!) {
    interleave(ordered, other)
    return
  }
  for (let i = other[3]; i < other[0].length; i++) {
    const value = other[0][i]
    if (value === undefined) continue
    ordered[0].push(value)
    ordered[1].push(other[1][i]!)
    ordered[2]++
  }
}

export function firstOrdered(ordered: Ordered): SqlValue {
  return ordered[2] === 0 ? null : ordered[0][ordered[3]]!
}

export function lastOrdered(ordered: Ordered): SqlValue {
  return ordered[2] === 0 ? null : ordered[0][ordered[0].length - 1]!
}

export function listOrdered(ordered: Ordered): SqlValue[] {
  const list: SqlValue[] = []
  for (let i = ordered[3]; i < ordered[0].length; i++) {
    const value = ordered[0][i]
    if (value !== undefined) list.push(value)
  }
  return list
}

function interleave(ordered: Ordered, other: Ordered): void {
  compact(ordered)
  const [values, arrivals] = [ordered[0].slice(), ordered[1].slice()]
  ordered[0].length = 0
  ordered[1].length = 0
  let i = 0
  for (let j = other[3]; j < other[0].length; j++) {
    const value = other[0][j]
    if (value === undefined) continue
    for (; i < values.length && arrivals[i]! <= other[1][j]!; i++) put(ordered, values[i]!, arrivals[i]!)
    put(ordered, value, other[1][j]!)
    ordered[2]++
  }
  for (; i < values.length; i++) put(ordered, values[i]!, arrivals[i]!)
}

function put(ordered: Ordered, value: SqlValue, arrival: number): void {
  ordered[0].push(value)
  ordered[1].push(arrival)
}

function compact(ordered: Ordered): void {
  const [values, arrivals] = ordered
  let kept = 0
  for (let i = ordered[3]; i < values.length; i++) {
    if (values[i] === undefined) continue
    values[kept] = values[i]
    arrivals[kept++] = arrivals[i]!
  }
  values.length = kept
  arrivals.length = kept
  ordered[3] = 0
}

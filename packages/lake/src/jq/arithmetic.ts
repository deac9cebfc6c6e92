/** `+ - * / %` and comparisons over all types, with jq's messages. */
import { JqFailure, shown } from './jq-error.ts'
import { compare, copyObject, isArray, isObject, type Json, type JsonObject, member } from './jq-value.ts'
import type { Machine } from './machine.ts'
import type { BinaryOp } from './syntax.ts'

export type Operation = (left: Json, right: Json, machine: Machine) => Json

/** Characters that a repeated text may have. */
const repeatedMax = 1 << 22

export const operations: Readonly<Record<BinaryOp, Operation>> = {
  '+': plus,
  '-': minus,
  '*': times,
  '/': divide,
  '%': remainder,
  '==': (a, b, { spend }) => compare(a, b, spend) === 0,
  '!=': (a, b, { spend }) => compare(a, b, spend) !== 0,
  '<': (a, b, { spend }) => compare(a, b, spend) < 0,
  '<=': (a, b, { spend }) => compare(a, b, spend) <= 0,
  '>': (a, b, { spend }) => compare(a, b, spend) > 0,
  '>=': (a, b, { spend }) => compare(a, b, spend) >= 0,
}

export function plus(left: Json, right: Json, machine: Machine): Json {
  if (typeof left === 'number' && typeof right === 'number') return left + right
  if (left === null) return right
  if (right === null) return left
  if (typeof left === 'string' && typeof right === 'string') {
    machine.spend((left.length + right.length) >> 4)
    return left + right
  }
  if (isArray(left) && isArray(right)) {
    machine.spend((left.length + right.length) >> 3)
    return [...left, ...right]
  }
  if (isObject(left) && isObject(right)) {
    machine.spend((Object.keys(left).length + Object.keys(right).length) >> 3)
    return Object.assign(copyObject(left), right)
  }
  throw new JqFailure(`${shown(left)} and ${shown(right)} cannot be added`)
}

function minus(left: Json, right: Json, machine: Machine): Json {
  if (typeof left === 'number' && typeof right === 'number') return left - right
  if (isArray(left) && isArray(right)) {
    return left.filter((item) => !right.some((other) => compare(item, other, machine.spend) === 0))
  }
  throw new JqFailure(`${shown(left)} and ${shown(right)} cannot be subtracted`)
}

function times(left: Json, right: Json, machine: Machine): Json {
  if (typeof left === 'number' && typeof right === 'number') return left * right
  if (typeof left === 'string' && typeof right === 'number') return repeat(left, right, machine)
  if (typeof left === 'number' && typeof right === 'string') return repeat(right, left, machine)
  if (isObject(left) && isObject(right)) return merge(left, right, machine)
  throw new JqFailure(`${shown(left)} and ${shown(right)} cannot be multiplied`)
}

/** At least once, unless the count is not above zero: then null. */
function repeat(text: string, count: number, machine: Machine): Json {
  if (!(count > 0)) return null
  const times = Math.max(1, Math.floor(count))
  if (text.length * times > repeatedMax) throw new JqFailure('Repeat string result too long')
  machine.spend((text.length * times) >> 4)
  return text.repeat(times)
}

/** Objects under the same key are merged in turn. */
function merge(left: JsonObject, right: JsonObject, machine: Machine): JsonObject {
  const merged = copyObject(left)
  for (const key of Object.keys(right)) {
    machine.spend(1)
    const ours = member(merged, key)
    const theirs = member(right, key)
    merged[key] = isObject(ours) && isObject(theirs) ? merge(ours, theirs, machine) : theirs
  }
  return merged
}

function divide(left: Json, right: Json, machine: Machine): Json {
  if (typeof left === 'number' && typeof right === 'number') {
    if (right !== 0) return left / right
    throw new JqFailure(`${shown(left)} and ${shown(right)} cannot be divided because the divisor is zero`)
  }
  if (typeof left === 'string' && typeof right === 'string') return splitText(left, right, machine)
  throw new JqFailure(`${shown(left)} and ${shown(right)} cannot be divided`)
}

/** Without a separator into characters; the empty text has no parts. */
export function splitText(text: string, separator: string, machine: Machine): Json {
  machine.spend(text.length >> 2)
  if (text === '') return []
  return separator === '' ? [...text] : text.split(separator)
}

/** Of the numbers cut to integers of 64 bits, with the sign of the left one. */
function remainder(left: Json, right: Json): Json {
  if (typeof left !== 'number' || typeof right !== 'number') {
    throw new JqFailure(`${shown(left)} and ${shown(right)} cannot be divided`)
  }
  if (Number.isNaN(left) || Number.isNaN(right)) return Number.NaN
  const divisor = Math.abs(wholeOf(right))
  if (divisor === 0) {
    throw new JqFailure(
      `${shown(left)} and ${shown(right)} cannot be divided (remainder) because the divisor is zero`,
    )
  }
  const whole = wholeOf(left)
  const size = Math.abs(whole) % divisor
  return whole < 0 ? 0 - size : size
}

function wholeOf(value: number): number {
  return Math.trunc(Math.min(2 ** 63, Math.max(-(2 ** 63), value)))
}

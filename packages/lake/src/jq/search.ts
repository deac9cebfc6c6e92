/** Where a value occurs in another: `indices`, `index`, `rindex`, and whether it is contained. */
import { JqFailure, shown } from './jq-error.ts'
import { compare, isArray, isObject, type Json, member, typeName } from './jq-value.ts'
import type { Machine } from './machine.ts'

/** Places in an array of an element or of a run of elements; places in a text, in bytes of its UTF-8, as jq 1.6 counts them. */
export function indicesOf(value: Json, wanted: Json, machine: Machine): Json {
  if (value === null) return null
  if (typeof value === 'string' && typeof wanted === 'string') return textIndices(value, wanted, machine)
  if (!isArray(value)) throw new JqFailure(`Cannot determine indices of ${shown(wanted)} in ${shown(value)}`)
  const run = isArray(wanted) ? wanted : [wanted]
  const found: number[] = []
  if (run.length === 0) return null
  for (let i = 0; i + run.length <= value.length; i++) {
    // Both below their lengths.
    if (run.every((item, k) => compare(value[i + k]!, item, machine.spend) === 0)) found.push(i)
  }
  return found
}

function textIndices(text: string, wanted: string, machine: Machine): Json {
  if (wanted === '') return null
  const found: number[] = []
  let bytes = 0
  let counted = 0
  machine.spend(text.length >> 3)
  for (let at = text.indexOf(wanted); at >= 0; at = text.indexOf(wanted, at + 1)) {
    machine.spend(1)
    bytes += Buffer.byteLength(text.slice(counted, at))
    counted = at
    found.push(bytes)
  }
  return found
}

/** Text in text, all of an array's items in some of the other's, and members by their keys; otherwise equality. */
export function contains(value: Json, wanted: Json, machine: Machine): boolean {
  machine.spend(1)
  const type = typeName(value)
  if (type !== typeName(wanted)) {
    throw new JqFailure(`${shown(value)} and ${shown(wanted)} cannot have their containment checked`)
  }
  return containsSame(value, wanted, machine)
}

function containsSame(value: Json, wanted: Json, machine: Machine): boolean {
  machine.spend(1)
  if (isObject(value) && isObject(wanted)) {
    return Object.keys(wanted).every(
      (key) => Object.hasOwn(value, key) && containsSame(member(value, key), member(wanted, key), machine),
    )
  }
  if (isArray(value) && isArray(wanted)) {
    return wanted.every((item) => value.some((candidate) => containsSame(candidate, item, machine)))
  }
  if (typeof value === 'string' && typeof wanted === 'string') return value.includes(wanted)
  return compare(value, wanted, machine.spend) === 0
}

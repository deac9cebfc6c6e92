/** Reading and changing parts of values: indexes, slices, iteration, paths. Messages are jq's. */
import { JqFailure, shown } from './jq-error.ts'
import {
  copyObject,
  emptyObject,
  isArray,
  isObject,
  type Json,
  type JsonObject,
  member,
  typeName,
} from './jq-value.ts'
import type { Machine } from './machine.ts'
import { indicesOf } from './search.ts'

/** Largest index that an assignment may reach. */
const indexMax = 1_000_000

export function getKey(value: Json, key: Json, machine: Machine): Json {
  if (typeof key === 'string') {
    if (isObject(value)) return member(value, key)
    if (value === null) return null
    throw new JqFailure(`Cannot index ${typeName(value)} with string "${key}"`)
  }
  if (typeof key === 'number') {
    if (isArray(value)) {
      // A place with a fraction is none.
      if (!Number.isInteger(key)) return null
      return value[key < 0 ? value.length + key : key] ?? null
    }
    if (value === null) return null
  } else if (isArray(value) && isArray(key)) return indicesOf(value, key, machine)
  else if (isObject(key) && (value === null || isArray(value) || typeof value === 'string')) {
    const isRange = Object.hasOwn(key, 'start') && Object.hasOwn(key, 'end')
    return slice(value, isRange ? member(key, 'start') : {}, member(key, 'end'), machine)
  }
  throw new JqFailure(`Cannot index ${typeName(value)} with ${typeName(key)}`)
}

export function slice(value: Json, from: Json, to: Json, machine: Machine): Json {
  if (value === null) return null
  if (!isArray(value) && typeof value !== 'string') {
    throw new JqFailure(`Cannot index ${typeName(value)} with object`)
  }
  if (!isBound(from) || !isBound(to)) {
    throw new JqFailure(
      `Start and end indices of an ${typeof value === 'string' ? 'string' : 'array'} slice must be numbers`,
    )
  }
  machine.spend(value.length >> 4)
  const items = typeof value === 'string' ? [...value] : value
  const [start, end] = sliceBounds(items.length, from, to)
  const part = items.slice(start, end)
  // Characters, if the value is text.
  return typeof value === 'string' ? part.join('') : (part as readonly Json[])
}

function isBound(value: Json): value is number | null {
  return value === null || typeof value === 'number'
}

/** The start is rounded down, the end up; both are counted from the end if negative. */
function sliceBounds(length: number, from: number | null, to: number | null): [number, number] {
  const bound = (value: number) => Math.min(length, Math.max(0, value < 0 ? value + length : value))
  const start = Math.floor(bound(from ?? 0))
  const end = Math.ceil(bound(to ?? length))
  return [start, Math.max(start, end)]
}

export function getPath(value: Json, keys: readonly Json[], machine: Machine): Json {
  let at = value
  for (const key of keys) {
    if (at === null) return null
    at = getKey(at, key, machine)
  }
  return at
}

export function setPath(value: Json, keys: readonly Json[], from: number, to: Json, machine: Machine): Json {
  if (from >= keys.length) return to
  // Below the length.
  const key = keys[from]!
  const inner = setPath(getKey(value, key, machine), keys, from + 1, to, machine)
  return setKey(value, key, inner, machine)
}

export function setKey(value: Json, key: Json, to: Json, machine: Machine): Json {
  if (typeof key === 'string' && (value === null || isObject(value))) {
    const copy = value === null ? emptyObject() : copyObject(value)
    machine.spend(Object.keys(copy).length >> 3)
    copy[key] = to
    return copy
  }
  if (typeof key === 'number' && (value === null || isArray(value))) {
    const items = value ?? []
    let index = Math.floor(key)
    if (index < 0) index += items.length
    if (index < 0) throw new JqFailure('Out of bounds negative array index')
    if (!(index <= indexMax)) throw new JqFailure('Out of bounds array index')
    machine.spend(Math.max(items.length, index) >> 3)
    const copy = items.slice()
    while (copy.length < index) copy.push(null)
    copy[index] = to
    return copy
  }
  if (isObject(key) && (value === null || isArray(value))) {
    const [start, end] = arrayBounds(value ?? [], key)
    if (!isArray(to)) throw new JqFailure('A slice of an array can only be assigned another array')
    const items = value ?? []
    machine.spend((items.length + to.length) >> 3)
    return [...items.slice(0, start), ...to, ...items.slice(end)]
  }
  if (typeof key === 'string') throw new JqFailure(`Cannot index ${typeName(value)} with string "${key}"`)
  if (isArray(value) && isArray(key)) throw new JqFailure('Cannot update field at array index of array')
  throw new JqFailure(`Cannot update field at object index of ${typeName(value)}`)
}

function arrayBounds(items: readonly Json[], key: JsonObject): [number, number] {
  const from = member(key, 'start')
  const to = member(key, 'end')
  if (!isBound(from) || !isBound(to)) {
    throw new JqFailure('Start and end indices of an array slice must be numbers')
  }
  return sliceBounds(items.length, from, to)
}

/** Without what stands at the paths, which are in ascending order; later ones go first, so that indexes hold. */
export function deletePaths(value: Json, paths: readonly (readonly Json[])[], machine: Machine): Json {
  let at = value
  for (let i = paths.length - 1; i >= 0; i--) {
    // Below the length.
    const keys = paths[i]!
    if (keys.length === 0) return null
    at = deletePath(at, keys, 0, machine)
  }
  return at
}

function deletePath(value: Json, keys: readonly Json[], from: number, machine: Machine): Json {
  if (value === null) return null
  // There is a key at `from`.
  const key = keys[from]!
  if (from === keys.length - 1) return deleteKey(value, key, machine)
  const inner = getKey(value, key, machine)
  if (inner === null) return value
  return setKey(value, key, deletePath(inner, keys, from + 1, machine), machine)
}

function deleteKey(value: Json, key: Json, machine: Machine): Json {
  if (isObject(value) && typeof key === 'string') {
    if (!Object.hasOwn(value, key)) return value
    const copy = copyObject(value)
    machine.spend(Object.keys(copy).length >> 3)
    delete copy[key]
    return copy
  }
  if (isArray(value) && typeof key === 'number') {
    const index = Math.floor(key) < 0 ? Math.floor(key) + value.length : Math.floor(key)
    machine.spend(value.length >> 3)
    return value.filter((_, i) => i !== index)
  }
  if (isArray(value) && isObject(key)) {
    const [start, end] = arrayBounds(value, key)
    machine.spend(value.length >> 3)
    return [...value.slice(0, start), ...value.slice(end)]
  }
  throw new JqFailure(
    `Cannot delete field at ${typeName(key) === 'string' ? 'object' : 'array'} index of ${typeName(value)}`,
  )
}

/** Each element or member with its key. */
export function eachOf(value: Json, machine: Machine, out: (key: Json, value: Json) => void): void {
  if (isArray(value)) {
    for (let i = 0; i < value.length; i++) {
      machine.spend(1)
      // Below the length.
      out(i, value[i]!)
    }
    return
  }
  if (isObject(value)) {
    for (const key of Object.keys(value)) {
      machine.spend(1)
      out(key, member(value, key))
    }
    return
  }
  throw new JqFailure(value === null ? 'Cannot iterate over null' : `Cannot iterate over ${shown(value)}`)
}

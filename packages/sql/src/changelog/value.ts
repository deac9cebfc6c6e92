/** Equality, order and text forms of values in rows (row.ts): by value, also for bytes and nested values. */
import type { SqlValue } from '../plan.ts'
import type { Row } from './row.ts'

/** NULL equals NULL, and NaN NaN. */
export function sameValue(a: SqlValue, b: SqlValue): boolean {
  if (a === b) return true
  if (typeof a === 'number') return Number.isNaN(a) && Number.isNaN(b)
  if (a === null || b === null || typeof a !== 'object' || typeof b !== 'object') return false
  if (a instanceof Uint8Array) {
    if (!(b instanceof Uint8Array) || a.length !== b.length) return false
    for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false
    return true
  }
  if (b instanceof Uint8Array) return false
  if (a instanceof Map || b instanceof Map) {
    if (!(a instanceof Map) || !(b instanceof Map) || a.size !== b.size) return false
    return valueKey(a) === valueKey(b)
  }
  const [x, y] = [a as readonly SqlValue[], b as readonly SqlValue[]] // Neither bytes nor Map: an array.
  if (x.length !== y.length) return false
  for (let i = 0; i < x.length; i++) if (!sameValue(x[i]!, y[i]!)) return false
  return true
}

export function sameRow(a: Row, b: Row): boolean {
  if (a.length !== b.length) return false
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i] && !sameValue(a[i]!, b[i]!)) return false
  return true
}

/**
 * Order of two values of one type: NULL first, then numbers by size, NaN last, text by code point, bytes by byte, arrays and rows
 * element by element.
 */
export function compareValue(a: SqlValue, b: SqlValue): number {
  if (a === b) return 0
  if (a === null) return -1
  if (b === null) return 1
  if (typeof a === 'string' && typeof b === 'string') return compareText(a, b)
  if (typeof a !== 'object' || typeof b !== 'object') {
    return a < b ? -1 : a > b ? 1 : Number(Number.isNaN(a)) - Number(Number.isNaN(b))
  }
  const [x, y] = [a as ArrayLike<SqlValue>, b as ArrayLike<SqlValue>] // Bytes and arrays; Maps have no order.
  const length = Math.min(x.length, y.length)
  for (let i = 0; i < length; i++) {
    const order = compareValue(x[i]!, y[i]!)
    if (order !== 0) return order
  }
  return x.length - y.length
}

/** By code point: UTF-16 order differs where one side is a surrogate and the other lies above them. */
function compareText(a: string, b: string): number {
  const length = Math.min(a.length, b.length)
  for (let i = 0; i < length; i++) {
    const [x, y] = [a.charCodeAt(i), b.charCodeAt(i)]
    if (x === y) continue
    const high = x >= 0xd800 && x <= 0xdfff
    return high === (y >= 0xd800 && y <= 0xdfff) ? x - y : high ? 1 : -1
  }
  return a.length - b.length
}

/** A text that two values of one type share if and only if they are equal. It holds no NUL character unless the value does. */
export function valueKey(value: SqlValue): string {
  switch (typeof value) {
    case 'string':
      return `s${value.length}:${value}`
    case 'number':
      return `n${value === 0 ? 0 : value};`
    case 'bigint':
      return `n${value};`
    case 'boolean':
      return value ? 't' : 'f'
  }
  if (value === null) return '~'
  if (value instanceof Uint8Array) return `b${value.length}:${Buffer.from(value).toString('latin1')}`
  if (value instanceof Map) {
    const entries = [...value].map(([key, element]) => valueKey(key) + valueKey(element)).sort()
    return `m${entries.length}:${entries.join('')}`
  }
  const elements = value as readonly SqlValue[] // Neither bytes nor Map: an array.
  let text = `a${elements.length}:`
  for (const element of elements) text += valueKey(element)
  return text
}

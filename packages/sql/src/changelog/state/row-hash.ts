/** A hash of a row, 32 bits: rows that are the same (value.ts) have the same; others have another but for chance. */
import type { SqlValue } from '../../plan.ts'
import type { Row } from '../row.ts'

const double = new Float64Array(1)
const halves = new Uint32Array(double.buffer)
/** Of longer text and bytes both ends count. */
const edge = 32

export function rowHash(row: ArrayLike<SqlValue>): number {
  let hash = row.length
  for (let i = 0; i < row.length; i++) {
    hash = Math.imul(hash ^ valueHash(row[i]!), 0x9e37_79b1)
    hash ^= hash >>> 15
  }
  return hash | 0
}

function valueHash(value: SqlValue): number {
  switch (typeof value) {
    case 'number':
      return numberHash(value)
    case 'string':
      return textHash(value)
    case 'boolean':
      return value ? 3 : 5
    case 'bigint':
      return Number(BigInt.asIntN(32, value))
  }
  if (value === null) return 7
  if (value instanceof Uint8Array) return bytesHash(value)
  // The order of entries does not count in maps.
  if (value instanceof Map) return value.size
  return rowHash(value as Row) // Neither bytes nor Map: an array.
}

function numberHash(value: number): number {
  if ((value | 0) === value) return value | 0
  if (Number.isNaN(value)) return 11
  double[0] = value
  return halves[0]! ^ Math.imul(halves[1]!, 31)
}

function textHash(text: string): number {
  const { length } = text
  let hash = length
  const from = length > 2 * edge ? length - edge : length
  const to = length > 2 * edge ? edge : length
  for (let i = 0; i < to; i++) hash = (Math.imul(hash, 31) + text.charCodeAt(i)) | 0
  for (let i = from; i < length; i++) hash = (Math.imul(hash, 31) + text.charCodeAt(i)) | 0
  return hash
}

function bytesHash(bytes: Uint8Array): number {
  const { length } = bytes
  let hash = length
  const from = length > 2 * edge ? length - edge : length
  const to = length > 2 * edge ? edge : length
  for (let i = 0; i < to; i++) hash = (Math.imul(hash, 31) + bytes[i]!) | 0
  for (let i = from; i < length; i++) hash = (Math.imul(hash, 31) + bytes[i]!) | 0
  return hash
}

/**
 * Single values in the format's binary form (Apache Iceberg, format/spec.md, appendix D): bounds of columns and of partitions.
 *   boolean one byte | int, date, float 4 bytes and long, time, timestamps, double 8 bytes, little-endian
 *   string UTF-8 | binary, fixed as they are | uuid 16 bytes | decimal: unscaled, two's complement, big-endian, shortest
 * A column that was widened keeps the bounds of older files: 4 bytes of a long are an int, 4 bytes of a double are a float.
 */
import type { SingleValue } from '../table-port.ts'
import type { ValueType } from './value-type.ts'

const encoder = new TextEncoder()
const decoder = new TextDecoder()

/** The value must be of the type's form, as `SingleValue` says. */
export function writeSingleValue(type: ValueType, value: SingleValue): Uint8Array {
  switch (type.kind) {
    case 'boolean':
      return Uint8Array.of(value === true ? 1 : 0)
    case 'int':
    case 'date':
      return fixed(4, (view) => view.setInt32(0, value as number, true))
    case 'float':
      return fixed(4, (view) => view.setFloat32(0, value as number, true))
    case 'double':
      return fixed(8, (view) => view.setFloat64(0, value as number, true))
    case 'long':
    case 'time':
    case 'timestamp':
    case 'timestamptz':
      return fixed(8, (view) => view.setBigInt64(0, value as bigint, true))
    case 'string':
      return encoder.encode(value as string)
    case 'decimal':
      return writeTwosComplement(value as bigint)
    case 'binary':
    case 'fixed':
    case 'uuid':
      return value as Uint8Array
  }
}

/** Undefined where the bytes cannot be a value of the type. */
export function readSingleValue(type: ValueType, bytes: Uint8Array): SingleValue | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const size = bytes.length
  switch (type.kind) {
    case 'boolean':
      return size === 1 ? bytes[0] !== 0 : undefined
    case 'int':
    case 'date':
      return size === 4 ? view.getInt32(0, true) : undefined
    case 'float':
      return size === 4 ? view.getFloat32(0, true) : undefined
    case 'double':
      return size === 8 ? view.getFloat64(0, true) : size === 4 ? view.getFloat32(0, true) : undefined
    case 'long':
      return size === 8 ? view.getBigInt64(0, true) : size === 4 ? BigInt(view.getInt32(0, true)) : undefined
    case 'time':
    case 'timestamp':
    case 'timestamptz':
      return size === 8 ? view.getBigInt64(0, true) : undefined
    case 'string':
      return decoder.decode(bytes)
    case 'decimal':
      return size === 0 ? undefined : readTwosComplement(bytes)
    case 'uuid':
      return size === 16 ? bytes : undefined
    case 'binary':
    case 'fixed':
      return bytes
  }
}

/**
 * Less than 0, 0 or more than 0, of two values of one type. Text is ordered by its code points, as UTF-8 bytes are; -0 is below 0, and
 * NaN above all, as DuckDB has it.
 */
export function compareSingleValues(a: SingleValue, b: SingleValue): number {
  if (typeof a === 'string') return compareText(a, b as string)
  if (a instanceof Uint8Array) return Buffer.compare(a, b as Uint8Array)
  if (typeof a === 'number') return compareNumbers(a, b as number)
  return a === b ? 0 : a < b ? -1 : 1
}

export function isSameValue(a: SingleValue | null, b: SingleValue | null): boolean {
  return a === b || (a !== null && b !== null && compareSingleValues(a, b) === 0)
}

/** Shortest two's complement of a whole number, big-endian; zero is one byte. */
export function writeTwosComplement(value: bigint): Uint8Array {
  let size = 1
  while (BigInt.asIntN(size * 8, value) !== value) size++
  return writeTwosComplementOf(value, size)
}

/** In `size` bytes, which must be enough. */
export function writeTwosComplementOf(value: bigint, size: number): Uint8Array {
  const bytes = new Uint8Array(size)
  let rest = BigInt.asUintN(size * 8, value)
  for (let i = size - 1; i >= 0; i--) {
    bytes[i] = Number(rest & 0xffn)
    rest >>= 8n
  }
  return bytes
}

export function readTwosComplement(bytes: Uint8Array): bigint {
  let value = 0n
  for (const byte of bytes) value = (value << 8n) | BigInt(byte)
  return BigInt.asIntN(bytes.length * 8, value)
}

function fixed(size: number, write: (view: DataView) => void): Uint8Array {
  const bytes = new Uint8Array(size)
  write(new DataView(bytes.buffer))
  return bytes
}

function compareNumbers(a: number, b: number): number {
  if (Number.isNaN(a) || Number.isNaN(b)) return Number(Number.isNaN(a)) - Number(Number.isNaN(b))
  if (a !== b) return a < b ? -1 : 1
  // Equal, but 0 and -0 are told apart.
  return Number(Object.is(b, -0)) - Number(Object.is(a, -0))
}

function compareText(a: string, b: string): number {
  const size = Math.min(a.length, b.length)
  for (let i = 0; i < size; i++) {
    const x = a.charCodeAt(i)
    const y = b.charCodeAt(i)
    // Surrogates stand for code points above all others, though their code units do not.
    if (x !== y) return (x >= 0xd800 ? rankOfUnit(x) : x) - (y >= 0xd800 ? rankOfUnit(y) : y)
  }
  return a.length - b.length
}

function rankOfUnit(unit: number): number {
  return unit <= 0xdfff ? unit + 0x2000 : unit - 0x800
}

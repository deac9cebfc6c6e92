/**
 * A cell as text, in one form for each type: numbers in decimal digits, decimals with all digits of their scale, dates and times as ISO
 * 8601 has them with a space for the 'T' (`2026-11-21 18:30:00.25`, UTC, with 'Z' if the type is an instant), bytes in base64.
 */
import { formatDate, formatDecimal, narrow } from '@millrace/values'
import { inlineTextBytes, type SealedColumn } from '../parquet/column-builder.ts'
import type { LakeType } from '../schema/lake-type.ts'

/** Undefined: NULL. Lists, maps and structs have no text here. */
export function cellText(type: LakeType, column: SealedColumn, row: number): string | undefined {
  if (
    column.validity !== null &&
    row < column.validity.length * 8 &&
    (column.validity[row >> 3]! & (1 << (row & 7))) === 0
  )
    return undefined
  if (column.kind === 'text') {
    const bytes = textBytes(column, row)
    return bytes.toString(type.kind === 'binary' ? 'base64' : 'utf8')
  }
  if (column.kind !== 'fixed') throw new Error(`${type.kind} has no text`)
  const { buffer, byteOffset } = column.values
  const at = byteOffset + row * column.width
  const view = new DataView(buffer)
  switch (type.kind) {
    case 'boolean':
      return view.getUint8(at) === 1 ? 'true' : 'false'
    case 'float':
      return String(view.getFloat32(at, true))
    case 'double':
      return String(view.getFloat64(at, true))
    case 'decimal':
      return formatDecimal(narrow(wholeAt(view, at, column.width)), type.scale)
    case 'date':
      return formatDate(view.getInt32(at, true))
    case 'time':
      return clockText(view.getBigInt64(at, true))
    case 'timestamp':
      return timestampText(view.getBigInt64(at, true))
    case 'timestamptz':
      return `${timestampText(view.getBigInt64(at, true))}Z`
    default:
      return String(wholeAt(view, at, column.width))
  }
}

function textBytes({ values, text }: Extract<SealedColumn, { kind: 'text' }>, row: number): Buffer {
  const size = values[row * 4]!
  return size <= inlineTextBytes
    ? Buffer.from(values.buffer, values.byteOffset + row * 16 + 4, size)
    : Buffer.from(text.buffer, text.byteOffset + values[row * 4 + 2]!, size)
}

function wholeAt(view: DataView, at: number, width: number): bigint {
  if (width === 2) return BigInt(view.getInt16(at, true))
  if (width === 4) return BigInt(view.getInt32(at, true))
  if (width === 8) return view.getBigInt64(at, true)
  return (view.getBigInt64(at + 8, true) << 64n) | view.getBigUint64(at, true)
}

const dayMicros = 86_400_000_000n

function timestampText(micros: bigint): string {
  const ofDay = ((micros % dayMicros) + dayMicros) % dayMicros
  return `${formatDate(Number((micros - ofDay) / dayMicros))} ${clockText(ofDay)}`
}

function clockText(micros: bigint): string {
  const seconds = Number(micros / 1_000_000n)
  const two = (value: number) => String(value).padStart(2, '0')
  const fraction = String(micros % 1_000_000n)
    .padStart(6, '0')
    .replace(/0+$/, '')
  const clock = `${two(Math.floor(seconds / 3600))}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`
  return fraction === '' ? clock : `${clock}.${fraction}`
}

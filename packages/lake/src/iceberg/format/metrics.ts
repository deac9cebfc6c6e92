/**
 * What a manifest says of the columns of a file, from what the Parquet writer has counted. Bounds of text and bytes are cut to 16 code
 * points or bytes, the upper one rounded up (left out where nothing is above), so that each holds for every value. Below lists and
 * maps there are only sizes.
 */
import type { ParquetFile } from '../../parquet/parquet-port.ts'
import type { IcebergSchema } from '../metadata.ts'
import type { FileMetrics, SingleValue } from '../table-port.ts'
import { valueTypeOf, walkFields } from './iceberg-schema.ts'
import { writeSingleValue } from './single-value.ts'
import { cutText } from './transform.ts'
import { valueOfText } from './value-text.ts'
import type { ValueType } from './value-type.ts'

export const boundLengthMax = 16

/** The schema by which the file was written. Columns that the statistics do not know have no metrics. */
export function fileMetrics(schema: IcebergSchema, file: Pick<ParquetFile, 'rows' | 'columns'>): FileMetrics {
  const metrics = {
    columnBytes: new Map<number, number>(),
    values: new Map<number, number>(),
    nulls: new Map<number, number>(),
    nans: new Map<number, number>(),
    lower: new Map<number, Uint8Array>(),
    upper: new Map<number, Uint8Array>(),
  }
  for (const { field, path, isRepeated } of walkFields(schema)) {
    const column = file.columns.get(path)
    const type = valueTypeOf(field)
    if (column === undefined || type === undefined) continue
    metrics.columnBytes.set(field.id, column.bytes)
    if (isRepeated) continue
    metrics.values.set(field.id, file.rows)
    metrics.nulls.set(field.id, column.nulls)
    const min = statistic(type, column.min)
    const max = statistic(type, column.max)
    // The writer gives none where a NaN is among the values.
    if (min !== undefined && (type.kind === 'float' || type.kind === 'double')) metrics.nans.set(field.id, 0)
    const lower = min === undefined ? undefined : lowerBound(min)
    const upper = max === undefined ? undefined : upperBound(max)
    if (lower !== undefined) metrics.lower.set(field.id, writeSingleValue(type, lower))
    if (upper !== undefined) metrics.upper.set(field.id, writeSingleValue(type, upper))
  }
  return metrics
}

function statistic(type: ValueType, text: string | undefined): SingleValue | undefined {
  if (text === undefined) return undefined
  // Of bytes the port has hexadecimal digits, not DuckDB's text.
  return type.kind === 'binary' ? new Uint8Array(Buffer.from(text, 'hex')) : valueOfText(type, text)
}

export const noMetrics: FileMetrics = {
  columnBytes: new Map(),
  values: new Map(),
  nulls: new Map(),
  nans: new Map(),
  lower: new Map(),
  upper: new Map(),
}

/** At most the value; undefined of NaN, which the format does not allow as a bound. */
export function lowerBound(value: SingleValue): SingleValue | undefined {
  if (typeof value === 'string') return cutText(value, boundLengthMax)
  if (value instanceof Uint8Array) return value.subarray(0, boundLengthMax)
  if (typeof value === 'number') return Number.isNaN(value) ? undefined : value === 0 ? -0 : value
  return value
}

/** At least the value. */
export function upperBound(value: SingleValue): SingleValue | undefined {
  if (typeof value === 'string') {
    const cut = cutText(value, boundLengthMax)
    return cut === value ? value : textAbove(cut)
  }
  if (value instanceof Uint8Array) {
    return value.length <= boundLengthMax ? value : bytesAbove(value.subarray(0, boundLengthMax))
  }
  if (typeof value === 'number') return Number.isNaN(value) ? undefined : value === 0 ? 0 : value
  return value
}

/** The shortest text above everything that begins with the given one. */
function textAbove(text: string): string | undefined {
  const points = Array.from(text, (point) => point.codePointAt(0)!)
  for (let i = points.length - 1; i >= 0; i--) {
    // Code points of surrogates are no text by themselves: the next after U+D7FF is U+E000.
    const next = points[i] === 0xd7ff ? 0xe000 : points[i]! + 1
    if (next <= 0x10ffff) return String.fromCodePoint(...points.slice(0, i), next)
  }
  return undefined
}

function bytesAbove(bytes: Uint8Array): Uint8Array | undefined {
  for (let i = bytes.length - 1; i >= 0; i--) {
    if (bytes[i] !== 0xff) {
      const above = bytes.slice(0, i + 1)
      above[i]!++
      return above
    }
  }
  return undefined
}

/**
 * A schema out of sample records (spec 2.5): the format, the columns with their paths, and types that hold what the sample
 * shows. Integers get the smallest type that fits and texts a length that is a power of two, so later records may not fit;
 * whoever uses the result should widen it.
 *
 * JSON: members of nested objects are columns of their own; the first array of objects is flattened, other arrays are text.
 * CSV: columns are named by position; the delimiter is the one that splits all lines alike.
 */
import { formatSqlType, type SqlType, scanJson } from '@millrace/values'
import { kdaDialect } from '../syntax/dialect.ts'
import { csvRecords } from './csv.ts'
import { documentsOf, elementsOf, isArray } from './record-documents.ts'
import type { RecordSchema } from './record-mapper.ts'

const nameLengthMax = 100
const encoder = new TextEncoder()
const decoder = new TextDecoder()

/** The values of one column in the sample, as JSON has them; undefined where a record has none. */
type Samples = Map<string, { readonly name: string; readonly values: unknown[] }>

export function discoverSchema(records: readonly (Uint8Array | string)[]): RecordSchema {
  const samples: Samples = new Map()
  const state = { flattened: undefined as string | undefined }
  const payloads = records.map((record) => (typeof record === 'string' ? encoder.encode(record) : record))
  const documents = payloads.flatMap((bytes) =>
    documentsOf(bytes).map((slice) => ({
      bytes,
      slice,
      isJson: scanJson(bytes, slice.start, slice.end) === null,
    })),
  )
  const isJson =
    documents.length > 0 &&
    documents.every(
      ({ bytes, slice, isJson: valid }) => valid && (bytes[slice.start] === 0x7b || isArray(bytes, slice)),
    )
  if (!isJson) return discoverCsv(payloads.map((bytes) => decoder.decode(bytes)).join('\n'))
  for (const { bytes, slice } of documents) {
    // The elements of an array at the top are rows, as the mapper takes them.
    const rows = isArray(bytes, slice) ? elementsOf(bytes, slice) : [slice]
    for (const { start, end } of rows)
      collect(JSON.parse(decoder.decode(bytes.subarray(start, end))), '$', '', samples, state)
  }
  const names = new Set<string>()
  const columns = [...samples].map(([path, { name, values }], position) => {
    const column = unusedName(columnName(name, position), names)
    return [column, formatSqlType(typeOf(values)), path] as const
  })
  return { recordFormat: 'JSON', recordRowPath: '$', columns }
}

function collect(
  value: unknown,
  path: string,
  name: string,
  samples: Samples,
  state: { flattened: string | undefined },
): void {
  if (Array.isArray(value)) {
    const holdsObjects = value.length > 0 && value.every((each) => typeof each === 'object' && each !== null)
    const array = `${path}[0:]`
    if (holdsObjects && !path.includes('[0:]') && (state.flattened ?? array) === array) {
      state.flattened = array
      for (const element of value) collect(element, array, name, samples, state)
    } else add(samples, path.includes('[0:]') ? path : array, name, JSON.stringify(value))
    return
  }
  if (typeof value === 'object' && value !== null) {
    for (const [key, member] of Object.entries(value))
      collect(member, `${path}${stepOf(key)}`, key, samples, state)
    return
  }
  if (path !== '$') add(samples, path, name, value)
}

function stepOf(key: string): string {
  if (/^[^.[\]]+$/.test(key)) return `.${key}`
  return key.includes("'") ? `["${key}"]` : `['${key}']`
}

function add(samples: Samples, path: string, name: string, value: unknown): void {
  const sample = samples.get(path) ?? { name, values: [] }
  samples.set(path, sample)
  sample.values.push(value)
}

function discoverCsv(text: string): RecordSchema {
  const delimiters = [',', '|', '\t', ';']
  const split = delimiters.map((delimiter) => ({ delimiter, records: csvRecords(text, '\n', delimiter) }))
  const counts = split.map(({ records }) =>
    typeof records === 'string'
      ? 0
      : new Set(records.map((record) => record.length)).size === 1
        ? records[0]!.length
        : 0,
  )
  const best = split[counts.indexOf(Math.max(...counts))]!
  const records = typeof best.records === 'string' ? [] : best.records
  const width = records.reduce((most, record) => Math.max(most, record.length), 0)
  const columns = Array.from({ length: width }, (_, i) => {
    const values = records.map((record) => csvValue(record[i]?.text ?? ''))
    return [`COL_${i}`, formatSqlType(typeOf(values))] as const
  })
  return { recordFormat: 'CSV', recordRowDelimiter: '\n', recordColumnDelimiter: best.delimiter, columns }
}

function csvValue(text: string): unknown {
  const trimmed = text.trim()
  if (trimmed === '') return null
  if (/^-?\d+(\.\d+)?([eE][+-]?\d+)?$/.test(trimmed)) return Number(trimmed)
  if (/^(true|false)$/i.test(trimmed)) return trimmed.toLowerCase() === 'true'
  return text
}

const integers = [
  ['TINYINT', 127],
  ['SMALLINT', 32_767],
  ['INTEGER', 2_147_483_647],
] as const

/** The smallest type that holds all values; NULLs say nothing. */
function typeOf(values: readonly unknown[]): SqlType {
  const present = values.filter((value) => value !== null && value !== undefined)
  if (present.length > 0) {
    if (present.every((value) => typeof value === 'boolean')) return { kind: 'BOOLEAN' }
    if (present.every((value) => typeof value === 'number')) return numberType(present)
    if (present.every((value) => typeof value === 'string' && isTimestamp(value)))
      return { kind: 'TIMESTAMP' }
  }
  const longest = present.reduce<number>((most, value) => Math.max(most, [...String(value)].length), 1)
  let length = 4
  while (length < longest) length *= 2
  return { kind: 'VARCHAR', length: Math.min(length, 65_535) }
}

function numberType(values: readonly number[]): SqlType {
  if (!values.every(Number.isInteger)) return { kind: 'DOUBLE' }
  for (const [kind, most] of integers) {
    if (values.every((value) => value >= -most - 1 && value <= most)) return { kind }
  }
  return { kind: 'BIGINT' }
}

function isTimestamp(text: string): boolean {
  return /^\d{4}-\d{2}-\d{2}[ T]\d{2}:\d{2}:\d{2}(\.\d+)?Z?$/.test(text)
}

/** Names keep their spelling unless they would need quotes for a reason other than their case. */
function columnName(name: string, position: number): string {
  const isGood =
    /^[A-Za-z_][A-Za-z0-9_]*$/.test(name) &&
    name.length <= nameLengthMax &&
    !kdaDialect.reserved.has(name.toUpperCase())
  if (isGood) return name
  const cleaned = name.replaceAll(/[^A-Za-z0-9_]/g, '').slice(0, nameLengthMax - 4)
  return `COL_${cleaned === '' ? position : cleaned}`
}

function unusedName(name: string, names: Set<string>): string {
  let free = name
  for (let n = 2; names.has(free); n++) free = `${name}_${n}`
  names.add(free)
  return free
}

/**
 * Payloads of the source to rows of an input stream (spec 2.5), the general way: JSON with a row path, several documents in a
 * payload, flattened arrays; CSV with delimiters of its own. Values are coerced by the table of the row reader (package
 * values), fields of CSV as if they were JSON strings. A payload of which any value does not suit its column gives no row.
 *
 * CSV: a field may be quoted by '"', doubled inside. A record may have more fields than there are columns; missing ones are
 * NULL, and so is an empty one that is not quoted, unless its column is text.
 */
import {
  type JsonPath,
  JsonRowReader,
  makeBatch,
  parseJsonPath,
  parseSqlType,
  type RowBatch,
  readCell,
  resetBatch,
  type Schema,
  type SqlType,
  scanJson,
} from '@millrace/values'
import { isText } from '../functions/index.ts'
import type { SqlValue } from '../plan.ts'
import { csvRecords } from './csv.ts'
import { documentsOf, isArray, rowsAt, type Slice } from './record-documents.ts'

export interface RecordSchema {
  readonly recordFormat: 'JSON' | 'CSV'
  /** JSON: where the rows are; '$' by default. An array there gives a row for each element. */
  readonly recordRowPath?: string | undefined
  /** CSV: '\n' by default. */
  readonly recordRowDelimiter?: string | undefined
  /** CSV: ',' by default. */
  readonly recordColumnDelimiter?: string | undefined
  /** Name, type as SQL writes it, and for JSON the path: by default the member of the column's name. */
  readonly columns: readonly (readonly [name: string, type: string | SqlType, path?: string | undefined])[]
}

export interface MappedRows {
  readonly rows: readonly (readonly SqlValue[])[]
}
export interface MappingError {
  readonly error: { readonly name: 'CoercionError' | 'ParseError'; readonly message: string }
}
export type RecordMapper = (payload: Uint8Array | string) => MappedRows | MappingError

const encoder = new TextEncoder()

export function makeRecordMapper(schema: RecordSchema): RecordMapper {
  return schema.recordFormat === 'CSV' ? csvMapper(schema) : jsonMapper(schema)
}

/** The types of a schema's columns, in order; all may be NULL. */
export function recordFields({ columns }: RecordSchema): Schema {
  return {
    fields: columns.map(([name, type]) => ({
      name,
      type: typeof type === 'string' ? parseSqlType(type) : type,
      nullable: true,
    })),
  }
}

function jsonMapper(schema: RecordSchema): RecordMapper {
  const fields = recordFields(schema)
  const rowPath = schema.recordRowPath ?? '$'
  const path = parseJsonPath(rowPath)
  const columns = fields.fields.map(({ name, type }, i) => ({
    name,
    type,
    path: relativePath(schema.columns[i]![2] ?? memberPath(name), rowPath),
  }))
  const reader = new RowReader(fields, columns)
  const flattensRoot = columns.some((column) => column.path.startsWith('$['))
  return (payload) => {
    const bytes = typeof payload === 'string' ? encoder.encode(payload) : payload
    const documents = documentsOf(bytes)
    if (documents.length === 0) return parseError('the record is empty')
    reader.begin(bytes)
    for (const document of documents) {
      const wrong = scanJson(bytes, document.start, document.end)
      if (wrong !== null)
        return parseError(`the record is not JSON: ${wrong.reason}, at byte ${document.start + wrong.offset}`)
      for (const row of rowsOf(bytes, document, path, flattensRoot)) {
        const problem = reader.add(row)
        if (problem !== undefined) return problem
      }
    }
    return { rows: reader.rows() }
  }
}

function rowsOf(bytes: Uint8Array, document: Slice, path: JsonPath, flattensRoot: boolean): Slice[] {
  const isRoot = path.steps.length === 0 && path.element === undefined
  if (isRoot && (flattensRoot || !isArray(bytes, document))) return [document]
  return rowsAt(bytes, document, path)
}

/** Column paths may be written from the document's root, or from the row. */
function relativePath(path: string, rowPath: string): string {
  if (rowPath === '$') return path
  const base = rowPath.replace(/\[0:\]$/, '')
  for (const prefix of [`${base}[0:]`, base]) {
    if (path === prefix) return '$'
    if (path.startsWith(`${prefix}.`) || path.startsWith(`${prefix}['`))
      return `$${path.slice(prefix.length)}`
  }
  return path
}

function memberPath(name: string): string {
  return name.includes("'") ? `$["${name}"]` : `$['${name}']`
}

function csvMapper(schema: RecordSchema): RecordMapper {
  const fields = recordFields(schema)
  const reader = new RowReader(
    fields,
    fields.fields.map(({ name, type }, i) => ({ name, type, path: `$.f${i}` })),
  )
  const rowDelimiter = schema.recordRowDelimiter ?? '\n'
  const columnDelimiter = schema.recordColumnDelimiter ?? ','
  return (payload) => {
    const text = typeof payload === 'string' ? payload : new TextDecoder().decode(payload)
    const records = csvRecords(text, rowDelimiter, columnDelimiter)
    if (typeof records === 'string') return parseError(records)
    if (records.length === 0) return parseError('the record is empty')
    for (const [n, record] of records.entries()) {
      const members: Record<string, string | null> = {}
      fields.fields.forEach(({ type }, i) => {
        const field = record[i]
        const isNull = field === undefined || (field.text === '' && !field.quoted && !isText(type))
        members[`f${i}`] = isNull ? null : isText(type) ? field.text : field.text.trim()
      })
      const bytes = encoder.encode(JSON.stringify(members))
      if (n === 0) reader.begin(bytes)
      else reader.turn(bytes)
      const problem = reader.add({ start: 0, end: bytes.length })
      if (problem !== undefined) return problem
    }
    return { rows: reader.rows() }
  }
}

function parseError(message: string): MappingError {
  return { error: { name: 'ParseError', message } }
}

/** Rows out of slices of bytes. */
class RowReader {
  readonly #types: readonly SqlType[]
  readonly #batch: RowBatch
  readonly #reader: JsonRowReader
  #bytes: Uint8Array = new Uint8Array(0)
  /** Places of rows of NULLs among those of the batch. */
  #missing: number[] = []

  constructor(schema: Schema, columns: ConstructorParameters<typeof JsonRowReader>[0]) {
    this.#types = schema.fields.map(({ type }) => type)
    this.#batch = makeBatch(schema, 16)
    this.#reader = new JsonRowReader(columns, { learn: false })
  }

  begin(bytes: Uint8Array): void {
    resetBatch(this.#batch)
    this.#missing = []
    this.turn(bytes)
  }

  /** Goes on with rows out of other bytes. */
  turn(bytes: Uint8Array): void {
    this.#bytes = bytes
    this.#reader.page(this.#batch, bytes)
  }

  add({ start, end }: Slice): MappingError | undefined {
    if (start === end) {
      this.#missing.push(this.#batch.length)
      return undefined
    }
    const problem = this.#reader.locate(this.#bytes, start, end)
    if (problem !== null)
      return parseError(`the record is not JSON: ${problem.reason}, at byte ${start + problem.offset}`)
    const refused = this.#reader.append(this.#batch, 0, 0)
    if (refused === null) return undefined
    return { error: { name: refused.name, message: `column "${refused.column}": ${refused.message}` } }
  }

  rows(): SqlValue[][] {
    const batch = this.#batch
    const rows = Array.from({ length: batch.length }, (_, row) =>
      this.#types.map((type, c): SqlValue => readCell(batch.columns[c]!, row, type)),
    )
    for (const [n, place] of this.#missing.entries())
      rows.splice(
        place + n,
        0,
        this.#types.map(() => null),
      )
    return rows
  }
}

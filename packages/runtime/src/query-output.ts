/**
 * One output of a query: rows of an in-application stream become JSON records of a durable stream. The partition key is
 * the text of a column, or the key of the source record; it routes the record to a builder of its shard. A record inherits
 * the origin time of its source record, so that latency is measured from the first stream on.
 */
import type { Store, Transaction } from '@millrace/store'
import {
  ByteWriter,
  type Column,
  cellToJsonText,
  JsonRowWriter,
  type RowBatch,
  readCell,
  type Schema,
  type SqlType,
} from '@millrace/values'
import type { QueryOutput as OutputDefinition } from './app-model.ts'
import { rowBytesMax } from './limits.ts'
import { sameColumn } from './query-program.ts'
import { ShardBuilders } from './shard-builders.ts'

/** Where a row's source record is, for its key and origin time. */
export interface Sources {
  /** Makes the record the current one; false if there is none (time alone brought the row out). */
  find(origin: number): boolean
  bytes: Uint8Array
  keyStart: number
  keyEnd: number
  originTime: number
}

const encoder = new TextEncoder()
/** As Kinesis allows them: 256 characters. */
const keyCharactersMax = 256
const fallbackKey = encoder.encode('-')

export class QueryOutput {
  readonly from: string
  readonly stream: string
  private readonly writer: JsonRowWriter
  private readonly keyIndex: number
  private readonly keyType: SqlType | undefined
  private readonly builders: ShardBuilders
  private readonly out = new ByteWriter(64 * 1024)
  private readonly digits = new Uint8Array(24)
  private keyBytes: Uint8Array = fallbackKey
  private keyStart = 0
  private keyEnd = 0

  constructor(definition: OutputDefinition, schema: Schema, store: Store) {
    this.from = definition.from
    this.stream = definition.stream
    this.writer = new JsonRowWriter(schema)
    const { partitionKey } = definition
    this.keyIndex =
      partitionKey === undefined
        ? -1
        : schema.fields.findIndex((field) => sameColumn(field.name, partitionKey))
    this.keyType = schema.fields[this.keyIndex]?.type
    this.builders = new ShardBuilders(store, definition.stream)
  }

  /** Adds all rows; calls `tooLarge` for each row over the limit and leaves it out. Returns how many were added. */
  add(rows: RowBatch, sources: Sources, tooLarge: (row: number, json: Uint8Array) => void): number {
    const { out, writer, builders } = this
    let added = 0
    for (let row = 0; row < rows.length; row++) {
      out.reset()
      writer.write(rows, row, out)
      if (out.length > rowBytesMax) {
        tooLarge(row, out.written())
        continue
      }
      const known = sources.find(rows.origin[row]!)
      this.readKey(rows, row, known ? sources : undefined)
      const builder = builders.of(this.keyBytes, this.keyStart, this.keyEnd)
      builder.add(
        this.keyBytes,
        this.keyStart,
        this.keyEnd,
        out.bytes,
        0,
        out.length,
        known ? sources.originTime : 0,
      )
      added++
    }
    return added
  }

  /** Of what was added since the last reset. */
  get byteLength(): number {
    return this.builders.byteLength
  }

  commit(transaction: Transaction): void {
    this.builders.commit(transaction)
  }

  reset(): void {
    this.builders.reset()
  }

  private readKey(rows: RowBatch, row: number, source: Sources | undefined): void {
    const { keyType } = this
    const column = keyType === undefined ? undefined : rows.columns[this.keyIndex]
    if (column !== undefined && keyType !== undefined && column.nulls[row] === 0) {
      if (this.readTextKey(column, row, keyType) || this.readWholeKey(column, row, keyType)) return
      this.readAnyKey(column, row, keyType)
      return
    }
    if (source !== undefined && source.keyEnd > source.keyStart) {
      this.keyBytes = source.bytes
      this.keyStart = source.keyStart
      this.keyEnd = source.keyEnd
    } else {
      this.keyBytes = fallbackKey
      this.keyStart = 0
      this.keyEnd = fallbackKey.length
    }
  }

  /** A short text is its own key, without a copy. */
  private readTextKey(column: Column, row: number, type: SqlType): boolean {
    if (column.kind !== 'text' || (type.kind !== 'VARCHAR' && type.kind !== 'CHAR')) return false
    const start = column.start[row]!
    const end = column.end[row]!
    // A character takes a byte at least, so this many bytes are never too many characters.
    if (end === start || end - start > keyCharactersMax) return false
    this.keyBytes = column.pages[column.page[row]!]!
    this.keyStart = start
    this.keyEnd = end
    return true
  }

  private readWholeKey(column: Column, row: number, type: SqlType): boolean {
    if (column.kind !== 'number' || !wholeKinds.has(type.kind)) return false
    let rest = column.values[row]!
    if (!(rest >= 0 && rest <= Number.MAX_SAFE_INTEGER)) return false
    const { digits } = this
    let at = digits.length
    do {
      const next = Math.floor(rest / 10)
      digits[--at] = 48 + (rest - next * 10)
      rest = next
    } while (rest > 0)
    this.keyBytes = digits
    this.keyStart = at
    this.keyEnd = digits.length
    return true
  }

  private readAnyKey(column: Column, row: number, type: SqlType): void {
    const value = readCell(column, row, type)
    const text = typeof value === 'string' ? value : cellToJsonText(type, value).replace(/^"|"$/g, '')
    this.keyBytes = encoder.encode([...text].slice(0, keyCharactersMax).join('') || '-')
    this.keyStart = 0
    this.keyEnd = this.keyBytes.length
  }
}

const wholeKinds: ReadonlySet<string> = new Set(['TINYINT', 'SMALLINT', 'INTEGER', 'BIGINT'])

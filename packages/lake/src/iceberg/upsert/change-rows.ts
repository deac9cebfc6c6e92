/**
 * Changes of a table's rows, collected from records until they are applied: an envelope says what a record means, the reader of
 * deliveries' rows turns its objects into columns, and two columns beside them say what happened and in which order. A record is taken
 * whole or not at all; one whose row has no key is refused.
 *
 * Cost: no object per row; memory as `bytes` says. Where all rows are gone by a truncation, so are the changes before it.
 */
import { rm } from 'node:fs/promises'
import { found, JsonLocator } from '@millrace/values'
import { compileRowReader, type RowReader } from '../../convert/read-row.ts'
import { lastRefusal } from '../../convert/refusal.ts'
import type { JsonSerde } from '../../delivery/delivery-settings.ts'
import { literal } from '../../duck/open-duck.ts'
import type { ColumnBuilder, Int32Column, Int64Column } from '../../parquet/column-builder.ts'
import type { ParquetWriter } from '../../parquet/open-parquet-writer.ts'
import { RowBlocks } from '../../parquet/row-blocks.ts'
import type { LakeColumn } from '../../schema/lake-type.ts'
import type { ChangeSink, Envelope, EnvelopeOutcome, ObjectPlace, RecordFault } from './envelope/envelope.ts'
import { type ChangeSource, deleteOp, upsertOp } from './upsert-options.ts'

export interface ChangeRowsOptions {
  readonly columns: readonly LakeColumn[]
  readonly key: readonly string[]
  readonly precombine?: string
  readonly envelope: Envelope
  /** How columns stand in JSON; names without letter case unless given. */
  readonly serde?: JsonSerde
}

const openSerde: JsonSerde = { kind: 'openx', caseInsensitive: true, dotsToUnderscores: false, keys: {} }

const placeColumns: readonly LakeColumn[] = [
  { name: '__op', type: { kind: 'int' } },
  { name: '__n', type: { kind: 'long' } },
]

export class ChangeRows implements ChangeSink {
  readonly #options: ChangeRowsOptions
  readonly #blocks: RowBlocks
  readonly #reader: RowReader
  /** Reads of a row that is gone what matters: its key and its precombine value. */
  readonly #goneReader: RowReader
  /** Of the table's columns, in order; then those that the reader of gone rows fills, and the others. */
  readonly #columns: readonly ColumnBuilder[]
  readonly #goneColumns: readonly ColumnBuilder[]
  readonly #restColumns: readonly ColumnBuilder[]
  readonly #keyPlaces: readonly number[]
  readonly #keys: readonly [KeyFinder, KeyFinder]
  #next = 0
  #isTruncated = false

  /** Error: LAKE_SCHEMA_INVALID. */
  constructor(options: ChangeRowsOptions) {
    this.#options = options
    const { columns, key, precombine, serde = openSerde } = options
    this.#blocks = new RowBlocks({ columns: [...placeColumns, ...columns] })
    this.#reader = compileRowReader(columns, serde)
    const matters = columns.map(({ name }) => key.includes(name) || name === precombine)
    this.#goneReader = compileRowReader(
      columns.filter((_, i) => matters[i]),
      serde,
    )
    this.#columns = this.#blocks.columns.slice(placeColumns.length)
    this.#goneColumns = this.#columns.filter((_, i) => matters[i])
    this.#restColumns = this.#columns.filter((_, i) => !matters[i])
    this.#keyPlaces = columns.flatMap(({ name }, i) => (key.includes(name) ? [i] : []))
    this.#keys = [new KeyFinder(key, serde), new KeyFinder(key, serde)]
  }

  /** Changes that are held. */
  get rows(): number {
    return this.#blocks.rows
  }

  get bytes(): number {
    return this.#blocks.bytes
  }

  get isTruncated(): boolean {
    return this.#isTruncated
  }

  add(record: Uint8Array): EnvelopeOutcome {
    const before = this.#blocks.rows
    const next = this.#next
    const outcome = this.#options.envelope.read(record, this)
    if (typeof outcome !== 'string') {
      // A truncation comes alone, so there is none to take back.
      this.#blocks.truncate(before)
      this.#next = next
    }
    return outcome
  }

  upsert(bytes: Uint8Array, start: number, end: number): RecordFault | undefined {
    const problem = this.#reader.locate(bytes, start, end)
    if (problem !== null) return unreadable(problem.offset, problem.reason)
    if (!this.#reader.append(this.#columns)) return this.#undo(malformed(lastRefusal()))
    return this.#end(upsertOp)
  }

  remove(bytes: Uint8Array, start: number, end: number): RecordFault | undefined {
    if (this.#keyPlaces.length === 0)
      return malformed('A row can be taken away by its key only; the delivery has none. Give it a key.')
    const problem = this.#goneReader.locate(bytes, start, end)
    if (problem !== null) return unreadable(problem.offset, problem.reason)
    if (!this.#goneReader.append(this.#goneColumns)) return this.#undo(malformed(lastRefusal()))
    for (const column of this.#restColumns) column.addNull()
    return this.#end(deleteOp)
  }

  sameKey(a: ObjectPlace, b: ObjectPlace): boolean {
    const [first, second] = this.#keys
    return first.locate(a) && second.locate(b) && first.equals(second)
  }

  truncate(): void {
    this.#blocks.clear()
    this.#isTruncated = true
  }

  /** Writes the changes to a file, from which DuckDB reads them; `close` removes it. The changes stay. */
  async toSource(
    writer: ParquetWriter,
    path: string,
  ): Promise<{ source: ChangeSource; close(): Promise<void> }> {
    await writer.write(this.#blocks, path, { compression: 'UNCOMPRESSED', dictionary: false })
    return {
      source: {
        sql: `read_parquet(${literal(path)}, hive_partitioning = false)`,
        isTruncated: this.#isTruncated,
      },
      close: () => rm(path, { force: true }),
    }
  }

  clear(): void {
    this.#blocks.clear()
    this.#isTruncated = false
  }

  #end(op: number): RecordFault | undefined {
    const [ops, order] = this.#blocks.columns
    for (const place of this.#keyPlaces) {
      if (!isLastNull(this.#columns[place]!)) continue
      const name = this.#options.columns[place]?.name
      return this.#undo(malformed(`The column ${JSON.stringify(name)} of the key is null or not there.`))
    }
    // Made for an int and a long above.
    ;(ops as Int32Column).addNumber(op)
    ;(order as Int64Column).addNumber(this.#next++)
    this.#blocks.endRow()
    return undefined
  }

  #undo(fault: RecordFault): RecordFault {
    this.#blocks.undoRow()
    return fault
  }
}

/** Where the key stands in an object, as bytes. */
class KeyFinder {
  readonly #locator: JsonLocator
  readonly #slots: readonly number[]

  constructor(key: readonly string[], serde: JsonSerde) {
    const fold =
      serde.kind === 'openx'
        ? { ignoreCase: serde.caseInsensitive, dotsToUnderscores: serde.dotsToUnderscores }
        : { ignoreCase: true, dotsToUnderscores: false }
    this.#locator = new JsonLocator(true, { fold })
    const keys = serde.kind === 'openx' ? serde.keys : {}
    this.#slots = key.map((name) => this.#locator.addPath([keys[name] ?? name]))
  }

  locate({ bytes, start, end }: ObjectPlace): boolean {
    return this.#locator.locate(bytes, start, end) === null
  }

  /**
   * Of an old image and a new one. Equal bytes are equal values; different ones may be equal too, which costs a deletion that changes
   * nothing. What an old image leaves out has not changed.
   */
  equals(other: KeyFinder): boolean {
    const [a, b] = [this.#locator, other.#locator]
    return this.#slots.every((slot, i) => {
      const place = other.#slots[i] ?? slot
      if (a.kinds[slot] === found.missing) return true
      if (a.kinds[slot] !== b.kinds[place]) return false
      const old = a.bytes.subarray(a.starts[slot], a.ends[slot])
      return Buffer.compare(old, b.bytes.subarray(b.starts[place], b.ends[place])) === 0
    })
  }
}

function isLastNull({ validity, length }: ColumnBuilder): boolean {
  const row = length - 1
  if (validity === null || row >= validity.length * 8) return false
  return ((validity[row >> 3] ?? 255) & (1 << (row & 7))) === 0
}

function unreadable(offset: number, reason: string): RecordFault {
  return { code: 'Iceberg.ParseError', message: `Malformed JSON. Byte ${offset}: ${reason}.` }
}

function malformed(message: string): RecordFault {
  return { code: 'Iceberg.MalformedData', message: `The row does not match the table. ${message}` }
}

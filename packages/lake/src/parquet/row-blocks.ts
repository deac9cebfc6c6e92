/**
 * Rows of a schema as blocks of columns, each of at most as many rows as DuckDB takes at once (2,048). The block that grows holds small
 * arrays while it has few rows, so that thousands of these may be open at the same time.
 */
import type { LakeSchema } from '../schema/lake-type.ts'
import { giveMemory } from './block-memory.ts'
import type { ColumnBuilder, SealedColumn } from './column-builder.ts'
import { makeColumn } from './make-column.ts'

export const blockRowsMax = 2048
/** Memory of a block beyond which it is closed before it has all its rows: cells hold 32-bit offsets into its texts. */
const blockBytesMax = 32 * 1024 * 1024
/** How often the memory of the growing block is looked at, in rows. */
const blockCheckRows = 64

export interface RowBlock {
  readonly rows: number
  readonly columns: readonly SealedColumn[]
}

export class RowBlocks {
  readonly schema: LakeSchema
  /** Of the block that grows. A row is added to each column, then counted with `endRow`, or undone with `undoRow`. */
  readonly columns: readonly ColumnBuilder[]
  #blocks: RowBlock[] = []
  #sealedRows = 0
  #sealedBytes = 0
  #rows = 0
  /** Who reads blocks at the moment. */
  #readers = 0
  /** Of the block that grows, when there were so many rows. */
  #growingBytes = 0
  #weighedRows = -1

  constructor(schema: LakeSchema) {
    this.schema = schema
    this.columns = schema.columns.map((column) => makeColumn(column.type))
  }

  get rows(): number {
    return this.#sealedRows + this.#rows
  }

  /** Memory held, about. It is asked often, of thousands of these: columns are looked at only after rows have come. */
  get bytes(): number {
    if (this.rows !== this.#weighedRows) this.#weigh()
    return this.#sealedBytes + this.#growingBytes
  }

  endRow(): void {
    this.#rows++
    if (this.#rows === blockRowsMax || (this.#rows % blockCheckRows === 0 && this.#weigh() > blockBytesMax))
      this.#seal()
  }

  /** Takes back what was added to columns since the last `endRow`. */
  undoRow(): void {
    for (const column of this.columns) column.truncate(this.#rows)
  }

  /** Takes back all rows but the first `rows`, and one that was begun. */
  truncate(rows: number): void {
    if (rows >= this.#sealedRows) {
      this.#rows = rows - this.#sealedRows
      this.undoRow()
      return
    }
    this.#rows = 0
    this.undoRow()
    for (;;) {
      const block = this.#blocks.pop()
      if (block === undefined) return
      this.#sealedRows -= block.rows
      const kept = rows - this.#sealedRows
      if (kept < 0) continue
      if (kept > 0) {
        // Its memory is kept with it.
        this.#blocks.push({ rows: kept, columns: block.columns.map((column) => firstRows(column, kept)) })
        this.#sealedRows += kept
      }
      return
    }
  }

  /** While the work goes on, the memory of blocks stays theirs, whatever happens to the rows. */
  async reading<T>(work: (blocks: readonly RowBlock[]) => Promise<T>): Promise<T> {
    this.#readers++
    try {
      return await work(this.blocks())
    } finally {
      this.#readers--
    }
  }

  /** All rows, in order; they stay until `clear`. */
  blocks(): readonly RowBlock[] {
    if (this.#rows > 0) this.#seal()
    return this.#blocks
  }

  clear(): void {
    for (const column of this.columns) column.truncate(0)
    if (this.#readers === 0) for (const block of this.#blocks) block.columns.forEach(giveColumn)
    this.#blocks = []
    this.#sealedRows = 0
    this.#sealedBytes = 0
    this.#rows = 0
    this.#weighedRows = -1
  }

  #weigh(): number {
    let sum = 0
    for (const column of this.columns) sum += column.bytes
    this.#growingBytes = sum
    this.#weighedRows = this.rows
    return sum
  }

  #seal(): void {
    this.#sealedBytes += this.#weigh()
    this.#blocks.push({ rows: this.#rows, columns: this.columns.map((column) => column.seal()) })
    this.#sealedRows += this.#rows
    this.#rows = 0
    this.#weighedRows = -1
  }
}

function giveColumn(column: SealedColumn): void {
  // Columns are made over memory of their own.
  if (column.kind !== 'struct') giveMemory(column.values.buffer as ArrayBuffer)
  if (column.kind === 'text') giveMemory(column.text.buffer as ArrayBuffer)
  if (column.kind === 'list') giveColumn(column.child)
  if (column.kind === 'struct') column.fields.forEach(giveColumn)
}

function firstRows(column: SealedColumn, length: number): SealedColumn {
  switch (column.kind) {
    case 'list': {
      const last = (length - 1) * 4
      const elements = length === 0 ? 0 : column.values[last]! + column.values[last + 2]!
      return { ...column, length, child: firstRows(column.child, elements) }
    }
    case 'struct':
      return { ...column, length, fields: column.fields.map((field) => firstRows(field, length)) }
    default:
      return { ...column, length }
  }
}

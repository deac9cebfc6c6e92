/**
 * The port that reads what a table holds, in chunks by its key, without locks that last. Each chunk is read by one statement and says
 * how it stands to the log: which transactions its rows already contain. From that the load is merged with the log so that no row is
 * lost, doubled or goes back in time.
 */
import type { LogPosition } from '../log/log-reader.ts'
import type { ColumnValue, Row } from '../model/column-value.ts'
import type { Transaction } from '../model/log-event.ts'
import type { TableSchema } from '../model/table-schema.ts'

/** Values of the key's columns, in key order. */
export type KeyValues = readonly ColumnValue[]

export interface ChunkView {
  /**
   * Whether the chunk's rows contain the effects of a transaction of the log. 'maybe' where the database cannot tell. `position` is
   * one inside of that transaction or at its end. What is contained in one view ('yes') is contained in every view that is taken
   * later, of any table.
   */
  contains(transaction: Transaction, position: LogPosition): 'yes' | 'no' | 'maybe'
  /** Every transaction that is read from this position on is one that the chunk does not contain. */
  isPassedBy(position: LogPosition): boolean
}

export interface Chunk {
  /** As it was when the chunk was read; it may be newer than what the log has reached. */
  readonly schema: TableSchema
  /** In key order. */
  readonly rows: readonly Row[]
  /** Key of the last row; undefined when the table has nothing behind this chunk. */
  readonly last: KeyValues | undefined
  readonly view: ChunkView
}

export interface TableReader {
  /** The rows behind `after` (undefined: from the start), up to `rowsMax` of them and about `bytesMax`. */
  readChunk(
    after: KeyValues | undefined,
    limits: { readonly rowsMax: number; readonly bytesMax: number },
    signal: AbortSignal,
  ): Promise<Chunk>
  /**
   * A table without a key, all of it in one view: chunks follow each other while the database keeps the view. Cannot be resumed.
   * Order of rows is any. At least one chunk comes, also of an empty table. A view that can be exact here is, since rows without a
   * key cannot decide a 'maybe'.
   */
  readWhole(
    limits: { readonly rowsMax: number; readonly bytesMax: number },
    signal: AbortSignal,
  ): AsyncIterable<Chunk>
  /**
   * For each key, whether it stands at `bound` or before it, in the order in which chunks are read. By the database's own
   * collation. The keys are the log's, which is behind: the table may have another name by now. Error CDC_TABLE_MISSING: it was dropped,
   * or has another key.
   */
  areAtMost(keys: readonly KeyValues[], bound: KeyValues, signal: AbortSignal): Promise<readonly boolean[]>
  /** About how many rows the table has, from the database's statistics; undefined: it does not know. */
  estimateRows(): Promise<number | undefined>
}

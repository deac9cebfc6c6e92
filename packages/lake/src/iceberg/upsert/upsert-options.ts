/** What an upsert is told, and what it answers. */
import type { Clock, Random } from '@millrace/values'
import type { Duck } from '../../duck/duck-port.ts'
import type { ParquetOptions } from '../../parquet/parquet-port.ts'
import type { Snapshot } from '../metadata.ts'

export interface UpsertOptions {
  /** Columns that tell rows apart. None: rows are only added. */
  readonly key: readonly string[]
  /** Of two versions of a key the one with the larger value stands; equal ones, and without a column all, by arrival. */
  readonly precombine?: string
  /** merge-on-read names the old rows in delete files, which is fast; copy-on-write writes their files anew, which reads fast. */
  readonly mode: 'merge-on-read' | 'copy-on-write'
  /** The same id changes the table once, however often it comes, as long as no other id of the same writer came in between. */
  readonly commit?: { readonly writer: string; readonly id: string }
  /** Opened for the scratch folder and for the places of the table's files. */
  readonly duck: Duck
  /** A folder of one's own, for files on their way. */
  readonly scratchDir: string
  readonly clock: Clock
  readonly random: Random
  readonly parquet?: ParquetOptions
  /** Tries, where others change the table at the same time: 10 unless given. */
  readonly attemptsMax?: number
}

/**
 * Changes as a relation in SQL: `__op` (1: the row as it is now, 2: the row is gone), `__n` (the order in which they came, unique), and
 * the table's columns, cast to its types; those that are not there are null. Of a row that is gone only key and precombine matter; without a precombine value it goes in any case.
 */
export interface ChangeSource {
  readonly sql: string
  /** All rows that the table had go first. */
  readonly isTruncated?: boolean
}

export const upsertOp = 1
export const deleteOp = 2

export interface UpsertOutcome {
  /** Undefined: nothing had to be changed, or it was done before. */
  readonly snapshot: Snapshot | undefined
  /** The commit id was known: nothing was looked at. */
  readonly wasDone: boolean
  /** Rows that are new in the table, or newer versions. */
  readonly upserted: number
  /** Keys that were there and are gone. */
  readonly deleted: number
  /** Changes that other ones of the batch, or a newer row of the table, made unnecessary. */
  readonly superseded: number
}

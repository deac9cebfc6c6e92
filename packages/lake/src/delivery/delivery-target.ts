/**
 * The port between the loop of a delivery and a table that its records go to. The loop reads the log, decides when a batch is due,
 * stores the plan (what the batch covers, and the id that follows from it) and marks it done; the target turns records into rows and
 * makes the rows of a batch part of the table, at once and once.
 *
 * Duties of the loop: records of a batch are added in the order of the log, the same ones for the same id. After a stop between plan
 * and done it makes the batch again, under the same id, and commits it again. Batches of one table are committed one after the other.
 * Duties of the target: a batch whose id the table knows changes nothing more; memory stays within what `bytes` says, roughly.
 */
import type { CatalogWriter } from '../catalog/catalog-port.ts'

export interface DeliveryTarget {
  /** Nothing is written before the commit. */
  begin(): TargetBatch
  /** For people, in failures and reports: `sales.orders`. */
  readonly name: string
  close(): Promise<void>
}

export interface TargetBatch {
  /** The bytes are not kept. */
  add(record: TargetRecord): TargetOutcome
  /** Rows that the commit would carry: none means that there is nothing to commit. */
  readonly rows: number
  /** Held by the batch, about. */
  readonly bytes: number
  /** Error: whatever keeps the table from being changed; the batch may be committed again. */
  commit(id: string): Promise<TargetCommit>
  /** Lets go of what the batch holds; needed after a commit, too. */
  close(): void
}

export interface TargetRecord {
  readonly data: Uint8Array
  /** ms. */
  readonly arrivedAt: number
}

export type TargetOutcome =
  /** Holds one row or several. */
  | 'taken'
  /** Carries no row by design: a control record, a heartbeat. */
  | 'filtered'
  /** For the error prefix. */
  | { readonly code: string; readonly message: string }

export interface TargetCommit {
  /** In the transaction that marks the batch as done: tells the catalog what the table is now. */
  register(catalog: CatalogWriter): void
  /** Rows of the batch that older or newer versions of the same key made unnecessary are counted in `superseded`. */
  readonly rows: { readonly upserted: number; readonly deleted: number; readonly superseded: number }
}

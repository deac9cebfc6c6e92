/** The port between the loop of a delivery and what it fills: the rows of one object to be, or of one batch for a table. */
import type { Transaction } from '@millrace/store'
import type { Plan } from './progress.ts'

export interface RowBuffer {
  readonly rows: number
  /** Before compression, after transformation: what the size of buffers is about. */
  readonly bytes: number
  /** Held, about. */
  readonly memory: number
  /** Takes the row bytes[start, end), which are not kept. */
  add(bytes: Uint8Array, start: number, end: number, arrivedAt: number): RowOutcome
  /**
   * Makes it durable and visible, at once and once: when it is called again for a plan, also after a restart, nothing becomes double.
   * Rejects with what keeps it from that; may be called again.
   */
  store(plan: Plan): Promise<StoredRows>
  /** Lets go of what it holds. */
  close(): void
}

export type RowOutcome = 'taken' | 'filtered' | RowFault

/** Why a row cannot be stored; it goes to the errors. */
export interface RowFault {
  readonly code: string
  readonly message: string
}

export interface StoredRows {
  /** As stored; 0 where that is not known. */
  readonly bytes: number
  /** In the transaction that takes the plan as done: tells the catalog and those who listen. */
  commit(transaction: Transaction): void
}

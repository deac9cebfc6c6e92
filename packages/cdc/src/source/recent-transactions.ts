/**
 * Transactions that the log has told, but that no view of a chunk is known to contain yet. A log may tell of a commit before reads see
 * it (Postgres and MySQL write the log first), so a chunk that is read just now may lack a change that was passed over as "the load
 * will contain it". A load that did not watch the log while these were read takes no chunk that lacks one of them.
 *
 * Memory: bounded; what is that far behind has long been visible.
 */
import { codeOf } from '@millrace/runtime'
import type { LogPosition } from '../log/log-reader.ts'
import type { Transaction } from '../model/log-event.ts'
import type { ChunkView } from '../snapshot/table-reader.ts'

export interface KnownTransaction {
  readonly transaction: Transaction
  /** Of the log, inside of the transaction or at its end. */
  readonly position: LogPosition
}

const transactionsMax = 8192

export class RecentTransactions {
  #list: KnownTransaction[] = []
  /** The newest view that has come: what it contains, every later one contains. */
  newestView: ChunkView | undefined

  add(known: KnownTransaction): void {
    if (this.newestView !== undefined && isContained(this.newestView, known)) return
    this.#list.push(known)
    if (this.#list.length >= 2 * transactionsMax) this.#list = this.#list.slice(-transactionsMax)
  }

  viewCame(view: ChunkView): void {
    this.newestView = view
    this.#list = this.#list.filter((known) => !isContained(view, known))
  }

  list(): readonly KnownTransaction[] {
    return [...this.#list]
  }

  clear(): void {
    this.#list = []
    this.newestView = undefined
  }
}

/** What cannot be compared (the view is of another server than the log, without GTIDs) is not known to be contained. */
export function isContained(view: ChunkView, { transaction, position }: KnownTransaction): boolean {
  try {
    return view.contains(transaction, position) === 'yes'
  } catch (error) {
    if (codeOf(error) === 'CDC_CONNECT') return false
    throw error
  }
}

/** Undefined: the view is of another server than the log, so the log never comes past it. */
export function isPassed(view: ChunkView, position: LogPosition): boolean | undefined {
  try {
    return view.isPassedBy(position)
  } catch (error) {
    if (codeOf(error) === 'CDC_CONNECT') return undefined
    throw error
  }
}

/**
 * Works of one turn of the event loop share one commit of the store, and so one sync of the disk. A work that throws is
 * rejected alone: if it had written, the transaction is given up and the others run again in a new one, so a work leaves all
 * of its writes or none and may run more than once. If a commit itself fails (a full disk), all of its works are rejected.
 */
import type { Store } from '@millrace/store'
import type { TableWriter } from './port.ts'
import type { TransactionWriter } from './table-writer.ts'

/** Works of one commit; more do not wait for the end of the turn. */
const worksMax = 1_000

interface Work {
  readonly run: (writer: TableWriter) => unknown
  readonly resolve: (value: unknown) => void
  readonly reject: (error: unknown) => void
}

/** Ends a transaction in which a work has written and thrown. */
class WorkSpoiled extends Error {
  readonly index: number

  constructor(index: number, cause: unknown) {
    super('a work of the commit failed after it had written', { cause })
    this.index = index
  }
}

export class CommitGroups {
  readonly #store: Store
  readonly #writer: (transaction: Parameters<Parameters<Store['commit']>[0]>[0]) => TransactionWriter
  #works: Work[] = []
  #isScheduled = false

  constructor(
    store: Store,
    writer: (transaction: Parameters<Parameters<Store['commit']>[0]>[0]) => TransactionWriter,
  ) {
    this.#store = store
    this.#writer = writer
  }

  add<T>(run: (writer: TableWriter) => T): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      // What resolve gets is what this run returned.
      this.#works.push({ run, resolve: resolve as (value: unknown) => void, reject })
      if (this.#works.length >= worksMax) this.#flush()
      else if (!this.#isScheduled) {
        this.#isScheduled = true
        setImmediate(() => {
          this.#isScheduled = false
          this.#flush()
        })
      }
    })
  }

  #flush(): void {
    let works = this.#works
    this.#works = []
    while (works.length > 0) {
      try {
        for (const settle of this.#commit(works)) settle()
        return
      } catch (error) {
        if (!(error instanceof WorkSpoiled)) {
          for (const { reject } of works) reject(error)
          return
        }
        works[error.index]!.reject(error.cause)
        works = works.filter((_, i) => i !== error.index)
      }
    }
  }

  /** Runs the works in one commit; gives what has to be told to their callers. */
  #commit(works: readonly Work[]): (() => void)[] {
    return this.#store.commit((transaction) => {
      const writer = this.#writer(transaction)
      return works.map(({ run, resolve, reject }, i) => {
        const { writes } = writer
        try {
          const result = run(writer)
          return () => resolve(result)
        } catch (error) {
          if (writer.writes > writes) throw new WorkSpoiled(i, error)
          return () => reject(error)
        }
      })
    })
  }
}

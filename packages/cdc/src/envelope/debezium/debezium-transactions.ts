/**
 * Transaction metadata of Debezium (`provide.transaction.metadata`): the block `transaction` of each change, and records BEGIN and END
 * around the changes of a transaction. Counts are of the records written. END comes before the next transaction's BEGIN, since
 * only the next change shows that one has ended. The counts are kept with the position, so that a restart inside of a
 * transaction goes on counting.
 */

import type { DatabaseKind } from '../../database/database.ts'
import type { Transaction } from '../../model/log-event.ts'
import { quote } from '../json-text.ts'
import { lsnNumber } from './debezium-source.ts'

interface Open {
  readonly id: string
  readonly label: string
  total: number
  commitTimeUs: number
  readonly tables: { [table: string]: number }
}

export class DebeziumTransactions {
  readonly #database: DatabaseKind
  #open: Open | undefined

  constructor(database: DatabaseKind, state: string | undefined) {
    this.#database = database
    // Written by `state` of this class.
    this.#open = state === undefined ? undefined : ((JSON.parse(state) as Open | null) ?? undefined)
  }

  state(): string {
    return JSON.stringify(this.#open ?? null)
  }

  /** Before a change of this transaction: the records that end the last one and begin this one. */
  enter(transaction: Transaction | undefined, emit: (label: string, text: string) => void): void {
    if (this.#open !== undefined && this.#open.id !== transaction?.id) {
      const { label, total, tables, commitTimeUs } = this.#open
      const collections = Object.entries(tables).map(
        ([name, count]) => `{"data_collection":${quote(name)},"event_count":${count}}`,
      )
      emit(label, statusText('END', label, commitTimeUs, String(total), `[${collections.join(',')}]`))
      this.#open = undefined
    }
    if (this.#open !== undefined || transaction === undefined) return
    const label = this.#label(transaction)
    // Without a prototype: a table may be called like one of its members.
    const tables: Open['tables'] = Object.create(null)
    this.#open = { id: transaction.id, label, total: 0, commitTimeUs: transaction.commitTimeUs, tables }
    emit(label, statusText('BEGIN', label, transaction.commitTimeUs, 'null', 'null'))
  }

  /** The block of the next change. */
  next(table: string): string {
    const open = this.#open
    if (open === undefined) return 'null'
    open.total++
    const count = (open.tables[table] ?? 0) + 1
    open.tables[table] = count
    return `{"id":${quote(open.label)},"total_order":${open.total},"data_collection_order":${count}}`
  }

  /** As the connectors name transactions. */
  #label({ id, number, place }: Transaction): string {
    if (this.#database === 'postgres') return `${number}:${lsnNumber(place) ?? place}`
    if (id !== place) return id
    const colon = place.lastIndexOf(':')
    return `file=${place.slice(0, colon)},pos=${place.slice(colon + 1)}`
  }
}

function statusText(status: string, label: string, us: number, count: string, collections: string): string {
  return (
    `{"status":"${status}","id":${quote(label)},"event_count":${count},"data_collections":${collections},` +
    `"ts_ms":${Math.floor(us / 1000)}}`
  )
}

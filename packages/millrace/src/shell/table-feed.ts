/**
 * A keyed table of the data directory as a table of a query (`'connector' = 'table'`, `'table' = 'NAME'`): its items as they are, then
 * their changes as they happen.
 *
 * Items are read in rounds, page by page in the order of their keys; what differs from the round before is a change, and what a whole
 * round has not met was deleted. So it needs no change stream of the table, and between two rounds changes of one item count as one.
 * A round begins only when something was committed, and not more often than `roundEveryMs`. Memory: the rows of all items.
 */
import { type Decoder, decoderOf, type Row, type RowKind, rowKind, type TableInfo } from '@millrace/sql'
import type { ScanOptions, Store, StoredItem } from '@millrace/store'
import { plainJson } from '@millrace/tables'
import type { Clock } from '@millrace/values'
import { MillraceError } from '../error.ts'
import type { QueryFeed, RowSink } from './query-feed.ts'
import { mustStore } from './streams-feed.ts'

const pageItems = 1_000
const roundEveryMs = 500

interface Known {
  text: string
  rows: readonly Row[]
  /** Of the last round that met it. */
  round: number
}

export class TableFeed implements QueryFeed {
  readonly tables: readonly string[]
  readonly #table: string
  readonly #name: string
  readonly #store: Store
  readonly #decoder: Decoder
  readonly #sink: RowSink
  readonly #clock: Clock
  readonly #known = new Map<string, Known>()
  #round = 0
  /** Where the round goes on; undefined: none is under way. */
  #after: ScanOptions['after'] | 'beginning' | undefined
  #seen = -1
  #begunAt = Number.NEGATIVE_INFINITY

  /** Errors: SQL_CONNECTOR_UNKNOWN, DATA_TABLE_UNKNOWN. */
  constructor(table: TableInfo, given: Store | undefined, sink: RowSink, clock: Clock) {
    this.#store = mustStore(given, table, 'a keyed table')
    this.#table = table.name
    this.tables = [table.name]
    this.#name = table.options.table ?? table.name
    if (this.#store.tableEntry(this.#name) === undefined) {
      const names = this.#store.tableEntries().map(({ name }) => name)
      throw new MillraceError('DATA_TABLE_UNKNOWN', `${this.#store.dir} has no table "${this.#name}".`, {
        next: `It has: ${names.join(', ') || 'no tables yet'}.`,
      })
    }
    this.#decoder = decoderOf(table)
    this.#sink = sink
    this.#clock = clock
  }

  async read(): Promise<{ taken: number; done: boolean }> {
    if (this.#after === undefined && !this.#begins()) return { taken: 0, done: false }
    const page = this.#page()
    let changed = 0
    for (const item of page) if (this.#take(item)) changed++
    const last = page.at(-1)
    if (last !== undefined && page.length === pageItems) {
      const { partitionKey, sortKey } = last
      this.#after = sortKey === undefined ? { partitionKey } : { partitionKey, sortKey }
      // A round that has begun is to be ended without a pause.
      return { taken: Math.max(changed, 1), done: false }
    }
    this.#after = undefined
    return { taken: changed + this.#dropUnmet(), done: false }
  }

  async close(): Promise<void> {}

  #begins(): boolean {
    const news = this.#store.news()
    const now = this.#clock.now()
    if (news === this.#seen || now - this.#begunAt < roundEveryMs) return false
    this.#seen = news
    this.#begunAt = now
    this.#round++
    this.#after = 'beginning'
    return true
  }

  /** Of a table that is there: one that was deleted has no items. */
  #page(): StoredItem[] {
    if (this.#store.tableEntry(this.#name) === undefined) return []
    const after = this.#after
    return [
      ...this.#store.scan(
        this.#name,
        after === undefined || after === 'beginning' ? { limit: pageItems } : { limit: pageItems, after },
      ),
    ]
  }

  /** Whether the item is new or changed. */
  #take(item: StoredItem): boolean {
    const key = keyText(item)
    const json = plainJson(item)
    const text = Buffer.from(json.buffer, json.byteOffset, json.byteLength).toString('utf8')
    const known = this.#known.get(key)
    if (known?.text === text) {
      known.round = this.#round
      return false
    }
    const rows: Row[] = []
    const problem = this.#decoder.decode(json, (row) => rows.push(row))
    if (problem !== undefined) {
      this.#sink.unread.count++
      this.#sink.unread.first ??= `table ${this.#table}: ${problem.message}`
    }
    const isUpdate = known?.rows.length === 1 && rows.length === 1
    this.#push(known?.rows ?? [], isUpdate ? rowKind.updateBefore : rowKind.delete)
    this.#push(rows, isUpdate ? rowKind.updateAfter : rowKind.insert)
    this.#known.set(key, { text, rows, round: this.#round })
    return true
  }

  #dropUnmet(): number {
    let dropped = 0
    for (const [key, { rows, round }] of this.#known) {
      if (round === this.#round) continue
      this.#known.delete(key)
      this.#push(rows, rowKind.delete)
      dropped++
    }
    return dropped
  }

  #push(rows: readonly Row[], kind: RowKind): void {
    for (const row of rows) this.#sink.instance.push(this.#table, row, kind, { record: -1, shard: '0' })
  }
}

function keyText({ partitionKey, sortKey }: StoredItem): string {
  return JSON.stringify([partitionKey, sortKey], (_, value) =>
    typeof value === 'bigint' ? `n${value}` : value,
  )
}

/** Which tables are loaded at the same time: those with the highest load order first, then by name. */
import type { Clock } from '@millrace/values'
import { tableText } from '../model/table-schema.ts'
import type { TableRules } from '../rules/table-rules.ts'
import type { FollowedTable } from './followed-table.ts'
import { KeyedLoad } from './keyed-load.ts'
import type { LoadHost, TableLoad } from './table-load.ts'
import type { TableSet } from './table-set.ts'
import { WholeLoad } from './whole-load.ts'

/** How long the log is watched before a chunk is read: a commit that stands before that in the log is visible to reads by then. */
const watchMs = 250

export class LoadSchedule {
  readonly #host: LoadHost
  readonly #tables: TableSet
  readonly #rules: TableRules
  readonly #clock: Clock
  readonly #parallel: number
  readonly #loads = new Map<FollowedTable, TableLoad>()
  readonly #ending = new Set<Promise<void>>()
  /** Since when transactions are remembered; undefined: nobody loads. */
  #watchedSinceMs: number | undefined

  constructor(host: LoadHost, tables: TableSet, parallel: number) {
    this.#host = host
    this.#tables = tables
    this.#rules = tables.rules
    this.#clock = host.clock
    this.#parallel = parallel
  }

  /** Whether transactions of the log are to be remembered. */
  get isWatching(): boolean {
    return this.#watchedSinceMs !== undefined
  }

  get active(): Iterable<TableLoad> {
    return this.#loads.values()
  }

  get isIdle(): boolean {
    return this.#loads.size === 0
  }

  of(table: FollowedTable): TableLoad | undefined {
    return this.#loads.get(table)
  }

  /**
   * Begins with waiting tables as far as there is room; those that begin now are returned, before anything of them was read. Also
   * ends loads that are done. `dueInMs`: when to ask again.
   */
  advance(): { readonly begun: readonly FollowedTable[]; readonly dueInMs: number } {
    for (const [table] of this.#loads) if (table.phase !== 'loading') this.end(table)
    const waiting: FollowedTable[] = []
    for (const table of this.#tables.all()) if (table.phase === 'waiting') waiting.push(table)
    if (waiting.length === 0) {
      if (this.isIdle) {
        this.#watchedSinceMs = undefined
        this.#host.recent.clear()
      }
      return { begun: [], dueInMs: Number.POSITIVE_INFINITY }
    }
    this.#watchedSinceMs ??= this.#clock.now()
    const dueInMs = this.#watchedSinceMs + watchMs - this.#clock.now()
    waiting.sort(
      (a, b) =>
        this.#rules.loadOrder(b.name) - this.#rules.loadOrder(a.name) ||
        (tableText(a.name) < tableText(b.name) ? -1 : 1),
    )
    // Those that go on from a cursor begin at once, since changes of their loaded rows are emitted; they read when it is time.
    const resumed = waiting.filter(({ isPartlyLoaded }) => isPartlyLoaded)
    const room = dueInMs > 0 ? 0 : Math.max(0, this.#parallel - this.#loads.size - resumed.length)
    const begun = [...resumed, ...waiting.filter(({ isPartlyLoaded }) => !isPartlyLoaded).slice(0, room)]
    for (const table of begun) {
      table.phase = 'loading'
      this.#tables.changed(table)
    }
    return { begun, dueInMs: dueInMs > 0 ? dueInMs : Number.POSITIVE_INFINITY }
  }

  /** Reads begin. */
  start(table: FollowedTable): void {
    const isKeyed = table.schema.key.length > 0
    const startsAtMs = (this.#watchedSinceMs ?? this.#clock.now()) + watchMs
    const load = isKeyed ? new KeyedLoad(table, this.#host, startsAtMs) : new WholeLoad(table, this.#host)
    this.#loads.set(table, load)
  }

  end(table: FollowedTable): void {
    const load = this.#loads.get(table)
    if (load === undefined) return
    this.#loads.delete(table)
    const closing: Promise<void> = load.close().finally(() => this.#ending.delete(closing))
    this.#ending.add(closing)
  }

  async close(): Promise<void> {
    for (const table of [...this.#loads.keys()]) this.end(table)
    await Promise.all(this.#ending)
  }
}

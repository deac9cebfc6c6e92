/**
 * The loop of a database source: changes of the log and rows of loads become records, in one order, each with the position behind it.
 *
 * Between two batches of the log (a boundary) everything else has its turn: requests, tables that begin to load, chunks whose stretch
 * the log has passed. What they write stands at that place of the log and may take several reads (`#emissions`); the log waits
 * meanwhile. A batch is taken without waiting in between, except that keys of collated texts are compared by the database before it.
 *
 * Committed with the records: the position (of the log, also in the middle of a transaction), tables and schemas that have changed.
 *
 * Memory: the batch at hand and the next one, chunks and held changes of loads.
 */
import { codeOf, messageOf, type SourceRead } from '@millrace/runtime'
import type { RecordBatchBuilder } from '@millrace/store'
import { CdcError } from '../errors.ts'
import type { LogBatch, LogPosition } from '../log/log-reader.ts'
import type { LogEvent, RowChange, Transaction } from '../model/log-event.ts'
import { type TableSchema, tableText } from '../model/table-schema.ts'
import { readRequest, requestedTables } from './cdc-requests.ts'
import type { CdcStatus } from './cdc-status.ts'
import { deferred } from './chunk-reading.ts'
import { type Emission, Once } from './emissions.ts'
import type { FollowedTable } from './followed-table.ts'
import type { FollowerParts } from './follower-parts.ts'
import { LoadSchedule } from './load-schedule.ts'
import { LogAhead } from './log-ahead.ts'
import { type KnownTransaction, RecentTransactions } from './recent-transactions.ts'
import { RecordOutput } from './record-output.ts'
import { SchemaChanges, type SchemaStop } from './schema-changes.ts'
import type { SchemaHistory } from './schema-history.ts'
import { type SavedPosition, type StartPoint, selectedTables, tablesThatLose } from './source-start.ts'
import type { LoadHost } from './table-load.ts'
import type { TableRoute, TableSet } from './table-set.ts'
import { isSameShape } from './table-shape.ts'

/** A position that moves without records is committed this often, and counters of tables. */
const commitEveryMs = 5_000
/** A chunk that waits for a log in which nothing happens makes it move. */
const nudgeAfterMs = 1_000
const awayMaxMs = 30_000

export class Follower {
  readonly #parts: FollowerParts
  readonly #tables: TableSet
  readonly #history: SchemaHistory
  readonly #out: RecordOutput
  readonly #schedule: LoadSchedule
  readonly #changes: SchemaChanges
  readonly #recent = new RecentTransactions()
  readonly #ahead: LogAhead
  /** Of the log: everything before it was taken. Behind the last whole batch. */
  #log: LogPosition
  #batch: LogBatch | undefined
  /** Index of the next event of the batch. */
  #at = 0
  #emissions: Emission[] = []
  #requests: (() => Promise<void> | void)[] = []
  #failure: unknown
  /** The log is gone from the position on; a request to load mends it. */
  #lost: string | undefined
  #news = deferred()
  /** Something changed since loads were looked at. */
  #isNew = true
  #isDone = false
  /** What is remembered of the transaction at hand. */
  #known: KnownTransaction | undefined
  #transaction: Transaction | undefined
  #route: TableRoute | undefined
  #isPrepared = false
  #movedAtMs: number
  #countedAtMs: number
  #waitsSinceMs: number | undefined
  /** When a table that waits may begin to load. */
  #settleDueInMs = Number.POSITIVE_INFINITY
  #isFirst: boolean
  #last: SavedPosition

  constructor(parts: FollowerParts, start: StartPoint) {
    const { context, settings, database } = parts
    this.#parts = parts
    parts.signal.addEventListener('abort', () => this.#news.resolve(), { once: true })
    this.#tables = start.tables
    this.#history = start.history
    this.#log = start.log
    this.#isFirst = start.isFresh
    this.#last = { log: start.log, ...(start.envelope === undefined ? {} : { envelope: start.envelope }) }
    this.#out = new RecordOutput(parts.envelope, (key, from, to) => context.route(key, from, to))
    this.#movedAtMs = context.clock.now()
    this.#countedAtMs = this.#movedAtMs
    this.#ahead = new LogAhead({
      database,
      bytes: parts.limits.logBytes,
      signal: parts.signal,
      tables: {
        isSelected: (name) => this.#tables.rules.isSelected(name) || this.#tables.get(name) !== undefined,
        schemas: () => this.#knownSchemas(),
      },
      came: () => this.#news.resolve(),
      failed: (error) => {
        this.#logFailed(error)
        this.#news.resolve()
      },
    })
    const host: LoadHost = {
      database,
      clock: context.clock,
      recent: this.#recent,
      held: parts.limits.held,
      chunkRows: settings.chunkRows,
      chunkBytes: parts.limits.chunkBytes,
      wake: () => this.#wake(),
      fail: (error) => {
        this.#failure ??= error
        this.#wake()
      },
      warn: (code, message) => parts.warn(code, message),
      write: (out, event, table) => this.#write(out, event, table),
      changed: (table) => this.#tables.changed(table),
      adopt: (table, schema) => this.#unannounced(schema, undefined, 0, table),
    }
    this.#schedule = new LoadSchedule(host, this.#tables, settings.parallel)
    this.#changes = new SchemaChanges({
      tables: this.#tables,
      history: this.#history,
      // Postgres does not log how tables are made: when one is found, rows may be in it that the log has not told.
      isCreationLogged: database.kind !== 'postgres',
      policies: parts.policies,
      // What rows show holds from right before them.
      positionAfter: () =>
        this.#batch?.events[this.#at]?.kind === 'row'
          ? this.#position()
          : (this.#batch?.positionAfter(this.#at) ?? this.#log),
      write: (event, table) => this.#write(this.#out, event, table),
      restartLoad: (table) => this.#schedule.of(table)?.restart(),
      endLoad: (table) => this.#schedule.end(table),
      warn: (code, message) => parts.warn(code, message),
    })
  }

  /** Reads the log. Errors: those of the log, except that a lost position is waited on. */
  async open(): Promise<void> {
    try {
      await this.#ahead.open(this.#log)
    } catch (error) {
      this.#logFailed(error)
    }
  }

  async read(builders: readonly RecordBatchBuilder[], maxBytes: number): Promise<SourceRead> {
    const { context, signal } = this.#parts
    const out = this.#out
    out.begin(builders, maxBytes)
    out.nowMs = context.clock.now()
    while (!signal.aborted) {
      if (this.#failure !== undefined && out.taken === 0) throw this.#failure
      if (this.#failure !== undefined || !this.#runEmissions() || out.isFull) break
      if (this.#batch !== undefined) {
        if (!this.#isPrepared) await this.#prepare(this.#batch)
        if (!signal.aborted && this.#failure === undefined) this.#takeEvents(this.#batch)
        continue
      }
      const dueInMs = await this.#boundary()
      if (this.#emissions.length > 0 || this.#failure !== undefined) continue
      if (this.#isDone || this.#takeNext()) {
        if (this.#isDone) break
        continue
      }
      if (out.taken > 0 || this.#hasToCommit()) break
      await this.#wait(Math.min(dueInMs, this.#parts.report()))
      out.nowMs = context.clock.now()
    }
    if (signal.aborted && out.taken === 0) return { position: this.#last, taken: 0, dead: [], done: false }
    return this.#result()
  }

  flushed(position: SavedPosition): void {
    this.#ahead.acknowledge(position.log)
  }

  status(head: Pick<CdcStatus, 'source' | 'database'>): CdcStatus {
    const { database, progress } = this.#parts
    const isLoading = !this.#schedule.isIdle || this.#hasWaiting()
    const phase =
      this.#lost !== undefined ? 'stopped' : this.#isDone ? 'done' : isLoading ? 'loading' : 'following'
    return progress.status({ ...head, phase, position: database.positionText(this.#log) }, this.#tables.all())
  }

  get position(): LogPosition {
    return this.#log
  }

  /** Loads or releases tables, at the next boundary. Errors: CDC_OPTION, CDC_TABLE_MISSING. */
  request(value: unknown): unknown {
    const request = readRequest(value)
    if (request.request === 'status')
      throw new CdcError('CDC_OPTION', 'A status is not asked of the follower.')
    const tables = requestedTables(request.tables, this.#tables)
    if (request.request === 'release') {
      const others = tables.filter(({ phase }) => phase !== 'quarantined')
      if (others.length > 0) {
        throw new CdcError(
          'CDC_OPTION',
          `${others.map(({ name }) => tableText(name)).join(', ')} is not in quarantine, so there is nothing to release.`,
        )
      }
    }
    this.#requests.push(async () => {
      if (request.request === 'release') for (const table of tables) this.#release(table)
      else if (this.#lost !== undefined) await this.#mendLost(new Set(tables))
      else this.#loadAgain(tables)
    })
    this.#wake()
    return { request: request.request, tables: request.tables }
  }

  async close(): Promise<void> {
    this.#wake()
    await this.#schedule.close()
    await this.#ahead.close()
  }

  #wake(): void {
    this.#isNew = true
    this.#news.resolve()
  }

  #hasWaiting(): boolean {
    for (const { phase } of this.#tables.all()) if (phase === 'waiting') return true
    return false
  }

  /** False: there is no room left. */
  #runEmissions(): boolean {
    while (this.#emissions.length > 0) {
      if (!this.#emissions[0]!.run(this.#out)) return false
      this.#emissions.shift()
    }
    return true
  }

  async #prepare(batch: LogBatch): Promise<void> {
    const left = this.#at === 0 ? batch.events : batch.events.slice(this.#at)
    for (const load of this.#schedule.active) await load.prepare(left, this.#parts.signal)
    this.#isPrepared = true
  }

  #takeEvents(batch: LogBatch): void {
    const { events } = batch
    const out = this.#out
    const isWatching = this.#schedule.isWatching
    let stop: SchemaStop | undefined
    while (this.#at < events.length && !out.isFull && stop === undefined) {
      const event = events[this.#at]!
      if (isWatching && event.transaction !== this.#transaction) this.#remember(event.transaction)
      if (event.kind === 'row') {
        let route = this.#route
        if (route === undefined || route.schema !== event.table) {
          route = this.#tables.route(event.table)
          if (route === undefined) {
            const found = this.#findRoute(event)
            if (found !== undefined && 'what' in found) {
              stop = found
              break
            }
            route = found
          }
          this.#route = route
          if (!this.#isPrepared || out.isFull) break
        }
        this.#at++
        if (route !== undefined) this.#takeRow(event, route)
      } else if (event.kind === 'truncate') {
        const table = this.#tables.get(event.table)
        if (table !== undefined && table.phase !== 'dropped') {
          table.changes++
          stop = this.#changes.truncated(event, table)
        }
        if (stop === undefined) this.#at++
      } else {
        stop = this.#changes.apply(event)
        this.#route = undefined
        if (stop === undefined) this.#at++
        // Tables may have other names and keys from here on: what loads know of the rest of the batch is asked for again.
        this.#isPrepared = false
        if (!this.#schedule.isIdle) break
      }
    }
    if (stop !== undefined) this.#stop(stop)
    else if (this.#at >= events.length) this.#finish(batch)
  }

  #takeRow(event: RowChange, route: TableRoute): void {
    const { table } = route
    table.changes++
    if (table.phase === 'following') this.#out.change(event, route)
    else if (table.phase === 'loading') {
      const load = this.#schedule.of(table)
      load?.change(event, this.#knownOf, (left) => this.#out.change(left, route))
    } else if (table.phase === 'quarantined') this.#deadChange(this.#out, event, route)
    else if (table.phase === 'waiting' && table.known === 'current') this.#out.change(event, route)
    // Of a table that waits, its load will contain it; one that is dropped has no rows.
  }

  /** Of a schema that has not come yet: undefined when it is of no table of ours. */
  #findRoute({ table: schema, transaction, order }: RowChange): TableRoute | SchemaStop | undefined {
    const table = this.#tables.get(schema)
    const isKnown = table !== undefined && table.phase !== 'dropped'
    if (table?.phase === 'dropped' && table.reason !== undefined) return undefined
    if (!isKnown && !this.#tables.rules.isSelected(schema)) return undefined
    if (!isKnown || !isSameShape(table.schema, schema)) {
      const stop = this.#changes.unannounced(schema, transaction, order)
      if (stop !== undefined) return stop
      this.#isPrepared = this.#schedule.isIdle
    }
    const now = this.#tables.get(schema)
    return now === undefined ? undefined : this.#tables.routeFor(now, schema)
  }

  #unannounced(
    schema: TableSchema,
    transaction: Transaction | undefined,
    order: number,
    table: FollowedTable,
  ): void {
    const stop = this.#changes.unannounced({ ...schema, ...table.name }, transaction, order)
    if (stop !== undefined) this.#stop(stop)
  }

  #stop({ table, what }: SchemaStop): void {
    this.#failure = new CdcError(
      'CDC_SCHEMA_CHANGED',
      `${tableText(table)} cannot be followed, since ${what}, and its policy is 'stop'. Choose 'follow', 'ignore' or 'quarantine' in ` +
        '"schemaChanges" and start again: it continues right before the change.',
    )
  }

  /** All of the batch is taken. */
  #finish(batch: LogBatch): void {
    this.#log = batch.position
    this.#batch = undefined
    this.#at = 0
    this.#isPrepared = false
    this.#isNew = true
    this.#parts.progress.took(batch)
  }

  readonly #knownOf = (): KnownTransaction | undefined => this.#known

  #remember(transaction: Transaction | undefined): void {
    this.#transaction = transaction
    this.#known =
      transaction === undefined || this.#batch === undefined
        ? undefined
        : { transaction, position: this.#batch.positionAfter(this.#at) }
    if (this.#known !== undefined) this.#recent.add(this.#known)
  }

  /** Writes a row of a load, or what is said of a table, as its phase wants it. */
  #write(out: RecordOutput, event: LogEvent, table: FollowedTable): void {
    const schema = event.kind === 'schema' ? (event.after ?? event.before ?? table.schema) : event.table
    const route = this.#tables.routeFor(table, schema)
    if (table.phase === 'quarantined') this.#deadChange(out, event, route)
    else out.change(event, route)
  }

  #deadChange(out: RecordOutput, event: LogEvent, route: TableRoute): void {
    const { table } = route
    const name = tableText(table.name)
    out.deadChange(
      event,
      route,
      `${name} is in quarantine, since ${table.reason ?? 'it has changed'}. Load it again (millrace source load --table ${name}), or ` +
        `release it (millrace source release --table ${name}).`,
    )
  }

  /** The log stands between two batches. Says when to look again at the latest. */
  async #boundary(): Promise<number> {
    if (!this.#isNew) return this.#dueInMs()
    this.#isNew = false
    for (const apply of this.#requests.splice(0)) await apply()
    this.#begin()
    const { begun, dueInMs } = this.#schedule.advance()
    for (const table of begun) this.#startLoad(table)
    let isWaiting = false
    for (const load of [...this.#schedule.active]) {
      const emission = await load.settle(this.#log, this.#parts.signal)
      if (emission !== undefined) this.#emissions.push(emission)
      isWaiting ||= load.isWaitingForLog
    }
    if (!isWaiting) this.#waitsSinceMs = undefined
    else this.#waitsSinceMs ??= this.#parts.context.clock.now()
    if (this.#emissions.length > 0) this.#isNew = true
    this.#settleDueInMs = dueInMs
    this.#finishLoadOnly()
    return this.#dueInMs()
  }

  #dueInMs(): number {
    const never = Number.POSITIVE_INFINITY
    const now = this.#parts.context.clock.now()
    const nudge = this.#waitsSinceMs === undefined ? never : nudgeAfterMs
    const commit = this.#log === this.#last.log ? never : Math.max(0, this.#movedAtMs + commitEveryMs - now)
    return Math.min(this.#settleDueInMs, nudge, commit)
  }

  #finishLoadOnly(): void {
    const { settings } = this.#parts
    if (settings.start.mode !== 'load-only' || !this.#schedule.isIdle || this.#emissions.length > 0) return
    for (const { phase } of this.#tables.all()) if (phase === 'waiting' || phase === 'loading') return
    this.#isDone = true
  }

  /** Control records of tables that have none yet. */
  #begin(): void {
    const tables = Array.from(this.#tables.all()).filter(
      ({ isBegun, phase }) => !isBegun && phase !== 'dropped' && phase !== 'quarantined',
    )
    if (tables.length === 0) return
    for (const table of tables) {
      this.#emissions.push(
        new Once((out) => {
          table.isBegun = true
          this.#tables.changed(table)
          out.beginTable(this.#tables.routeFor(table, table.schema))
        }),
      )
    }
  }

  #startLoad(table: FollowedTable): void {
    if (table.known === 'stale' && !table.isPartlyLoaded) {
      this.#emissions.push(
        new Once((out) => {
          table.known = 'none'
          table.loadedRows = 0
          this.#tables.changed(table)
          this.#write(out, { kind: 'truncate', table: table.schema, transaction: undefined, order: 0 }, table)
        }),
      )
    }
    this.#schedule.start(table)
  }

  #loadAgain(tables: readonly FollowedTable[]): void {
    for (const table of tables) {
      this.#schedule.end(table)
      if (table.phase === 'quarantined' && table.known === 'current') table.known = 'stale'
      // Rows of a load that was not at its end are no whole table.
      else if (table.isPartlyLoaded && table.known === 'none') table.known = 'stale'
      if (table.schema.key.length === 0 && table.known === 'current') table.known = 'stale'
      table.isBegun = false
      table.loadAgain()
      this.#tables.changed(table)
    }
  }

  #release(table: FollowedTable): void {
    if (table.phase !== 'quarantined') return
    table.release()
    table.isBegun = false
    this.#tables.changed(table)
  }

  /** The next batch, if it is there and loads let the log go on. */
  #takeNext(): boolean {
    for (const load of this.#schedule.active) if (load.isHoldingLog) return false
    const next = this.#ahead.take()
    if (next === undefined) return false
    this.#batch = next
    this.#at = 0
    this.#transaction = undefined
    if (this.#schedule.isIdle) this.#isPrepared = true
    if (next.events.length === 0) this.#finish(next)
    return true
  }

  #hasToCommit(): boolean {
    const now = this.#parts.context.clock.now()
    if (this.#isFirst || this.#tables.hasChanges) return true
    return this.#log !== this.#last.log && now - this.#movedAtMs >= commitEveryMs
  }

  async #wait(dueInMs: number): Promise<void> {
    const { context, signal, database } = this.#parts
    const stopping = new AbortController()
    const time = Number.isFinite(dueInMs) ? [context.clock.sleep(dueInMs, stopping.signal)] : []
    let hasNews = false
    const news = this.#news.promise.then(() => {
      hasNews = true
    })
    await Promise.race([news, ...time])
    stopping.abort()
    this.#news = deferred()
    if (hasNews || signal.aborted) return
    this.#isNew = true
    const now = context.clock.now()
    if (this.#waitsSinceMs === undefined || now - this.#waitsSinceMs < nudgeAfterMs) return
    this.#waitsSinceMs = now
    await database.heartbeat().then(undefined, () => {})
  }

  #logFailed(error: unknown): void {
    const { context, settings, warn, database } = this.#parts
    if (codeOf(error) !== 'CDC_POSITION_LOST' || settings.start.mode === 'load-only') {
      this.#failure ??= error
      return
    }
    const lost = tablesThatLose(this.#tables.all()).map(({ name }) => tableText(name))
    const command = `millrace source load ${context.name} ${lost.map((name) => `--table ${name}`).join(' ')}`
    this.#lost =
      `${messageOf(error).replace(/^CDC_POSITION_LOST /, '')} Changes of ${lost.join(', ') || 'no table'} were lost between ` +
      `${database.positionText(this.#log)} and now. Load these tables again: ${command}. Until then the source waits.`
    warn('CDC_POSITION_LOST', this.#lost)
    this.#ahead.close().then(undefined, () => {})
  }

  /** Follows from now on. Tables that have lost changes and were not asked for stand aside. */
  async #mendLost(requested: ReadonlySet<FollowedTable>): Promise<void> {
    const { database, context, signal } = this.#parts
    const lost = tablesThatLose(this.#tables.all())
    // First the place, then loads: what changes after it is in the log.
    for (let attempt = 1; ; attempt++) {
      try {
        // What was given up with the place is made anew: Postgres' slot.
        await database.prepare(await selectedTables(database, this.#tables))
        this.#log = await database.currentPosition()
        break
      } catch (error) {
        if (codeOf(error) !== 'CDC_CONNECT') throw error
        await context.clock.sleep(Math.min(awayMaxMs, 500 * 2 ** attempt), signal)
        if (signal.aborted) return
      }
    }
    this.#batch = undefined
    this.#at = 0
    this.#lost = undefined
    for (const table of lost) {
      if (requested.has(table)) continue
      this.#schedule.end(table)
      table.quarantine('the database no longer had the log of its changes')
      table.known = 'stale'
      this.#tables.changed(table)
    }
    for (const load of this.#schedule.active) load.restart()
    this.#loadAgain([...requested])
    for (const table of requested) if (lost.includes(table)) table.known = 'stale'
    await this.open()
  }

  *#knownSchemas(): Iterable<TableSchema> {
    for (const table of this.#tables.all()) if (table.phase !== 'dropped') yield table.schema
  }

  /** Behind what was taken: also in the middle of a batch. */
  #position(): LogPosition {
    return this.#batch !== undefined && this.#at > 0 ? this.#batch.positionAfter(this.#at - 1) : this.#log
  }

  #result(): SourceRead {
    const out = this.#out
    const now = this.#parts.context.clock.now()
    if (now - this.#countedAtMs >= commitEveryMs) {
      this.#countedAtMs = now
      if (out.taken > 0) for (const table of this.#tables.all()) this.#tables.changed(table)
    }
    const kept = new Map<string, unknown>()
    this.#tables.changes(kept)
    this.#history.changes(kept)
    const envelope = this.#parts.envelope.state()
    const position: SavedPosition = {
      log: this.#position(),
      ...(envelope === undefined ? {} : { envelope }),
      ...(this.#isDone ? { done: true } : {}),
    }
    this.#last = position
    this.#isFirst = false
    this.#movedAtMs = now
    return {
      position,
      taken: out.taken,
      dead: out.dead,
      filtered: out.filtered,
      done: this.#isDone,
      moved: true,
      kept,
    }
  }
}

/**
 * The handler behind `mysqlSink` and `postgresSink`: what a batch goes through.
 *
 *   records -> changes -> writes of tables, whose columns were asked for before -> one transaction: lock the position, leave out what
 *   was written before, write the others, move the position, commit
 *
 * Records that make no row, or one that the database refuses, are named in the error (SinkError), so that the stage sets just them
 * aside; the others are committed before. What may pass (a lost connection, a deadlock, a server that starts) is tried again here, with
 * growing waits, until the app stops: the batch as a whole, since a transaction is there or not. A row that refers to one that is not
 * there yet, perhaps since that comes by another shard, is tried again for a while.
 *
 * Promise: with positions exactly once, in both modes. Without them, mode 'upsert' ends in the same rows however often records come,
 * and 'append' may write a batch again whose answer was lost.
 */
import type { TableName } from '@millrace/cdc'
import type { FunctionContext, FunctionHandler, StreamRecord } from '@millrace/runtime'
import { type Clock, type Random, seededRandom, systemClock } from '@millrace/values'
import { ConnectError } from '../errors.ts'
import { Backoff } from '../kinesis/backoff.ts'
import { describeFailures, failureOf, SinkError, type SinkFailure } from '../sink-error.ts'
import { createTableText } from './create-table.ts'
import { Positions } from './positions.ts'
import { changeReader, type ReadChange } from './read-change.ts'
import { type TableWrite, type Target, writesOf } from './row-write.ts'
import { SessionPool } from './session-pool.ts'
import { readTableName, type SinkSettings } from './sink-options.ts'
import type { SqlDialect, SqlSession } from './sql-dialect.ts'
import { timedSession } from './timed-session.ts'
import { Unfit } from './unfit.ts'
import {
  type RecordWrites,
  type RefusedRecord,
  failureOf as sqlFailureOf,
  writeRecords,
} from './write-records.ts'

export interface DatabaseSinkParts {
  /** `mysqlSink` */
  readonly sink: string
  readonly dialect: SqlDialect
  readonly settings: SinkSettings
  readonly clock?: Clock | undefined
  readonly random?: Random | undefined
}

const backoffOptions = { firstMs: 100, mostMs: 30_000 }
/** Failures in a row before the stage says that it is held up: a deadlock or a restarted server is no news. */
const quietFailures = 3
const blocked = 'SINK_BLOCKED'

export function databaseSink(parts: DatabaseSinkParts): FunctionHandler {
  const sink = new DatabaseSink(parts)
  return (records, context) => sink.handle(records, context)
}

class DatabaseSink {
  readonly #sink: string
  readonly #dialect: SqlDialect
  readonly #settings: SinkSettings
  readonly #clock: Clock
  readonly #random: Random
  readonly #pool: SessionPool
  readonly #positions: Positions | undefined
  readonly #read: ReadChange
  /** By name as given. */
  readonly #targets = new Map<string, Target>()
  /** Retries of a call hand over the same objects, without those that were refused. */
  readonly #written = new WeakSet<StreamRecord>()
  /** Lanes that wait for the database. */
  readonly #blocked = new Set<string>()

  constructor({ sink, dialect, settings, clock = systemClock, random }: DatabaseSinkParts) {
    this.#sink = sink
    this.#dialect = dialect
    this.#settings = settings
    this.#clock = clock
    this.#random = random ?? seededRandom(clock.now())
    const timeoutMs = settings.statementTimeoutMs
    this.#pool = new SessionPool(
      async (signal) => timedSession(await dialect.open(signal), clock, timeoutMs),
      settings.connections,
    )
    this.#positions =
      settings.positions && new Positions(dialect, dialect.qualified(this.#place(settings.positions)))
    this.#read = changeReader(settings)
  }

  async handle(records: readonly StreamRecord[], context: FunctionContext): Promise<void> {
    const left = [...records.keys()].filter((index) => !this.#written.has(records[index]!))
    if (left.length === 0) return
    const refused = await this.#untilWritten(records, new Set(left), context)
    const isRefused = new Set(refused.map(({ index }) => index))
    for (const index of left) if (!isRefused.has(index)) this.#written.add(records[index]!)
    if (refused.length === 0) return
    const failures = refused.map(({ index, failure }): SinkFailure => {
      const { code, message } = failure
      return failureOf(records[index]!, code, message)
    })
    throw new SinkError(describeFailures(this.#dialect.name, 'refuses', failures), failures, true)
  }

  /** Tries until a transaction is committed. Gives the records that are not in it. */
  async #untilWritten(
    records: readonly StreamRecord[],
    left: ReadonlySet<number>,
    context: FunctionContext,
  ): Promise<readonly RefusedRecord[]> {
    const { signal } = context
    const backoff = new Backoff(this.#clock, this.#random, backoffOptions)
    let waitsUntil: number | undefined
    for (let changes = 0; ; ) {
      signal.throwIfAborted()
      try {
        const attempt = await this.#attempt(records, left, context, (refused) => {
          if (!refused.some(({ failure }) => failure.kind === 'reference')) return true
          waitsUntil ??= this.#clock.now() + this.#settings.foreignKeyWaitMs
          return this.#clock.now() >= waitsUntil
        })
        this.#unblock(context)
        if (attempt.isCommitted) return attempt.refused
      } catch (error) {
        const failure = sqlFailureOf(this.#dialect, error instanceof DatabaseFault ? error.cause : error)
        if (failure.kind === 'changed' && changes++ === 0) {
          this.#targets.clear()
          continue
        }
        if (failure.kind !== 'passing') throw this.#error(error, failure)
        if (backoff.failures + 1 >= this.#settings.attemptsMax) {
          this.#unblock(context)
          const failures = [...left].map((index) => failureOf(records[index]!, failure.code, failure.message))
          throw new SinkError(describeFailures(this.#dialect.name, 'did not take', failures), failures, false)
        }
        if (backoff.failures >= quietFailures) this.#block(context, failure.message)
      }
      // A connection that lay idle may have been closed meanwhile: the first time goes at once.
      if (backoff.failures === 0) backoff.failed()
      else await backoff.wait(signal)
    }
  }

  /** One transaction. `isFinal`: whether refused records are to be believed; else it is taken back, to be tried again. */
  async #attempt(
    records: readonly StreamRecord[],
    left: ReadonlySet<number>,
    context: FunctionContext,
    isFinal: (refused: readonly RefusedRecord[]) => boolean,
  ): Promise<{ readonly isCommitted: boolean; readonly refused: readonly RefusedRecord[] }> {
    const { signal } = context
    const session = await this.#pool.take(signal)
    let isSound = false
    try {
      const { writes, unfit } = await this.#writes(session, records, left)
      if (writes.every((record) => record.writes.length === 0)) {
        isSound = true
        return { isCommitted: true, refused: unfit }
      }
      await this.#positions?.prepare(session)
      await this.#dialect.begin(session)
      const progress = await this.#positions?.lock(session, records, context)
      const isNew = ({ index }: { readonly index: number }) => progress?.isWritten(index) !== true
      const newUnfit = unfit.filter(isNew)
      const refused = await writeRecords(this.#dialect, session, writes.filter(isNew))
      if (!isFinal(refused)) {
        await session.run('ROLLBACK')
        isSound = true
        return { isCommitted: false, refused }
      }
      const all = [...newUnfit, ...refused]
      await progress?.move(new Set(all.map(({ index }) => index)))
      await session.run('COMMIT')
      isSound = true
      return { isCommitted: true, refused: all }
    } catch (error) {
      // After an error of the server it is sound again once it is rolled back.
      if (!session.isOver) isSound = await session.run('ROLLBACK').then(yes, no)
      throw error
    } finally {
      this.#pool.give(session, { isSound, signal })
    }
  }

  /** What the records do to tables; those that cannot be read are refused. */
  async #writes(
    session: SqlSession,
    records: readonly StreamRecord[],
    left: ReadonlySet<number>,
  ): Promise<{ writes: RecordWrites[]; unfit: RefusedRecord[] }> {
    const writes: RecordWrites[] = []
    const unfit: RefusedRecord[] = []
    for (const index of left) {
      const record = records[index]!
      try {
        writes.push({ index, writes: await this.#writesOf(session, record) })
      } catch (error) {
        if (error instanceof ConnectError || this.#isOfDatabase(error)) throw error
        const message = error instanceof Error ? error.message : String(error)
        const code = error instanceof Unfit ? 'Unfit' : 'Error'
        unfit.push({ index, failure: { kind: 'data', code, message } })
      }
    }
    return { writes, unfit }
  }

  async #writesOf(session: SqlSession, record: StreamRecord): Promise<readonly TableWrite[]> {
    const change = this.#read(record)
    if (change === undefined) return []
    const { table } = this.#settings
    const name = typeof table === 'function' ? table(record, change.source) : (table ?? change.source?.table)
    if (name === undefined) {
      if (typeof table === 'function') return []
      throw new Unfit('The change does not name its table, and the sink has no "table".')
    }
    // The name that a change brings is a table's, also one with a dot in it.
    const given =
      table === undefined
        ? { schema: '', table: name }
        : readTableName(name, (what) => new Unfit(`The name of the table ${what}.`))
    const target = await this.#target(session, given, record)
    return writesOf(change, record, target, this.#settings)
  }

  async #target(session: SqlSession, name: TableName, record: StreamRecord): Promise<Target> {
    const place = this.#place(name)
    const id = JSON.stringify([place.schema, place.table])
    let target = this.#targets.get(id)
    if (target === undefined) {
      target = await this.#describe(session, place, record)
      this.#targets.set(id, target)
    }
    return target
  }

  async #describe(session: SqlSession, place: TableName, record: StreamRecord): Promise<Target> {
    const { mode, key } = this.#settings
    let table: Awaited<ReturnType<SqlDialect['describe']>>
    try {
      table = await this.#dialect.describe(session, place)
    } catch (error) {
      throw new DatabaseFault(error)
    }
    const name = this.#dialect.qualified(place)
    if (table === undefined) {
      const text = createTableText(this.#dialect, place, this.#read(record), key)
      throw this.#tableError(
        place,
        `it does not exist, or the account may not see it. From the first record it could be made by:\n${text}`,
      )
    }
    if (!table.isTransactional) {
      throw this.#tableError(
        place,
        `its storage engine keeps no transactions. ALTER TABLE ${name} ENGINE = InnoDB`,
      )
    }
    const sets = new Map()
    if (mode === 'append') return { table, key: [], updatesFirst: false, sets }
    const keyNames = key ?? table.primaryKey
    if (keyNames.length === 0) {
      throw this.#tableError(
        place,
        `it has no primary key. Give it one, or name the columns of a unique index by "key"`,
      )
    }
    const keyColumns = keyNames.map((column) => {
      const found = table.byName.get(column)
      if (found !== undefined) return found
      throw this.#tableError(place, `it has no column "${column}", which "key" names`)
    })
    const isKey = (columns: readonly string[]) =>
      columns.length === keyNames.length && columns.every((column) => keyNames.includes(column))
    if (!table.uniques.some(isKey)) {
      const list = keyNames.map((column) => this.#dialect.identifier(column)).join(', ')
      throw this.#tableError(
        place,
        `no unique index is over its key. CREATE UNIQUE INDEX ${place.table}_key ON ${name} (${list})`,
      )
    }
    // MySQL's ON DUPLICATE KEY would change the row that another unique index meets.
    const updatesFirst = this.#dialect.product === 'MySQL' && table.uniques.some((columns) => !isKey(columns))
    return { table, key: keyColumns, updatesFirst, sets }
  }

  #place({ schema, table }: TableName): TableName {
    return { schema: schema === '' ? this.#dialect.schema : schema, table }
  }

  #tableError(place: TableName, what: string): ConnectError {
    const at = `${this.#sink}: table ${this.#dialect.qualified(place)} of ${this.#dialect.name}`
    return new ConnectError('DATABASE_TABLE', `${at}: ${what}${/[;.)]$/.test(what) ? '' : '.'}`)
  }

  #isOfDatabase(error: unknown): boolean {
    return error instanceof DatabaseFault
  }

  #error(error: unknown, failure: { readonly code: string; readonly message: string }): unknown {
    if (error instanceof ConnectError) return error
    const cause = error instanceof DatabaseFault ? error.cause : error
    const message = `${this.#sink}: ${this.#dialect.name} cannot be written: ${failure.code} ${failure.message}`
    return new ConnectError('DATABASE_CALL', message, { cause })
  }

  #block({ log, warn }: FunctionContext, message: string): void {
    this.#blocked.add(laneName(log))
    warn(
      blocked,
      `${this.#dialect.name} cannot be written, which is tried again and again; records wait: ${message}`,
    )
  }

  #unblock({ log, warn }: FunctionContext): void {
    if (this.#blocked.delete(laneName(log)) && this.#blocked.size === 0) warn(blocked, undefined)
  }
}

/** An error of the database met while a record was read: no fault of the record. */
class DatabaseFault extends Error {
  constructor(cause: unknown) {
    super(cause instanceof Error ? cause.message : String(cause), { cause })
  }
}

function laneName({ uid, shard, lanes, lane }: FunctionContext['log']): string {
  return `${uid}/${shard}/${lanes}/${lane}`
}

const yes = () => true
const no = () => false

/**
 * A session in which rows of one table are read, each time with a view: how what was read stands to the log. While rows are read the
 * table is looked at, so that the columns they are read by are those that it has.
 */
import type { Clock } from '@millrace/values'
import { CdcError } from '../../errors.ts'
import { type TableSchema, tableText } from '../../model/table-schema.ts'
import { connectError, errorCode } from '../connection/connect-error.ts'
import { isConnectionLost, type MysqlSession } from '../connection/mysql-session.ts'
import type { MysqlPosition } from '../log/mysql-position.ts'
import { fromTableSchema, type MysqlTable, sameShape, toTableSchema } from '../schema/mysql-table.ts'
import { quoted, readTables } from '../schema/read-tables.ts'
import type { ServerFacts } from '../schema/server-facts.ts'
import { readLogEnd, serverIdentity } from './log-place.ts'
import { MysqlView, settledMs } from './mysql-view.ts'

export interface SnapshotOptions {
  readonly open: (signal: AbortSignal) => Promise<MysqlSession>
  readonly clock: Clock
  /** The log may be read from another server: views know GTIDs, though MariaDB looks through a file of its log for them. */
  readonly hasFailover: boolean
}

/** A table as it is now, and the text by which it is recognised. */
export interface TableNow {
  readonly schema: TableSchema
  readonly table: MysqlTable
  readonly createText: string
}

interface Sample {
  readonly takenAtMs: number
  readonly position: MysqlPosition
}

export class TableSession implements AsyncDisposable {
  readonly #options: SnapshotOptions
  readonly #facts: ServerFacts
  readonly #session: MysqlSession
  /** Ends of the log without GTIDs, oldest first: what is old enough counts as visible. */
  #samples: readonly Sample[] = []
  #now: TableNow | undefined
  readonly #given: TableSchema

  constructor(session: MysqlSession, facts: ServerFacts, given: TableSchema, options: SnapshotOptions) {
    this.#session = session
    this.#facts = facts
    this.#given = given
    this.#options = options
  }

  get session(): MysqlSession {
    return this.#session
  }

  /** Rows by `read` as of one moment, and how that moment stands to the log. */
  async inView<T>(
    read: (now: TableNow) => Promise<T>,
    signal: AbortSignal,
  ): Promise<{ readonly now: TableNow; readonly rows: T; readonly view: MysqlView }> {
    // Changes of the table come between now and then; many in a row would be strange.
    for (let attempt = 1; ; attempt++) {
      const now = await this.look(signal)
      try {
        const { rows, view } = await this.#read(() => read(now), signal)
        if ((await this.#createText(signal)) === now.createText) return { now, rows, view }
      } catch (error) {
        if (!isTableChange(error) || attempt >= 5) throw this.mapped(error, signal)
      } finally {
        // Also the lock that keeps others from changing the table.
        if (!this.#session.isOver) await this.#session.run('ROLLBACK').catch(() => {})
      }
      this.#now = undefined
      if (attempt >= 5) throw this.#gone('changes all the time')
    }
  }

  /** What a failure means to the one who loads. */
  mapped(error: unknown, signal: AbortSignal): unknown {
    if (signal.aborted || error instanceof CdcError) return error
    if (isConnectionLost(error)) return connectError(this.#session.address, error)
    if (isTableChange(error)) return this.#gone('does not exist, or has changed')
    return error
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#session.close()
  }

  async #read<T>(read: () => Promise<T>, signal: AbortSignal): Promise<{ rows: T; view: MysqlView }> {
    if (this.#facts.family === 'mariadb') return this.#readSnapshot(read, signal)
    const before = await this.#before(signal)
    // A transaction, so that the table cannot change before it is looked at again; its one statement has a snapshot of its own.
    await this.#session.run('START TRANSACTION READ ONLY', [], signal)
    const rows = await read()
    const after = await readLogEnd(this.#session, this.#facts, signal)
    return { rows, view: new MysqlView({ family: 'mysql', before, after }) }
  }

  /** The server keeps the place of a consistent snapshot in its log. */
  async #readSnapshot<T>(read: () => Promise<T>, signal: AbortSignal): Promise<{ rows: T; view: MysqlView }> {
    const session = this.#session
    await session.run('START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY', [], signal)
    const place = await snapshotPlace(session, this.#facts, this.#options.hasFailover, signal)
    const rows = await read()
    return { rows, view: new MysqlView({ family: 'mariadb', before: place, after: place }) }
  }

  async #before(signal: AbortSignal): Promise<MysqlPosition | undefined> {
    const { clock } = this.#options
    const position = await readLogEnd(this.#session, this.#facts, signal)
    if (position.gtids !== undefined) return position
    const now = clock.now()
    const settled = this.#samples.findLast(({ takenAtMs }) => now - takenAtMs >= settledMs)
    const kept = settled === undefined ? this.#samples : this.#samples.slice(this.#samples.indexOf(settled))
    const last = kept.at(-1)
    const isDue = last === undefined || now - last.takenAtMs >= settledMs / 4
    this.#samples = isDue ? [...kept, { takenAtMs: now, position }] : kept
    return settled?.position
  }

  /** The table as it was when it was looked at last. */
  async look(signal: AbortSignal): Promise<TableNow> {
    if (this.#now !== undefined) return this.#now
    const given = this.#given
    for (;;) {
      const createText = await this.#createText(signal)
      const [table] = await readTables(this.#session, this.#facts, [given], signal)
      if (table === undefined) throw this.#gone('does not exist, or the account may not see it')
      if ((await this.#createText(signal)) !== createText) continue
      const schema = toTableSchema(table)
      // The same object as long as nothing changed that rows depend on.
      const isGiven = sameShape(schema, given) && fromTableSchema(given) !== undefined
      this.#now = { schema: isGiven ? given : schema, table, createText }
      return this.#now
    }
  }

  async #createText(signal: AbortSignal): Promise<string> {
    try {
      const [row] = await this.#session.texts(`SHOW CREATE TABLE ${quoted(this.#given)}`, [], signal)
      return (row?.[1] ?? '').replace(/ AUTO_INCREMENT=\d+/, '')
    } catch (error) {
      throw this.mapped(error, signal)
    }
  }

  #gone(reason: string): CdcError {
    return new CdcError('CDC_TABLE_MISSING', `The table ${tableText(this.#given)} ${reason}.`)
  }
}

/** The place of the consistent snapshot that the session is in (MariaDB). */
export async function snapshotPlace(
  session: MysqlSession,
  facts: ServerFacts,
  withGtids: boolean,
  signal: AbortSignal,
): Promise<MysqlPosition> {
  const status = new Map(
    (await session.texts("SHOW STATUS LIKE 'binlog_snapshot_%'", [], signal)).map(([name, value]) => [
      (name ?? '').toLowerCase(),
      value ?? '',
    ]),
  )
  const file = status.get('binlog_snapshot_file') ?? ''
  const offset = Number(status.get('binlog_snapshot_position'))
  if (file === '') {
    throw new CdcError(
      'CDC_PREREQUISITE',
      'The server writes no binary log. Set log_bin = mysql-bin and server_id = 1 in its configuration and restart it.',
    )
  }
  const server = await serverIdentity(session, facts, signal)
  if (!withGtids) return { file, offset, server }
  const [row] = await session.texts('SELECT BINLOG_GTID_POS(?, ?)', [file, offset], signal)
  return row?.[0] ? { file, offset, server, gtids: row[0] } : { file, offset, server }
}

/** ER_NO_SUCH_TABLE, ER_BAD_FIELD_ERROR, ER_TABLE_DEF_CHANGED, ER_KEY_DOES_NOT_EXITS (sic), ER_WRONG_OBJECT, ER_BAD_DB_ERROR */
function isTableChange(error: unknown): boolean {
  return (
    (error instanceof Error &&
      'errno' in error &&
      [1146, 1054, 1412, 1176, 1347, 1049].includes(Number(error.errno))) ||
    errorCode(error) === 'ER_TABLE_DEF_CHANGED'
  )
}

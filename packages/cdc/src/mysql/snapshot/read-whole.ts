/**
 * A table without a key, all of it in one consistent snapshot. Rows come as fast as they are taken: the connection is held back meanwhile.
 *
 * MySQL does not say where its snapshots stand in the log. There the table is locked against writes for the moment in which the snapshot
 * is taken and the end of the log is asked for; who waits for the lock holds up writers, so it waits a few seconds at most.
 */
import { CdcError } from '../../errors.ts'
import type { Row } from '../../model/column-value.ts'
import { type TableSchema, tableText } from '../../model/table-schema.ts'
import type { Chunk } from '../../snapshot/table-reader.ts'
import type { MysqlSession, RawRow } from '../connection/mysql-session.ts'
import { sameShape, toTableSchema } from '../schema/mysql-table.ts'
import { quoted, quotedName, readTables } from '../schema/read-tables.ts'
import type { ServerFacts } from '../schema/server-facts.ts'
import { accountText, isDenied, readLogEnd } from './log-place.ts'
import { MysqlView } from './mysql-view.ts'
import { rawBytes, rowMaker, selectRows } from './row-query.ts'
import { type SnapshotOptions, snapshotPlace } from './table-session.ts'

const lockWaitSeconds = 5

export async function* readWholeTable(
  given: TableSchema,
  facts: ServerFacts,
  options: SnapshotOptions,
  limits: { readonly rowsMax: number; readonly bytesMax: number },
  signal: AbortSignal,
): AsyncGenerator<Chunk> {
  const session = await options.open(signal)
  try {
    const view =
      facts.family === 'mariadb'
        ? await openSnapshot(session, facts, options, signal)
        : await openLocked(session, given, facts, options, signal)
    // The first touch takes the definition's lock, which is held to the end.
    await session.rows(`SELECT 1 FROM ${quoted(given)} LIMIT 0`, [], signal)
    const [table] = await readTables(session, facts, [given], signal)
    if (table === undefined) throw gone(given)
    const now = toTableSchema(table)
    const schema = sameShape(now, given) ? given : now
    const make = rowMaker(schema)
    let rows: Row[] = []
    let bytes = 0
    for await (const raw of stream(session, selectRows({ schema, table }), signal)) {
      rows.push(make(raw))
      bytes += rawBytes(raw)
      if (rows.length < limits.rowsMax && bytes < limits.bytesMax) continue
      // The order of rows is any, so there is no key to go on behind: `last` only says that more comes.
      yield { schema, rows, last: [], view }
      rows = []
      bytes = 0
    }
    yield { schema, rows, last: undefined, view }
  } finally {
    // In the middle of the rows there is no other way to end them.
    session.destroy()
  }
}

async function openSnapshot(
  session: MysqlSession,
  facts: ServerFacts,
  options: SnapshotOptions,
  signal: AbortSignal,
): Promise<MysqlView> {
  await session.run('START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY', [], signal)
  const place = await snapshotPlace(session, facts, options.hasFailover, signal)
  return new MysqlView({ family: 'mariadb', before: place, after: place })
}

async function openLocked(
  session: MysqlSession,
  given: TableSchema,
  facts: ServerFacts,
  options: SnapshotOptions,
  signal: AbortSignal,
): Promise<MysqlView> {
  // Beginning a transaction would give the lock up, so that another session has it.
  const locking = await options.open(signal)
  try {
    await locking.run(`SET SESSION lock_wait_timeout = ${lockWaitSeconds}`, [], signal)
    await lock(locking, given, signal)
    await session.run('START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY', [], signal)
    // Nobody writes to the table now, so that everything the log has of it is in the snapshot.
    const after = await readLogEnd(locking, facts, signal)
    await locking.run('UNLOCK TABLES', [], signal)
    return new MysqlView({ family: 'mysql', before: after, after })
  } finally {
    locking.destroy()
  }
}

async function lock(session: MysqlSession, table: TableSchema, signal: AbortSignal): Promise<void> {
  try {
    await session.run(`LOCK TABLES ${quoted(table)} READ`, [], signal)
  } catch (cause) {
    if (!isDenied(cause)) throw cause
    const [account] = await session.texts('SELECT CURRENT_USER()', [], signal)
    throw new CdcError(
      'CDC_PREREQUISITE',
      `${tableText(table)} has no key, so that it must be read as of one moment, which needs a lock of an instant. ` +
        `Run GRANT LOCK TABLES ON ${quotedName(table.schema)}.* TO ${accountText(account?.[0] ?? '')}, or give the table a primary key.`,
      { cause },
    )
  }
}

async function* stream(session: MysqlSession, sql: string, signal: AbortSignal): AsyncGenerator<RawRow> {
  const rows = session.connection
    .query({ sql, rowsAsArray: true, typeCast: false })
    .stream({ highWaterMark: 256 })
  const abort = () => rows.destroy(signal.reason)
  signal.addEventListener('abort', abort, { once: true })
  try {
    // Without casts the driver gives arrays of buffers.
    for await (const row of rows) yield row as RawRow
  } finally {
    signal.removeEventListener('abort', abort)
  }
}

function gone(table: TableSchema): CdcError {
  return new CdcError(
    'CDC_TABLE_MISSING',
    `The table ${tableText(table)} does not exist, or the account may not see it.`,
  )
}

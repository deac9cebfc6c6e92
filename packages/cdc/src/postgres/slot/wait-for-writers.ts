/**
 * After tables were put into the publication: waits for the end of all transactions that may have written to them before. Of such a
 * transaction the log leaves out what it wrote before the change of the publication, and a snapshot that is taken while it is open does
 * not show it either; once it is over, every snapshot shows it. Who has written to a table holds its lock to the end.
 */
import type { DatabaseContext } from '../../database/database.ts'
import type { TableName } from '../../model/table-schema.ts'
import type { SqlSession } from '../connection/sql-session.ts'
import { qualified } from '../connection/sql-text.ts'

const askMs = 50
/** Then somebody is told. */
const patienceMs = 5000

export async function waitForWriters(
  sql: SqlSession,
  tables: readonly TableName[],
  { clock, signal, warn }: DatabaseContext,
): Promise<void> {
  const names = tables.map(qualified)
  let waitedFor: ReadonlySet<string> | undefined
  const start = clock.now()
  let isTold = false
  for (;;) {
    const now = await writers(sql, names)
    waitedFor = new Set(waitedFor === undefined ? now : now.filter((writer) => waitedFor?.has(writer)))
    if (waitedFor.size === 0 || signal.aborted) return
    if (!isTold && clock.now() - start > patienceMs) {
      isTold = true
      warn(
        'CDC_PREREQUISITE',
        `Tables ${names.join(', ')} were put into the publication; loading them waits for transactions that had written to them before. ` +
          'See: SELECT pid, xact_start, state, query FROM pg_stat_activity ORDER BY xact_start;',
      )
    }
    await clock.sleep(askMs, signal)
  }
}

/** Transactions that hold a lock as writers take it, on the tables or their partitions. */
async function writers(sql: SqlSession, names: readonly string[]): Promise<readonly string[]> {
  const rows = await sql.rows(
    `SELECT DISTINCT l.virtualtransaction AS writer FROM pg_locks l
     WHERE l.locktype = 'relation' AND l.granted AND l.mode IN
         ('RowExclusiveLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock')
       AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
       AND l.relation IN (SELECT to_regclass(name)::oid FROM unnest($1::text[]) AS name
         UNION SELECT p.relid::oid FROM unnest($1::text[]) AS name, pg_partition_tree(to_regclass(name)) AS p)`,
    [names],
  )
  return rows.map((row) => row.writer ?? '')
}

/**
 * Writes records in a transaction that is open, and finds those that cannot be written: a piece that fails is taken back to a savepoint
 * and tried in halves, in the order of the records, until the bad ones stand alone. So one bad row among n costs about 2 log2(n)
 * further pieces, and a piece of one record has its writes exactly as they came.
 */

import type { TableWrite } from './row-write.ts'
import type { Failure, SqlDialect, SqlSession } from './sql-dialect.ts'
import { Unfit } from './unfit.ts'
import { planWrites } from './write-plan.ts'

export interface RecordWrites {
  /** Of the record in its call. */
  readonly index: number
  readonly writes: readonly TableWrite[]
}

export interface RefusedRecord {
  readonly index: number
  readonly failure: Failure
}

/** The records that were not written. Fails with anything but a fault of a record. */
export async function writeRecords(
  dialect: SqlDialect,
  session: SqlSession,
  records: readonly RecordWrites[],
): Promise<RefusedRecord[]> {
  const refused: RefusedRecord[] = []
  if (records.length > 0) await writePiece(dialect, session, records, refused, 0)
  return refused
}

async function writePiece(
  dialect: SqlDialect,
  session: SqlSession,
  records: readonly RecordWrites[],
  refused: RefusedRecord[],
  depth: number,
): Promise<void> {
  const savepoint = `piece_${depth}`
  await session.run(`SAVEPOINT ${savepoint}`)
  try {
    const writes = records.flatMap((record) => record.writes)
    for (const step of planWrites(writes)) await dialect.write(session, step)
    const deferred = new Set(writes.flatMap(({ target }) => target.table.deferred))
    if (deferred.size > 0) {
      // Else they would fail the commit, where no record is to be blamed.
      await session.run('SET CONSTRAINTS ALL IMMEDIATE')
      await session.run(`SET CONSTRAINTS ${[...deferred].join(', ')} DEFERRED`)
    }
    await session.run(`RELEASE SAVEPOINT ${savepoint}`)
    return
  } catch (error) {
    const failure = failureOf(dialect, error)
    if (failure.kind !== 'data' && failure.kind !== 'reference') throw error
    await session.run(`ROLLBACK TO SAVEPOINT ${savepoint}`)
    const [only] = records
    if (records.length === 1 && only !== undefined) {
      refused.push({ index: only.index, failure })
      return
    }
  }
  const half = Math.ceil(records.length / 2)
  await writePiece(dialect, session, records.slice(0, half), refused, depth + 1)
  await writePiece(dialect, session, records.slice(half), refused, depth + 1)
}

export function failureOf(dialect: SqlDialect, error: unknown): Failure {
  if (error instanceof Unfit) return { kind: 'data', code: 'Unfit', message: error.message }
  return dialect.failureOf(error)
}

/**
 * What the commit of a function stage holds beside positions: the writes of invocations, the dead letters of records that
 * were given up, and stretches of the log that could not be read.
 */
import type { Transaction } from '@millrace/store'
import { TableError, TableRequestError } from '@millrace/tables'
import { putDeadRecord, putDeadStretch } from '../dead-letter.ts'
import type { Invocation } from '../invocation.ts'
import type { Latency } from '../latency.ts'
import type { Ledger } from '../ledger.ts'
import type { Stretch } from '../shard-cursor.ts'
import type { StageContext } from '../stage.ts'
import type { BatchRecord } from '../stream-record.ts'
import type { Fate } from './attempts.ts'
import { deadRecord } from './dead-record.ts'

export interface StageName {
  readonly stage: string
  readonly codeVersion: string
}

/** Ends a commit: since the call of this fate was made, an item has changed so that its writes cannot be made any more. */
export class StaleFate extends Error {
  readonly fate: Fate

  constructor(fate: Fate, cause: unknown) {
    super('the writes of a call cannot be made any more', { cause })
    this.fate = fate
  }
}

export function countFates(ledger: Ledger, fates: readonly Fate[], stretches: readonly Stretch[]): void {
  for (const { done, dead, writes } of fates) {
    ledger.out += done.length
    ledger.dead += dead.length
    for (const invocation of writes) invocation.countInto(ledger)
  }
  for (const stretch of stretches) ledger.dead += stretch.to - stretch.from
}

export function writeFates(
  transaction: Transaction,
  name: StageName,
  fates: readonly Fate[],
  stretches: readonly Stretch[],
  nowMs: number,
): void {
  for (const fate of fates) {
    try {
      for (const invocation of fate.writes) invocation.apply(transaction, newestOrigin(invocation))
    } catch (error) {
      if (!(error instanceof TableError || error instanceof TableRequestError)) throw error
      throw new StaleFate(fate, error)
    }
  }
  for (const { dead } of fates) {
    for (const { record, death } of dead) putDeadRecord(transaction, deadRecord(name, record, death, nowMs))
  }
  for (const stretch of stretches) putDeadStretch(transaction, name.stage, stretch, nowMs)
}

/** Latencies of the records of calls that wrote something, once that is on disk; of other forms of functions, of all. */
export async function measureFates(fates: readonly Fate[], context: StageContext): Promise<void> {
  const { store, clock, latency, tableLatency } = context
  try {
    await store.flushed()
  } catch {
    // The store's next commit reports it; what is not on disk has no latency yet.
    return
  }
  const now = clock.now()
  for (const { done, writes } of fates) {
    if (writes.length === 0) recordLatencies(done, now, latency)
    for (const { records, writeCount, emitCount } of writes) {
      if (writeCount + emitCount > 0) recordLatencies(records, now, latency)
      if (writeCount > 0) recordLatencies(records, now, tableLatency)
    }
  }
}

/** Records of one source batch share their origin, so runs of equal values are recorded at once. */
function recordLatencies(records: readonly BatchRecord[], now: number, into: Latency): void {
  let origin = Number.NaN
  let count = 0
  for (const { batch, index } of records) {
    const time = batch.originTime(index)
    if (time !== origin) {
      into.record(now - origin, count)
      origin = time
      count = 0
    }
    count++
  }
  into.record(now - origin, count)
}

function newestOrigin({ emitCount, records }: Invocation): number {
  if (emitCount === 0) return 0
  let newest = 0
  for (const { batch, index } of records) newest = Math.max(newest, batch.originTime(index))
  return newest
}

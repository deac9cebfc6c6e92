/**
 * What a transaction's snapshot sees of the log: exact, by transaction ids. Postgres writes a snapshot as `xmin:xmax:xip,...`: every
 * transaction below xmin is over, every one from xmax on had not begun, and of those between the listed ones were open. A transaction that
 * is in the log has committed, so the snapshot contains it if and only if it was over.
 *
 * The log has the lower 32 bits of a transaction id, a snapshot all 64: the id is the one nearest to xmax with these bits, which is right
 * while they are less than 2^31 apart, and Postgres lets no transaction become older.
 */
import type { LogPosition } from '../../log/log-reader.ts'
import type { Transaction } from '../../model/log-event.ts'
import type { ChunkView } from '../../snapshot/table-reader.ts'
import { positionFromJson, reachedLsn } from '../log/postgres-position.ts'
import type { Lsn } from '../pgoutput/lsn.ts'

export interface SnapshotOptions {
  /** The log's end after the snapshot was taken: all that it contains was committed before. */
  readonly end: Lsn
  /** On a standby a snapshot does not list the open transactions of the primary. */
  readonly isStandby: boolean
}

export function snapshotView(snapshot: string, { end, isStandby }: SnapshotOptions): ChunkView {
  const { xmin, xmax, open } = parseSnapshot(snapshot)
  return {
    contains(transaction: Transaction) {
      const id = fullId(transaction.number, xmax)
      if (id < xmin) return 'yes'
      if (id >= xmax) return 'no'
      if (isStandby) return 'maybe'
      return open.has(id) ? 'no' : 'yes'
    },
    isPassedBy(position: LogPosition) {
      return reachedLsn(positionFromJson(position)) >= end
    },
  }
}

interface Snapshot {
  readonly xmin: bigint
  readonly xmax: bigint
  readonly open: ReadonlySet<bigint>
}

function parseSnapshot(text: string): Snapshot {
  const match = /^(\d+):(\d+):([\d,]*)$/.exec(text)
  if (match === null) throw new TypeError(`${JSON.stringify(text)} is no snapshot of Postgres`)
  const open = match[3] === '' ? [] : (match[3] ?? '').split(',').map(BigInt)
  return { xmin: BigInt(match[1] ?? ''), xmax: BigInt(match[2] ?? ''), open: new Set(open) }
}

function fullId(low: number, near: bigint): bigint {
  // The difference of the lower bits as a signed number of 32 bits.
  return near + BigInt.asIntN(32, BigInt(low) - near)
}

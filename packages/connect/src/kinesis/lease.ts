/**
 * A lease: the right of one worker to read one shard, and how far it has come. The attributes have the names and the
 * meaning that the consumer library of Kinesis gives them, so that its applications can take a table over, and we theirs.
 *
 * The rules of ownership rest on one thing: every change of a lease raises `leaseCounter`, and is made only if counter
 * and owner are still what the changer last saw. A lease whose counter stands still for the failover time has lost its
 * worker. Whoever lost a lease therefore cannot write its checkpoint any more.
 */
import { compareExtended, type HashRange } from '@millrace/values'
import type { KinesisShard, ShardPosition, StartPosition } from './kinesis-stream-port.ts'

export interface Lease {
  /** The shard id. */
  readonly leaseKey: string
  /** A sequence number, or one of the words below. Everything up to it, inclusive, is processed. */
  readonly checkpoint: string
  /** Place inside of the aggregate at `checkpoint`, 0 for a plain record. */
  readonly checkpointSubSequenceNumber: number
  readonly leaseCounter: number
  /** Undefined: nobody's. */
  readonly leaseOwner: string | undefined
  readonly ownerSwitchesSinceCheckpoint: number
  readonly parentShardId: readonly string[]
  readonly childShardIds: readonly string[]
  /** Decimal text; undefined in tables of older libraries. */
  readonly startingHashKey: string | undefined
  readonly endingHashKey: string | undefined
  /**
   * With the words LATEST and AT_TIMESTAMP: the time meant, ms, so that a worker that takes an unread shard over begins
   * where the first one would have. Our own attribute; undefined in leases that other libraries made.
   */
  readonly startTimeMs: number | undefined
}

/** The word of a shard that is closed and processed to its end. */
export const shardEnd = 'SHARD_END'
const startWords: ReadonlySet<string> = new Set(['TRIM_HORIZON', 'LATEST', 'AT_TIMESTAMP'])

/** Whether nothing of the shard has been checkpointed. */
export function isAtStart(lease: Lease): boolean {
  return startWords.has(lease.checkpoint)
}

export function isFinished(lease: Lease): boolean {
  return lease.checkpoint === shardEnd
}

export interface Checkpoint {
  readonly sequenceNumber: string
  readonly subSequence: number
}

/** The checkpoint as a place in the shard; undefined at the words. */
export function placeOf(lease: Lease): Checkpoint | undefined {
  if (isAtStart(lease) || isFinished(lease)) return undefined
  return { sequenceNumber: lease.checkpoint, subSequence: lease.checkpointSubSequenceNumber }
}

/** Whether the checkpoint is at `to` already, or behind it. */
export function isCovered(lease: Lease, to: Checkpoint): boolean {
  if (isFinished(lease)) return true
  const place = placeOf(lease)
  return place !== undefined && compareExtended(to, place) <= 0
}

/** The lease of a shard that nobody has read. */
export function newLease(shard: KinesisShard, from: StartPosition): Lease {
  return {
    leaseKey: shard.shardId,
    checkpoint: from.type,
    checkpointSubSequenceNumber: 0,
    leaseCounter: 0,
    leaseOwner: undefined,
    ownerSwitchesSinceCheckpoint: 0,
    parentShardId: shard.parents,
    childShardIds: [],
    startingHashKey: String(shard.range.start),
    endingHashKey: String(shard.range.end),
    startTimeMs: from.type === 'AT_TIMESTAMP' ? from.timeMs : undefined,
  }
}

/** Where a reader of the lease's shard begins: at the checkpoint, since an aggregate may be half done. */
export function positionOf(lease: Lease): ShardPosition {
  const { checkpoint, startTimeMs } = lease
  if (checkpoint === 'TRIM_HORIZON') return { type: 'TRIM_HORIZON' }
  if (!isAtStart(lease)) return { type: 'AT_SEQUENCE_NUMBER', sequenceNumber: checkpoint }
  return startTimeMs === undefined ? { type: 'LATEST' } : { type: 'AT_TIMESTAMP', timeMs: startTimeMs }
}

/** Undefined in tables of older libraries. */
export function rangeOf({ startingHashKey, endingHashKey }: Lease): HashRange | undefined {
  if (startingHashKey === undefined || endingHashKey === undefined) return undefined
  return { start: BigInt(startingHashKey), end: BigInt(endingHashKey) }
}

/** What a change may set; the counter is raised by every change. */
export type LeaseChange = Partial<
  Pick<
    Lease,
    | 'checkpoint'
    | 'checkpointSubSequenceNumber'
    | 'leaseOwner'
    | 'ownerSwitchesSinceCheckpoint'
    | 'childShardIds'
  >
>

/** Where leases live. Calls fail (reject) only for reasons of the place itself; lost races are answers. */
export interface LeaseTable {
  /** For messages. */
  readonly name: string
  /** Makes the table where there is none, and waits until it can be used. */
  open(): Promise<void>
  list(): Promise<readonly Lease[]>
  get(leaseKey: string): Promise<Lease | undefined>
  /** False if there is one with this key, which stays as it is. */
  create(lease: Lease): Promise<boolean>
  /**
   * Makes the change and raises the counter by one, if counter and owner are those of `seen`. Undefined if they are not,
   * or the lease is gone. A change that was made although its answer was lost counts as made when it is tried again.
   */
  update(seen: Lease, change: LeaseChange): Promise<Lease | undefined>
  delete(leaseKey: string): Promise<void>
  close(): Promise<void>
}

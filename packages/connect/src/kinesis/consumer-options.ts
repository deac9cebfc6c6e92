/** What a consumer is told, and what it hands over. */
import type { Clock, Random } from '@millrace/values'
import type { KinesisStreamPort } from './kinesis-stream-port.ts'
import type { LeaseTable } from './lease.ts'
import type { StartOption } from './start-position.ts'

/** A record as its producer made it, taken out of its aggregate. */
export interface UserRecord {
  /** Of the record that was put; all records of an aggregate share it. */
  readonly sequenceNumber: string
  /** Place in the aggregate, 0 for a record that came alone. */
  readonly subSequenceNumber: number
  readonly partitionKey: string
  readonly explicitHashKey: string | undefined
  /** A view, valid until the batch is done. */
  readonly data: Uint8Array
  readonly arrivalTimeMs: number
}

export interface BatchContext {
  readonly shardId: string
  /** How far the shard's reader is behind the newest record, 0 when it has caught up. */
  readonly millisBehindLatest: number
  /** 1 for the first attempt. */
  readonly attempt: number
  /** Aborts when the shard went to another worker: what is done from then on is done twice. */
  readonly signal: AbortSignal
  /**
   * Notes that everything up to the record, by default the last one of the batch, is processed: a restart goes on after
   * it. One that is behind the stored checkpoint changes nothing. Errors: LEASE_LOST, CHECKPOINT_INVALID.
   */
  checkpoint(record?: Pick<UserRecord, 'sequenceNumber' | 'subSequenceNumber'>): Promise<void>
}

export interface KinesisConsumerOptions {
  readonly stream: KinesisStreamPort
  readonly leases: LeaseTable
  /**
   * Records of one shard, in order; the next batch of the shard comes when this one is done. Throwing repeats it.
   * Batches of several shards are worked on at the same time.
   */
  readonly processRecords: (records: readonly UserRecord[], context: BatchContext) => unknown
  /** A closed shard was read to its end. Whatever was kept back must be done when this returns. */
  readonly shardEnded?: (context: Pick<BatchContext, 'shardId' | 'signal'>) => unknown
  /** Different for each worker, and new for each start. By default made of the process and a random part. */
  readonly workerId?: string
  /** Where to begin with shards that nobody has read. Default 'trim-horizon'. */
  readonly from?: StartOption
  /** Records of a batch, 1 to 10000. Default 1000. */
  readonly batchSize?: number
  /** Take records of Kinesis' producer library out of their aggregates. Default true. */
  readonly deaggregate?: boolean
  /** 'after-batch' (default): each batch is checkpointed when it is done. 'manual': only what the callback says. */
  readonly checkpoint?: 'after-batch' | 'manual'
  /** Attempts after the first. Default: without end, so that nothing is left out. */
  readonly maxRetries?: number
  /** Required with `maxRetries`: takes a batch that was given up. When it returns, the shard goes on. */
  readonly batchFailed?: (records: readonly UserRecord[], error: unknown, shardId: string) => unknown
  /** A worker that has not been heard of for this long loses its shards. Default 10000. */
  readonly failoverMs?: number
  /** How often the list of shards is compared with the leases. Default 120000. */
  readonly shardSyncMs?: number
  /** Shards that this worker takes at most. Default: no limit. */
  readonly leasesMax?: number
  /** Shards taken at once from a worker that has too many. Default 1. */
  readonly stealMax?: number
  /** Told of what went wrong and is tried again, and of aggregates that could not be taken apart. */
  readonly onProblem?: (problem: ConsumerProblem) => void
  readonly clock?: Clock
  readonly random?: Random
}

export interface ConsumerProblem {
  /** The error's code; AGGREGATE_DISCARDED and AGGREGATE_CUT for aggregates. */
  readonly code: string
  readonly message: string
  readonly shardId: string | undefined
  readonly cause: unknown
}

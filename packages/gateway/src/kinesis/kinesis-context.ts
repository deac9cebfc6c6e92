/** What the operations of the Kinesis API share. */
import type { Store, StreamInfo } from '@millrace/store'
import type { Clock, Random } from '@millrace/values'
import type { Meter } from '../metrics/meter.ts'
import type { Caller } from '../wire/wire-service.ts'
import type { KinesisLimits } from './kinesis-limits.ts'

export interface KinesisContext {
  readonly store: Store
  readonly clock: Clock
  readonly random: Random
  readonly meter: Meter
  readonly limits: KinesisLimits
  readonly region: string
  readonly streams: StreamDirectory
}

/** Settings of a stream that only the wire knows; everything else is in the store's StreamInfo. */
export interface StreamSettings {
  readonly mode: 'PROVISIONED' | 'ON_DEMAND'
  readonly maxRecordKiB: number
  readonly encryptionKeyId: string | undefined
  /** Names of the seven shard-level metrics that are on; never ALL. */
  readonly shardLevelMetrics: readonly string[]
  readonly tags: Readonly<Record<string, string>>
  /** Throughput that an on-demand stream is kept ready for, MiB/s. */
  readonly warmThroughputMiBps: number | undefined
  /** Keeps the shards of a provisioned stream at a target of their use. */
  readonly autoscale: AutoscaleTarget | undefined
  /** Records before this time, ms, have expired once and for all, though the retention may have been raised since. */
  readonly expiredBefore: number
}

export interface AutoscaleTarget {
  /** Share of the shards' write limits that should be in use, above 0 and below 1. */
  readonly target: number
  readonly min: number
  readonly max: number
}

export const defaultSettings: StreamSettings = {
  mode: 'PROVISIONED',
  maxRecordKiB: 1024,
  encryptionKeyId: undefined,
  shardLevelMetrics: [],
  tags: {},
  warmThroughputMiBps: undefined,
  autoscale: undefined,
  expiredBefore: 0,
}

export type StreamStatus = 'CREATING' | 'ACTIVE' | 'UPDATING' | 'DELETING'

/** A stream as a call finds it. */
export interface KinesisStream {
  readonly name: string
  readonly arn: string
  readonly account: string
  readonly status: StreamStatus
  readonly settings: StreamSettings
  /** Shards by number, with their ranges, parents and times: a snapshot, taken when first asked for. Costs a look at each shard. */
  readonly info: StreamInfo
}

export interface StreamConsumer {
  readonly name: string
  readonly arn: string
  readonly streamName: string
  readonly status: 'CREATING' | 'ACTIVE' | 'DELETING'
  /** Ms since the epoch. */
  readonly createdAt: number
}

/** Finds streams and consumers for a caller. */
export interface StreamDirectory {
  /**
   * The stream that name or ARN (or both) mean, after the caller was found to be allowed the action (`kinesis:PutRecord`)
   * on it. Errors: InvalidArgumentException (neither given, or they differ), AccessDeniedException,
   * ResourceNotFoundException (also for a stream that is being deleted).
   */
  resolve(reference: StreamReference, caller: Caller, action: string): KinesisStream
  /** The settings alone, cheap enough for every put; undefined where there is no such stream. */
  settings(name: string): StreamSettings | undefined
  /** By consumer ARN. Errors: InvalidArgumentException, AccessDeniedException, ResourceNotFoundException. */
  resolveConsumer(consumerArn: string, caller: Caller, action: string): StreamConsumer
  /**
   * Calls the listener when a consumer is being removed, by itself or with its stream: open subscriptions end. Returns
   * the function that stops it.
   */
  onConsumerRemoved(listener: (consumer: StreamConsumer) => void): () => void
}

export interface StreamReference {
  readonly StreamName?: string | undefined
  readonly StreamARN?: string | undefined
}

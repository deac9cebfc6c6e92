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
  readonly shardLevelMetrics: readonly string[]
  readonly tags: Readonly<Record<string, string>>
}

export type StreamStatus = 'CREATING' | 'ACTIVE' | 'UPDATING' | 'DELETING'

/** A stream as a call finds it: a snapshot, taken when the call resolved it. */
export interface KinesisStream {
  readonly name: string
  readonly arn: string
  readonly account: string
  readonly status: StreamStatus
  readonly settings: StreamSettings
  /** Shards by number, with their ranges, parents and times. */
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
   * The stream that name or ARN (or both) mean, after the caller was found to be allowed the action on it. Errors:
   * InvalidArgumentException (neither given, or they differ), AccessDeniedException, ResourceNotFoundException (also for a
   * stream that is being deleted).
   */
  resolve(reference: StreamReference, caller: Caller, action: string): KinesisStream
  /** The settings alone, cheap enough for every put; undefined where there is no such stream. */
  settings(name: string): StreamSettings | undefined
  /** By consumer ARN. Errors: AccessDeniedException, ResourceNotFoundException. */
  resolveConsumer(consumerArn: string, caller: Caller, action: string): StreamConsumer
}

export interface StreamReference {
  readonly StreamName?: string | undefined
  readonly StreamARN?: string | undefined
}

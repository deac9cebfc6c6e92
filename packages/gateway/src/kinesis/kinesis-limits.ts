/**
 * Limits of the Kinesis API as a profile: `aws` enforces what the service enforces, so that throttles can be seen;
 * `local` has no rates. Infinity switches a rate off. Quotas that shape an answer (records of a page, size of a call)
 * hold in both.
 */
export interface KinesisLimits {
  /** Written per shard, each second: bytes of data and partition keys, and records. */
  readonly shardWriteBytesPerSecond: number
  readonly shardWriteRecordsPerSecond: number
  /** Read per shard by all pollers, each second; after a larger reply a shard is closed for as long as it takes. */
  readonly shardReadBytesPerSecond: number
  readonly shardReadCallsPerSecond: number
  readonly iteratorCallsPerSecond: number
  /** Pushed per consumer and shard, each second. */
  readonly fanOutBytesPerSecond: number
  readonly subscribeCallsPerSecond: number
  /** False: no call of the control plane is refused for its rate. */
  readonly controlPlaneRates: boolean
  readonly shardsMax: number
  readonly onDemandStreamsMax: number
  readonly consumersPerStreamMax: number
  /** Shard count updates of one stream in a rolling day. */
  readonly shardCountUpdatesPerDay: number
}

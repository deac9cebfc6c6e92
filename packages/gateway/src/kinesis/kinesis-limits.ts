/**
 * Limits of the APIs as a profile: `aws` enforces what the service enforces, so that throttles can be seen;
 * `local` has no rates and no waiting. Infinity switches a rate or a quota off. Quotas that shape an answer (records of a
 * page, size of a call) hold in both and are no settings.
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
  /** Open shards of all provisioned streams together. */
  readonly shardsMax: number
  readonly onDemandStreamsMax: number
  readonly consumersPerStreamMax: number
  /** Shard count updates of one stream in a rolling day. */
  readonly shardCountUpdatesPerDay: number
  /** Changes between provisioned and on-demand of one stream in a rolling day. */
  readonly modeSwitchesPerDay: number
  /** Keys given to StartStreamEncryption for one stream, changes of a delivery's encryption, in a rolling day. */
  readonly encryptionStartsPerDay: number
  /** Put to a delivery each second: bytes of data, records, and calls. */
  readonly deliveryPutBytesPerSecond: number
  readonly deliveryPutRecordsPerSecond: number
  readonly deliveryPutCallsPerSecond: number
  readonly deliveryStreamsMax: number
  /** How long streams, consumers, deliveries, tables and indexes stay in CREATING, UPDATING and DELETING, ms. */
  readonly statusMs: number
  /** Whether the provisioned capacity of tables is enforced; it is kept and shown either way. */
  readonly tableCapacity: boolean
}

export const awsLimits: KinesisLimits = {
  shardWriteBytesPerSecond: 1024 * 1024,
  shardWriteRecordsPerSecond: 1000,
  shardReadBytesPerSecond: 2 * 1024 * 1024,
  shardReadCallsPerSecond: 5,
  iteratorCallsPerSecond: 5,
  fanOutBytesPerSecond: 2 * 1024 * 1024,
  subscribeCallsPerSecond: 1,
  controlPlaneRates: true,
  shardsMax: 1000,
  onDemandStreamsMax: 50,
  consumersPerStreamMax: 20,
  shardCountUpdatesPerDay: 10,
  modeSwitchesPerDay: 2,
  encryptionStartsPerDay: 25,
  deliveryPutBytesPerSecond: 5 * 1024 * 1024,
  deliveryPutRecordsPerSecond: 500_000,
  deliveryPutCallsPerSecond: 2000,
  deliveryStreamsMax: 5000,
  statusMs: 400,
  tableCapacity: true,
}

const off = Number.POSITIVE_INFINITY

export const localLimits: KinesisLimits = {
  shardWriteBytesPerSecond: off,
  shardWriteRecordsPerSecond: off,
  shardReadBytesPerSecond: off,
  shardReadCallsPerSecond: off,
  iteratorCallsPerSecond: off,
  fanOutBytesPerSecond: off,
  subscribeCallsPerSecond: off,
  controlPlaneRates: false,
  shardsMax: off,
  onDemandStreamsMax: off,
  consumersPerStreamMax: 20,
  shardCountUpdatesPerDay: off,
  modeSwitchesPerDay: off,
  encryptionStartsPerDay: off,
  deliveryPutBytesPerSecond: off,
  deliveryPutRecordsPerSecond: off,
  deliveryPutCallsPerSecond: off,
  deliveryStreamsMax: off,
  statusMs: 0,
  tableCapacity: false,
}

export const limitProfiles = { aws: awsLimits, local: localLimits } as const

export type LimitProfile = keyof typeof limitProfiles

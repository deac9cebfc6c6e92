/** Deliveries as the Firehose API keeps and finds them. */
import type { DeliveryDirectory, DeliveryHost, DeliveryRecord } from '@millrace/lake'
import type { KinesisLimits } from '../kinesis/kinesis-limits.ts'
import type { EncryptionInput, InputOf, Tag } from './shapes/input-shapes.ts'
import type { ExtendedS3Configuration } from './shapes/s3-shapes.ts'

export type FirehoseLimits = Pick<
  KinesisLimits,
  | 'statusMs'
  | 'controlPlaneRates'
  | 'encryptionStartsPerDay'
  | 'deliveryStreamsMax'
  | 'deliveryPutBytesPerSecond'
  | 'deliveryPutRecordsPerSecond'
  | 'deliveryPutCallsPerSecond'
>

/** The deliveries of a store and, where somebody runs them, who does. */
export interface Deliveries {
  readonly directory: DeliveryDirectory
  readonly host: Pick<DeliveryHost, 'refresh' | 'failure'>
  /** Begins to run them; `url` is that of the endpoint, which listens. */
  start?(url: string): void
  /** Ends those who run them. To be called before the store is closed. */
  close?(): Promise<void>
}

/** What the API keeps of a delivery beside its settings. */
export interface DeliveryNotes {
  /** As the client stated it, updates merged in; absent where an app declared the delivery. */
  readonly destination?: ExtendedS3Configuration
  readonly kinesisSource?: NonNullable<InputOf<'CreateDeliveryStream'>['KinesisStreamSourceConfiguration']>
  readonly directPut?: { readonly ThroughputHintInMBs: number }
  readonly tags?: readonly Tag[]
  readonly encryption?: StoredEncryption
  /** Times, ms, of StartDeliveryStreamEncryption and StopDeliveryStreamEncryption: of the last day, oldest first. */
  readonly encryptionCalls?: readonly number[]
  /** Set once it is being deleted; at this time, ms, it is gone. */
  readonly deletingUntil?: number
}

export interface StoredEncryption {
  /** Undefined: none. */
  readonly key: EncryptionInput | undefined
  /** ms; until then the change is under way. */
  readonly until: number
}

export type DeliveryStatus = 'CREATING' | 'ACTIVE' | 'DELETING'

/** A delivery as a call finds it. */
export interface FoundDelivery {
  readonly name: string
  readonly arn: string
  readonly account: string
  readonly status: DeliveryStatus
  readonly record: DeliveryRecord
  readonly notes: DeliveryNotes
}

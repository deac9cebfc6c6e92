/**
 * The port between deliveries and those who make, change and run them: the app's builder and the Firehose API.
 */
import type { DeliveryMeter, LambdaHost, StageContext, Warnings } from '@millrace/runtime'
import type { Store, Transaction } from '@millrace/store'
import type { Clock, Random } from '@millrace/values'
import type { Catalog } from '../catalog/catalog-port.ts'
import type { Buckets, StoredObject } from '../objects/object-store.ts'
import type { DeliveryRecord, DeliverySettings } from './delivery-settings.ts'
import type { RowFault } from './row-buffer.ts'
import type { TransformResult } from './transform-answer.ts'
import type { TransformRow } from './transform-row.ts'

/** Deliveries of a store, by name. Changes are one transaction each. */
export interface DeliveryDirectory {
  list(): DeliveryRecord[]
  get(name: string): DeliveryRecord | undefined
  /** `later`: other settings from a time on (ms). Errors: DELIVERY_EXISTS, and those of settings (DELIVERY_INVALID). */
  create(
    name: string,
    settings: DeliverySettings,
    options: {
      owner: 'app' | 'api'
      extra?: unknown
      later?: { readonly from: number; readonly settings: DeliverySettings }
    },
  ): DeliveryRecord
  /** `version`: that it has now. With `from` (ms) the settings hold from then on. Errors: DELIVERY_MISSING, DELIVERY_VERSION, DELIVERY_INVALID. */
  update(
    name: string,
    settings: DeliverySettings,
    options: { version: number; extra?: unknown; from?: number },
  ): DeliveryRecord
  /** Replaces what is kept beside the settings; the version stays. Error: DELIVERY_MISSING. */
  annotate(name: string, extra: unknown): DeliveryRecord
  /** With all that it keeps in the store; undelivered records are lost. Objects stay. Error: DELIVERY_MISSING. */
  delete(name: string): void
  /** Appends records of a client to a direct delivery. The caller waits for `store.flushed`. */
  put(transaction: Transaction, name: string, records: readonly Uint8Array[]): void
  /**
   * The stream of a direct delivery, made with it. Who puts many records appends them by builders of its own, as `put` does:
   * one record each, with an empty key, in the shard that the store routes the key to.
   */
  directStream(name: string): string
  /** All streams that a delivery of this name keeps for itself. */
  ownStreams(name: string): readonly string[]
}

/** What the stages of a delivery need beside their context. */
export interface DeliveryServices {
  readonly buckets: Buckets
  /** Undefined: none is kept, and no delivery may name a table. */
  readonly catalog: Catalog | undefined
  /** Undefined: no such function, and what it should transform fails with Lambda.ResourceNotFound. */
  transformer(functionName: string, context: StageContext): Transformer | undefined
  /** Tells those who listen to the bucket, in the very transaction that takes the object as delivered. */
  objectCreated?(transaction: Transaction, bucket: string, object: StoredObject): void
}

/** A transform function: of the service's shape, or one of the app's own program, which needs no text between. */
export type Transformer = EventTransformer | RecordTransformer

export interface RecordTransformer {
  readonly arn: string
  /** One result for each record, in order, or why there are none; rejects with what another try may mend. */
  transform(records: readonly TransformRow[]): Promise<readonly TransformResult[] | RowFault>
  close(): Promise<void>
}

/** Runs a function on one event of the service's shape. */
export interface EventTransformer {
  /** ARN as error records name it. */
  readonly arn: string
  /** JSON text in, JSON text out; rejects with a `code` such as Lambda.FunctionError, Lambda.FunctionTimedOut. */
  invoke(event: string): Promise<string>
  close(): Promise<void>
}

/** Runs the deliveries that clients make, beside the stages of an app or without one. */
export interface DeliveryHost {
  /** Looks at the directory again: starts what is new, ends what is gone, applies changes. */
  refresh(): void
  /** undefined while all goes well. */
  failure(name: string): { readonly type: string; readonly details: string } | undefined
  close(): Promise<void>
}

export interface DeliveryHostOptions {
  readonly store: Store
  readonly clock: Clock
  readonly random: Random
  readonly warnings: Warnings
  readonly services: DeliveryServices
  /** Runs Lambda functions of the app where there is one. */
  readonly lambdas: LambdaHost
  /** By the delivery's name. */
  readonly meter: (delivery: string) => DeliveryMeter
}

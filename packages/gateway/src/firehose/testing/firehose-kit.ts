/** A Firehose service over a real store in a directory of its own, called as the listener calls it. */
import { openStore, type Store } from '@millrace/store'
import { VirtualClock } from '@millrace/values'
import { afterEach } from 'vitest'
import { localLimits } from '../../kinesis/kinesis-limits.ts'
import { anyone, region, testDirectory, wireCall } from '../../kinesis/testing/kinesis-kit.ts'
import { MetricRegistry } from '../../metrics/metric-registry.ts'
import { encodeBody, parseBody } from '../../wire/body-codec.ts'
import { WireError } from '../../wire/wire-error.ts'
import type { Caller } from '../../wire/wire-service.ts'
import { type FirehoseService, openFirehoseService } from '../firehose-service.ts'
import type { FirehoseLimits } from '../found-delivery.ts'
import type { OperationName } from '../shapes/input-shapes.ts'
import { type UnattendedDeliveries, unattendedDeliveries } from './unattended-deliveries.ts'

export { account, anyone, region } from '../../kinesis/testing/kinesis-kit.ts'

export const startTime = Date.UTC(2026, 0, 15, 10)
const open = new Set<FirehoseKit>()

afterEach(async () => {
  for (const kit of [...open]) await kit.close()
})

/** Replies are looked at by tests alone, which know what they asked for: what a client's parser gives. */
type Reply = ReturnType<typeof JSON.parse>

export interface FirehoseKit {
  readonly store: Store
  readonly clock: VirtualClock
  readonly registry: MetricRegistry
  readonly deliveries: UnattendedDeliveries
  readonly service: FirehoseService
  call(operation: OperationName, input: object, caller?: Caller): Promise<Reply>
  /** Type and text of the error that a call ends with. */
  fault(operation: OperationName, input: object, caller?: Caller): Promise<string>
  /** What a delivery's own stream holds. */
  direct(name: string): Buffer[]
  /** Another service over the same store and deliveries, as after a start. */
  reopen(): void
  close(): Promise<void>
}

export async function firehoseKit(limits: Partial<FirehoseLimits> = {}): Promise<FirehoseKit> {
  const clock = new VirtualClock(startTime)
  const store = await openStore({ dir: testDirectory(), clock })
  const registry = new MetricRegistry({ clock })
  const deliveries = unattendedDeliveries(store, clock)
  const openService = (): FirehoseService =>
    openFirehoseService({
      store,
      deliveries,
      clock,
      meter: registry,
      limits: { ...localLimits, ...limits },
      region,
    })
  let service = openService()
  const call: FirehoseKit['call'] = async (operation, input, caller = anyone) => {
    const reply = await service.handle(wireCall(operation, encodeBody(input, 'json'), 'json', caller))
    if (reply.kind === 'events') throw new Error('no operation gives events')
    const bytes = reply.kind === 'bytes' ? reply.bytes : encodeBody(reply.value ?? {}, 'json')
    return parseBody(bytes, 'json')
  }
  const kit: FirehoseKit = {
    store,
    clock,
    registry,
    deliveries,
    get service() {
      return service
    },
    call,
    async fault(operation, input, caller) {
      try {
        await call(operation, input, caller)
      } catch (error) {
        if (error instanceof WireError) return `${error.type}: ${error.message}`
        throw error
      }
      return 'no error'
    },
    direct(name) {
      const { batches } = store.read(`${name}.direct`, 0, 0, { maxRecords: 1e6, maxBytes: 1 << 28 })
      return batches.flatMap((batch) => {
        if ('reason' in batch) throw new Error(batch.reason)
        const { bytes, count, dataStart } = batch
        return Array.from({ length: count }, (_, i) =>
          Buffer.from(bytes.subarray(dataStart[i], dataStart[i + 1])),
        )
      })
    },
    reopen() {
      service.close()
      service = openService()
    },
    async close() {
      if (!open.delete(kit)) return
      service.close()
      await store.close()
    },
  }
  open.add(kit)
  return kit
}

export const roleArn = 'arn:aws:iam::123456789012:role/firehose'
export const bucketArn = 'arn:aws:s3:::lake'

/** The least that CreateDeliveryStream takes. */
export function directTo(name: string, destination: object = {}): object {
  return {
    DeliveryStreamName: name,
    ExtendedS3DestinationConfiguration: { RoleARN: roleArn, BucketARN: bucketArn, ...destination },
  }
}

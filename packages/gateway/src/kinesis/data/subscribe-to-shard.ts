/**
 * SubscribeToShard: opens a subscription of a registered consumer to a shard. A consumer has one subscription to a shard
 * at a time. Within 5 s of a successful call another one is refused; later it takes over, and the older subscription ends
 * with a ResourceInUseException. In a profile without rates, a subscription that is over stands in nobody's way: a client
 * on a laptop that was restarted need not wait.
 */

import { formatShardId } from '@millrace/values'
import { TokenBucket } from '../../limits/token-bucket.ts'
import { WireError } from '../../wire/wire-error.ts'
import type { KinesisContext, StreamConsumer } from '../kinesis-context.ts'
import type { KinesisLimits } from '../kinesis-limits.ts'
import type { ReplyOperation } from '../operation.ts'
import { inUse } from '../streams/faults.ts'
import type { FanOutHub } from './fan-out-hub.ts'
import { checkStart, type PositionType, startPosition } from './get-shard-iterator.ts'
import type { RecordPage } from './record-page.ts'
import { mustShardId } from './shard-id.ts'
import type { StreamMeters } from './stream-meters.ts'
import { encryptionType, mustBeUsable } from './stream-state.ts'
import { Subscription } from './subscription.ts'

export interface SubscribeToShardInput {
  readonly ConsumerARN: string
  readonly ShardId: string
  readonly StartingPosition: {
    readonly Type: PositionType
    readonly SequenceNumber?: string | undefined
    readonly Timestamp?: Date | undefined
  }
}

const TAKE_OVER_MS = 5_000
/** Above this many places, those without a subscription are forgotten. */
const PLACES_BEFORE_CLEANING = 4096

/** A consumer's place at a shard. */
interface Place {
  readonly calls: TokenBucket
  readonly rate: TokenBucket
  openedAt: number
  subscription: Subscription | undefined
}

export interface SubscribeOperation extends ReplyOperation<SubscribeToShardInput> {
  /** Ends all subscriptions. */
  close(): void
}

export function subscribeToShard(
  parts: { readonly hub: FanOutHub; readonly meters: StreamMeters },
  context: KinesisContext,
): SubscribeOperation {
  const { store, clock, limits, streams } = context
  /** By ARN of the consumer and number of the shard. */
  const places = new Map<string, Map<number, Place>>()
  let count = 0
  const stopListening = streams.onConsumerRemoved((consumer) => {
    const failure = { type: 'ResourceNotFoundException', message: `Consumer ${consumer.arn} was removed.` }
    for (const { subscription } of places.get(consumer.arn)?.values() ?? []) subscription?.fail(failure)
    count -= places.get(consumer.arn)?.size ?? 0
    places.delete(consumer.arn)
  })

  function placeOf(consumer: StreamConsumer, shard: number, now: number): Place {
    const ofConsumer = places.get(consumer.arn) ?? new Map<number, Place>()
    places.set(consumer.arn, ofConsumer)
    let place = ofConsumer.get(shard)
    if (place === undefined) {
      if (count >= PLACES_BEFORE_CLEANING) clean(now)
      place = newPlace(limits, now)
      places.set(consumer.arn, ofConsumer.set(shard, place))
      count++
    }
    return place
  }

  function clean(now: number): void {
    for (const [arn, ofConsumer] of places) {
      for (const [shard, { subscription, openedAt }] of ofConsumer) {
        if (subscription === undefined && now - openedAt > TAKE_OVER_MS && ofConsumer.delete(shard)) count--
      }
      if (ofConsumer.size === 0) places.delete(arn)
    }
  }

  return {
    name: 'SubscribeToShard',
    open(input, call) {
      const now = clock.now()
      const consumer = streams.resolveConsumer(input.ConsumerARN, call.caller, 'kinesis:SubscribeToShard')
      const meter = parts.meters.of(consumer.streamName)
      const { name } = consumer
      try {
        // Rights are those on the consumer; whoever has them may read its stream.
        const { keyId, account } = call.caller
        const caller = { keyId, account, authorize: () => {} }
        const stream = streams.resolve(
          { StreamName: consumer.streamName },
          caller,
          'kinesis:SubscribeToShard',
        )
        mustBeUsable(stream)
        const shard = mustShardId(input.ShardId, stream, now)
        if (consumer.status !== 'ACTIVE')
          throw inUse(`Consumer ${consumer.arn} is not ACTIVE, instead in state ${consumer.status}.`)
        const { Type: type, SequenceNumber: number, Timestamp: time } = input.StartingPosition
        const start = { type, number, time }
        checkStart(start, { operation: 'SubscribeToShard', numberName: 'SequenceNumber' })
        const at = { stream, shard, store, nowMs: now, operation: 'SubscribeToShard' }
        const position = startPosition(start, at)
        const place = placeOf(consumer, shard, now)
        mustBeFree(place, consumer, shard, limits, now)

        const older = place.subscription
        const subscription = new Subscription(
          { store, clock, hub: parts.hub },
          {
            info: stream.info,
            shard,
            position,
            encoding: call.encoding,
            rate: place.rate,
            settings(nowMs) {
              const settings = streams.settings(stream.name)
              if (settings === undefined) return undefined
              const horizonMs = Math.max(nowMs - store.retentionMs(stream.name), settings.expiredBefore)
              return { horizonMs, encryptionType: encryptionType({ settings }) }
            },
            onEvent(page: RecordPage) {
              meter.observeConsumer('SubscribeToShardEvent.Bytes', name, page.bytes)
              meter.observeConsumer('SubscribeToShardEvent.Records', name, page.records)
              meter.observeConsumer('SubscribeToShardEvent.MillisBehindLatest', name, page.millisBehindLatest)
              meter.observeConsumer('SubscribeToShardEvent.Success', name, 1)
            },
            onCorrupt: (records) => meter.observe('CorruptRecords', records),
            onFailure() {
              meter.observeConsumer('SubscribeToShardEvent.Success', name, 0)
            },
            onEnd() {
              call.signal.removeEventListener('abort', abort)
              if (place.subscription === subscription) place.subscription = undefined
            },
          },
        )
        const abort = (): void => subscription.end()
        place.subscription = subscription
        place.openedAt = now
        older?.fail({
          type: 'ResourceInUseException',
          message: `Consumer ${consumer.arn} has subscribed to shard ${formatShardId(shard)} again.`,
        })
        if (call.signal.aborted) subscription.end()
        else call.signal.addEventListener('abort', abort, { once: true })
        meter.observeConsumer('SubscribeToShard.Success', name, 1)
        return { kind: 'events', events: subscription }
      } catch (error) {
        meter.observeConsumer('SubscribeToShard.Success', name, 0)
        if (error instanceof TooSoon) meter.observeConsumer('SubscribeToShard.RateExceeded', name, 1)
        throw error
      }
    },
    close() {
      stopListening()
      for (const ofConsumer of places.values())
        for (const { subscription } of ofConsumer.values()) subscription?.end()
    },
  }
}

function newPlace(limits: KinesisLimits, nowMs: number): Place {
  const { subscribeCallsPerSecond, fanOutBytesPerSecond } = limits
  return {
    calls: new TokenBucket({ capacity: subscribeCallsPerSecond, perSecond: subscribeCallsPerSecond, nowMs }),
    rate: new TokenBucket({ capacity: fanOutBytesPerSecond, perSecond: fanOutBytesPerSecond, nowMs }),
    openedAt: Number.NEGATIVE_INFINITY,
    subscription: undefined,
  }
}

/** Refused for its time: the call's rate, or a subscription that is too young to be taken over. */
class TooSoon extends WireError {}

function mustBeFree(
  place: Place,
  consumer: StreamConsumer,
  shard: number,
  limits: KinesisLimits,
  now: number,
): void {
  const which = `consumer ${consumer.arn} and shard ${formatShardId(shard)}`
  if (!place.calls.take(1, now)) {
    throw new TooSoon('LimitExceededException', `Rate of SubscribeToShard exceeded for ${which}.`)
  }
  const isHeld = place.subscription !== undefined || limits.subscribeCallsPerSecond !== Infinity
  if (isHeld && now - place.openedAt < TAKE_OVER_MS) {
    throw new TooSoon(
      'ResourceInUseException',
      `A subscription of ${which} was opened less than ${TAKE_OVER_MS / 1000} seconds ago.`,
    )
  }
}

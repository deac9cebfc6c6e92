/**
 * Registered consumers: readers of a stream with a throughput of their own. Stored beside the settings of streams; a
 * consumer that is being removed stays visible for the profile's `statusMs`, then it does not exist any more, whether
 * its item is still there or not.
 */
import type { Store } from '@millrace/store'
import { type Clock, consumerArn, parseConsumerArn, streamArn } from '@millrace/values'
import type { Caller } from '../../wire/wire-service.ts'
import type { KinesisStream, StreamConsumer } from '../kinesis-context.ts'
import type { KinesisLimits } from '../kinesis-limits.ts'
import { inUse, invalidArgument, limitExceeded, notFound } from './faults.ts'
import {
  consumerId,
  deleteStored,
  putStored,
  type StoredConsumer,
  type StoredSettings,
} from './stored-settings.ts'

/** Consumers of a stream that may be in CREATING at once. */
const CREATING_MAX = 5

export interface FoundConsumer extends StreamConsumer {
  readonly streamArn: string
  readonly stored: StoredConsumer
}

export class StreamConsumers {
  readonly #store: Store
  readonly #clock: Clock
  readonly #limits: KinesisLimits
  readonly #region: string
  readonly #stored: StoredSettings
  readonly #later: (ms: number, work: () => void) => void
  readonly #listeners = new Set<(consumer: StreamConsumer) => void>()

  constructor(options: {
    store: Store
    clock: Clock
    limits: KinesisLimits
    region: string
    stored: StoredSettings
    later: (ms: number, work: () => void) => void
  }) {
    this.#store = options.store
    this.#clock = options.clock
    this.#limits = options.limits
    this.#region = options.region
    this.#stored = options.stored
    this.#later = options.later
  }

  onRemoved(listener: (consumer: StreamConsumer) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** In order of their names. */
  of(stream: KinesisStream): FoundConsumer[] {
    const { createdAt } = stream.info
    return this.#stored
      .consumers(stream.name)
      .filter((stored) => stored.streamCreatedAt === createdAt && !this.#isGone(stored))
      .map((stored) => this.#found(stored, stream.arn))
  }

  named(stream: KinesisStream, name: string): FoundConsumer {
    const stored = this.#stored.consumer(stream.name, name)
    if (stored === undefined || stored.streamCreatedAt !== stream.info.createdAt || this.#isGone(stored)) {
      throw notFound(`Consumer ${name} of stream ${stream.name} under account ${stream.account} not found.`)
    }
    return this.#found(stored, stream.arn)
  }

  /** Errors: InvalidArgumentException, AccessDeniedException, ResourceNotFoundException. */
  resolve(arn: string, caller: Caller, action: string): FoundConsumer {
    const parsed = parseConsumerArn(arn)
    if (parsed === undefined) throw invalidArgument(`ConsumerARN ${arn} is not the ARN of a consumer.`)
    caller.authorize(action, arn)
    const found =
      parsed.region === this.#region && parsed.account === caller.account
        ? this.#stored.consumer(parsed.stream, parsed.consumer)
        : undefined
    if (
      found === undefined ||
      Math.floor(found.createdAt / 1000) !== parsed.createdSecond ||
      this.#isGone(found) ||
      this.#store.stream(parsed.stream)?.createdAt !== found.streamCreatedAt
    ) {
      throw notFound(`Consumer ${arn} not found.`)
    }
    return this.#found(found, streamArn(parsed, parsed.stream))
  }

  /** `max`: consumers that the stream may have. */
  register(
    stream: KinesisStream,
    options: { name: string; tags: Readonly<Record<string, string>>; max: number },
  ): FoundConsumer {
    const present = this.of(stream)
    if (present.some(({ name }) => name === options.name)) {
      throw inUse(
        `Consumer ${options.name} of stream ${stream.name} under account ${stream.account} already exists.`,
      )
    }
    if (present.length >= options.max) {
      throw limitExceeded(
        `Stream ${stream.name} under account ${stream.account} has ${present.length} registered consumers. Limit: ${options.max}.`,
      )
    }
    if (present.filter(({ status }) => status === 'CREATING').length >= CREATING_MAX) {
      throw limitExceeded(
        `Stream ${stream.name} under account ${stream.account} has ${CREATING_MAX} consumers in CREATING; wait until one is ACTIVE.`,
      )
    }
    const now = this.#clock.now()
    const stored: StoredConsumer = {
      stream: stream.name,
      streamCreatedAt: stream.info.createdAt,
      name: options.name,
      createdAt: Math.floor(now),
      creatingUntil: now + this.#limits.statusMs,
      tags: options.tags,
    }
    this.#put(stored)
    return this.#found(stored, stream.arn)
  }

  deregister(consumer: FoundConsumer): void {
    if (consumer.status === 'DELETING') return
    const { stored } = consumer
    const { statusMs } = this.#limits
    const id = consumerId(stored.stream, stored.name)
    if (statusMs > 0) {
      this.#put({ ...stored, deletingUntil: this.#clock.now() + statusMs })
      this.#later(statusMs, () => {
        const now = this.#stored.consumer(stored.stream, stored.name)
        if (now !== undefined && this.#isGone(now)) this.#delete(id)
      })
    } else {
      this.#delete(id)
    }
    this.tellRemoved([consumer])
  }

  update(consumer: FoundConsumer, change: Partial<Pick<StoredConsumer, 'tags' | 'policy'>>): void {
    this.#put({ ...consumer.stored, ...change })
  }

  tellRemoved(consumers: readonly FoundConsumer[]): void {
    for (const consumer of consumers) for (const listener of [...this.#listeners]) listener(consumer)
  }

  #put(stored: StoredConsumer): void {
    this.#store.commit((transaction) =>
      putStored(transaction, 'consumer', consumerId(stored.stream, stored.name), stored),
    )
  }

  #delete(id: string): void {
    this.#store.commit((transaction) => deleteStored(transaction, 'consumer', id))
  }

  #isGone({ deletingUntil }: StoredConsumer): boolean {
    return deletingUntil !== undefined && this.#clock.now() >= deletingUntil
  }

  #found(stored: StoredConsumer, ofStream: string): FoundConsumer {
    const status =
      stored.deletingUntil !== undefined
        ? 'DELETING'
        : this.#clock.now() < stored.creatingUntil
          ? 'CREATING'
          : 'ACTIVE'
    const { name, createdAt } = stored
    return {
      name,
      arn: consumerArn(ofStream, stored),
      streamName: stored.stream,
      streamArn: ofStream,
      status,
      createdAt,
      stored,
    }
  }
}

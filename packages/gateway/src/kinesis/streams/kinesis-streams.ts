/**
 * The streams of a data directory as the Kinesis API sees them: every stream of the store whose name the API can write,
 * with the settings that are stored beside it (or the defaults), its status, and the changes that take several commits.
 *
 * Status. A change is stored with the time at which it is over; the status follows from the item and the clock, so it
 * survives a restart and needs no timer. A stream in DELETING is removed by the first that looks at it after its time, or
 * by a sleeper, whichever comes first.
 * Order of commits, so that a stop between any two of them can be made good at the next start (`recover`):
 *   create   item CREATING without a time of creation; the stream; the item with it
 *   delete   item DELETING; (its time); the stream; the items of it and its consumers
 *   resize   item UPDATING with the target; a reshard for each step; the item without the target
 */
import { isDeepStrictEqual } from 'node:util'
import { bucketOfStream } from '@millrace/runtime'
import type { Reshard, Store, StreamInfo } from '@millrace/store'
import { tableOfChanges } from '@millrace/tables'
import { type Clock, isStreamName, parseStreamArn, shardsMax, streamArn } from '@millrace/values'
import { GatewayError } from '../../errors.ts'
import type { Caller } from '../../wire/wire-service.ts'
import {
  type AutoscaleTarget,
  defaultSettings,
  type KinesisStream,
  type StreamConsumer,
  type StreamDirectory,
  type StreamReference,
  type StreamSettings,
} from '../kinesis-context.ts'
import type { KinesisLimits } from '../kinesis-limits.ts'
import { checkAutoscale } from './check-autoscale.ts'
import { inUse, invalidArgument, limitExceeded, streamNotFound } from './faults.ts'
import { FoundStream } from './found-stream.ts'
import { nextUniformStep, openShards, shardsMadeFor } from './reshard-plan.ts'
import {
  consumerId,
  deleteStored,
  putStored,
  StoredSettings,
  type StoredStream,
  type StreamChange,
} from './stored-settings.ts'
import { StreamConsumers } from './stream-consumers.ts'

/** Says why a stream may not be changed now, because the running app uses it; undefined: it may. */
export interface StreamGuard {
  mayDelete(stream: string): string | undefined
  mayReshard(stream: string): string | undefined
}

export const HOUR_MS = 3_600_000
export const DAY_MS = 24 * HOUR_MS
const DEFAULT_RETENTION_MS = DAY_MS

/** What would make a table's change stream something else than the table's changes, and a bucket's stream than its news. */
const actionsOnOwnStreams: ReadonlySet<string> = new Set(
  [
    'PutRecord',
    'PutRecords',
    'DeleteStream',
    'SplitShard',
    'MergeShards',
    'UpdateShardCount',
    'UpdateStreamMode',
  ].map((operation) => `kinesis:${operation}`),
)

export interface KinesisStreamsOptions {
  readonly store: Store
  readonly clock: Clock
  readonly limits: KinesisLimits
  readonly region: string
  readonly guard: StreamGuard | undefined
}

export class KinesisStreams implements StreamDirectory {
  readonly consumers: StreamConsumers
  readonly stored: StoredSettings
  readonly #store: Store
  readonly #clock: Clock
  readonly #limits: KinesisLimits
  readonly #region: string
  readonly #guard: StreamGuard | undefined
  readonly #closing = new AbortController()

  /** Finishes what a stop has left half done. */
  constructor(options: KinesisStreamsOptions) {
    const { store, clock, limits, region, guard } = options
    this.#store = store
    this.#clock = clock
    this.#limits = limits
    this.#region = region
    this.#guard = guard
    this.stored = new StoredSettings(store)
    const later = (ms: number, work: () => void): void => this.#later(ms, work)
    this.consumers = new StreamConsumers({ store, clock, limits, region, stored: this.stored, later })
    this.#recover()
  }

  close(): void {
    this.#closing.abort()
  }

  resolve(reference: StreamReference, caller: Caller, action: string): KinesisStream {
    const stream = this.find(reference, caller, action)
    if (stream.status === 'DELETING') throw streamNotFound(stream.name, caller.account)
    return stream
  }

  /** Like resolve, but a stream in DELETING is found too. */
  find(reference: StreamReference, caller: Caller, action: string): KinesisStream {
    const { StreamName, StreamARN } = reference
    let name = StreamName
    if (StreamARN !== undefined) {
      const arn = parseStreamArn(StreamARN)
      if (arn === undefined) throw invalidArgument(`StreamARN ${StreamARN} is not the ARN of a stream.`)
      if (name !== undefined && name !== arn.stream) {
        throw invalidArgument(`StreamARN ${StreamARN} does not name the stream ${name} of StreamName.`)
      }
      name = arn.stream
      if (arn.region !== this.#region || arn.account !== caller.account) {
        caller.authorize(action, StreamARN)
        throw streamNotFound(name, arn.account)
      }
    }
    if (name === undefined) throw invalidArgument('Either StreamName or StreamARN has to be given.')
    const arn = this.arn(name, caller)
    caller.authorize(action, arn)
    const stream = this.#existing(name, caller.account, arn)
    if (stream === undefined) throw streamNotFound(name, caller.account)
    if (actionsOnOwnStreams.has(action)) refuseOwnStream(this.#store, name)
    return stream
  }

  #existing(name: string, account: string, arn: string): FoundStream | undefined {
    let stored = this.stored.stream(name)
    if (stored?.change !== undefined && this.#settle(name, stored)) stored = this.stored.stream(name)
    if (!this.#exists(name)) return undefined
    return new FoundStream({ store: this.#store, name, arn, account, stored, now: this.#clock.now() })
  }

  /** Without a caller whose rights would be checked; undefined if there is none. */
  named(name: string, account: string): KinesisStream | undefined {
    return this.#existing(name, account, this.arn(name, { account }))
  }

  settings(name: string): StreamSettings | undefined {
    if (!this.#exists(name)) return undefined
    return this.stored.stream(name)?.settings ?? defaultSettings
  }

  resolveConsumer(consumerArn: string, caller: Caller, action: string): StreamConsumer {
    return this.consumers.resolve(consumerArn, caller, action)
  }

  onConsumerRemoved(listener: (consumer: StreamConsumer) => void): () => void {
    return this.consumers.onRemoved(listener)
  }

  /** All streams in order of their names. */
  list(account: string): KinesisStream[] {
    const found: KinesisStream[] = []
    for (const { name } of this.#store.streams()) {
      if (!isStreamName(name)) continue
      const stream = this.named(name, account)
      if (stream !== undefined) found.push(stream)
    }
    return found.sort((a, b) => (a.name < b.name ? -1 : 1))
  }

  arn(name: string, { account }: { account: string }): string {
    return streamArn({ region: this.#region, account }, name)
  }

  /** Open shards of all provisioned streams. */
  provisionedShardCount(): number {
    let count = 0
    for (const info of this.#store.streams()) {
      if (this.settings(info.name)?.mode === 'PROVISIONED') count += openShards(info.shardInfos).length
    }
    return count
  }

  /** Makes a stream; the caller has checked that the name is free. */
  create(name: string, options: { shards: number; settings: StreamSettings }): void {
    const change: StreamChange = {
      status: 'CREATING',
      until: this.#clock.now() + this.#limits.statusMs,
      shards: options.shards,
    }
    const stored: StoredStream = { createdAt: undefined, settings: options.settings, change }
    this.#put(name, stored)
    this.#make(name, stored, options.shards)
  }

  #make(name: string, stored: StoredStream, shards: number): void {
    if (!this.#exists(name)) {
      this.#store.defineStream({ name, shards, retentionMs: DEFAULT_RETENTION_MS })
    }
    this.#put(name, { ...stored, createdAt: this.#mustInfo(name).createdAt })
  }

  /** Begins to delete the stream and its consumers. */
  remove(stream: KinesisStream): void {
    const reason = this.#guard?.mayDelete(stream.name)
    if (reason !== undefined) throw inUse(reason)
    const consumers = this.consumers.of(stream)
    const { statusMs } = this.#limits
    const until = this.#clock.now() + statusMs
    this.#put(stream.name, { ...this.storedOf(stream), change: { status: 'DELETING', until } })
    this.consumers.tellRemoved(consumers)
    if (statusMs > 0) this.#later(statusMs, () => this.#settleNow(stream.name))
    else this.#finishRemoval(stream.name)
  }

  #finishRemoval(name: string): void {
    if (this.#exists(name)) this.#store.deleteStream(name)
    this.#forget(name)
  }

  /** Removes the items of a stream that is gone. */
  #forget(name: string): void {
    const consumers = this.stored.consumers(name)
    this.#store.commit((transaction) => {
      deleteStored(transaction, 'stream', name)
      for (const consumer of consumers) {
        deleteStored(transaction, 'consumer', consumerId(consumer.stream, consumer.name))
      }
    })
  }

  /**
   * Stores changed settings. `isUpdate`: the stream is in UPDATING for a while.
   */
  update(
    stream: KinesisStream,
    change: Partial<Omit<StoredStream, 'createdAt' | 'change'>>,
    options: { isUpdate: boolean },
  ): void {
    const stored = { ...this.storedOf(stream), ...change }
    this.#put(stream.name, options.isUpdate ? { ...stored, change: this.#updating() } : stored)
  }

  /** What is stored about the stream now. */
  storedOf({ name, info }: KinesisStream): StoredStream {
    return this.stored.stream(name) ?? { createdAt: info.createdAt, settings: defaultSettings }
  }

  /** Keeps a provisioned stream at a target of its shards' use; undefined: no longer. Error: GATEWAY_OPTION_INVALID. */
  setAutoscale(name: string, autoscale: AutoscaleTarget | undefined): void {
    if (autoscale !== undefined) checkAutoscale(name, autoscale)
    const stream = this.named(name, noAccount)
    if (stream === undefined || stream.status === 'DELETING') {
      throw new GatewayError(
        'GATEWAY_OPTION_INVALID',
        `autoscale names stream "${name}", which does not exist.`,
      )
    }
    if (isDeepStrictEqual(stream.settings.autoscale, autoscale)) return
    this.update(stream, { settings: { ...stream.settings, autoscale } }, { isUpdate: false })
  }

  setRetention(stream: KinesisStream, retentionMs: number): void {
    const { name, shards } = stream.info
    this.#store.defineStream({ name, shards, retentionMs })
  }

  /** Error: ResourceInUseException when the running app does not allow it. */
  mustAllowReshard(name: string): void {
    const reason = this.#guard?.mayReshard(name)
    if (reason !== undefined) throw inUse(reason)
  }

  /** Errors: ResourceInUseException, LimitExceededException. */
  mustAllowResize(stream: KinesisStream, targetShards: number): void {
    this.mustAllowReshard(stream.name)
    mustHaveNumbers(stream, shardsMadeFor(openShards(stream.info.shardInfos), targetShards))
  }

  /** Closes and opens shards in one commit; the numbers of the new ones. */
  reshard(stream: KinesisStream, change: Reshard): number[] {
    this.mustAllowReshard(stream.name)
    mustHaveNumbers(stream, change.open.length)
    if (this.#limits.statusMs > 0) this.update(stream, {}, { isUpdate: true })
    return this.#store.reshard(stream.name, change)
  }

  /** Changes the number of shards to uniform ones, step by step. `stored` is what is to be remembered with it. */
  resize(
    stream: KinesisStream,
    targetShards: number,
    stored: Partial<Omit<StoredStream, 'createdAt' | 'change'>> = {},
  ): void {
    this.mustAllowResize(stream, targetShards)
    const next = { ...this.storedOf(stream), ...stored, change: { ...this.#updating(), targetShards } }
    this.#put(stream.name, next)
    this.#finishResize(stream.name, next, targetShards)
  }

  #finishResize(name: string, stored: StoredStream, targetShards: number): void {
    for (;;) {
      const step = nextUniformStep(openShards(this.#mustInfo(name).shardInfos), targetShards)
      if (step === undefined) break
      this.#store.reshard(name, step)
    }
    const until = stored.change?.until ?? this.#clock.now()
    this.#put(name, { ...stored, change: { status: 'UPDATING', until } })
  }

  #updating(): StreamChange & { status: 'UPDATING' } {
    return { status: 'UPDATING', until: this.#clock.now() + this.#limits.statusMs }
  }

  #settleNow(name: string): void {
    const stored = this.stored.stream(name)
    if (stored !== undefined) this.#settle(name, stored)
  }

  /** Does what a change still calls for. True if something was done. */
  #settle(name: string, stored: StoredStream): boolean {
    const { change } = stored
    if (change?.status === 'DELETING' && this.#clock.now() >= change.until) {
      this.#finishRemoval(name)
      return true
    }
    if (change?.status === 'UPDATING' && change.targetShards !== undefined) {
      this.#finishResize(name, stored, change.targetShards)
      return true
    }
    return false
  }

  #recover(): void {
    for (const { name, value } of this.stored.streams()) {
      const info = this.#store.stream(name)
      const { change, createdAt } = value
      if (createdAt === undefined && change?.status === 'CREATING') this.#make(name, value, change.shards)
      else if (info === undefined || info.createdAt !== createdAt) this.#forget(name)
      else if (!this.#settle(name, value) && change?.status === 'DELETING') {
        this.#later(change.until - this.#clock.now(), () => this.#settleNow(name))
      }
    }
    const gone = this.stored
      .allConsumers()
      .filter(
        ({ stream, streamCreatedAt, deletingUntil }) =>
          this.#store.stream(stream)?.createdAt !== streamCreatedAt ||
          (deletingUntil !== undefined && deletingUntil <= this.#clock.now()),
      )
    if (gone.length === 0) return
    this.#store.commit((transaction) => {
      for (const { stream, name } of gone) deleteStored(transaction, 'consumer', consumerId(stream, name))
    })
  }

  #put(name: string, stored: StoredStream): void {
    this.#store.commit((transaction) => putStored(transaction, 'stream', name, stored))
  }

  #mustInfo(name: string): StreamInfo {
    const info = this.#store.stream(name)
    if (info === undefined) throw new Error(`gateway invariant: stream "${name}" is gone`)
    return info
  }

  /** Cheaper than the stream's description, which looks at each shard. */
  #exists(name: string): boolean {
    try {
      this.#store.routeHash(name, anyHash)
      return true
    } catch (error) {
      if ((error as { code?: unknown }).code === 'STORE_UNKNOWN_STREAM') return false
      throw error
    }
  }

  #later(ms: number, work: () => void): void {
    const { signal } = this.#closing
    void this.#clock.sleep(ms, signal).then(() => {
      if (signal.aborted) return
      try {
        work()
      } catch {
        // A full disk, for example: the item still says what is to be done, and the next call that looks at it does it.
      }
    })
  }
}

/** For work that no account asked for. */
export const noAccount = '000000000000'

const anyHash = new Uint32Array(4)

/** A stream may have so many shards over its life; numbers are not used again. */
function mustHaveNumbers({ name, account, info }: KinesisStream, more: number): void {
  if (info.shardInfos.length + more <= shardsMax) return
  throw limitExceeded(
    `Stream ${name} under account ${account} has had ${info.shardInfos.length} shards; it may have ${shardsMax} over its life. Use a new stream.`,
  )
}

function refuseOwnStream(store: Store, name: string): void {
  const table = tableOfChanges(store, name)
  if (table !== undefined) {
    throw invalidArgument(
      `Stream ${name} takes the changes of table ${table}, and nothing else. Write items of the table, or change its stream settings (UpdateTable).`,
    )
  }
  const bucket = bucketOfStream(store, name)
  if (bucket === undefined) return
  throw invalidArgument(
    `Stream ${name} takes the news of objects in bucket ${bucket}, and nothing else. Let a delivery or a function store objects there.`,
  )
}

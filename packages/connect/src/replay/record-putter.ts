/**
 * RecordPutter: puts records in batches while they come in. One call is open at a time; when it is answered, the next one
 * takes what has been added since, so a busy producer gets full batches and a slow one gets small ones at once.
 *
 * Of a batch only the entries that failed are sent again, in their order and before anything that was added later, so that
 * a key's records are never sent out of their order. What a stream makes of one batch is its own: an entry of a key may
 * be accepted although an earlier one of the same batch was not.
 * A call whose answer was lost is made again: its records may stand in the stream twice.
 *
 * With `aggregateBytes` records are packed for each shard. An aggregate that landed in another shard than expected, because
 * the stream was split or merged, is sent again where a record of it does not belong there, since readers discard it.
 * Gives up when nothing was accepted for `giveUpMs`.
 */
import type { Clock, Random, UserRecord } from '@millrace/values'
import { ConnectError } from '../errors.ts'
import { Backoff } from '../kinesis/backoff.ts'
import { PassingFailure, type PutOutcome, type PutPort, putBytesMax, putEntriesMax } from './put-port.ts'
import { type PackedEntry, ShardPacker } from './shard-packer.ts'

export interface PutterOptions {
  readonly clock: Clock
  readonly random: Random
  /** Bytes of an aggregate; records go as they are if absent. */
  readonly aggregateBytes?: number
  readonly giveUpMs?: number
}

export interface PutCounts {
  /** Records accepted, and the bytes of their data and keys. */
  records: number
  bytes: number
  calls: number
  /** Entries accepted: less than records where they were packed. */
  entries: number
  /** Entries sent again. */
  retries: number
  /** Entries and calls that were refused because of their rate. */
  throttles: number
}

const giveUpDefaultMs = 60_000
const backoffRange = { firstMs: 50, mostMs: 2000 }
const untilDone = new AbortController().signal
/** A producer waits while more than this is queued: two batches, so that the next is ready when one is answered. */
const queuedRecordsMax = 2 * putEntriesMax
const queuedBytesMax = 2 * putBytesMax

export class RecordPutter {
  readonly counts: PutCounts = { records: 0, bytes: 0, calls: 0, entries: 0, retries: 0, throttles: 0 }

  readonly #port: PutPort
  readonly #clock: Clock
  readonly #backoff: Backoff
  readonly #giveUpMs: number
  readonly #packer: ShardPacker | undefined
  /** Added and not yet packed or sent. */
  #added: UserRecord[] = []
  #addedBytes = 0
  /** Failed entries and what is packed, in the order in which they go. */
  #ready: PackedEntry[] = []
  #sending: Promise<void> | undefined
  #failure: unknown
  #roomWaiters: (() => void)[] = []
  #hasShards = false
  /** When something was last accepted. */
  #progressAt = 0

  constructor(port: PutPort, options: PutterOptions) {
    this.#port = port
    this.#clock = options.clock
    this.#backoff = new Backoff(options.clock, options.random, backoffRange)
    this.#giveUpMs = options.giveUpMs ?? giveUpDefaultMs
    this.#packer = options.aggregateBytes === undefined ? undefined : new ShardPacker(options.aggregateBytes)
  }

  /** True when a producer should wait for `room` before it adds more. */
  get isFull(): boolean {
    const recordsMax = this.#packer === undefined ? queuedRecordsMax : queuedRecordsMax * 20
    return this.#added.length >= recordsMax || this.#addedBytes >= queuedBytesMax
  }

  /** Queues a record, whose data must not change. Throws what ended the putting. */
  add(record: UserRecord): void {
    this.#check()
    this.#added.push(record)
    this.#addedBytes += bytesOf(record)
    this.#sending ??= this.#send()
  }

  /** Resolves when there is room for more. Rejects with what ended the putting. */
  async room(): Promise<void> {
    while (this.isFull && this.#failure === undefined)
      await new Promise<void>((resolve) => this.#roomWaiters.push(resolve))
    this.#check()
  }

  /** Resolves when everything added was accepted. Rejects with what ended the putting: PUT_GIVEN_UP, or the port's error. */
  async flush(): Promise<void> {
    await this.#sending
    this.#check()
  }

  #check(): void {
    if (this.#failure !== undefined) throw this.#failure
  }

  async #send(): Promise<void> {
    // Lets whoever adds a row of records finish first.
    await undefined
    this.#progressAt = this.#clock.now()
    try {
      for (let batch = await this.#take(); batch.length > 0; batch = await this.#take())
        await this.#put(batch)
    } catch (error) {
      this.#failure = error
    }
    this.#sending = undefined
    this.#wake()
  }

  async #take(): Promise<PackedEntry[]> {
    if (this.#packer === undefined) this.#takeBare()
    else if (this.#ready.length < putEntriesMax) await this.#pack(this.#packer)
    let bytes = 0
    let count = 0
    for (const { record } of this.#ready) {
      bytes += bytesOf(record)
      if (count === putEntriesMax || (count > 0 && bytes > putBytesMax)) break
      count++
    }
    return this.#ready.splice(0, count)
  }

  #takeBare(): void {
    const count = Math.max(0, Math.min(this.#added.length, putEntriesMax - this.#ready.length))
    for (const record of this.#added.splice(0, count)) {
      this.#addedBytes -= bytesOf(record)
      this.#ready.push({ record, users: [record], shardId: undefined })
    }
    this.#wake()
  }

  /** Packs what was added; what is not full goes too, since nothing else is there to send. */
  async #pack(packer: ShardPacker): Promise<void> {
    if (this.#added.length === 0) return
    if (!this.#hasShards) await this.#refresh(packer)
    const added = this.#added
    this.#added = []
    this.#addedBytes = 0
    for (const record of added) {
      const full = packer.add(record)
      if (full !== undefined) this.#ready.push(full)
    }
    this.#ready.push(...packer.drain())
    this.#wake()
  }

  async #refresh(packer: ShardPacker): Promise<void> {
    for (;;) {
      try {
        packer.use(await this.#port.openShards())
        this.#hasShards = true
        return
      } catch (error) {
        await this.#afterFailure(error)
      }
    }
  }

  async #put(batch: readonly PackedEntry[]): Promise<void> {
    let outcomes: readonly PutOutcome[]
    this.counts.calls++
    try {
      outcomes = await this.#port.put(batch.map(({ record }) => record))
    } catch (error) {
      this.#ready.unshift(...batch)
      await this.#afterFailure(error)
      this.counts.retries += batch.length
      return
    }
    const failed: PackedEntry[] = []
    const moved: [PackedEntry, string][] = []
    let reason = ''
    for (const [i, entry] of batch.entries()) {
      const outcome = outcomes[i]
      if (outcome === undefined)
        throw new RangeError(`${outcomes.length} outcomes for ${batch.length} entries`)
      if (!outcome.isAccepted) {
        failed.push(entry)
        reason = outcome.message
        if (outcome.isThrottle) this.counts.throttles++
      } else if (entry.shardId !== undefined && entry.shardId !== outcome.shardId) {
        moved.push([entry, outcome.shardId])
      } else this.#accepted(entry)
    }
    if (moved.length > 0 && this.#packer !== undefined) await this.#moved(this.#packer, moved)
    if (failed.length === 0) return this.#progress()
    if (failed.length < batch.length) this.#progress()
    this.#ready.unshift(...failed)
    this.counts.retries += failed.length
    await this.#wait(reason)
  }

  #accepted({ users }: PackedEntry): void {
    this.counts.entries++
    this.counts.records += users.length
    for (const user of users) this.counts.bytes += bytesOf(user)
  }

  /** Aggregates went elsewhere: with the new map each is either at home there, or its records are sent anew. */
  async #moved(packer: ShardPacker, moved: readonly [PackedEntry, string][]): Promise<void> {
    await this.#refresh(packer)
    const again: UserRecord[] = []
    for (const [entry, shardId] of moved) {
      if (packer.belongs(entry, shardId)) this.#accepted(entry)
      else {
        again.push(...entry.users)
        this.counts.retries++
      }
    }
    // What waits was packed by the old map.
    for (const entry of this.#ready) again.push(...entry.users)
    this.#ready = []
    for (const record of again) {
      const full = packer.add(record)
      if (full !== undefined) this.#ready.push(full)
    }
    this.#ready.push(...packer.drain())
  }

  #progress(): void {
    this.#backoff.succeeded()
    this.#progressAt = this.#clock.now()
  }

  async #afterFailure(error: unknown): Promise<void> {
    if (!(error instanceof PassingFailure)) throw error
    if (error.isThrottle) this.counts.throttles++
    await this.#wait(error.message, error)
  }

  async #wait(reason: string, cause?: unknown): Promise<void> {
    const idleMs = this.#clock.now() - this.#progressAt
    if (idleMs >= this.#giveUpMs) {
      throw new ConnectError(
        'PUT_GIVEN_UP',
        `no record was accepted for ${Math.round(idleMs / 1000)} s; the last answer was: ${reason} ` +
          `${this.counts.records} records had been accepted before. Put the rest again once the stream takes records.`,
        { cause },
      )
    }
    await this.#backoff.wait(untilDone)
  }

  #wake(): void {
    if (this.isFull && this.#failure === undefined) return
    const waiters = this.#roomWaiters
    this.#roomWaiters = []
    for (const wake of waiters) wake()
  }
}

function bytesOf({ partitionKey, data }: UserRecord): number {
  // UTF-8 length only matters for keys beyond ASCII, which are at most 256 characters.
  return data.length + Buffer.byteLength(partitionKey)
}

/**
 * Works on one shard under a lease: reads, hands batches over one after the other, checkpoints, and at the end of a
 * closed shard makes the leases of those that follow before it says that this one is done.
 *
 * No batch begins when the lease is lost, or has not been renewed for so long that others may take it. A batch that has
 * begun is finished, whatever happens; if the lease was lost meanwhile, its checkpoint is refused.
 * Back-pressure: nothing is read while a batch is worked on.
 */
import { type Clock, compareExtended, type Random } from '@millrace/values'
import { ConnectError, shown } from '../errors.ts'
import { Backoff } from './backoff.ts'
import type { BatchContext, ConsumerProblem, KinesisConsumerOptions, UserRecord } from './consumer-options.ts'
import type { HeldLease } from './held-lease.ts'
import type { KinesisShard, ShardRead, ShardReader } from './kinesis-stream-port.ts'
import { type Checkpoint, newLease, placeOf, positionOf, rangeOf, shardEnd } from './lease.ts'
import { UserRecords } from './user-records.ts'

export interface ProcessorSettings {
  readonly consumer: KinesisConsumerOptions
  readonly clock: Clock
  readonly random: Random
  readonly failoverMs: number
  readonly batchSize: number
  /** Aborts when the worker stops: batches end, nothing new begins. */
  readonly stopping: AbortSignal
  readonly say: (problem: ConsumerProblem) => void
}

/** How the work on a shard ended. */
export type ProcessorEnd = 'finished' | 'stopped' | 'lost'

const backoffOptions = { firstMs: 100, mostMs: 10_000 }

export class ShardProcessor {
  readonly #settings: ProcessorSettings
  readonly #held: HeldLease
  /** Ends waiting, for either reason. */
  readonly #ending: AbortSignal
  /** The last record handed over. */
  #handed: Checkpoint | undefined
  /** Done, and not yet checkpointed because the table failed. */
  #pending: Checkpoint | undefined

  constructor(settings: ProcessorSettings, held: HeldLease) {
    this.#settings = settings
    this.#held = held
    this.#handed = placeOf(held.lease)
    this.#ending = AbortSignal.any([settings.stopping, held.signal])
  }

  /** Never fails. */
  async run(): Promise<ProcessorEnd> {
    const { clock, failoverMs } = this.#settings
    // The worker that had the shard learns of its loss with its next heartbeat, three of which fit into the failover time.
    if (this.#held.isStolen) await clock.sleep(failoverMs / 2, this.#ending)
    const backoff = this.#backoff()
    while (!this.#ending.aborted) {
      try {
        if (await this.#readOn(backoff)) return 'finished'
      } catch (error) {
        if (this.#ending.aborted) break
        this.#say(error)
        await backoff.wait(this.#ending)
      }
    }
    if (this.#held.signal.aborted) return 'lost'
    return 'stopped'
  }

  /** Opens a reader and works until the shard ends (true), or waiting is over. */
  async #readOn(backoff: Backoff): Promise<boolean> {
    const { consumer, batchSize } = this.#settings
    const { lease, leaseKey: shardId } = this.#held
    const users = new UserRecords({
      deaggregate: consumer.deaggregate ?? true,
      range: rangeOf(lease),
      after: this.#handed,
      say: (code, message) => this.#settings.say({ code, message, shardId, cause: undefined }),
    })
    const position =
      this.#handed === undefined
        ? positionOf(lease)
        : ({ type: 'AT_SEQUENCE_NUMBER', sequenceNumber: this.#handed.sequenceNumber } as const)
    let reader: ShardReader | undefined
    try {
      reader = consumer.stream.openReader({ shardId, position, recordsMax: batchSize, signal: this.#ending })
      while (!this.#ending.aborted) {
        const read = await reader.read()
        if (!(await this.#work(users.of(read.records), read))) return false
        backoff.succeeded()
        if (read.ended === undefined) continue
        return await this.#finish(read.ended.children)
      }
    } catch (error) {
      if (!isShardGone(error)) throw error
      // Expired: what followed it is found in the list of shards.
      const shards = await consumer.stream.listShards()
      return await this.#finish(shards.filter((shard) => shard.parents.includes(shardId)))
    } finally {
      await reader?.close()
    }
    return false
  }

  /** Hands the records over in batches. False: waiting is over, and there may be records left. */
  async #work(users: readonly UserRecord[], read: ShardRead): Promise<boolean> {
    const { batchSize, consumer } = this.#settings
    if (this.#pending !== undefined) await this.#tryCheckpoint(this.#pending)
    for (let at = 0; at < users.length; at += batchSize) {
      const batch = users.length <= batchSize ? users : users.slice(at, at + batchSize)
      if (!(await this.#mayBegin())) return false
      if (!(await this.#handOver(batch, read.millisBehindLatest))) return false
      if (consumer.checkpoint !== 'manual') await this.#tryCheckpoint(placeIn(batch.at(-1)!))
    }
    return !this.#held.signal.aborted
  }

  /** Waits while the lease has not been renewed for so long that another worker may be about to take it. */
  async #mayBegin(): Promise<boolean> {
    const { clock, failoverMs } = this.#settings
    while (!this.#ending.aborted && clock.now() - this.#held.renewedAt >= failoverMs * 0.9) {
      await clock.sleep(failoverMs / 20, this.#ending)
    }
    return !this.#ending.aborted
  }

  /** Calls the callback until it succeeds or the batch is given up. False: the batch is not done. */
  async #handOver(records: readonly UserRecord[], millisBehindLatest: number): Promise<boolean> {
    const { consumer } = this.#settings
    const { leaseKey: shardId, signal } = this.#held
    const last = placeIn(records.at(-1)!)
    const maxRetries = consumer.maxRetries ?? Number.POSITIVE_INFINITY
    const backoff = this.#backoff()
    for (let attempt = 1; ; attempt++) {
      const context: BatchContext = {
        shardId,
        millisBehindLatest,
        attempt,
        signal,
        checkpoint: (record) => this.#checkpointUpTo(record === undefined ? last : placeIn(record), last),
      }
      try {
        await consumer.processRecords(records, context)
        break
      } catch (error) {
        if (signal.aborted) return false
        this.#say(error)
        if (attempt > maxRetries) {
          await consumer.batchFailed?.(records, error, shardId)
          break
        }
        await backoff.wait(this.#ending)
        if (!(await this.#mayBegin())) return false
      }
    }
    this.#handed = last
    return true
  }

  async #checkpointUpTo(to: Checkpoint, last: Checkpoint): Promise<void> {
    if (compareExtended(to, last) > 0) {
      throw new ConnectError(
        'CHECKPOINT_INVALID',
        `${this.#held.leaseKey}: ${shown(`${to.sequenceNumber}/${to.subSequence}`)} comes after the last record of the batch, ` +
          `${last.sequenceNumber}/${last.subSequence}. Checkpoint a record that was handed over.`,
      )
    }
    await this.#held.checkpoint(to)
  }

  /** A lost lease ends the work by its signal; a table that fails is asked again with the next batch. */
  async #tryCheckpoint(to: Checkpoint): Promise<void> {
    this.#pending = to
    try {
      await this.#held.checkpoint(to)
      this.#pending = undefined
    } catch (error) {
      if (!this.#held.signal.aborted) this.#say(error)
    }
  }

  /** Leases of the shards that follow first, so that no stop in between loses them. */
  async #finish(children: readonly KinesisShard[]): Promise<boolean> {
    const { consumer } = this.#settings
    const { leaseKey: shardId, signal } = this.#held
    await this.#insist(async () => consumer.shardEnded?.({ shardId, signal }))
    await this.#insist(async () => {
      for (const child of children) {
        if (await this.#isReady(child))
          await consumer.leases.create(newLease(child, { type: 'TRIM_HORIZON' }))
      }
    })
    await this.#insist(() =>
      this.#held.change({
        checkpoint: shardEnd,
        checkpointSubSequenceNumber: 0,
        childShardIds: children.map((child) => child.shardId),
        leaseOwner: undefined,
      }),
    )
    return this.#held.lease.checkpoint === shardEnd
  }

  /**
   * A shard made by a merge gets its lease from the parent that comes last. While the other parent has no lease, because
   * its own parents are not done, the child must have none either: nothing would say that it has to wait.
   */
  async #isReady(child: KinesisShard): Promise<boolean> {
    const { consumer } = this.#settings
    for (const parent of child.parents) {
      if (parent !== this.#held.leaseKey && (await consumer.leases.get(parent)) === undefined) return false
    }
    return true
  }

  /** Repeats a step until it succeeds, or waiting is over. */
  async #insist(step: () => Promise<unknown>): Promise<void> {
    const backoff = this.#backoff()
    while (!this.#ending.aborted) {
      try {
        await step()
        return
      } catch (error) {
        if (this.#held.signal.aborted) return
        this.#say(error)
        await backoff.wait(this.#ending)
      }
    }
  }

  /** What is done and not checkpointed yet, for the last time. */
  async settle(): Promise<void> {
    if (this.#pending !== undefined) await this.#tryCheckpoint(this.#pending)
  }

  #backoff(): Backoff {
    return new Backoff(this.#settings.clock, this.#settings.random, backoffOptions)
  }

  #say(cause: unknown): void {
    const shardId = this.#held.leaseKey
    this.#settings.say({ code: codeOf(cause), message: messageOf(cause), shardId, cause })
  }
}

function placeIn({
  sequenceNumber,
  subSequenceNumber,
}: Pick<UserRecord, 'sequenceNumber' | 'subSequenceNumber'>): Checkpoint {
  return { sequenceNumber, subSequence: subSequenceNumber }
}

function isShardGone(error: unknown): boolean {
  return codeOf(error) === 'KINESIS_SHARD_GONE'
}

export function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return 'Error'
  return 'code' in error && typeof error.code === 'string' ? error.code : error.name
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

/**
 * A worker of an application that reads a stream: takes its share of the shards by leases, works on them at the same
 * time, and gives them up when it stops. Workers know of each other by the lease table alone.
 *
 * Promise: every record is processed at least once; the records of a shard in order, and those of a shard after those of
 * its parents. A record is processed again when its worker was lost, or lost the shard, before the checkpoint.
 *
 * Three loops: heartbeats (three in the failover time), taking (two), and comparing the list of shards with the leases.
 * A loop that fails says so and goes on.
 */
import { type Clock, type Random, seededRandom, systemClock } from '@millrace/values'
import { assertIntegerOption, ConnectError } from '../errors.ts'
import type { ConsumerProblem, KinesisConsumerOptions } from './consumer-options.ts'
import { HeldLease } from './held-lease.ts'
import type { KinesisShard, StartPosition } from './kinesis-stream-port.ts'
import { type Lease, newLease } from './lease.ts'
import { expiredLeases, firstShards, isFresh, planTaking, shardsWithoutLease } from './lease-plan.ts'
import { LeaseWatch } from './lease-watch.ts'
import { codeOf, messageOf, type ProcessorSettings, ShardProcessor } from './shard-processor.ts'
import { startPosition } from './start-position.ts'

const day = 86_400_000

export class KinesisConsumer {
  readonly workerId: string
  readonly #options: KinesisConsumerOptions
  readonly #clock: Clock
  readonly #random: Random
  readonly #failoverMs: number
  readonly #shardSyncMs: number
  readonly #from: StartPosition
  readonly #watch: LeaseWatch
  readonly #held = new Map<string, HeldLease>()
  readonly #working = new Set<Promise<void>>()
  readonly #stopping = new AbortController()
  readonly #settings: ProcessorSettings
  readonly #ended = new AbortController()
  #heartbeats: Promise<unknown> = Promise.resolve()
  #otherLoops: Promise<unknown> = Promise.resolve()
  #isStarted = false
  /** A shard has ended, so that others can be taken: ends the pause before the next taking, or does without it. */
  #isHurried = false
  #hurry = new AbortController()

  /** Error: KINESIS_OPTION. */
  constructor(options: KinesisConsumerOptions) {
    checkOptions(options)
    this.#options = options
    this.#clock = options.clock ?? systemClock
    this.#random = options.random ?? seededRandom(`${process.pid}/${this.#clock.now()}`)
    this.workerId = options.workerId ?? `${process.pid}-${this.#random.below(2 ** 40).toString(36)}`
    this.#failoverMs = options.failoverMs ?? 10_000
    this.#shardSyncMs = options.shardSyncMs ?? 120_000
    this.#from = startPosition('KinesisConsumer', options.from ?? 'trim-horizon')
    this.#watch = new LeaseWatch(this.#failoverMs)
    this.#settings = {
      consumer: options,
      clock: this.#clock,
      random: this.#random,
      failoverMs: this.#failoverMs,
      batchSize: options.batchSize ?? 1000,
      stopping: this.#stopping.signal,
      say: (problem) => this.#say(problem),
    }
  }

  /** Shards that this worker works on, sorted. */
  get shards(): readonly string[] {
    return [...this.#held.keys()].sort()
  }

  /**
   * Begins to work. Resolves when the lease table is there and the shards of the stream have leases. Errors: those of
   * the stream and of the table; the consumer can be started again then.
   */
  async start(): Promise<void> {
    if (this.#isStarted)
      throw new ConnectError('KINESIS_OPTION', 'This consumer was started before. Make a new one.')
    await this.#options.leases.open()
    await this.#syncShards()
    this.#isStarted = true
    // Batches may take long to finish: heartbeats go on until the last one is done.
    this.#heartbeats = this.#repeat(this.#failoverMs / 3, this.#ended.signal, () => this.#renew())
    this.#otherLoops = Promise.all([
      this.#repeat(this.#shardSyncMs, this.#stopping.signal, () => this.#syncShards()),
      this.#keepTaking(this.#failoverMs / 2),
    ])
  }

  /**
   * Finishes the batches being worked on, checkpoints them, and gives the shards up at once, so that other workers take
   * them without waiting. The lease table and the stream stay open.
   */
  async stop(): Promise<void> {
    this.#stopping.abort()
    this.#hurry.abort()
    await this.#otherLoops
    await Promise.all(this.#working)
    this.#ended.abort()
    await this.#heartbeats
  }

  async #repeat(pauseMs: number, signal: AbortSignal, work: () => Promise<void>): Promise<void> {
    await this.#clock.sleep(pauseMs, signal)
    while (!signal.aborted) {
      await this.#attempt(work)
      await this.#clock.sleep(pauseMs, signal)
    }
  }

  async #keepTaking(pauseMs: number): Promise<void> {
    const { signal } = this.#stopping
    while (!signal.aborted) {
      this.#isHurried = false
      await this.#attempt(() => this.#take())
      if (this.#isHurried || signal.aborted) continue
      this.#hurry = new AbortController()
      // Workers that list at the same time want the same leases.
      await this.#clock.sleep(pauseMs * (0.75 + 0.5 * this.#random.next()), this.#hurry.signal)
    }
  }

  async #attempt(work: () => Promise<void>): Promise<void> {
    try {
      await work()
    } catch (cause) {
      this.#say({ code: codeOf(cause), message: messageOf(cause), shardId: undefined, cause })
    }
  }

  async #renew(): Promise<void> {
    await Promise.all(
      Array.from(this.#held.values(), async (held) => {
        try {
          if (!held.signal.aborted) await held.renew()
        } catch (cause) {
          if (held.signal.aborted) return
          this.#say({ code: codeOf(cause), message: messageOf(cause), shardId: held.leaseKey, cause })
        }
      }),
    )
  }

  async #take(): Promise<void> {
    const leases = await this.#options.leases.list()
    const { silent, abandoned } = this.#watch.look(leases, this.#clock.now())
    for (const [key, held] of this.#held) {
      if (held.signal.aborted) continue
      silent.delete(key)
      abandoned.delete(key)
    }
    const { take, steal } = planTaking({
      leases,
      workerId: this.workerId,
      silent,
      abandoned,
      leasesMax: this.#options.leasesMax ?? Number.POSITIVE_INFINITY,
      stealMax: this.#options.stealMax ?? 1,
      random: this.#random,
    })
    for (const lease of take) await this.#takeOne(lease, false)
    for (const lease of steal) await this.#takeOne(lease, true)
  }

  async #takeOne(lease: Lease, isStolen: boolean): Promise<void> {
    // One that was lost may be at work on its last batch still.
    if (this.#stopping.signal.aborted || this.#held.has(lease.leaseKey)) return
    const takenAt = this.#clock.now()
    const switches = lease.leaseOwner === undefined || lease.leaseOwner === this.workerId ? 0 : 1
    const taken = await this.#options.leases.update(lease, {
      leaseOwner: this.workerId,
      ownerSwitchesSinceCheckpoint: lease.ownerSwitchesSinceCheckpoint + switches,
    })
    if (taken === undefined) return
    const held = new HeldLease(this.#options.leases, this.#clock, taken, { takenAt, isStolen })
    this.#held.set(lease.leaseKey, held)
    const work = this.#work(held)
    this.#working.add(work)
    work.finally(() => this.#working.delete(work))
  }

  async #work(held: HeldLease): Promise<void> {
    const processor = new ShardProcessor(this.#settings, held)
    const end = await processor.run()
    if (end === 'stopped') {
      await processor.settle()
      await held.change({ leaseOwner: undefined }).catch((cause) => {
        // It falls to others when the failover time is over.
        const { leaseKey: shardId } = held
        if (!held.signal.aborted)
          this.#say({ code: codeOf(cause), message: messageOf(cause), shardId, cause })
      })
    }
    held.giveUp()
    this.#held.delete(held.leaseKey)
    if (end !== 'finished') return
    this.#isHurried = true
    this.#hurry.abort()
  }

  /** Makes the leases that are missing, and deletes those of shards that are long gone. */
  async #syncShards(): Promise<void> {
    const { leases: table, stream } = this.#options
    const leases = await table.list()
    const shards = await stream.listShards()
    if (!isFresh(leases)) {
      for (const shard of shardsWithoutLease(shards, leases)) {
        await table.create(newLease(shard, { type: 'TRIM_HORIZON' }))
      }
      for (const lease of expiredLeases(shards, leases)) await table.delete(lease.leaseKey)
      return
    }
    const first = await stream.listShards(this.#from)
    for (const shard of firstShards(first, shards, leases)) await table.create(this.#firstLease(shard))
  }

  /** A shard that is read from the newest record on is read from this moment on, whoever begins with it. */
  #firstLease(shard: KinesisShard): Lease {
    const lease = newLease(shard, this.#from)
    return this.#from.type === 'LATEST' ? { ...lease, startTimeMs: this.#clock.now() } : lease
  }

  #say(problem: ConsumerProblem): void {
    this.#options.onProblem?.(problem)
  }
}

function checkOptions(options: KinesisConsumerOptions): void {
  const range = (name: keyof KinesisConsumerOptions, min: number, max: number) => {
    const value = options[name]
    if (value === undefined) return
    assertIntegerOption('KinesisConsumer', name, value, { min, max }, 'KINESIS_OPTION')
  }
  range('batchSize', 1, 10_000)
  range('failoverMs', 100, day)
  range('shardSyncMs', 100, day)
  range('leasesMax', 1, 1_000_000)
  range('stealMax', 1, 1_000_000)
  if (options.maxRetries !== undefined && options.maxRetries !== Number.POSITIVE_INFINITY) {
    range('maxRetries', 0, 1_000_000)
    if (options.batchFailed === undefined) {
      throw new ConnectError(
        'KINESIS_OPTION',
        'KinesisConsumer: "maxRetries" needs "batchFailed", which says what becomes of a batch that was given up.',
      )
    }
  }
}

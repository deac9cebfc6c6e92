/**
 * Workers that join, stop, crash and freeze at random over a stream that is split and merged at random, under virtual
 * time. Laws, checked while it happens and at the end:
 *   - what was processed of a shard is at any time a prefix of it, and nothing of a shard is before its parents are done
 *   - in the end every record is processed
 *   - a checkpoint never goes back, and is written by the owner of the lease alone
 *   - once nothing happens any more, the shards of workers differ by at most one
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openStore } from '@millrace/store'
import { compareSequences, type Random, seededRandom, systemClock, VirtualClock } from '@millrace/values'
import { describe, expect, test } from 'vitest'
import type { UserRecord } from './consumer-options.ts'
import { KinesisConsumer } from './kinesis-consumer.ts'
import type { KinesisStreamPort } from './kinesis-stream-port.ts'
import { isAtStart, isFinished, type Lease, type LeaseTable } from './lease.ts'
import { workableLeases } from './lease-plan.ts'
import { storeLeases } from './store-leases.ts'
import { memoryLeases } from './testing/memory-leases.ts'
import { SimulatedStream } from './testing/simulated-stream.ts'

const start = Date.UTC(2026, 0, 1)
const failoverMs = 10_000
const seeds = Number(process.env.MILLRACE_CHAOS_SEEDS ?? 40)

/** What stands between a worker and the world: frozen, it waits; crashed, it waits for ever. */
class Gate {
  isCrashed = false
  #frozen: Promise<void> | undefined
  #thaw: (() => void) | undefined

  get isFrozen(): boolean {
    return this.#frozen !== undefined
  }

  freeze(): void {
    this.#frozen ??= new Promise((resolve) => {
      this.#thaw = resolve
    })
  }

  thaw(): void {
    this.#thaw?.()
    this.#frozen = undefined
  }

  async pass<T>(work: () => Promise<T>): Promise<T> {
    await this.#wait()
    const result = await work()
    await this.#wait()
    return result
  }

  async #wait(): Promise<void> {
    if (this.isCrashed) await new Promise(() => undefined)
    while (this.#frozen !== undefined) await this.#frozen
    if (this.isCrashed) await new Promise(() => undefined)
  }
}

interface Worker {
  readonly id: string
  readonly gate: Gate
  readonly consumer: KinesisConsumer
}

class Chaos {
  readonly clock = new VirtualClock(start)
  readonly stream: SimulatedStream
  readonly random: Random
  readonly leases: LeaseTable
  /** Workers that have not crashed and were not stopped. */
  workers: Worker[] = []
  readonly stops: Promise<void>[] = []
  /** Records of each shard processed so far: a prefix. */
  readonly done = new Map<string, number>()
  readonly faults: string[] = []
  readonly epochs = new Map<string, { owner: string | undefined; epoch: number }>()
  readonly checkpointers = new Map<string, string>()
  puts = 0
  processed = 0
  /** Changes by a worker of a lease that was another's by then. */
  lost = 0
  steals = 0
  #workers = 0
  /** Share of calls to the lease table that fail, half of them after they were made. */
  failing = 0.01

  constructor(seed: number, leases: LeaseTable) {
    this.random = seededRandom(seed)
    this.stream = new SimulatedStream(this.clock, 1 + this.random.below(4))
    this.leases = leases
  }

  async join(): Promise<void> {
    const id = `worker-${++this.#workers}`
    const gate = new Gate()
    const consumer = new KinesisConsumer({
      stream: this.#streamOf(gate),
      leases: this.#tableOf(id, gate),
      workerId: id,
      failoverMs,
      shardSyncMs: 30_000,
      batchSize: 1 + this.random.below(20),
      clock: this.clock,
      random: seededRandom(`${id}/${this.random.next()}`),
      processRecords: (records, { shardId }) => gate.pass(() => this.#process(records, shardId)),
    })
    this.workers.push({ id, gate, consumer })
    // A start that fails is tried again, as a supervisor would.
    const begin = async (): Promise<void> => {
      try {
        await consumer.start()
      } catch {
        await this.clock.sleep(1000)
        await begin()
      }
    }
    void begin()
    await this.clock.advance(0)
  }

  put(count: number): void {
    const { open } = this.stream
    for (let i = 0; i < count; i++) {
      this.stream.put(open[this.random.below(open.length)]!, 'k', Buffer.from(String(this.puts++)))
    }
  }

  reshard(): void {
    const open = this.stream.open.toSorted((a, b) => (a.range.start < b.range.start ? -1 : 1))
    const at = this.random.below(open.length)
    if (open.length < 8 && (open.length === 1 || this.random.next() < 0.5)) this.stream.split(open[at]!)
    else if (at + 1 < open.length) this.stream.merge(open[at]!, open[at + 1]!)
  }

  /** One random event. */
  async step(): Promise<void> {
    const worker = this.workers[this.random.below(this.workers.length)]
    const draw = this.random.next()
    if (draw < 0.35) this.put(this.random.below(60))
    else if (draw < 0.5) this.reshard()
    else if (draw < 0.65) {
      if (this.workers.length < 5) await this.join()
    } else if (worker !== undefined) {
      if (draw < 0.75) this.#leave(worker)
      else if (draw < 0.85) {
        worker.gate.isCrashed = true
        worker.gate.thaw()
        this.workers = this.workers.filter((other) => other !== worker)
      } else if (worker.gate.isFrozen) worker.gate.thaw()
      else worker.gate.freeze()
    }
    await this.clock.advance(this.random.below(8000))
  }

  /** Ends all disturbances and lets the workers come to rest. */
  async settle(): Promise<void> {
    this.failing = 0
    for (const { gate } of this.workers) gate.thaw()
    while (this.workers.length < 2) await this.join()
    for (let i = 0; i < 60 && !this.isComplete(); i++) await this.clock.advance(10_000)
    await this.clock.advance(300_000)
    await Promise.all(this.stops)
  }

  isComplete(): boolean {
    return this.stream.shards.every((shard) => (this.done.get(shard.shardId) ?? 0) === shard.records.length)
  }

  #leave(worker: Worker): void {
    this.workers = this.workers.filter((other) => other !== worker)
    worker.gate.thaw()
    this.stops.push(worker.consumer.stop())
  }

  async #process(records: readonly UserRecord[], shardId: string): Promise<void> {
    for (const record of records) {
      await this.clock.sleep(this.random.below(40))
      this.#note(shardId, record)
    }
    if (this.random.next() < 0.03) throw new Error('the callback fails now and then')
  }

  #note(shardId: string, { sequenceNumber }: UserRecord): void {
    const shard = this.stream.shards.find((one) => one.shardId === shardId)!
    const index = shard.records.findIndex((record) => record.sequenceNumber === sequenceNumber)
    const done = this.done.get(shardId) ?? 0
    if (index > done) this.faults.push(`${shardId}: record ${index} before ${done}`)
    if (index === done) {
      this.done.set(shardId, done + 1)
      this.processed++
    }
    for (const parent of shard.parents) {
      const parentShard = this.stream.shards.find((one) => one.shardId === parent)!
      if ((this.done.get(parent) ?? 0) < parentShard.records.length) {
        this.faults.push(`${shardId} before its parent ${parent} was done`)
      }
    }
  }

  #tableOf(worker: string, gate: Gate): LeaseTable {
    const { leases: table } = this
    const pass = <T>(work: () => Promise<T>) =>
      gate.pass(async () => {
        const draw = this.random.next()
        if (draw < this.failing / 2) throw new Error('the table fails before the change')
        const result = await work()
        if (draw < this.failing) throw new Error('the answer of the table is lost')
        return result
      })
    return {
      name: table.name,
      open: () => pass(() => table.open()),
      list: () => pass(() => table.list()),
      get: (key) => pass(() => table.get(key)),
      create: (lease) => pass(() => table.create(lease)),
      update: (seen, change) =>
        pass(async () => {
          const changed = await table.update(seen, change)
          if (changed !== undefined) this.#checkUpdate(worker, seen, changed)
          else if (seen.leaseOwner === worker) this.lost++
          return changed
        }),
      delete: (key) => pass(() => table.delete(key)),
      close: async () => {},
    }
  }

  #checkUpdate(worker: string, before: Lease, after: Lease): void {
    const { leaseKey } = after
    const state = this.epochs.get(leaseKey) ?? { owner: undefined, epoch: 0 }
    if (before.leaseOwner !== after.leaseOwner) {
      if (before.leaseOwner !== undefined && after.leaseOwner === worker) this.steals++
      this.epochs.set(leaseKey, { owner: after.leaseOwner, epoch: state.epoch + 1 })
    }
    const isMoved =
      before.checkpoint !== after.checkpoint ||
      before.checkpointSubSequenceNumber !== after.checkpointSubSequenceNumber
    if (!isMoved) return
    if (before.leaseOwner !== worker)
      this.faults.push(`${leaseKey}: ${worker} wrote a checkpoint of ${before.leaseOwner}`)
    const epoch = `${leaseKey}/${state.epoch}`
    const other = this.checkpointers.get(epoch)
    if (other !== undefined && other !== worker)
      this.faults.push(`${epoch}: checkpoints of ${other} and ${worker}`)
    this.checkpointers.set(epoch, worker)
    const isBack =
      isFinished(before) ||
      isAtStart(after) ||
      (!isAtStart(before) && !isFinished(after) && compareSequences(after.checkpoint, before.checkpoint) < 0)
    if (isBack) this.faults.push(`${leaseKey}: checkpoint from ${before.checkpoint} to ${after.checkpoint}`)
  }

  #streamOf(gate: Gate): KinesisStreamPort {
    const { stream } = this
    return {
      name: stream.name,
      listShards: (from) => gate.pass(() => stream.listShards(from)),
      openReader: (options) => {
        const reader = stream.openReader(options)
        return { read: () => gate.pass(() => reader.read()), close: () => reader.close() }
      },
      close: async () => {},
    }
  }
}

async function run(seed: number, leases: LeaseTable): Promise<Chaos> {
  const chaos = new Chaos(seed, leases)
  await chaos.join()
  for (let i = 0; i < 60; i++) await chaos.step()
  await chaos.settle()
  expect(chaos.faults.slice(0, 5), `seed ${seed}`).toEqual([])
  expect(chaos.isComplete(), `seed ${seed}: ${chaos.processed} of ${chaos.puts} processed`).toBe(true)
  expect(chaos.processed).toBe(chaos.puts)

  const listed = await leases.list()
  const workable = workableLeases(listed)
  expect(workable.length, `seed ${seed}: every open shard has a lease`).toBe(chaos.stream.open.length)
  const counts = chaos.workers.map(({ id }) => workable.filter((lease) => lease.leaseOwner === id).length)
  expect(
    counts.reduce((sum, count) => sum + count, 0),
    `seed ${seed}`,
  ).toBe(workable.length)
  expect(Math.max(...counts) - Math.min(...counts), `seed ${seed}: ${counts}`).toBeLessThanOrEqual(1)
  for (const { consumer } of chaos.workers) void consumer.stop()
  await chaos.clock.advance(60_000)
  expect((await leases.list()).filter((lease) => lease.leaseOwner !== undefined)).toEqual([])
  return chaos
}

describe('workers in chaos', () => {
  test('over leases in memory, many seeds', async () => {
    let [steals, lost] = [0, 0]
    for (let seed = 1; seed <= seeds; seed++) {
      const chaos = await run(seed, memoryLeases())
      steals += chaos.steals
      lost += chaos.lost
    }
    // The disturbances did happen.
    expect(steals).toBeGreaterThan(seeds)
    expect(lost).toBeGreaterThan(seeds / 4)
  })

  test('over a lease table of the store', async () => {
    for (let seed = 101; seed <= 103; seed++) {
      const dir = mkdtempSync(join(tmpdir(), 'millrace-chaos-'))
      const store = await openStore({ dir, clock: systemClock })
      await run(seed, storeLeases(store, 'leases'))
      await store.close()
      rmSync(dir, { recursive: true, force: true })
    }
  })
})

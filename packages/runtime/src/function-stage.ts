/**
 * Function stage: deals the records of each shard to lanes, calls the handler with batches of one shard and lane, and
 * commits what it wrote together with the lane's position.
 *
 * One invocation is in flight for each lane; lanes run at the same time. Invocations that are ready together share one
 * transaction. Rules of the event source mapping follow AWS (a lane retries and blocks by itself; 1 + maxRetries
 * attempts; then the batch is given up and the lane goes on), with two differences. Records given up are kept whole as
 * dead letters. And an error that blames records by name (a table key that is missing, data that is not JSON) is final for
 * those records and no fault of their neighbours: they are set aside at once, and the handler runs again with the others,
 * which does not count as a retry.
 *
 * Ledger: dead are the records among the dead letters, out all others whose invocation was committed.
 */

import type { TableDefinition } from '@millrace/store'
import type { FunctionStage as FunctionDefinition } from './app-model.ts'
import {
  codeVersion,
  type DeadRecord,
  errorReport,
  putDeadRecord,
  putDeadStretch,
  recordId,
} from './dead-letter.ts'
import { blamedRecords } from './errors.ts'
import type { FunctionContext } from './function-api.ts'
import { FunctionShard } from './function-shard.ts'
import { Invocation, type InvocationScope, runInvocation } from './invocation.ts'
import type { Lane, LaneBatch } from './lane.ts'
import type { Latency } from './latency.ts'
import { Ledger } from './ledger.ts'
import { retryDelayMs } from './retry.ts'
import type { Settled } from './settled.ts'
import type { Stretch } from './shard-cursor.ts'
import { firstSequence } from './shard-lineage.ts'
import type { Stage, StageContext, StepResult } from './stage.ts'
import { type FunctionRecord, readStageRecordOf, writeStageRecord } from './stage-record.ts'
import { refuseReplaced, type StreamTimes, streamTimes } from './stream-times.ts'
import { sayStretch } from './stretch-warning.ts'

/** Bytes of records that a shard may have in flight. One record more is always allowed. */
const inFlightBytesMax = 16 * 1024 * 1024

export class FunctionStage implements Stage {
  readonly kind = 'function'
  readonly name: string
  private readonly definition: FunctionDefinition
  private readonly context: StageContext
  private readonly scope: InvocationScope
  private readonly codeVersion: string
  private readonly shards: FunctionShard[] = []
  private made: StreamTimes = {}
  /** It has committed before, or dealt records. */
  private hasRun = false
  private ledger = new Ledger()
  private settled: Settled[] = []
  private running = 0
  private ready: (() => void) | undefined

  constructor(
    definition: FunctionDefinition,
    tables: readonly TableDefinition[],
    streams: readonly string[],
    context: StageContext,
  ) {
    this.name = definition.name
    this.definition = definition
    this.context = context
    this.codeVersion = codeVersion(definition.code.form === 'batch' ? definition.code.handler.toString() : '')
    this.scope = {
      stage: definition.name,
      store: context.store,
      tables: new Map(tables.map((table) => [table.name, table])),
      streams: new Set(streams),
    }
  }

  async open(): Promise<void> {
    const { store } = this.context
    const record = readStageRecordOf('function', this.name, store.getStage(this.name))
    this.made = streamTimes(store, [this.definition.from])
    refuseReplaced(record?.made, this.made)
    if (record) this.ledger = new Ledger(record.ledger)
    this.hasRun = record !== undefined
    this.grow(record)
  }

  /** Takes in the shards that the stream has and the stage does not know yet: all at the start, later those of a reshard. */
  private grow(record: FunctionRecord | undefined): void {
    const { store } = this.context
    const { from } = this.definition
    const { parallelization } = this.definition.mapping
    if (store.shardCount(from) === this.shards.length) return
    for (const info of store.stream(from)?.shardInfos.slice(this.shards.length) ?? []) {
      // Numbers of parents are lower than those of their children.
      const parents = info.parents.map((parent) => this.shards[parent]!)
      const lineage = { parents, first: firstSequence(info, this.hasRun) }
      const stored = record?.shards[info.shard]
      this.shards.push(new FunctionShard(store, from, info.shard, parallelization, stored, lineage))
    }
  }

  async step(): Promise<StepResult> {
    const { stopping } = this.context
    let worked = this.commit()
    if (!stopping.aborted) worked = this.deal() || worked
    const started = this.start()
    if (started) {
      // Handlers that wait for nothing outside end within this turn; they then share one commit.
      await turn()
      this.commit()
      return 'worked'
    }
    if (worked) return 'worked'
    return stopping.aborted && this.running === 0 && this.settled.length === 0 ? 'done' : 'idle'
  }

  dueInMs(): number {
    let due = Number.POSITIVE_INFINITY
    if (this.context.stopping.aborted) return due
    const now = this.context.clock.now()
    for (const shard of this.shards) {
      for (const { batch } of shard.lanes) {
        if (batch && !batch.running && batch.retryAt > now) due = Math.min(due, batch.retryAt - now)
      }
    }
    return due
  }

  onReady(callback: () => void): void {
    if (this.settled.length > 0) callback()
    else this.ready = callback
  }

  busy(): boolean {
    return this.running > 0
  }

  async close(): Promise<void> {}

  private deal(): boolean {
    const { batchSize, parallelization } = this.definition.mapping
    const { batchRecordsMax } = this.context.limits
    // Two batches for each lane: one being worked on, one ready when it ends.
    const records = Math.max(2 * batchSize * parallelization, Math.min(batchRecordsMax, 1_000))
    let passed = 0
    this.hasRun = true
    this.grow(undefined)
    for (const shard of this.shards) passed += shard.deal({ records, bytes: inFlightBytesMax })
    return passed > 0
  }

  /** Calls the handler for each lane that is free and has records, or whose retry is due. */
  private start(): boolean {
    const now = this.context.clock.now()
    const stopping = this.context.stopping.aborted
    let started = false
    for (const shard of this.shards) {
      for (const lane of shard.lanes) {
        // Once stopping, what has not been started is left where it is: positions say that it is not done.
        if (stopping) continue
        const batch = lane.batch ?? lane.begin(this.definition.mapping.batchSize, now)
        if (!batch || batch.running || batch.retryAt > now || isSettled(this.settled, batch)) continue
        batch.attempt++
        void this.invoke(shard, lane, batch)
        started = true
      }
    }
    return started
  }

  /** Runs the handler until the batch succeeds, is to be retried later, or is given up. Never rejects. */
  private async invoke(shard: FunctionShard, lane: Lane, batch: LaneBatch): Promise<void> {
    batch.running = true
    this.running++
    let done: Invocation | undefined
    let over = false
    while (!over) {
      if (batch.records.length === 0) break
      const invocation = new Invocation(this.scope, batch.records)
      try {
        const { code } = this.definition
        // Land with their runner.
        if (code.form !== 'batch') throw new Error(`functions of the form ${code.form} cannot be run yet`)
        await runInvocation(invocation, () =>
          code.handler(invocation.records, this.handlerContext(invocation, shard, batch)),
        )
        done = invocation
        over = true
      } catch (error) {
        over = !this.setAside(batch, error) && this.fail(batch, error)
      } finally {
        invocation.end()
      }
      if (!over && batch.retryAt > 0) break
    }
    batch.running = false
    this.running--
    if (over || batch.records.length === 0) this.settled.push({ shard, lane, batch, invocation: done })
    const { ready } = this
    this.ready = undefined
    ready?.()
  }

  /** Moves the records that the error blames to the dead ones; false if it blames none of the batch. */
  private setAside(batch: LaneBatch, error: unknown): boolean {
    const blamed = blamedRecords(error)
    if (blamed.length === 0) return false
    const { from } = this.definition
    const places = new Set<string>()
    for (const { stream, shard, sequence } of blamed) if (stream === from) places.add(`${shard}/${sequence}`)
    const kept = batch.records.filter((record) => !places.has(`${record.shard}/${record.sequence}`))
    if (kept.length === batch.records.length) return false
    for (const record of batch.records) {
      if (places.has(`${record.shard}/${record.sequence}`)) {
        batch.dead.push({ record, error, attempts: batch.attempt })
      }
    }
    batch.records = kept
    batch.retryAt = 0
    return true
  }

  /** True when the batch is given up; else it is to be retried at `retryAt`. */
  private fail(batch: LaneBatch, error: unknown): boolean {
    const { clock, limits, random } = this.context
    if (batch.attempt <= this.definition.mapping.maxRetries) {
      batch.retryAt = clock.now() + retryDelayMs(batch.attempt + 1, limits, random)
      return false
    }
    for (const record of batch.records) batch.dead.push({ record, error, attempts: batch.attempt })
    batch.records = []
    return true
  }

  private handlerContext(invocation: Invocation, shard: FunctionShard, batch: LaneBatch): FunctionContext {
    return {
      stage: this.name,
      shard: shard.shard,
      attempt: batch.attempt,
      signal: this.context.stopping,
      emit: (stream, value, options) =>
        invocation.emit(typeof stream === 'string' ? stream : stream.name, value, options?.partitionKey),
    }
  }

  /** Commits what is settled; true if there was anything. */
  private commit(): boolean {
    const { settled } = this
    const stretches: Stretch[] = []
    for (const shard of this.shards) {
      if (shard.stretches.length === 0) continue
      stretches.push(...shard.stretches)
      shard.stretches = []
    }
    if (settled.length === 0 && stretches.length === 0) return false
    this.settled = []
    const { store, clock, warnings } = this.context
    const { ledger } = this
    for (const { shard, lane, batch, invocation } of settled) {
      shard.settle(lane, batch.bytes)
      ledger.out += batch.records.length
      ledger.dead += batch.dead.length
      if (invocation) ledger.emitted += invocation.writeCount + invocation.emitCount
    }
    for (const stretch of stretches) {
      ledger.dead += stretch.to - stretch.from
      sayStretch(warnings, this.name, stretch)
    }
    const now = clock.now()
    store.commit((transaction) => {
      for (const { invocation } of settled) invocation?.apply(transaction, newestOrigin(invocation))
      for (const { batch } of settled) {
        for (const { record, error, attempts } of batch.dead) {
          putDeadRecord(transaction, this.deadRecord(record, error, attempts, batch.firstTime, now))
        }
      }
      for (const stretch of stretches) putDeadStretch(transaction, this.name, stretch, now)
      transaction.setStage(
        this.name,
        writeStageRecord({
          kind: 'function',
          ledger: ledger.counts(),
          shards: this.shards.map((shard) => shard.position()),
          made: this.made,
        }),
      )
    })
    void this.measure(settled)
    return true
  }

  /** Latencies of the records whose invocations wrote something, once that is on disk. */
  private async measure(settled: readonly Settled[]): Promise<void> {
    const { store, clock, latency, tableLatency } = this.context
    try {
      await store.flushed()
    } catch {
      // The store's next commit reports it; what is not on disk has no latency yet.
      return
    }
    const now = clock.now()
    for (const { invocation } of settled) {
      if (!invocation || invocation.writeCount + invocation.emitCount === 0) continue
      recordLatencies(invocation, now, latency)
      if (invocation.writeCount > 0) recordLatencies(invocation, now, tableLatency)
    }
  }

  private deadRecord(
    record: Settled['batch']['dead'][number]['record'],
    error: unknown,
    attempts: number,
    firstTime: number,
    lastTime: number,
  ): DeadRecord {
    const { stream } = record.batch
    return {
      stage: this.name,
      codeVersion: this.codeVersion,
      id: recordId(stream, record.shard, record.sequence),
      data: record.data,
      error: errorReport(error),
      attempts,
      firstTime,
      lastTime,
      origin: {
        stream,
        shard: record.shard,
        sequence: record.sequence,
        partitionKey: record.partitionKey,
        arrivalTime: record.arrivalTimeMs,
      },
    }
  }
}

/** Records of one source batch share their origin, so runs of equal values are recorded at once. */
function recordLatencies(invocation: Invocation, now: number, into: Latency): void {
  let origin = Number.NaN
  let count = 0
  for (const { batch, index } of invocation.records) {
    const time = batch.originTime(index)
    if (time !== origin) {
      into.record(now - origin, count)
      origin = time
      count = 0
    }
    count++
  }
  into.record(now - origin, count)
}

function newestOrigin(invocation: Invocation): number {
  if (invocation.emitCount === 0) return 0
  let newest = 0
  for (const { batch, index } of invocation.records) newest = Math.max(newest, batch.originTime(index))
  return newest
}

function isSettled(settled: readonly Settled[], batch: LaneBatch): boolean {
  return settled.some((other) => other.batch === batch)
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

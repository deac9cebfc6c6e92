/**
 * Per-record function stage: calls the function once for each record, and commits what the calls wrote together with the
 * positions.
 *
 * Records of one partition key go one after the other, each after the commit of the one before; up to `concurrency` records of
 * different keys are tried at the same time, over all shards. What is ready together shares one transaction. A record that
 * fails is tried again by itself, with growing waits, and given up after 1 + maxRetries tries; meanwhile only its key waits.
 * Redriven dead letters are read beside the stream and wait for their keys like all others, so no two records of a key are ever
 * at work together.
 *
 * Exactly once: a record is out of the stored position's open ones in the very transaction that holds its writes, so what was
 * done is not done again, in whatever order it was done (each-shard.ts).
 *
 * Ledger: dead are the records among the dead letters, filtered those that no pattern matches, out all others.
 */
import type { TableDefinition, Transaction } from '@millrace/store'
import { openTables, TableError, TableRequestError } from '@millrace/tables'
import type { EachCode, FunctionStage as FunctionDefinition } from '../app-model.ts'
import { codeVersion, putDeadRecord, putDeadStretch } from '../dead-letter.ts'
import { blamedRecords, RuntimeError } from '../errors.ts'
import { compileFilters } from '../event/filter-pattern.ts'
import { Ledger } from '../ledger.ts'
import { deadRecord } from '../mapping/dead-record.ts'
import { eventSourceOf, StreamEvents } from '../mapping/stream-events.ts'
import { retryDelayMs } from '../retry.ts'
import type { Stretch } from '../shard-cursor.ts'
import type { Stage, StageContext, StepResult } from '../stage.ts'
import { readStageRecordOf, writeStageRecord } from '../stage-record.ts'
import type { BatchRecord } from '../stream-record.ts'
import { refuseOtherInput, refuseReplaced, type StreamTimes, streamTimes } from '../stream-times.ts'
import { sayStretch } from '../stretch-warning.ts'
import { redriveStreamName } from '../system-names.ts'
import { type CallScope, EachCall } from './each-call.ts'
import { EachStreams } from './each-streams.ts'
import { KeyOrder } from './key-order.ts'
import { OnceKeys } from './once-keys.ts'
import { sweepOnce } from './once-results.ts'
import type { Task } from './task.ts'

/** A task whose fate is decided. Without a call it is dead. */
type Settled =
  | { readonly task: Task; readonly call: EachCall }
  | { readonly task: Task; readonly call: undefined; readonly error: unknown }

/** Records of a shard that may be open: a key that blocks lets the others go on until so many wait, for it mostly. */
const openRecordsMax = 10_000
const openBytesMax = 16 * 1024 * 1024
/** Records that are read before their turn comes. */
const readAhead = 1_000
/** Records of one commit, so that none waits long for the others. */
const groupMax = 500
const sweepEveryMs = 60_000

export class EachStage implements Stage {
  readonly kind = 'function'
  readonly name: string
  private readonly definition: FunctionDefinition
  private readonly code: EachCode
  private readonly context: StageContext
  private readonly scope: CallScope
  private readonly codeVersion: string
  private readonly keys = new KeyOrder()
  private readonly streams: EachStreams
  private made: StreamTimes = {}
  private ledger = new Ledger()
  private settled: Settled[] = []
  private running = 0
  private sweepAt = 0
  private ready: (() => void) | undefined

  constructor(
    definition: FunctionDefinition,
    code: EachCode,
    tables: readonly TableDefinition[],
    streams: readonly string[],
    context: StageContext,
  ) {
    const { store, clock, stopping } = context
    this.name = definition.name
    this.definition = definition
    this.code = code
    this.context = context
    this.codeVersion = codeVersion(code.handler.toString())
    this.scope = {
      stage: definition.name,
      store,
      engine: openTables({ store, region: context.lambdas.services.region }),
      tables: new Map(tables.map((table) => [table.name, table])),
      streams: new Set(streams),
      handler: code.handler,
      decode: code.decode,
      onceKeys: new OnceKeys(),
      onceMs: code.onceMs,
      clock,
      signal: stopping,
    }
    this.streams = new EachStreams(store, definition.from, redriveStreamName(definition.name), (task) =>
      this.keys.add(task),
    )
  }

  async open(): Promise<void> {
    const { store, clock } = this.context
    const { startingPosition, filters } = this.definition.mapping
    if (typeof startingPosition === 'object' && startingPosition.atMs > clock.now()) {
      throw new RuntimeError('STARTING_POSITION_INVALID', {
        place: `function "${this.name}"`,
        what: 'it is to begin at a time that has not come yet',
        value: new Date(startingPosition.atMs).toISOString(),
        next: "Give a time in the past, or 'LATEST'",
      })
    }
    const record = readStageRecordOf('function', this.name, store.getStage(this.name))
    this.made = this.streamsMade()
    refuseReplaced(record?.made, this.made)
    refuseOtherInput(this.name, record?.made, this.definition.from)
    if (record) this.ledger = new Ledger(record.ledger)
    this.streams.open(record, {
      startingPosition,
      filter: this.filterOf(filters),
      storedFilter: this.filterOf(record?.filters ?? []),
    })
    // Where it began has to outlast a stop before its first record.
    if (record === undefined && startingPosition !== 'TRIM_HORIZON') this.write([], [])
  }

  async step(): Promise<StepResult> {
    const { stopping } = this.context
    let worked = this.commit()
    if (!stopping.aborted) worked = this.deal() || worked
    if (this.start()) {
      // Calls that wait for nothing outside end within a turn; they share one commit, and those that take their places as well.
      do await turn()
      while (this.settled.length < groupMax && this.running < this.code.concurrency && this.start())
      this.commit()
      return 'worked'
    }
    if (worked) return 'worked'
    return stopping.aborted && this.running === 0 && this.settled.length === 0 ? 'done' : 'idle'
  }

  dueInMs(): number {
    const { clock, stopping } = this.context
    if (stopping.aborted || this.running >= this.code.concurrency) return Number.POSITIVE_INFINITY
    return Math.max(0, this.keys.retryAt - clock.now())
  }

  onReady(callback: () => void): void {
    if (this.settled.length > 0) callback()
    else this.ready = callback
  }

  busy(): boolean {
    return this.running > 0
  }

  async close(): Promise<void> {}

  /** Undefined without patterns: all records pass. */
  private filterOf(patterns: readonly string[]): ((record: BatchRecord) => boolean) | undefined {
    const { store, lambdas } = this.context
    const { kind } = eventSourceOf(store, this.definition.from, lambdas.services)
    const filter = compileFilters(patterns, kind, this.name)
    if (filter === undefined) return undefined
    const events = new StreamEvents(store, lambdas.services)
    return (record) => filter.matches(record, events.ofRecord(record))
  }

  private streamsMade(): StreamTimes {
    return streamTimes(this.context.store, [this.definition.from, redriveStreamName(this.name)])
  }

  private deal(): boolean {
    if (this.streams.grow()) this.made = this.streamsMade()
    const wanted = Math.max(readAhead, 2 * this.code.concurrency)
    let passed = 0
    for (const shard of this.streams.shards) {
      while (this.keys.readyCount < wanted) {
        const records = Math.min(wanted, openRecordsMax - shard.openCount)
        const bytes = openBytesMax - shard.openBytes
        const read = records > 0 && bytes > 0 ? shard.deal(records, bytes) : 0
        if (read === 0) break
        passed += read
      }
    }
    return passed > 0
  }

  /** Begins calls; true if there was one to begin, or a record to be given up. Once stopping, what has not begun stays. */
  private start(): boolean {
    const { clock, stopping } = this.context
    if (stopping.aborted) return false
    const { maxRecordAgeMs } = this.definition.mapping
    let started = false
    const now = clock.now()
    this.keys.wake(now)
    while (this.running < this.code.concurrency) {
      const task = this.keys.take()
      if (task === undefined) break
      started = true
      if (task.attempts === 0) task.firstTime = now
      if (now - task.record.loggedAtMs > maxRecordAgeMs) this.giveUp(task, this.tooOld(task))
      else void this.call(task, now)
    }
    return started
  }

  /** Never rejects. */
  private async call(task: Task, startedAt: number): Promise<void> {
    const { clock, meter } = this.context
    this.running++
    task.attempts++
    meter.started(startedAt - task.record.loggedAtMs)
    const call = new EachCall(this.scope, task)
    let failed = false
    try {
      await call.run()
      this.settled.push({ task, call })
    } catch (error) {
      failed = true
      this.fail(task, error)
    }
    this.running--
    meter.ended(clock.now() - startedAt, failed)
    const { ready } = this
    this.ready = undefined
    ready?.()
  }

  private fail(task: Task, error: unknown): void {
    const { clock, limits, random } = this.context
    // A record that is to blame by itself will be so next time.
    if (task.attempts > this.definition.mapping.maxRetries || isBlamed(task.record, error)) {
      this.giveUp(task, error)
      return
    }
    task.retryAt = clock.now() + retryDelayMs(task.attempts + 1, limits, random)
    this.keys.delay(task)
  }

  private giveUp(task: Task, error: unknown): void {
    this.settled.push({ task, call: undefined, error })
  }

  private tooOld({ record, attempts }: Task): RuntimeError {
    return new RuntimeError('RECORD_TOO_OLD', {
      place: `function "${this.name}", shard ${record.shard}`,
      what: `older than ${this.definition.mapping.maxRecordAgeMs} ms after ${attempts} attempts`,
      next: 'Raise the maximum record age, or the concurrency of the function',
    })
  }

  /** Commits what is decided; true if there was anything. */
  private commit(): boolean {
    const { settled, streams } = this
    const stretches = streams.takeStretches()
    if (settled.length === 0 && stretches.length === 0 && !streams.hasFiltered) return false
    this.settled = []
    this.write(settled, stretches)
    return true
  }

  private write(decided: readonly Settled[], stretches: readonly Stretch[]): void {
    for (let settled = decided; ; ) {
      try {
        this.writeOnce(settled, stretches)
        return
      } catch (error) {
        if (!(error instanceof StaleCall)) throw error
        const { stale } = error
        settled = settled.filter((each) => each !== stale)
        this.takeBack(stale)
      }
    }
  }

  /** Throws StaleCall before anything is changed here; the transaction is given up then. */
  private writeOnce(settled: readonly Settled[], stretches: readonly Stretch[]): void {
    const { store, clock } = this.context
    const now = clock.now()
    const sweeps = now >= this.sweepAt
    let sweepsMore = false
    const code = { stage: this.name, codeVersion: this.codeVersion }
    store.commit((transaction) => {
      for (const each of settled) applyCall(transaction, each)
      for (const each of settled) {
        if (each.call !== undefined) continue
        const { task, error } = each
        putDeadRecord(transaction, deadRecord(code, task.record, { ...task, error }, now))
      }
      for (const stretch of stretches) putDeadStretch(transaction, this.name, stretch, now)
      if (sweeps) sweepsMore = sweepOnce(transaction, this.name, now)
      this.settle(settled, stretches)
      transaction.setStage(this.name, writeStageRecord(this.record()))
    })
    if (sweeps && !sweepsMore) this.sweepAt = now + sweepEveryMs
    for (const { task, call } of settled) {
      this.keys.release(task)
      call?.release()
    }
    if (settled.length > 0) void this.measure(settled)
  }

  /** Counts what the commit being made decides. */
  private settle(settled: readonly Settled[], stretches: readonly Stretch[]): void {
    const { ledger } = this
    for (const { task, call } of settled) {
      task.shard.settle(task.record)
      if (call === undefined) ledger.dead++
      else {
        ledger.out++
        call.invocation.countInto(ledger)
      }
    }
    ledger.filtered += this.streams.takeFiltered()
    for (const stretch of stretches) {
      ledger.dead += stretch.to - stretch.from
      sayStretch(this.context.warnings, this.name, stretch)
    }
  }

  /** The function is called again with the record, at once; the call that was in vain is no try. */
  private takeBack({ task, call }: Settled): void {
    call?.release()
    task.attempts--
    this.keys.again(task)
  }

  private record() {
    const { filters } = this.definition.mapping
    return {
      kind: 'function' as const,
      ledger: this.ledger.counts(),
      ...this.streams.positions(),
      ...(filters.length === 0 ? {} : { filters }),
      made: this.made,
    }
  }

  /** Latencies of the records whose calls wrote something, once that is on disk. */
  private async measure(settled: readonly Settled[]): Promise<void> {
    const { store, clock, latency, tableLatency } = this.context
    try {
      await store.flushed()
    } catch {
      // The store's next commit reports it; what is not on disk has no latency yet.
      return
    }
    const now = clock.now()
    for (const { task, call } of settled) {
      if (call === undefined || call.invocation.writeCount + call.invocation.emitCount === 0) continue
      const took = now - originOf(task)
      latency.record(took, 1)
      if (call.invocation.writeCount > 0) tableLatency.record(took, 1)
    }
  }
}

/** Ends a commit: since the call was made, an item has changed so that its writes cannot be made any more. */
class StaleCall extends Error {
  readonly stale: Settled

  constructor(stale: Settled, cause: unknown) {
    super('the writes of a call cannot be made any more', { cause })
    this.stale = stale
  }
}

function applyCall(transaction: Transaction, settled: Settled): void {
  try {
    settled.call?.apply(transaction, originOf(settled.task))
  } catch (error) {
    if (!(error instanceof TableError || error instanceof TableRequestError)) throw error
    throw new StaleCall(settled, error)
  }
}

function originOf({ record }: Task): number {
  return record.batch.originTime(record.index)
}

function isBlamed(record: BatchRecord, error: unknown): boolean {
  return blamedRecords(error).some(
    ({ stream, shard, sequence }) =>
      stream === record.stream && shard === record.shard && sequence === record.sequence,
  )
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

/**
 * Function stage: an event source mapping between a stream and a function.
 *
 * Deals the records of each shard to lanes (mapping/mapped-shard.ts), lets lanes try their batches (mapping/attempts.ts),
 * and commits what was decided together with the positions. One call is in flight for each lane; lanes run at the same
 * time, and fates that are ready together share one transaction. Beside its stream it reads the stream of its redriven dead
 * letters, once there is one, with positions of its own.
 *
 * Ledger: dead are the records among the dead letters, filtered those that no pattern matches, out all others whose call
 * was committed.
 */

import type { TableDefinition, Transaction } from '@millrace/store'
import { openTables } from '@millrace/tables'
import type { FunctionStage as FunctionDefinition } from './app-model.ts'
import { RuntimeError } from './errors.ts'
import { compileFilters } from './event/filter-pattern.ts'
import { type FunctionServices, functionArn, functionVersion } from './lambda/lambda-environment.ts'
import { Ledger } from './ledger.ts'
import { Attempts, type Fate } from './mapping/attempts.ts'
import { FailureReports } from './mapping/failure-destination.ts'
import type { FunctionRunner } from './mapping/function-runner.ts'
import { makeRunner } from './mapping/make-runner.ts'
import type { MappedShard } from './mapping/mapped-shard.ts'
import { MappedStream, type StoredReading, windowOperator } from './mapping/mapped-stream.ts'
import { countFates, measureFates, StaleFate, writeFates } from './mapping/mapping-commit.ts'
import { originalOf } from './mapping/redriven-record.ts'
import { eventSourceOf, StreamEvents } from './mapping/stream-events.ts'
import type { Stretch } from './shard-cursor.ts'
import type { Stage, StageContext, StepResult } from './stage.ts'
import { type FunctionRecord, readStageRecordOf, writeStageRecord } from './stage-record.ts'
import type { BatchRecord } from './stream-record.ts'
import { refuseOtherInput, refuseReplaced, type StreamTimes, streamTimes } from './stream-times.ts'
import { sayStretch } from './stretch-warning.ts'
import { redriveStreamName } from './system-names.ts'

/** Bytes of records that a shard may have in flight. One record more is always allowed. */
const inFlightBytesMax = 16 * 1024 * 1024

export class FunctionStage implements Stage {
  readonly kind = 'function'
  readonly name: string
  private readonly definition: FunctionDefinition
  private readonly context: StageContext
  private readonly events: StreamEvents
  private readonly runner: FunctionRunner
  private readonly attempts: Attempts
  /** Undefined where nobody wants reports about records that were given up. */
  private readonly reports: FailureReports | undefined
  /** The stage's stream, then that of its redriven dead letters if there is one. */
  private streams: MappedStream[] = []
  /** All of theirs. */
  private shards: readonly MappedShard[] = []
  private made: StreamTimes = {}
  /** Operators of windows that the function has no more. */
  private droppedWindows: readonly string[] = []
  /** It has committed before, or dealt records. */
  private hasRun = false
  /** When lanes were last asked whether they have work. */
  private lookedAt = Number.NEGATIVE_INFINITY
  private ledger = new Ledger()
  private ready: (() => void) | undefined

  /** `runner`: in place of the one for the form of the function, for tests. */
  constructor(
    definition: FunctionDefinition,
    tables: readonly TableDefinition[],
    streams: readonly string[],
    context: StageContext,
    runner?: FunctionRunner,
  ) {
    this.name = definition.name
    this.definition = definition
    this.context = context
    const { store, lambdas } = context
    this.events = new StreamEvents(store, lambdas.services)
    const scope = {
      stage: definition.name,
      store,
      engine: openTables({ store, region: lambdas.services.region }),
      tables: new Map(tables.map((table) => [table.name, table])),
      streams: new Set(streams),
    }
    this.runner = runner ?? makeRunner(definition, scope, lambdas, this.events, context.warnings)
    const { onFailure: destination } = definition.mapping
    this.reports =
      destination &&
      new FailureReports({
        stage: definition.name,
        functionArn: functionArnOf(definition, lambdas.services),
        destination,
        events: this.events,
        random: context.random,
        warnings: context.warnings,
        meter: context.meter,
      })
    this.attempts = new Attempts(definition.name, definition.mapping, this.runner, context, () => this.wake())
  }

  async open(): Promise<void> {
    const { store, clock } = this.context
    const { from, mapping } = this.definition
    const { startingPosition } = mapping
    if (typeof startingPosition === 'object' && startingPosition.atMs > clock.now()) {
      throw new RuntimeError('STARTING_POSITION_INVALID', {
        place: `function "${this.name}"`,
        what: 'it is to begin at a time that has not come yet',
        value: new Date(startingPosition.atMs).toISOString(),
        next: "Give a time in the past, or 'LATEST'",
      })
    }
    await this.runner.open()
    const record = readStageRecordOf('function', this.name, store.getStage(this.name))
    this.made = this.streamsMade()
    refuseReplaced(record?.made, this.made)
    refuseOtherInput(this.name, record?.made, this.definition.from)
    if (record) this.ledger = new Ledger(record.ledger)
    this.hasRun = record !== undefined
    const states = new Map<string, Uint8Array>()
    for (const { operator, blob } of store.readState(this.name)) states.set(operator, blob)
    if (this.window === undefined) this.droppedWindows = [...states.keys()]
    const filter = this.filterOf(mapping.filters)
    const storedFilters = record?.filters ?? []
    const isSame = JSON.stringify(storedFilters) === JSON.stringify(mapping.filters)
    this.streams.push(
      new MappedStream(store, {
        stream: from,
        dealing: {
          lanes: this.lanes,
          filter,
          storedFilter: isSame ? filter : this.filterOf(storedFilters),
        },
        startingPosition,
        window: this.window,
      }),
    )
    this.grow(
      record && { shards: record.shards, states },
      record?.redrive && { shards: record.redrive.shards, states },
    )
    // Where a mapping began has to outlast a stop before its first record.
    if (!this.hasRun && startingPosition !== 'TRIM_HORIZON') this.write([], [])
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
    const { running, fates, wantsFence } = this.attempts
    // The next step commits, and nothing else would call for it.
    if (worked || (wantsFence && !stopping.aborted)) return 'worked'
    return stopping.aborted && running === 0 && fates.length === 0 ? 'done' : 'idle'
  }

  dueInMs(): number {
    if (this.context.stopping.aborted) return Number.POSITIVE_INFINITY
    let dueAt = Number.POSITIVE_INFINITY
    for (const shard of this.shards) {
      for (const lane of shard.lanes) {
        dueAt = Math.min(dueAt, this.attempts.dueAtMs(shard, lane, this.lookedAt))
      }
    }
    // A time that has come since the last look is due at once.
    return Math.max(0, dueAt - this.context.clock.now())
  }

  onReady(callback: () => void): void {
    if (this.attempts.fates.length > 0) callback()
    else this.ready = callback
  }

  busy(): boolean {
    return this.attempts.running > 0
  }

  reload(): void {
    this.runner.reload?.()
  }

  close(): Promise<void> {
    return this.runner.close()
  }

  /** Of a tumbling window the calls are one sequence for each shard, so there are no lanes. */
  private get lanes(): number {
    const { parallelization, tumblingWindowMs } = this.definition.mapping
    return tumblingWindowMs > 0 ? 1 : parallelization
  }

  private get window(): { readonly lengthMs: number; readonly carries: boolean } | undefined {
    const { tumblingWindowMs, carryState } = this.definition.mapping
    return tumblingWindowMs > 0 ? { lengthMs: tumblingWindowMs, carries: carryState } : undefined
  }

  /** Undefined without patterns: all records pass. */
  private filterOf(patterns: readonly string[]): ((record: BatchRecord) => boolean) | undefined {
    const { store, lambdas } = this.context
    const { kind } = eventSourceOf(store, this.definition.from, lambdas.services)
    const filter = compileFilters(patterns, kind, this.definition.name)
    return filter && ((record) => filter.matches(record, this.events.ofRecord(record)))
  }

  private wake(): void {
    const { ready } = this
    this.ready = undefined
    ready?.()
  }

  /** Takes in shards that are new. */
  private grow(stored: StoredReading | undefined, storedRedrive: StoredReading | undefined): void {
    this.streams[0]!.grow(stored, this.hasRun)
    this.growRedrive(storedRedrive)
    let count = 0
    for (const { shards } of this.streams) count += shards.length
    if (count !== this.shards.length) this.shards = this.streams.flatMap(({ shards }) => shards)
  }

  /** Begins to read the stream of redriven dead letters when there is one. */
  private growRedrive(stored: StoredReading | undefined): void {
    const { store } = this.context
    const stream = redriveStreamName(this.name)
    if (this.streams.length === 1) {
      if (store.stream(stream) === undefined) return
      const dealing = { lanes: this.lanes, filter: undefined, storedFilter: undefined, original: originalOf }
      this.streams.push(
        new MappedStream(store, { stream, dealing, startingPosition: 'TRIM_HORIZON', window: this.window }),
      )
      this.made = this.streamsMade()
    }
    this.streams[1]!.grow(stored, false)
  }

  private streamsMade(): StreamTimes {
    return streamTimes(this.context.store, [this.definition.from, redriveStreamName(this.name)])
  }

  private deal(): boolean {
    const { batchSize } = this.definition.mapping
    const { batchRecordsMax } = this.context.limits
    // Two batches for each lane: one being worked on, one ready when it ends.
    const records = Math.max(2 * batchSize * this.lanes, Math.min(batchRecordsMax, 1_000))
    let passed = 0
    this.hasRun = true
    this.grow(undefined, undefined)
    for (const shard of this.shards) passed += shard.deal({ records, bytes: inFlightBytesMax })
    return passed > 0
  }

  /** Lets each lane go on that can. Once stopping, what has not been started stays: positions say that it is not done. */
  private start(): boolean {
    if (this.context.stopping.aborted) return false
    const now = this.context.clock.now()
    this.lookedAt = now
    let started = false
    const [own, redrive] = this.streams
    // Redriven records first: they are few, and would starve behind a key that always has some at work.
    for (const [stream, beside] of [
      [redrive, own],
      [own, redrive],
    ]) {
      for (const shard of stream?.shards ?? []) {
        for (const lane of shard.lanes)
          started = this.attempts.work(shard, lane, now, beside?.shards) || started
      }
    }
    return started
  }

  /** Commits what is decided; true if there was anything. */
  private commit(): boolean {
    const { fates } = this.attempts
    const stretches: Stretch[] = []
    let filtered = false
    for (const shard of this.shards) {
      filtered ||= shard.filtered > 0
      if (shard.stretches.length === 0) continue
      stretches.push(...shard.stretches)
      shard.stretches = []
    }
    if (fates.length === 0 && stretches.length === 0 && !filtered && !this.attempts.wantsFence) return false
    this.attempts.fates = []
    this.write(fates, stretches)
    return true
  }

  private write(decided: readonly Fate[], stretches: readonly Stretch[]): void {
    for (let fates = decided; ; ) {
      try {
        this.writeOnce(fates, stretches)
        return
      } catch (error) {
        if (!(error instanceof StaleFate)) throw error
        fates = this.attempts.takeBack(error.fate, fates)
      }
    }
  }

  /** Throws StaleFate before anything is changed here; the transaction is given up then. */
  private writeOnce(fates: readonly Fate[], stretches: readonly Stretch[]): void {
    const { store, clock } = this.context
    const { attempts } = this
    const now = clock.now()
    const report = this.reports?.report(fates, now)
    attempts.wantsFence = false
    attempts.committedAt = store.commit((transaction) => {
      writeFates(
        transaction,
        { stage: this.name, codeVersion: this.runner.codeVersion },
        fates,
        stretches,
        now,
      )
      report?.(transaction)
      this.settle(fates, stretches)
      this.writeWindows(transaction)
      transaction.setStage(this.name, writeStageRecord(this.record()))
      return transaction.time
    })
    if (fates.length > 0) void measureFates(fates, this.context)
  }

  /** Counts what the commit being made decides. */
  private settle(fates: readonly Fate[], stretches: readonly Stretch[]): void {
    const { ledger } = this
    for (const { shard, lane, done, dead } of fates) {
      lane.unsettled--
      shard.settle(done, dead)
    }
    for (const shard of this.shards) {
      ledger.filtered += shard.filtered
      shard.filtered = 0
    }
    countFates(ledger, fates, stretches)
    for (const stretch of stretches) sayStretch(this.context.warnings, this.name, stretch)
  }

  private writeWindows(transaction: Transaction): void {
    for (const operator of this.droppedWindows) transaction.dropState(this.name, operator)
    this.droppedWindows = []
    for (const { stream, shard, window } of this.shards) {
      if (window?.dirty !== true) continue
      const operator = windowOperator(stream, shard)
      const state = window.stored()
      if (state === undefined) transaction.dropState(this.name, operator)
      else transaction.replaceState(this.name, operator, [state])
      window.dirty = false
    }
  }

  private record(): FunctionRecord {
    const [own, redrive] = this.streams
    const { filters } = this.definition.mapping
    return {
      kind: 'function',
      ledger: this.ledger.counts(),
      shards: own!.positions(),
      ...(redrive === undefined ? {} : { redrive: { stream: redrive.stream, shards: redrive.positions() } }),
      ...(filters.length === 0 ? {} : { filters }),
      made: this.made,
    }
  }
}

/** With its qualifier; a function of the app's own program shows under the name of its stage. */
function functionArnOf({ name, code }: FunctionDefinition, services: FunctionServices): string {
  const functionName = code.form === 'lambda' ? code.lambda.functionName : name
  return `${functionArn({ functionName }, services)}:${functionVersion}`
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

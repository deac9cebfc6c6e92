/**
 * Query stage: record batches of the input stream, merged by (commit, shard), become rows; the program runs over them; its
 * output rows, error rows, late records, state changes, positions and ledger become one commit.
 *
 * Time. The row time of an input row is the arrival of its record batch, which never decreases over commits. So each
 * micro-batch carries the bound "no later row is below the last one's time". While nothing arrives, windows are closed by
 * the clock: a commit of our own takes a number and a time; once everything up to that commit has been read and there was
 * nothing new, its time is a bound, since whatever is committed later is stamped later. (The time of a clock read outside
 * a transaction would not do: another thread may have stamped a batch before it and commit it after.)
 *
 * Ledger: each record of a micro-batch ends as dead (it became no row, or the program refused it), late, out or filtered.
 */

import { outcome, type QueryInstance } from '@millrace/sql'
import type { RecordBatchBuilder, ShardInfo, Transaction } from '@millrace/store'
import type { QueryStage as QueryDefinition } from './app-model.ts'
import { BackPressure } from './back-pressure.ts'
import { BatchSize } from './batch-size.ts'
import { putDeadStretch } from './dead-letter.ts'
import { addErrorRow, type QueryError } from './error-rows.ts'
import { InputMapper } from './input-mapper.ts'
import { Ledger, settled } from './ledger.ts'
import { MappingWarnings } from './mapping-warnings.ts'
import { measureLatency } from './measure-latency.ts'
import { MergedInput, type Taken } from './merged-input.ts'
import { OperatorStates } from './operator-states.ts'
import { QueryOutput } from './query-output.ts'
import { bindQuery, type Compile, compileQuery, outputSchema, type QueryProgram } from './query-program.ts'
import { RecordInputMapper } from './record-input-mapper.ts'
import { readReference } from './reference-file.ts'
import { replayInput } from './replay-input.ts'
import type { Stretch } from './shard-cursor.ts'
import { firstSequence } from './shard-lineage.ts'
import { SourceIndex } from './source-index.ts'
import type { Stage, StageContext, StepResult } from './stage.ts'
import { type QueryRecord, readStageRecordOf, writeStageRecord } from './stage-record.ts'
import { planState, storedOperators } from './state-plan.ts'
import { StateSizes } from './state-sizes.ts'
import { refuseOtherInput, refuseReplaced, type StreamTimes, streamTimes } from './stream-times.ts'
import { sayStretch } from './stretch-warning.ts'
import { errorStreamName, lateStreamName } from './system-names.ts'
import { waitsForTime } from './waits-for-time.ts'

/** While idle with something in state that waits for time, a bound is taken from the clock this often. */
const boundEveryMs = 1_000
const encoder = new TextEncoder()

export class QueryStage implements Stage {
  readonly kind = 'query'
  readonly name: string
  private readonly definition: QueryDefinition
  private readonly context: StageContext
  private readonly compile: Compile
  private readonly pressure: BackPressure
  private readonly size: BatchSize
  private readonly sources = new SourceIndex()
  private readonly errorRows: RecordBatchBuilder
  private readonly lateRecords: RecordBatchBuilder
  private ledger = new Ledger()
  private starts: number[] = []
  /** Errors of the micro-batch at hand. */
  private errors: QueryError[] = []
  private parts: QueryParts | undefined
  private boundDueAt = Number.POSITIVE_INFINITY
  private made: StreamTimes = {}

  /** `readers`: output streams with the stages that read them, for back-pressure. */
  constructor(
    definition: QueryDefinition,
    readers: ReadonlyMap<string, readonly string[]>,
    context: StageContext,
    compile: Compile = compileQuery,
  ) {
    this.name = definition.name
    this.definition = definition
    this.pressure = new BackPressure(context.store, readers, context.limits.unreadBytesMax)
    this.context = context
    this.compile = compile
    this.size = new BatchSize(context.limits)
    this.errorRows = context.store.builder()
    this.lateRecords = context.store.builder()
  }

  async open(): Promise<void> {
    const { store, warnings } = this.context
    const { definition } = this
    const bound = bindQuery(definition, warnings)
    const instance = this.compile(bound.program)
    for (const reference of bound.references) {
      instance.setReference(reference.name, readReference(reference.name, reference.file, reference))
    }
    const states = new OperatorStates(this.name, instance)
    const record = readStageRecordOf('query', this.name, store.getStage(this.name))
    this.made = streamTimes(store, [definition.input.stream])
    refuseReplaced(record?.made, this.made)
    refuseOtherInput(this.name, record?.made, definition.input.stream)
    if (record) this.ledger = new Ledger(record.ledger)
    const infos = store.stream(definition.input.stream)?.shardInfos ?? []
    const first = (info: ShardInfo): number => firstSequence(info, record !== undefined)
    this.starts = infos.map((info) => record?.shards[info.shard]?.start ?? first(info))
    const positions = infos.map((info) => record?.shards[info.shard]?.position ?? first(info))
    const plan = planState(
      record?.operators,
      storedOperators(instance),
      infos.map(({ shard, oldest }) => ({ oldest, start: this.starts[shard] ?? oldest })),
    )
    states.restore(store, warnings, plan)
    this.parts = {
      instance,
      timed: waitsForTime(bound.program),
      states,
      references: bound.references,
      sizes: new StateSizes(instance, this.context.clock),
      input: new MergedInput(store, [{ stream: definition.input.stream, positions }], (_, shard) => {
        this.starts[shard] = 0
      }),
      mapper:
        definition.input.format === undefined
          ? new InputMapper(bound.input, definition.input.preprocess)
          : new RecordInputMapper(bound.input, definition.input.format),
      lints: new MappingWarnings(this.name, definition.input.columns, record?.matched ?? [], warnings),
      outputs: definition.outputs.flatMap((output) => {
        const schema = outputSchema(bound.program, output.from)
        return schema === undefined ? [] : [new QueryOutput(output, schema, store)]
      }),
      errorsTo: definition.outputs
        .filter((output) => outputSchema(bound.program, output.from) === undefined)
        .map((output) => ({ stream: output.stream, builder: store.builder() })),
    }
    if (plan.action === 'rebuild') await this.rebuild(positions, record?.time ?? undefined)
    // Windows that were open when the stage stopped must close though nothing more arrives.
    this.planBound()
  }

  /** Reads what was read before once more, up to the row time that had been reached, and drops what comes out. */
  private async rebuild(positions: readonly number[], time: number | undefined): Promise<void> {
    const { instance, mapper } = this.mustParts()
    const { store, limits } = this.context
    const { stream, name } = this.definition.input
    const place = { stream, starts: this.starts, positions }
    await replayInput(
      store,
      [place],
      { records: limits.batchRecordsMax, bytes: limits.batchBytesMax },
      (pieces) => {
        const count = pieces.reduce((sum, { from, to }) => sum + to - from, 0)
        mapper.reset(count)
        let base = 0
        let bound = Number.NEGATIVE_INFINITY
        for (const piece of pieces) {
          mapper.map(piece, base, () => {})
          base += piece.to - piece.from
          bound = Math.max(bound, Math.floor(piece.batch.arrivalTime))
        }
        instance.process({ inputs: new Map([[name, mapper.rows]]), records: count, bound })
      },
    )
    if (time !== undefined) instance.process({ inputs: new Map(), records: 0, bound: time })
    this.commit((transaction) => this.mustParts().states.commit(transaction, instance.takeChanges()))
  }

  async step(): Promise<StepResult> {
    const { stopping } = this.context
    const { input, lints, mapper } = this.mustParts()
    if (stopping.aborted) {
      lints.checkMatches(settled(this.ledger), mapper.matched, true)
      return 'done'
    }
    if (this.pressure.blocked()) return 'idle'
    const taken = input.take(this.size.records, this.size.bytes)
    this.size.adapt(taken.full)
    if (taken.pieces.length > 0) {
      this.process(taken, Number.NEGATIVE_INFINITY)
      this.planBound()
      return 'worked'
    }
    return this.context.clock.now() >= this.boundDueAt ? this.boundFromClock() : 'idle'
  }

  dueInMs(): number {
    if (this.pressure.waits || this.context.stopping.aborted) return Number.POSITIVE_INFINITY
    return Math.max(0, this.boundDueAt - this.context.clock.now())
  }

  onReady(): void {}

  busy(): boolean {
    return false
  }

  reload(): void {
    const { instance, references } = this.mustParts()
    const read = references.map((reference) => readReference(reference.name, reference.file, reference))
    for (const [i, { name }] of references.entries()) instance.setReference(name, read[i]!)
  }

  async close(): Promise<void> {}

  private process(taken: Taken, bound: number): void {
    const { instance, states, mapper, lints, outputs } = this.mustParts()
    const { sources, ledger } = this
    this.errors = []
    sources.reset()
    const stretches: Stretch[] = []
    mapper.reset(taken.records)
    let latest = bound
    for (const piece of taken.pieces) {
      if (piece.kind === 'stretch') {
        stretches.push(piece)
        continue
      }
      const base = sources.count
      sources.add(piece)
      mapper.map(piece, base, this.reportMapping)
      latest = Math.max(latest, Math.floor(piece.batch.arrivalTime))
    }
    const inputs = new Map([[this.definition.input.name, mapper.rows]])
    const result = instance.process({ inputs, records: sources.count, bound: latest })
    for (const error of result.errors) {
      if (error.name === 'ValueOutOfRange')
        lints.refuse('VALUES_OUT_OF_RANGE', `pump "${error.pump}"`, error.message)
      this.errors.push({ ...error, row: encoder.encode(error.row), source: sources.place(error.origin) })
    }
    for (const output of outputs) {
      const rows = result.outputs.get(output.from)
      if (rows === undefined || rows.length === 0) continue
      const written = output.add(rows, sources, (row, json) => {
        this.errors.push({
          name: 'RowTooLarge',
          message: `the row of "${output.from}" has ${json.length} bytes as JSON, which is over the limit for a row`,
          pump: '',
          rowtime: rows.rowtime[row]!,
          row: json.slice(),
          source: sources.place(rows.origin[row]!),
        })
      })
      ledger.emit(`stream:${output.stream}`, written)
    }
    this.settle(result.outcomes)
    for (const stretch of stretches) {
      ledger.dead += stretch.to - stretch.from
      sayStretch(this.context.warnings, this.name, stretch)
    }
    lints.sayRefused()
    lints.checkMatches(settled(ledger), mapper.matched, false)
    const changes = instance.takeChanges()
    this.commit((transaction) => {
      for (const output of outputs) output.commit(transaction)
      states.commit(transaction, changes)
      for (const stretch of stretches) putDeadStretch(transaction, this.name, stretch, transaction.time)
    })
    for (const output of outputs) {
      this.pressure.add(output.byteLength)
      output.reset()
    }
    void measureLatency(this.context, taken)
  }

  /** Counts what became of each record. */
  private settle(outcomes: Uint8Array): void {
    const { ledger, sources, lateRecords } = this
    const { dead } = this.mustParts().mapper
    for (let i = 0; i < sources.count; i++) {
      if (dead[i] === 1) ledger.dead++
      else if (outcomes[i] === outcome.out) ledger.out++
      else if (outcomes[i] === outcome.filtered) ledger.filtered++
      else if (outcomes[i] === outcome.dead) ledger.dead++
      else {
        ledger.late++
        const data = sources.data(i)
        const { bytes, keyStart, keyEnd, originTime } = sources
        lateRecords.add(bytes, keyStart, keyEnd, data, 0, data.length, originTime)
      }
    }
  }

  private readonly reportMapping = (
    origin: number,
    rowtime: number,
    name: string,
    message: string,
    column?: string,
  ): void => {
    const { sources } = this
    if (column !== undefined) this.mustParts().lints.refuse('VALUES_REFUSED', `column "${column}"`, message)
    this.errors.push({
      name,
      message,
      pump: '',
      rowtime,
      row: sources.data(origin),
      source: sources.place(origin),
    })
  }

  /** One transaction: what `work` says, error rows, late records, positions and ledger. Returns its number and time. */
  private commit(work: (transaction: Transaction) => void): { commit: number; time: number } {
    const { store, clock } = this.context
    const { errorsTo } = this.mustParts()
    const { errorRows, lateRecords, ledger } = this
    const now = clock.now()
    for (const error of this.errors) {
      addErrorRow(errorRows, error, now)
      for (const { builder } of errorsTo) addErrorRow(builder, error, now)
    }
    ledger.errors += this.errors.length
    this.errors = []
    const committed = store.commit((transaction) => {
      work(transaction)
      if (errorRows.count > 0) transaction.appendBatch(errorStreamName(this.name), 0, errorRows)
      if (lateRecords.count > 0) transaction.appendBatch(lateStreamName(this.name), 0, lateRecords)
      for (const { stream, builder } of errorsTo) {
        if (builder.count > 0) transaction.appendBatch(stream, 0, builder)
      }
      transaction.setStage(this.name, writeStageRecord(this.record()))
      return { commit: transaction.commit, time: transaction.time }
    })
    errorRows.reset()
    lateRecords.reset()
    for (const { builder } of errorsTo) builder.reset()
    return committed
  }

  private record(): QueryRecord {
    const { input, instance, lints, mapper } = this.mustParts()
    return {
      kind: 'query',
      ledger: this.ledger.counts(),
      shards: input.cursors.map((cursor, shard) => ({
        start: this.starts[shard] ?? cursor.position,
        position: cursor.position,
      })),
      matched: lints.matchedColumns(mapper.matched),
      made: this.made,
      operators: this.mustParts().sizes.operators(),
      time: Number.isFinite(instance.time) ? instance.time : null,
    }
  }

  /** See the header. Nothing new up to our own commit: its time is a bound. */
  private boundFromClock(): StepResult {
    const { input } = this.mustParts()
    const { time } = this.commit(() => {})
    const taken = input.take(this.size.records, this.size.bytes)
    // What arrived meanwhile may be stamped below or above; it carries its own bound.
    const bound = taken.pieces.length === 0 ? Math.floor(time) : Number.NEGATIVE_INFINITY
    this.process(taken, bound)
    this.planBound()
    return taken.pieces.length === 0 ? 'idle' : 'worked'
  }

  private planBound(): void {
    const { instance, timed } = this.mustParts()
    const waiting = timed && instance.stateInfo().some(({ rows }) => rows > 0)
    this.boundDueAt = waiting ? this.context.clock.now() + boundEveryMs : Number.POSITIVE_INFINITY
  }

  private mustParts(): QueryParts {
    if (this.parts === undefined)
      throw new Error('runtime invariant: a query stage was used before it was opened')
    return this.parts
  }
}

/** What `open` makes. */
interface QueryParts {
  readonly instance: QueryInstance
  /** Time alone can bring rows out. */
  readonly timed: boolean
  readonly states: OperatorStates
  readonly references: QueryProgram['references']
  readonly sizes: StateSizes
  readonly input: MergedInput
  readonly mapper: InputMapper | RecordInputMapper
  readonly lints: MappingWarnings
  readonly outputs: readonly QueryOutput[]
  /** Streams that the app mapped to the program's own `error_stream`. */
  readonly errorsTo: readonly { readonly stream: string; readonly builder: RecordBatchBuilder }[]
}

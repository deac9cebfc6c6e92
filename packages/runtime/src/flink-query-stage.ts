/**
 * A query of the Flink dialect as a stage: record batches of all its input streams, merged by (commit, stream, shard), become
 * changes of its tables; what the program puts out, late rows, error rows, state changes, positions and ledger become one
 * commit.
 *
 * Time. Event time comes from the rows, shard by shard. Processing time is the clock's when a micro-batch begins, so windows
 * on processing time are not the same in a replay; what a commit holds is never done twice all the same. A table whose
 * sources have all ended ends too, once everything is read: its watermark goes to infinity and open windows fire.
 *
 * Ledger: each record ends as dead (no row, or an operator refused it), late, out (something came out while it was
 * processed, or an operator keeps it), or filtered.
 */

import type { ChangelogInstance, ChangelogProgram, Decoder, OperatorState } from '@millrace/sql'
import type { RecordBatchBuilder, ShardInfo, Store, Transaction } from '@millrace/store'
import type { AppDefinition, FlinkQueryStage as FlinkDefinition } from './app-model.ts'
import { BackPressure } from './back-pressure.ts'
import { BatchSize } from './batch-size.ts'
import { ChangeOutput } from './change-output.ts'
import { putDeadStretch } from './dead-letter.ts'
import { hasEnded } from './ended-stream.ts'
import { addErrorRow, type QueryError } from './error-rows.ts'
import {
  assertParts,
  bindFlink,
  type FlinkProgram,
  keyColumns,
  loadLookups,
  sinkEncoder,
  startFlink,
  tableDecoder,
  tableKeyColumns,
} from './flink-program.ts'
import { flinkWaitsForTime } from './flink-waits-for-time.ts'
import { KeyCheck } from './key-check.ts'
import { Ledger } from './ledger.ts'
import { measureLatency } from './measure-latency.ts'
import { MergedInput, type Taken } from './merged-input.ts'
import { OperatorStates } from './operator-states.ts'
import { isFirstPart, queryNameOf, readsShard, refuseReshardedParts } from './query-parts.ts'
import { type ReplayedStream, replayInput } from './replay-input.ts'
import { firstSequence, ShardLineage } from './shard-lineage.ts'
import { SourceIndex } from './source-index.ts'
import type { Stage, StageContext, StepResult } from './stage.ts'
import { type ChangelogRecord, readStageRecordOf, writeStageRecord } from './stage-record.ts'
import { planState, storedOperators } from './state-plan.ts'
import { StateSizes } from './state-sizes.ts'
import { refuseReplaced, type StreamTimes, streamTimes } from './stream-times.ts'
import { sayStretch } from './stretch-warning.ts'
import { errorStreamName, lateStreamName } from './system-names.ts'

/** Processing-time windows and idle timeouts are looked at this often while nothing arrives. */
const advanceEveryMs = 200
const encoder = new TextEncoder()
const noKey = encoder.encode('-')

/** What became of a record; a higher number wins. */
const fate = { filtered: 0, out: 1, late: 2, dead: 3 } as const

export class FlinkQueryStage implements Stage {
  readonly kind = 'query'
  readonly name: string
  private readonly definition: FlinkDefinition
  private readonly app: AppDefinition
  private readonly context: StageContext
  private readonly pressure: BackPressure
  private readonly size: BatchSize
  private readonly sources = new SourceIndex()
  private readonly errorStream: string
  private readonly lateStream: string
  private readonly errorRows: RecordBatchBuilder
  private readonly lateRows: RecordBatchBuilder
  private ledger = new Ledger()
  private errors: QueryError[] = []
  private fates = new Uint8Array(1024)
  private finished = new Set<string>()
  private made: StreamTimes = {}
  private parts: Parts | undefined
  private dueAt = Number.POSITIVE_INFINITY

  constructor(
    definition: FlinkDefinition,
    app: AppDefinition,
    readers: ReadonlyMap<string, readonly string[]>,
    context: StageContext,
  ) {
    this.name = definition.name
    this.definition = definition
    this.app = app
    this.context = context
    this.pressure = new BackPressure(context.store, readers, context.limits.unreadBytesMax)
    this.size = new BatchSize(context.limits)
    this.errorStream = errorStreamName(queryNameOf(definition))
    this.lateStream = lateStreamName(queryNameOf(definition))
    this.errorRows = context.store.builder()
    this.lateRows = context.store.builder()
  }

  async open(): Promise<void> {
    const { definition } = this
    const { store, warnings, clock, random } = this.context
    const bound = bindFlink(definition, warnings)
    assertParts(definition, bound, (stream) => shardsOf(store, stream).length)
    refuseReshardedParts(definition, store)
    const instance = startFlink(definition, bound, clock, random)
    const states = new OperatorStates(this.name, {
      operators: instance.operators,
      get time() {
        return clock.now()
      },
      restore: (operator, blob) => instance.restore(operator, blob),
      snapshot: (operator) => instance.snapshot(operator),
      stateInfo: () => instance.stateInfo(),
    })
    const record = readStageRecordOf('changelog', this.name, store.getStage(this.name))
    if (record !== undefined) {
      this.ledger = new Ledger(record.ledger)
      this.finished = new Set(record.finished)
    }
    const streams = [...new Set(definition.inputs.map(({ stream }) => stream))]
    this.made = streamTimes(store, streams)
    refuseReplaced(record?.made, this.made)
    const places = streams.map((stream) => {
      const shards = shardsOf(store, stream)
      const known = record?.streams[stream] ?? []
      const own = (of: 'start' | 'position') =>
        shards.map((info) =>
          readsShard(definition, info.shard, shards.length)
            ? (known[info.shard]?.[of] ?? firstSequence(info, record !== undefined))
            : undefined,
        )
      return { stream, starts: own('start'), positions: own('position') }
    })
    const plan = planState(
      record?.operators,
      storedOperators(instance),
      places.flatMap(({ stream, starts }) =>
        shardsOf(store, stream).flatMap(({ shard, oldest }) => {
          const start = starts[shard]
          return start === undefined ? [] : [{ oldest, start }]
        }),
      ),
    )
    states.restore(store, warnings, plan)
    this.parts = {
      instance,
      program: bound.program,
      sizes: new StateSizes(instance, clock),
      timed: flinkWaitsForTime(bound.program),
      states,
      starts: new Map(places.map(({ stream, starts }) => [stream, starts])),
      input: new MergedInput(store, places, (stream, shard) => this.join(stream, shard)),
      tables: new Map(
        streams.map((stream) => [
          stream,
          definition.inputs
            .filter((input) => input.stream === stream)
            .map(({ table }) => ({
              table,
              decoder: tableDecoder(definition, bound, table),
              lineage: new ShardLineage({ store, stream, table }, instance, (shard) =>
                readsShard(definition, shard, shardsOf(store, stream).length),
              ),
              key: definition.part === undefined ? undefined : this.keyCheck(bound, table),
            })),
        ]),
      ),
      outputs: definition.outputs.map(
        (output) =>
          new ChangeOutput(
            output,
            sinkEncoder(definition, bound, output),
            keyColumns(definition, bound, output),
            store,
          ),
      ),
    }
    if (record === undefined || plan.action === 'rebuild')
      instance.start(isFirstPart(definition) ? 'here' : 'elsewhere')
    if (plan.action === 'rebuild') await this.rebuild(places)
    if (record === undefined || plan.action === 'rebuild') {
      this.collect()
      this.commit(instance.takeChanges())
    }
    this.plan()
  }

  private keyCheck(bound: FlinkProgram, table: string): KeyCheck | undefined {
    const columns = tableKeyColumns(this.definition, bound, table)
    return columns.length === 0
      ? undefined
      : new KeyCheck(this.definition, table, columns, this.context.warnings)
  }

  /** A shard was opened while the stage runs. */
  private join(stream: string, shard: number): void {
    refuseReshardedParts(this.definition, this.context.store)
    const { starts, tables } = this.mustParts()
    const known = starts.get(stream)
    if (known !== undefined) known[shard] = 0
    for (const { lineage } of tables.get(stream) ?? []) lineage.join(shard)
  }

  /** Shards whose parents are read to their ends take over the watermarks. */
  private settleShards(): boolean {
    const { input, tables } = this.mustParts()
    let changed = false
    for (const [stream, readers] of tables) {
      const positionOf = (shard: number): number =>
        input.cursors.find((cursor) => cursor.stream === stream && cursor.shard === shard)?.position ?? 0
      for (const { lineage } of readers) changed = lineage.settle(positionOf) || changed
    }
    return changed
  }

  /** Reads what was read before once more, and drops what comes out. */
  private async rebuild(places: readonly ReplayedStream[]): Promise<void> {
    const { instance, tables } = this.mustParts()
    const { store, limits } = this.context
    await replayInput(
      store,
      places,
      { records: limits.batchRecordsMax, bytes: limits.batchBytesMax },
      async (pieces) => {
        for (const { batch, from, to } of pieces) {
          instance.advance(Math.floor(batch.arrivalTime))
          const origin = { record: -1, shard: String(batch.shard) }
          const readers = tables.get(batch.stream) ?? []
          for (const { lineage } of readers) lineage.begin(batch.shard)
          for (let i = from; i < to; i++) {
            const data = batch.bytes.subarray(batch.dataStart[i]!, batch.dataStart[i + 1]!)
            for (const { table, decoder, key } of readers) {
              key?.record(batch, i)
              decoder.decode(data, (row, kind) => {
                key?.check(row)
                instance.push(table, row, kind, origin)
              })
            }
            if (instance.pending.calls >= instance.pending.capacity) await instance.settle()
          }
        }
        await instance.settle()
        instance.take()
      },
    )
    for (const table of this.finished) instance.finish(table)
    instance.take()
  }

  async step(): Promise<StepResult> {
    const { instance, input } = this.mustParts()
    if (this.context.stopping.aborted) return 'done'
    if (this.pressure.blocked()) return 'idle'
    const taken = input.take(this.size.records, this.size.bytes)
    this.size.adapt(taken.full)
    const now = this.context.clock.now()
    if (taken.pieces.length === 0) {
      const ended = this.finishEnded() || this.settleShards()
      if (!ended && now < this.dueAt) return 'idle'
      instance.advance(Math.floor(now))
      await instance.settle()
      this.plan()
      const came = this.collect()
      const changes = instance.takeChanges()
      if (came || ended || changes.length > 0) this.commit(changes)
      return came || ended ? 'worked' : 'idle'
    }
    instance.advance(Math.floor(now))
    await this.process(taken)
    this.plan()
    return 'worked'
  }

  dueInMs(): number {
    if (this.pressure.waits || this.context.stopping.aborted) return Number.POSITIVE_INFINITY
    return Math.max(0, this.dueAt - this.context.clock.now())
  }

  onReady(): void {}

  busy(): boolean {
    return false
  }

  reload(): void {
    const { instance, program } = this.mustParts()
    loadLookups(this.definition, program, instance)
  }

  async close(): Promise<void> {}

  private async process(taken: Taken): Promise<void> {
    const { instance, tables } = this.mustParts()
    const { sources } = this
    sources.reset()
    for (const piece of taken.pieces) if (piece.kind === 'records') sources.add(piece)
    if (this.fates.length < sources.count) this.fates = new Uint8Array(sources.count * 2)
    else this.fates.fill(0, 0, sources.count)
    let record = 0
    for (const piece of taken.pieces) {
      if (piece.kind === 'stretch') continue
      const { batch } = piece
      const readers = tables.get(batch.stream) ?? []
      const shard = String(batch.shard)
      for (const { lineage } of readers) lineage.begin(batch.shard)
      for (let i = piece.from; i < piece.to; i++) {
        const data = batch.bytes.subarray(batch.dataStart[i]!, batch.dataStart[i + 1]!)
        const origin = { record, shard }
        for (const { table, decoder, key } of readers) {
          key?.record(batch, i)
          const problem = decoder.decode(data, (row, kind) => {
            key?.check(row)
            instance.push(table, row, kind, origin)
          })
          if (problem !== undefined) this.refuse(record, problem.name, `table ${table}: ${problem.message}`)
        }
        record++
        if (instance.pending.calls >= instance.pending.capacity) await instance.settle()
      }
    }
    await instance.settle()
    this.collect()
    this.settleRecords()
    const stretches = taken.pieces.filter((piece) => piece.kind === 'stretch')
    for (const stretch of stretches) {
      this.ledger.dead += stretch.to - stretch.from
      sayStretch(this.context.warnings, this.name, stretch)
    }
    const changes = instance.takeChanges()
    this.commit(changes, (transaction) => {
      for (const stretch of stretches) putDeadStretch(transaction, this.name, stretch, transaction.time)
    })
    void measureLatency(this.context, taken)
  }

  /** Takes what has come out since the last time; whether there was anything. */
  private collect(): boolean {
    const { instance, outputs } = this.mustParts()
    const { sources, ledger } = this
    const { outputs: changes, errors, late, kept } = instance.take()
    let came = errors.length > 0 || late.length > 0
    for (const output of outputs) {
      const list = changes.get(output.from)
      if (list === undefined || list.rows.length === 0) continue
      came = true
      ledger.emit(`stream:${output.stream}`, output.add(list.rows, list.kinds, list.origins, sources))
    }
    for (const { origins } of changes.values()) for (const origin of origins) this.mark(origin, fate.out)
    for (const record of kept) this.mark(record, fate.out)
    for (const { name, message, where, origin, row } of errors) {
      this.mark(origin, fate.dead)
      this.errors.push({
        name,
        message,
        pump: where,
        rowtime: Number.NaN,
        row: encoder.encode(row),
        source: this.sources.place(origin),
      })
    }
    for (const { where, watermark, origin, row } of late) {
      this.mark(origin, fate.late)
      const text = JSON.stringify({ where, watermark: Number.isFinite(watermark) ? watermark : null, row })
      const data = encoder.encode(text)
      const known = sources.find(origin)
      const key = known ? sources.bytes.subarray(sources.keyStart, sources.keyEnd) : noKey
      this.lateRows.add(key, 0, key.length, data, 0, data.length, known ? sources.originTime : 0)
    }
    return came
  }

  private mark(record: number, what: number): void {
    if (record >= 0 && record < this.sources.count && this.fates[record]! < what) this.fates[record] = what
  }

  private refuse(record: number, name: string, message: string): void {
    this.mark(record, fate.dead)
    const { sources } = this
    this.errors.push({
      name,
      message,
      pump: '',
      rowtime: Number.NaN,
      row: sources.data(record),
      source: sources.place(record),
    })
  }

  private settleRecords(): void {
    const { ledger, sources, fates } = this
    for (let i = 0; i < sources.count; i++) {
      if (fates[i] === fate.dead) ledger.dead++
      else if (fates[i] === fate.late) ledger.late++
      else if (fates[i] === fate.out) ledger.out++
      else ledger.filtered++
    }
  }

  private commit(
    changes: readonly OperatorState[],
    work: (transaction: Transaction) => void = () => {},
  ): void {
    const { store, clock } = this.context
    const { outputs, states } = this.mustParts()
    const { errorRows, lateRows, ledger } = this
    const now = clock.now()
    for (const error of this.errors) addErrorRow(errorRows, error, now)
    ledger.errors += this.errors.length
    this.errors = []
    store.commit((transaction) => {
      work(transaction)
      for (const output of outputs) output.commit(transaction)
      states.commit(transaction, changes)
      if (errorRows.count > 0) transaction.appendBatch(this.errorStream, 0, errorRows)
      if (lateRows.count > 0) transaction.appendBatch(this.lateStream, 0, lateRows)
      transaction.setStage(this.name, writeStageRecord(this.record()))
    })
    errorRows.reset()
    lateRows.reset()
    for (const output of outputs) {
      this.pressure.add(output.byteLength)
      output.reset()
    }
  }

  private record(): ChangelogRecord {
    const { input, starts } = this.mustParts()
    const streams: Record<string, ({ start: number; position: number } | null)[]> = {}
    for (const [stream, shards] of starts) streams[stream] = shards.map(() => null)
    for (const { stream, shard, position } of input.cursors) {
      const list = streams[stream] ?? []
      list[shard] = { start: starts.get(stream)?.[shard] ?? 0, position }
    }
    return {
      kind: 'changelog',
      ledger: this.ledger.counts(),
      streams,
      finished: [...this.finished],
      made: this.made,
      operators: this.mustParts().sizes.operators(),
    }
  }

  /** Ends the tables whose sources have ended and whose streams are read to their ends; whether there was one. */
  private finishEnded(): boolean {
    const { instance, input } = this.mustParts()
    let ended = false
    for (const { table, stream } of this.definition.inputs) {
      if (this.finished.has(table) || !hasEnded(this.app, this.context.store, stream)) continue
      if (input.cursors.some((cursor) => cursor.stream === stream && cursor.lag() > 0)) continue
      this.finished.add(table)
      instance.finish(table)
      ended = true
    }
    return ended
  }

  private plan(): void {
    const { instance, timed } = this.mustParts()
    const waiting = timed && instance.stateInfo().some(({ rows }) => rows > 0)
    this.dueAt = waiting ? this.context.clock.now() + advanceEveryMs : Number.POSITIVE_INFINITY
  }

  private mustParts(): Parts {
    if (this.parts === undefined)
      throw new Error('runtime invariant: a query stage was used before it was opened')
    return this.parts
  }
}

interface InputTable {
  readonly table: string
  readonly decoder: Decoder
  readonly lineage: ShardLineage
  /** Only in a part of a query, for tables that promise a key. */
  readonly key: KeyCheck | undefined
}

/** What `open` makes. */
interface Parts {
  readonly instance: ChangelogInstance
  readonly program: ChangelogProgram
  readonly sizes: StateSizes
  /** Processing time alone can bring rows out. */
  readonly timed: boolean
  readonly states: OperatorStates
  readonly starts: ReadonlyMap<string, (number | undefined)[]>
  readonly input: MergedInput
  /** By stream. */
  readonly tables: ReadonlyMap<string, readonly InputTable[]>
  readonly outputs: readonly ChangeOutput[]
}

function shardsOf(store: Store, stream: string): readonly ShardInfo[] {
  return store.stream(stream)?.shardInfos ?? []
}

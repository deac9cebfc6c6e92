/**
 * Puts the rows of records where they belong: into the open buffer of their part, or of a plan that is made again after a stop; and
 * cuts buffers. Knows which partitions are active and refuses those beyond the limit.
 *
 * A refused partition stays refused until the buffer that holds its refused records is cut, so that its records before that position
 * are in that object, and those after it may begin a buffer of their own.
 */

import type { Records } from '@millrace/runtime'
import { messageOf } from '@millrace/runtime'
import type { RecordBatch } from '@millrace/store'
import type { Clock, Random } from '@millrace/values'
import { AggregateReader, hasAggregateMagic } from '@millrace/values'
import { anyPlanId, dataPart, errorPart, type Output } from './delivery-output.ts'
import { type ErrorType, errorLine, type FailedRecord } from './error-line.ts'
import { planId } from './object-name.ts'
import type { Outputs } from './outputs.ts'
import { ParquetRows } from './parquet-rows.ts'
import { PartBuffer } from './part-buffer.ts'
import { readPrepared } from './prepared-record.ts'
import type { PartitionValues, Plan, Progress } from './progress.ts'
import { RawRows } from './raw-rows.ts'
import type { RowBuffer, RowFault } from './row-buffer.ts'
import type { PlannedPart } from './running-plans.ts'
import type { StageReading } from './stage-reading.ts'

export interface RouterInit {
  readonly stage: string
  readonly incarnation: string
  readonly reading: StageReading
  readonly progress: Progress
  readonly outputs: Outputs
  readonly clock: Clock
  readonly random: Random
  /** Stream of prepared records, if there may be one among the inputs. */
  readonly preparedStream: string | undefined
  /** Records of this stream may be aggregates of many. */
  readonly aggregatedStream: string | undefined
  sequenceNumber(batch: RecordBatch, index: number): string | null
}

const noKeys: Readonly<Record<string, string>> = {}
/** Rows that are looked at only to see whether they fit are forgotten when they are so many bytes. */
const scratchBytesMax = 4 * 1024 * 1024

export class Router {
  /** Cut since the last commit. */
  cuts: PlannedPart[] = []
  /** Records without rows since the last commit. */
  filtered = 0
  /** Records were refused since the last look. */
  hasRefused = false
  private readonly init: RouterInit
  private readonly open = new Map<string, PartBuffer>()
  private readonly remaking = new Map<Plan, PartBuffer>()
  /** Partitions with rows that are not stored, with how many buffers hold them. */
  private readonly active = new Map<string, number>()
  private readonly aggregates = new AggregateReader()
  private readonly scratch = new Map<Output, RowBuffer>()
  /** Full since the record began. */
  private full: PartBuffer[] = []
  private lastOutput: Output | undefined
  // Of the record that is at work.
  private batch: RecordBatch | undefined
  private index = 0
  private place = 0
  private sequence = 0
  private arrivedAt = 0
  private counted = false
  private rows = 0
  private sub = 0

  constructor(init: RouterInit) {
    this.init = init
  }

  get openCount(): number {
    return this.open.size
  }

  get activeCount(): number {
    return this.active.size
  }

  /** Plans of an earlier run wait for records that have not been read again. */
  get isRemaking(): boolean {
    return this.remaking.size > 0
  }

  /** Of the output at work; undefined where rows are not spread. */
  get activeMax(): number | undefined {
    return this.lastOutput?.partitioner?.activeMax
  }

  /** All that is not with the plans that are being stored. */
  *buffers(): Iterable<PartBuffer> {
    yield* this.open.values()
    yield* this.remaking.values()
    for (const { buffer } of this.cuts) yield buffer
  }

  /** A plan of an earlier run is to be made again. */
  remake(plan: Plan): void {
    const { outputs, clock } = this.init
    const [id = '', type] = plan.part.split(/[!|]/, 2)
    const output = outputs.byId(id)
    const isError = plan.part[id.length] === '!'
    const buffer = new PartBuffer({
      part: plan.part,
      output,
      rows: isError ? output.makeErrors() : output.makeRows(),
      // Written by errorPart.
      errorType: isError ? (type as ErrorType) : undefined,
      values: plan.values,
      openedAt: clock.now(),
    })
    this.remaking.set(plan, buffer)
    this.activate(buffer)
  }

  /** Plans whose records have all been read again. */
  remade(): PlannedPart[] {
    if (this.remaking.size === 0) return []
    const { read } = this.init.reading
    const complete: PlannedPart[] = []
    for (const [plan, buffer] of this.remaking) {
      if (!plan.to.every((to, place) => (read[place] ?? 0) >= to)) continue
      this.remaking.delete(plan)
      complete.push({ plan, buffer })
    }
    return complete
  }

  take({ batch, from, to }: Records, place: number): void {
    const isPlain = batch.stream !== this.init.preparedStream
    const output = isPlain ? this.init.outputs.all(batch.arrivalTime) : undefined
    for (let index = from; index < to; ) {
      const end = output === undefined ? index : this.run(output, batch, { from: index, to }, place)
      if (end > index) index = end
      else this.record(batch, index++, place)
    }
  }

  cutDue(now: number): void {
    for (const buffer of this.open.values()) if (buffer.dueAt <= now) this.cut(buffer)
  }

  cutAll(): void {
    for (const buffer of this.open.values()) this.cut(buffer)
  }

  /** Cuts the largest buffers until the others hold no more than `bytes`. */
  cutLargest(bytes: number): void {
    const buffers = [...this.open.values()].sort((a, b) => b.rows.memory - a.rows.memory)
    let held = 0
    for (const { rows } of buffers) held += rows.memory
    for (const buffer of buffers) {
      if (held <= bytes) return
      held -= buffer.rows.memory
      this.cut(buffer)
    }
  }

  /** Clock time at which the next buffer is due. */
  dueAt(): number {
    let at = Number.POSITIVE_INFINITY
    for (const { dueAt } of this.open.values()) if (dueAt < at) at = dueAt
    return at
  }

  /** The buffer is stored. */
  settled(buffer: PartBuffer): void {
    if (buffer.values === undefined) return
    const count = this.active.get(buffer.part)! - 1
    if (count === 0) this.active.delete(buffer.part)
    else this.active.set(buffer.part, count)
  }

  close(): void {
    for (const { rows } of this.buffers()) rows.close()
    for (const rows of this.scratch.values()) rows.close()
  }

  /**
   * The fast path: records from an index on that are one plain row each, of one part, none of which has been met before. Returns the
   * index after the last one taken; `from` if there is none.
   */
  private run(
    output: Output,
    batch: RecordBatch,
    { from, to }: { readonly from: number; readonly to: number },
    place: number,
  ): number {
    const { reading, progress, aggregatedStream } = this.init
    if (output.partitioner !== undefined || output.unpack !== undefined) return from
    const first = batch.firstSequence + from
    if (first < reading.storedAt(place)) return from
    const part = dataPart(output, undefined)
    if (!progress.isEmpty && progress.fate(part, place, first) !== 'free') return from
    if (this.lastOutput !== output) this.changeOutput(output)
    this.place = place
    this.sequence = first
    const buffer = this.open.get(part) ?? this.openBuffer(output, part, undefined, undefined)
    const { rows } = buffer
    const { bytes, dataStart } = batch
    const mayBeAggregates = batch.stream === aggregatedStream
    const isPlain = (index: number): boolean =>
      !mayBeAggregates || !hasAggregateMagic(bytes, dataStart[index]!, dataStart[index + 1]!)
    let end = from
    if (rows instanceof RawRows) {
      const room = output.buffering.bytes - rows.bytes
      const start = dataStart[from]!
      const { delimiterBytes } = rows
      const fits = (): boolean => dataStart[end]! - start + (end - from) * delimiterBytes < room
      while (end < to && (end === from || fits()) && isPlain(end)) end++
      if (end > from) rows.addRun(bytes, dataStart, from, end)
    } else if (rows instanceof ParquetRows) {
      // One that is refused is left to the slow path, which adds it again and puts it where it belongs.
      while (end < to && (end === from || !buffer.isFull) && isPlain(end)) {
        if (rows.add(bytes, dataStart[end]!, dataStart[end + 1]!) !== 'taken') break
        end++
      }
    }
    if (end === from) return from
    buffer.cover(place, first, batch.arrivalTime)
    buffer.count(end - from, batch.originTime(from))
    reading.read[place] = batch.firstSequence + end
    if (buffer.isFull) this.cut(buffer)
    return end
  }

  private record(batch: RecordBatch, index: number, place: number): void {
    const { reading, outputs, preparedStream, aggregatedStream } = this.init
    this.batch = batch
    this.index = index
    this.place = place
    this.sequence = batch.firstSequence + index
    this.arrivedAt = batch.arrivalTime
    this.counted = false
    this.rows = 0
    this.sub = 0
    const { bytes } = batch
    const start = batch.dataStart[index]!
    const end = batch.dataStart[index + 1]!
    if (batch.stream === preparedStream) this.prepared(bytes, start, end)
    else {
      const output = this.use(outputs.at(this.arrivedAt, place, this.sequence))
      const isAggregate = batch.stream === aggregatedStream && hasAggregateMagic(bytes, start, end)
      if (!isAggregate || this.aggregates.read(bytes, start, end) === 'plain')
        this.unpack(output, bytes, start, end)
      else {
        const { aggregates } = this
        for (let i = 0; i < aggregates.count; i++) {
          this.sub = i
          this.unpack(output, bytes, aggregates.dataStart(i), aggregates.dataEnd(i))
        }
      }
    }
    if (this.rows === 0 && this.sequence >= reading.storedAt(place)) this.filtered++
    reading.read[place] = this.sequence + 1
    if (this.full.length === 0) return
    for (const buffer of this.full) this.cut(buffer)
    this.full = []
  }

  private prepared(bytes: Uint8Array, start: number, end: number): void {
    const { arrivedAt, failure, keys = noKeys, dataStart } = readPrepared(bytes, start)
    this.arrivedAt = arrivedAt
    const output = this.use(this.init.outputs.at(arrivedAt, this.place, this.sequence))
    if (failure === undefined) this.row(output, bytes, dataStart, end, keys)
    else this.fail(output, failure.type, { ...failure, arrivedAt, data: bytes.subarray(dataStart, end) })
  }

  private unpack(output: Output, bytes: Uint8Array, start: number, end: number): void {
    if (output.unpack === undefined) {
      this.row(output, bytes, start, end, noKeys)
      return
    }
    const data = bytes.subarray(start, end)
    const rows = output.unpack(data)
    if ('code' in rows) this.fault(output, rows.type, rows, data)
    else for (const row of rows) this.row(output, row, 0, row.length, noKeys)
  }

  private row(
    output: Output,
    bytes: Uint8Array,
    start: number,
    end: number,
    keys: Readonly<Record<string, string>>,
  ): void {
    let values: PartitionValues | undefined
    if (output.partitioner !== undefined) {
      const data = bytes.subarray(start, end)
      const given = output.partitioner.partition(data, keys, this.arrivedAt)
      if ('code' in given) {
        this.fault(output, 'dynamic-partitioning-failed', given, data)
        return
      }
      values = given
    }
    const part = dataPart(output, values)
    const { progress } = this.init
    const fate = progress.isEmpty ? 'free' : progress.fate(part, this.place, this.sequence)
    if (fate === 'delivered') {
      if (!this.fits(output, bytes, start, end)) return
      this.rows++
      this.counted = true
      return
    }
    let buffer: PartBuffer
    if (fate !== 'free') {
      buffer = this.mustRemake(fate)
      if (fate.part !== part) {
        if (this.fits(output, bytes, start, end)) this.addRefused(buffer, output, bytes.subarray(start, end))
        return
      }
    } else {
      const open = this.open.get(part)
      const refusal =
        open !== undefined || values === undefined ? undefined : this.refusal(output, part, values)
      if (refusal !== undefined) {
        if (refusal !== 'limit')
          this.fault(output, 'dynamic-partitioning-failed', refusal, bytes.subarray(start, end))
        else if (this.fits(output, bytes, start, end)) this.refuse(output, part, bytes.subarray(start, end))
        return
      }
      buffer = open ?? this.openBuffer(output, part, values, undefined)
    }
    const outcome = buffer.rows.add(bytes, start, end, this.arrivedAt)
    if (outcome === 'taken') this.added(buffer)
    else if (outcome !== 'filtered')
      this.fault(output, 'format-conversion-failed', outcome, bytes.subarray(start, end))
  }

  /**
   * Whether a row that goes to no buffer of its part is a row at all. One that is refused belongs to the errors of conversion whatever
   * else is decided about its part, as it did where the part had a buffer.
   */
  private fits(output: Output, bytes: Uint8Array, start: number, end: number): boolean {
    if (!output.canRefuse) return true
    let rows = this.scratch.get(output)
    if (rows !== undefined && rows.memory > scratchBytesMax) {
      rows.close()
      rows = undefined
    }
    rows ??= output.makeRows()
    this.scratch.set(output, rows)
    const outcome = rows.add(bytes, start, end, this.arrivedAt)
    if (outcome === 'taken') return true
    if (outcome !== 'filtered')
      this.fault(output, 'format-conversion-failed', outcome, bytes.subarray(start, end))
    return false
  }

  /** Why a partition that has no buffer gets none. */
  private refusal(output: Output, part: string, values: PartitionValues): RowFault | 'limit' | undefined {
    const { progress } = this.init
    const errors = this.open.get(errorPart(output, 'dynamic-partitioning-failed'))
    const { activeMax = Number.POSITIVE_INFINITY } = output.partitioner ?? {}
    // One that is ahead was a possible part of keys before, whatever a name of a month would make of it now.
    if (!progress.has(part)) {
      try {
        output.names.object(anyPlanId, this.arrivedAt, values)
      } catch (error) {
        return { code: 'DynamicPartitioning.InvalidPartitionKey', message: messageOf(error) }
      }
    }
    const isOver = !this.active.has(part) && this.active.size >= activeMax
    return isOver || errors?.refused?.has(part) ? 'limit' : undefined
  }

  private refuse(output: Output, part: string, data: Uint8Array): void {
    this.hasRefused = true
    const type = 'dynamic-partitioning-failed'
    const errors = errorPart(output, type)
    // Its fate is that of the partition, which is free here, whatever became of other errors.
    const buffer = this.open.get(errors) ?? this.openBuffer(output, errors, undefined, type)
    buffer.refused?.add(part)
    this.addRefused(buffer, output, data)
  }

  private addRefused(buffer: PartBuffer, output: Output, data: Uint8Array): void {
    const type = 'dynamic-partitioning-failed'
    const fault = {
      code: 'DynamicPartitioning.ActivePartitionLimitExceeded',
      message: `There are ${output.partitioner?.activeMax} partitions with records that are not stored yet, and no more are allowed.`,
    }
    this.addLine(buffer, errorLine(type, this.failedRecord(output, type, fault, data)))
  }

  private fault(output: Output, type: ErrorType, fault: RowFault, data: Uint8Array): void {
    this.fail(output, type, this.failedRecord(output, type, fault, data))
  }

  private fail(output: Output, type: ErrorType, record: FailedRecord): void {
    const part = errorPart(output, type)
    const fate = this.init.progress.fate(part, this.place, this.sequence)
    if (fate === 'delivered') {
      this.rows++
      this.counted = true
      return
    }
    const buffer =
      fate === 'free'
        ? (this.open.get(part) ?? this.openBuffer(output, part, undefined, type))
        : this.mustRemake(fate)
    this.addLine(buffer, errorLine(type, record))
  }

  private failedRecord(output: Output, type: ErrorType, fault: RowFault, data: Uint8Array): FailedRecord {
    const { code, message } = fault
    const record = {
      code,
      message,
      attempts: 1,
      arrivedAt: this.arrivedAt,
      endedAt: this.init.clock.now(),
      data,
    }
    if (type !== 'format-conversion-failed') return record
    const sequenceNumber = this.init.sequenceNumber(this.batch!, this.index)
    return {
      ...record,
      place: { sequenceNumber, subSequenceNumber: sequenceNumber === null ? null : this.sub },
      ...(output.table === undefined ? {} : { table: output.table }),
    }
  }

  private addLine(buffer: PartBuffer, line: Uint8Array): void {
    buffer.rows.add(line, 0, line.length, this.arrivedAt)
    this.added(buffer)
  }

  /** A row of the record at work is in the buffer. */
  private added(buffer: PartBuffer): void {
    const { reading } = this.init
    this.rows++
    buffer.cover(this.place, this.sequence, this.arrivedAt)
    if (!this.counted) {
      this.counted = true
      buffer.count(1, this.batch!.originTime(this.index))
      if (this.sequence < reading.storedAt(this.place)) reading.found(1)
    }
    if (buffer.isFull && this.open.get(buffer.part) === buffer && !this.full.includes(buffer))
      this.full.push(buffer)
  }

  /** Another output than that of the record before: settings have changed, and buffers of older ones are closed. */
  private use(output: Output): Output {
    if (output !== this.lastOutput) this.changeOutput(output)
    return output
  }

  private changeOutput(output: Output): void {
    this.lastOutput = output
    for (const buffer of this.open.values()) if (buffer.output !== output) this.cut(buffer)
  }

  private openBuffer(
    output: Output,
    part: string,
    values: PartitionValues | undefined,
    errorType: ErrorType | undefined,
  ): PartBuffer {
    const rows = errorType === undefined ? output.makeRows() : output.makeErrors()
    const now = this.init.clock.now()
    // A record that is met again has waited before the stop, too: who is stopped often delivers all the same.
    const isMetAgain = this.sequence < this.init.reading.storedAt(this.place)
    const openedAt = isMetAgain ? Math.min(now, this.arrivedAt) : now
    const buffer = new PartBuffer({ part, output, rows, errorType, values, openedAt })
    this.open.set(part, buffer)
    this.activate(buffer)
    return buffer
  }

  private activate({ part, values }: PartBuffer): void {
    if (values !== undefined) this.active.set(part, (this.active.get(part) ?? 0) + 1)
  }

  /** Only between records: what it covers ends at the positions read. */
  private cut(buffer: PartBuffer): void {
    const { part, output, errorType, instant, values, rows, refused } = buffer
    this.open.delete(part)
    // Nothing was found to be a row of it after all. What it covers has to be settled, though nothing may be left to store.
    if (buffer.first.length === 0) {
      rows.close()
      this.settled(buffer)
      return
    }
    const { stage, incarnation, reading, progress } = this.init
    const to = [...reading.read]
    const id = planId(stage, incarnation, part, to)
    const key =
      errorType === undefined
        ? output.hasKeys
          ? output.names.object(id, instant, values)
          : undefined
        : output.names.errors(id, instant, errorType)
    const plan: Plan = {
      id,
      part,
      to,
      instant,
      version: output.version,
      ...(key === undefined ? {} : { key }),
      ...(values === undefined ? {} : { values }),
      ...(refused === undefined || refused.size === 0 ? {} : { refused: [...refused] }),
    }
    progress.plan(plan)
    this.cuts.push({ plan, buffer })
  }

  private mustRemake(plan: Plan): PartBuffer {
    const buffer = this.remaking.get(plan)
    if (buffer === undefined)
      throw new Error(`lake invariant: plan ${plan.id} covers a record that is read after it`)
    return buffer
  }
}

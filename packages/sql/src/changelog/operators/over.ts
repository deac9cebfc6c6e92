/**
 * OVER windows (spec 3.6): each row with the aggregates over its partition's frame. Event time: rows wait for the watermark and
 * are computed in time order, those of one time in order of arrival; in RANGE frames they are peers and get one answer. A row
 * at or before the last time that its partition has computed is late; where the frame has no lower bound, one at or before
 * the watermark, as in Flink. Processing time: a row is computed as it comes.
 *
 * A frame that ends somewhere keeps its rows and takes them back out of the accumulator as it moves on; one without bound keeps
 * the accumulator only. LAG and ROW_NUMBER go by position (over-positions.ts).
 *
 * State: 'rows' holds rows by arrival number with their times, from their coming until they leave their frame (with an unbounded
 * one, until they are computed); 'partitions' holds [last time computed, number of rows, LAG values, accumulator of an
 * unbounded frame]. A row after its partition's last time waits. Accumulators of bounded frames are made again from their
 * rows. A partition with a bounded RANGE, without LAG and ROW_NUMBER, is forgotten when half as much again as its range
 * has passed.
 */
import type { SqlValue } from '../../plan.ts'
import type { Accumulator, AggregateProgram } from '../aggregates/aggregate-program.ts'
import { makeAggregateProgram } from '../aggregates/make-aggregate-program.ts'
import type { Operator, OperatorContext, Port } from '../operator.ts'
import type { OverNode } from '../plan.ts'
import { type Row, type RowKind, rowKind } from '../row.ts'
import { makeKey } from '../state/key.ts'
import type { Key, KeyedState } from '../state/state-store.ts'
import { isPositionCall, PositionCalls } from './over-positions.ts'
import { OverQueue } from './over-queue.ts'
import { nullTime, timeOf } from './window-spec.ts'
import { WindowTimers } from './window-timers.ts'

export function makeOver(node: OverNode, context: OperatorContext, out: Port): Operator {
  return new Over(node, context, out)
}

type Lasting = [last: number, count: number, histories: SqlValue[][], accumulator: Accumulator | null]

interface Partition {
  readonly key: Key
  readonly lasting: Lasting
  readonly accumulator: Accumulator
  /** Rows of a bounded frame from `head` on, with their times and arrival numbers. */
  readonly rows: Row[]
  readonly times: number[]
  readonly arrivals: number[]
  head: number
  /** When it is looked at for being forgotten; NaN: not at all yet. */
  timer: number
}

/** A row that was computed into its partition, before its answer is read. */
interface Computed {
  readonly row: Row
  readonly partition: Partition
  readonly count: number
  readonly looked: readonly SqlValue[]
}

class Over implements Operator, Port {
  readonly inputs: readonly Port[] = [this]
  readonly #node: OverNode
  readonly #context: OperatorContext
  readonly #out: Port
  readonly #keyOf: (row: Row) => Key
  readonly #program: AggregateProgram
  readonly #positions: PositionCalls
  readonly #bounded: boolean
  readonly #isRange: boolean
  readonly #preceding: number
  readonly #proctime: boolean
  /** ms after its last row after which a partition is forgotten; Infinity: never. */
  readonly #keepFor: number
  readonly #partitions = new Map<Key, Partition>()
  readonly #rows: KeyedState<[number, Row]>
  readonly #lasting: KeyedState<Lasting>
  readonly #reached: { get(): number; set(value: number): void }
  readonly #queue = new OverQueue()
  readonly #forgetting = new WindowTimers()
  #arrival = 0

  constructor(node: OverNode, context: OperatorContext, out: Port) {
    this.#node = node
    this.#context = context
    this.#out = out
    this.#keyOf = makeKey(
      node.partition,
      node.partition.map((column) => node.input.schema.fields[column]!.type),
    )
    this.#bounded = Number.isFinite(node.frame.preceding)
    this.#isRange = node.frame.kind === 'range'
    this.#preceding = node.frame.preceding
    this.#proctime = node.time.kind === 'proctime'
    this.#program = makeAggregateProgram(
      { calls: node.calls.filter((call) => !isPositionCall(call)), retracts: this.#bounded },
      context,
    )
    this.#positions = new PositionCalls(node.calls, context)
    this.#rows = context.state.keyed('rows')
    this.#lasting = context.state.keyed('partitions')
    const lasts = !this.#bounded || !this.#positions.isEmpty
    this.#reached = context.state.value('reached', Number.NEGATIVE_INFINITY)
    this.#keepFor = lasts || !this.#isRange ? Number.POSITIVE_INFINITY : Math.floor(this.#preceding * 1.5) + 1
    if (this.#proctime && Number.isFinite(this.#keepFor)) context.onTime(this)
  }

  resume(): void {
    for (const [key, lasting] of this.#lasting.entries()) {
      const partition = this.#newPartition(key, lasting)
      this.#partitions.set(key, partition)
      this.#noteForgetting(partition)
    }
    // By time, and those of one time by arrival: the order in which they are computed.
    const rows = [...this.#rows.entries()].sort(
      ([a, [aTime]], [b, [bTime]]) => aTime - bTime || (a as number) - (b as number), // Arrival numbers.
    )
    for (const [number, [time, row]] of rows) {
      const arrival = number as number // As above.
      this.#arrival = Math.max(this.#arrival, arrival + 1)
      const partition = this.#partitions.get(this.#keyOf(row))
      if (partition === undefined || time > partition.lasting[0]) this.#queue.add(time, arrival)
      else {
        this.#program.add(partition.accumulator, row)
        partition.rows.push(row)
        partition.times.push(time)
        partition.arrivals.push(arrival)
      }
    }
  }

  row(row: Row, kind: RowKind): void {
    if ((kind & 1) === 1) throw new Error('OVER takes no changes that take rows away')
    const time = timeOf(row, this.#node.time, this.#context.now())
    if (time === undefined) {
      this.#context.fail(row, nullTime())
      return
    }
    if (this.#proctime) {
      const arrival = this.#arrival++
      if (this.#bounded) this.#rows.set(arrival, [time, row])
      const computed = this.#compute(row, time, arrival)
      if (computed !== undefined) this.#put(computed, undefined)
      return
    }
    if (this.#isLate(row, time)) {
      this.#context.late(row)
      return
    }
    const arrival = this.#arrival++
    this.#rows.set(arrival, [time, row])
    this.#queue.add(time, arrival)
  }

  #isLate(row: Row, time: number): boolean {
    if (!this.#bounded) return time <= this.#reached.get()
    const partition = this.#partitions.get(this.#keyOf(row))
    return partition !== undefined && time <= partition.lasting[0]
  }

  watermark(time: number): void {
    if (!this.#proctime && time > this.#reached.get()) {
      while (this.#queue.next !== Number.POSITIVE_INFINITY && this.#queue.next <= time) {
        this.#computeTime(this.#queue.next)
      }
      this.#reached.set(time)
      this.#forget(time)
    }
    this.#out.watermark(time)
  }

  advance(now: number): void {
    this.#forget(now)
  }

  /** All rows of one time, the next in the queue. */
  #computeTime(time: number): void {
    const first = this.#computeNext(time)
    if (!this.#isRange || this.#queue.next !== time) {
      if (first !== undefined) this.#put(first, undefined)
      return
    }
    const computed = first === undefined ? [] : [first]
    while (this.#queue.next === time) {
      const each = this.#computeNext(time)
      if (each !== undefined) computed.push(each)
    }
    const answers = new Map<Partition, SqlValue[]>()
    for (const each of computed) this.#put(each, answers)
  }

  #computeNext(time: number): Computed | undefined {
    const arrival = this.#queue.take()
    const [, row] = this.#rows.get(arrival)!
    if (!this.#bounded) this.#rows.delete(arrival)
    return this.#compute(row, time, arrival)
  }

  /** Takes a row into its partition; undefined: it has failed, and changed nothing. */
  #compute(row: Row, time: number, arrival: number): Computed | undefined {
    const key = this.#keyOf(row)
    const partition = this.#partitions.get(key) ?? this.#newPartition(key, this.#newLasting())
    const { lasting } = partition
    let looked: readonly SqlValue[]
    try {
      looked = this.#positions.look(lasting[2], row)
      this.#program.add(partition.accumulator, row)
    } catch (error) {
      if (this.#bounded) this.#rows.delete(arrival)
      this.#context.fail(row, error as Error) // `fail` passes on what is no Error.
      return undefined
    }
    this.#positions.note(lasting[2], looked)
    lasting[0] = time
    lasting[1]++
    if (this.#bounded) {
      partition.rows.push(row)
      partition.times.push(time)
      partition.arrivals.push(arrival)
      this.#shrink(partition, time)
    }
    if (!this.#partitions.has(key)) {
      this.#partitions.set(key, partition)
      this.#lasting.set(key, lasting)
      this.#noteForgetting(partition)
    } else this.#lasting.touch(key)
    return { row, partition, count: lasting[1], looked }
  }

  /** Takes out of a frame what the row at `time`, its last one, does not see. */
  #shrink(partition: Partition, time: number): void {
    const { rows, times, arrivals, accumulator } = partition
    let { head } = partition
    const from = time - this.#preceding
    while (
      head < rows.length &&
      (this.#isRange ? times[head]! < from : rows.length - head > this.#preceding + 1)
    ) {
      this.#program.retract(accumulator, rows[head]!)
      this.#rows.delete(arrivals[head]!)
      head++
    }
    if (head > 32 && head * 2 > rows.length) {
      rows.splice(0, head)
      times.splice(0, head)
      arrivals.splice(0, head)
      head = 0
    }
    partition.head = head
  }

  /** The row with its answers. `answers`: of the partitions seen at this time, for peers. */
  #put({ row, partition, count, looked }: Computed, answers: Map<Partition, SqlValue[]> | undefined): void {
    let values = answers?.get(partition)
    if (values === undefined) {
      try {
        values = this.#program.results(partition.accumulator)
      } catch (error) {
        this.#context.fail(row, error as Error) // As above.
        return
      }
      answers?.set(partition, values)
    }
    const output = row.slice()
    let [aggregate, lag] = [0, 0]
    for (const { fn } of this.#node.calls) {
      if (fn === 'ROW_NUMBER') output.push(count)
      else if (fn === 'LAG') output.push(looked[2 * lag++]!)
      else output.push(values[aggregate++]!)
    }
    this.#out.row(output, rowKind.insert)
  }

  #newLasting(): Lasting {
    const accumulator = this.#bounded ? null : this.#program.create()
    return [Number.NEGATIVE_INFINITY, 0, this.#positions.create(), accumulator]
  }

  #newPartition(key: Key, lasting: Lasting): Partition {
    const accumulator = lasting[3] ?? this.#program.create()
    return {
      key,
      lasting,
      accumulator,
      rows: [],
      times: [],
      arrivals: [],
      head: 0,
      timer: Number.NaN,
    }
  }

  #noteForgetting(partition: Partition): void {
    if (!Number.isFinite(this.#keepFor)) return
    partition.timer = partition.lasting[0] + this.#keepFor
    this.#forgetting.add(partition.timer, partition.key)
  }

  #forget(time: number): void {
    while (this.#forgetting.next !== Number.POSITIVE_INFINITY && this.#forgetting.next < time) {
      const due = this.#forgetting.next
      for (const key of this.#forgetting.take()) {
        const partition = this.#partitions.get(key)
        if (partition === undefined || partition.timer !== due) continue
        if (partition.lasting[0] + this.#keepFor > due) {
          this.#noteForgetting(partition)
          continue
        }
        for (let i = partition.head; i < partition.rows.length; i++) this.#rows.delete(partition.arrivals[i]!)
        this.#partitions.delete(key)
        this.#lasting.delete(key)
      }
    }
  }
}

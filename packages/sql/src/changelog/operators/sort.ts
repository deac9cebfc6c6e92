/**
 * ORDER BY a time attribute first: rows come out in order when the watermark passes them, rows of equal time by the other keys
 * and then by arrival. A row whose time is not above the last one put out is late and dropped; a row without a time fails.
 * By processing time the rows come in order already; with further keys those of one moment wait until the clock moves on, or
 * the input ends.
 */
import { SqlRuntimeError } from '../../functions/index.ts'
import type { Operator, OperatorContext, Port } from '../operator.ts'
import type { SortNode } from '../plan.ts'
import { type Row, rowKind } from '../row.ts'
import { makeRowOrder, type RowOrder } from './compare-rows.ts'
import { TimeBuffer } from './time-buffer.ts'

export function makeSort(node: SortNode, context: OperatorContext, out: Port): Operator {
  if (node.time.kind === 'rowtime') return new RowtimeSort(node, context, out)
  if (node.order.length > 1) return new ProctimeSort(node, context, out)
  return {
    inputs: [{ row: (row) => out.row(row, rowKind.insert), watermark: (time) => out.watermark(time) }],
  }
}

class RowtimeSort implements Operator {
  readonly inputs: readonly Port[]
  readonly #buffer: TimeBuffer
  readonly #column: number
  readonly #order: RowOrder
  readonly #out: Port
  readonly #context: OperatorContext
  /** Time of the last rows put out. */
  readonly #done: { get(): number; set(value: number): void }

  constructor(node: SortNode, context: OperatorContext, out: Port) {
    this.#context = context
    this.#out = out
    this.#column = node.time.column
    this.#order = makeRowOrder(node.order.filter(({ column }) => column !== node.time.column))
    this.#buffer = new TimeBuffer(context.state, 'waiting', node.time.column)
    this.#done = context.state.value('done', Number.NEGATIVE_INFINITY)
    this.inputs = [{ row: (row) => this.#row(row), watermark: (time) => this.#watermark(time) }]
  }

  resume(): void {
    this.#buffer.resume()
  }

  #row(row: Row): void {
    const time = row[this.#column]
    if (typeof time !== 'number') {
      this.#context.fail(
        row,
        new SqlRuntimeError('NotNullViolation', 'the time attribute of the row is NULL'),
      )
    } else if (time <= this.#done.get()) this.#context.late(row)
    else this.#buffer.add(row)
  }

  #watermark(watermark: number): void {
    let done = this.#done.get()
    while (this.#buffer.firstTime <= watermark && this.#buffer.firstTime !== Number.POSITIVE_INFINITY) {
      done = this.#buffer.firstTime
      for (const row of this.#buffer.takeFirst().sort(this.#order)) this.#out.row(row, rowKind.insert)
    }
    if (done !== this.#done.get()) this.#done.set(done)
    this.#out.watermark(watermark)
  }
}

class ProctimeSort implements Operator {
  readonly inputs: readonly Port[]
  readonly #order: RowOrder
  readonly #out: Port
  /** Rows of the moment. */
  readonly #waiting: { get(): Row[]; set(value: Row[]): void }

  constructor(node: SortNode, context: OperatorContext, out: Port) {
    this.#order = makeRowOrder(node.order.filter(({ column }) => column !== node.time.column))
    this.#out = out
    this.#waiting = context.state.value<Row[]>('waiting', [])
    this.inputs = [
      {
        row: (row) => this.#waiting.set([...this.#waiting.get(), row]),
        watermark: (time) => {
          if (time === Number.POSITIVE_INFINITY) this.advance()
          out.watermark(time)
        },
      },
    ]
    context.onTime(this)
  }

  /** The clock has moved: all rows that wait are of a moment before. */
  advance(): void {
    const rows = this.#waiting.get()
    if (rows.length === 0) return
    this.#waiting.set([])
    for (const row of [...rows].sort(this.#order)) this.#out.row(row, rowKind.insert)
  }
}

/**
 * Window functions by themselves (spec 3.5): each row once for each of its windows, with window_start, window_end and
 * window_time behind its columns. TUMBLE, HOP and CUMULATE pass a row on at once, whatever the watermark says: what collects
 * rows by window tells by window_end which of them are late. SESSION holds rows back (session-assign.ts).
 */
import type { Operator, OperatorContext, Port } from '../operator.ts'
import type { TimeAttribute, WindowAssignNode } from '../plan.ts'
import type { Row, RowKind } from '../row.ts'
import { SessionAssign } from './session-assign.ts'
import {
  type AlignedSpec,
  makeSlices,
  makeWindowZone,
  nullTime,
  type Slices,
  timeOf,
  type WindowZone,
} from './window-spec.ts'

export function makeWindowAssign(node: WindowAssignNode, context: OperatorContext, out: Port): Operator {
  return node.window.kind === 'session'
    ? new SessionAssign(node.window, node.input.schema, context, out)
    : new WindowAssign(node.window, context, out)
}

class WindowAssign implements Operator, Port {
  readonly inputs: readonly Port[] = [this]
  readonly #context: OperatorContext
  readonly #out: Port
  readonly #time: TimeAttribute
  readonly #slices: Slices
  readonly #zone: WindowZone

  constructor(window: AlignedSpec, context: OperatorContext, out: Port) {
    this.#context = context
    this.#out = out
    this.#time = window.time
    this.#slices = makeSlices(window)
    this.#zone = makeWindowZone(window.zone)
  }

  row(row: Row, kind: RowKind): void {
    const time = timeOf(row, this.#time, this.#context.now())
    if (time === undefined) {
      this.#context.fail(row, nullTime())
      return
    }
    const slices = this.#slices
    const slice = slices.sliceEnd(this.#zone.local(time))
    const [first, last] = [slices.firstEnd(slice), slices.lastEnd(slice)]
    for (let end = first; end <= last; end += slices.endStep) {
      const assigned = row.slice()
      assigned.push(slices.windowStart(end), end, this.#zone.instant(end - 1))
      this.#out.row(assigned, kind)
    }
  }

  watermark(time: number): void {
    this.#out.watermark(time)
  }
}

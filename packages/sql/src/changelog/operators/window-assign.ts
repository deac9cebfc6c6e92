/**
 * Window functions by themselves (spec 3.5): each row once for each of its windows, with window_start, window_end and
 * window_time behind its columns. TUMBLE, HOP and CUMULATE pass a row on at once; a row none of whose windows is open any
 * more is late. SESSION holds rows back (session-assign.ts).
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
  #watermark = Number.NEGATIVE_INFINITY

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
    let open = first > last
    for (let end = first; end <= last; end += slices.endStep) {
      const moment = this.#zone.instant(end - 1)
      if (this.#time.kind === 'rowtime' && moment <= this.#watermark) continue
      open = true
      const assigned = row.slice()
      assigned.push(slices.windowStart(end), end, moment)
      this.#out.row(assigned, kind)
    }
    if (!open) this.#context.late(row)
  }

  watermark(time: number): void {
    this.#watermark = time
    this.#out.watermark(time)
  }
}

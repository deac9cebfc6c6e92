/**
 * Top-N: the rows with the numbers from..to within each partition, in the order of the sort keys, ties by arrival. What has been
 * put out adds up to exactly these rows after every change.
 *
 * A row that comes or goes moves those behind it (3.6):
 *   with the number     -U and +U for each number that has another row now, then +I or -D of the last one
 *   without             -D of the row that has left the range, then +I of the one that has entered it
 *
 * State, input that only appends: the first `to` rows of each partition, as one sorted list, with the number if it is put out,
 * so that what is taken back is the very row that came out; a row that falls off never comes back. Cost of a row: O(log to),
 * and O(to) if it enters.
 * Input that retracts: rank-retract.ts.
 */
import type { Operator, OperatorContext, Port } from '../operator.ts'
import type { Row } from '../row.ts'
import type { Key, KeyedState } from '../state/state-store.ts'
import { makeRowOrder, placeBehind, type RowOrder } from './compare-rows.ts'
import { RankOutput } from './rank-output.ts'
import { partitionKey, type RankParts } from './rank-parts.ts'
import { RetractRank } from './rank-retract.ts'

export function makeRank(node: RankParts, context: OperatorContext, out: Port): Operator {
  return node.input.traits.changes === 'append'
    ? new AppendRank(node, context, out)
    : new RetractRank(node, context, out)
}

class AppendRank implements Operator {
  readonly inputs: readonly Port[]
  readonly #keyOf: (row: Row) => Key
  readonly #order: RowOrder
  readonly #size: number
  readonly #numbered: boolean
  readonly #tops: KeyedState<Row[]>
  readonly #output: RankOutput

  constructor(node: RankParts, context: OperatorContext, out: Port) {
    this.#keyOf = partitionKey(node)
    this.#order = makeRowOrder(node.order)
    this.#size = node.to
    this.#numbered = node.number
    this.#tops = context.state.keyed('tops', { ttl: node.ttl })
    this.#output = new RankOutput(node, out)
    this.inputs = [{ row: (row) => this.#row(row), watermark: (time) => out.watermark(time) }]
  }

  #row(row: Row): void {
    const key = this.#keyOf(row)
    let top = this.#tops.get(key)
    if (top === undefined) {
      top = []
      this.#tops.set(key, top)
    }
    const full = top.length === this.#size
    if (full && this.#order(top[top.length - 1]!, row) <= 0) return
    const place = placeBehind(top, row, this.#order)
    this.#tops.touch(key)
    if (this.#numbered) {
      this.#output.putIn(top, place, row)
      return
    }
    top.splice(place, 0, row)
    const fallen = full ? top.pop() : undefined
    this.#output.added(top, place, fallen)
  }
}

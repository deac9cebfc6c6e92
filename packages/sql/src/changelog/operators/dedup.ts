/**
 * The first or the last row of each partition by a time attribute, of an input that only appends (3.6).
 *   rowtime, first   the smallest time; of equal times the earlier arrival stays. A row from before replaces it: -U, +U
 *   rowtime, last    the greatest time; of equal times the later arrival wins
 *   proctime, first  the first arrival, for ever: only +I
 *   proctime, last   the latest arrival
 * A row that replaces an equal one gives nothing, unless there is a time to live (then each row shows that the key lives).
 * Rows without a time fail. State: one row for each partition, or for proctime first only that the partition is known.
 */
import { SqlRuntimeError } from '../../functions/index.ts'
import type { Operator, OperatorContext, Port } from '../operator.ts'
import type { DedupNode } from '../plan.ts'
import { type Row, rowKind } from '../row.ts'
import type { KeyedState } from '../state/state-store.ts'
import { sameRow } from '../value.ts'
import { partitionKey } from './rank-parts.ts'

export function makeDedup(node: DedupNode, context: OperatorContext, out: Port): Operator {
  const keyOf = partitionKey(node)
  const output = node.number ? (row: Row): Row => [...row, 1] : (row: Row): Row => row
  const watermark = (time: number): void => out.watermark(time)
  const { ttl } = node

  if (node.time.kind === 'proctime' && node.keep === 'first') {
    const known: KeyedState<boolean> = context.state.keyed('known', { ttl })
    const row = (row: Row): void => {
      const key = keyOf(row)
      if (known.has(key)) return
      known.set(key, true)
      out.row(output(row), rowKind.insert)
    }
    return { inputs: [{ row, watermark }] }
  }

  const rows: KeyedState<Row> = context.state.keyed('rows', { ttl })
  const time = node.time.kind === 'rowtime' ? node.time.column : undefined
  const last = node.keep === 'last'
  const row = (row: Row): void => {
    if (time !== undefined && row[time] === null) {
      context.fail(row, new SqlRuntimeError('NotNullViolation', 'the time attribute of the row is NULL'))
      return
    }
    const key = keyOf(row)
    const known = rows.get(key)
    if (known === undefined) {
      rows.set(key, row)
      out.row(output(row), rowKind.insert)
      return
    }
    if (time !== undefined) {
      const [before, now] = [known[time]!, row[time]!]
      if (last ? now < before : now >= before) return
    }
    rows.set(key, row)
    if (ttl === 0 && sameRow(known, row)) return
    out.row(output(known), rowKind.updateBefore)
    out.row(output(row), rowKind.updateAfter)
  }
  return { inputs: [{ row, watermark }] }
}

/** GROUPING SETS: each row once for each set, with the keys that are not in the set NULL, and the set's GROUPING_ID. */
import type { SqlValue } from '../../plan.ts'
import type { Operator, OperatorContext, Port } from '../operator.ts'
import type { ExpandNode } from '../plan.ts'
import type { Row, RowKind } from '../row.ts'

export function makeExpand(node: ExpandNode, _: OperatorContext, out: Port): Operator {
  const width = node.input.schema.fields.length
  const sets = node.sets.map((set) => {
    const left = node.keys.filter((key) => !set.includes(key))
    let id = 0
    for (const key of node.keys) id = id * 2 + (set.includes(key) ? 0 : 1)
    return { left, id }
  })
  const port: Port = {
    row: (row: Row, kind: RowKind) => {
      for (const { left, id } of sets) {
        const copy: SqlValue[] = new Array(width + 1)
        for (let i = 0; i < width; i++) copy[i] = row[i]!
        for (const column of left) copy[column] = null
        copy[width] = id
        out.row(copy, kind)
      }
    },
    watermark: (time) => out.watermark(time),
  }
  return { inputs: [port] }
}

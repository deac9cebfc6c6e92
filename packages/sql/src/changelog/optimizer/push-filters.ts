/**
 * Conditions go down, so that operators with state see fewer rows: below projections, unions and window functions; to one
 * side of a join; below what works for each key alone, if the condition is on the key. Never below a watermark, which has
 * to see all rows, nor a LIMIT, nor a sort, where the last row that came out decides which are late. A condition that can fail stays above operators with state, where fewer rows meet it.
 */
import { canFail } from '../../expression/can-fail.ts'
import { columnsOf, conjunction, conjuncts, mapColumns, substitute } from '../../expression/expr-tools.ts'
import type { Expr } from '../../plan.ts'
import { inputsOf, makeFilter, withInputs } from '../binder/nodes.ts'
import type { ChangelogNode, FilterNode, Sink } from '../plan.ts'
import { isCheap, isVolatile, readersOf, rewriteSinks } from './rewrite.ts'

export function pushFilters(sinks: readonly Sink[]): readonly Sink[] {
  const readers = readersOf(sinks)
  // Below a node that others read as well the condition would need a copy of the node.
  const isShared = (node: ChangelogNode): boolean => (readers.get(node) ?? 1) > 1
  return rewriteSinks(sinks, (node) => (node.kind === 'filter' ? push(node, isShared) : node))
}

function push(node: FilterNode, isShared: (node: ChangelogNode) => boolean): ChangelogNode {
  const { input } = node
  if (isShared(input)) return node
  const kept: Expr[] = []
  // For each input of the node below, the conditions that go there.
  const below: Expr[][] = inputsOf(input).map(() => [])
  for (const part of conjuncts(node.predicate)) {
    const goes = isVolatile(part) ? [] : destinations(part, input)
    if (goes.length === 0) kept.push(part)
    for (const { side, predicate } of goes) below[side]!.push(predicate)
  }
  if (kept.length > 0 && below.every((parts) => parts.length === 0)) return node
  const inputs = inputsOf(input).map((each, side) => {
    const predicate = conjunction(below[side]!)
    return predicate === undefined ? each : push(makeFilter(each, predicate, node.span), isShared)
  })
  const pushed = withInputs(input, inputs)
  const predicate = conjunction(kept)
  return predicate === undefined ? pushed : makeFilter(pushed, predicate, node.span)
}

interface Destination {
  readonly side: number
  readonly predicate: Expr
}

/** Where a condition may go; none: it stays. */
function destinations(part: Expr, node: ChangelogNode): readonly Destination[] {
  const columns = [...columnsOf(part)]
  const one = (predicate: Expr): readonly Destination[] => [{ side: 0, predicate }]
  const safe = !canFail(part)
  // A condition without columns gains nothing by moving.
  if (columns.length === 0) return []
  switch (node.kind) {
    case 'filter':
      return one(part)
    case 'project':
      return columns.every((column) => isCheap(node.exprs[column]!)) ? one(substitute(part, node.exprs)) : []
    case 'union':
      return node.inputs.map((_, side) => ({ side, predicate: part }))
    case 'async-project':
    case 'correlate':
    case 'lookup-join': {
      const width = node.input.schema.fields.length
      return safe && columns.every((column) => column < width) ? one(part) : []
    }
    case 'window-assign': {
      const width = node.input.schema.fields.length
      const own = columns.every((column) => column < width)
      // A session is made by all rows of its key.
      const { window } = node
      const keyed = window.kind !== 'session' || columns.every((column) => window.partition.includes(column))
      return own && keyed ? one(part) : []
    }
    case 'expand':
      return safe &&
        columns.every((column) => column < node.input.schema.fields.length && !node.keys.includes(column))
        ? one(part)
        : []
    case 'aggregate':
    case 'window-aggregate': {
      if (!safe || !columns.every((column) => column < node.keys.length)) return []
      const { window } = node.kind === 'window-aggregate' ? node : { window: undefined }
      const keys = node.keys
      const keyed =
        window?.kind !== 'session' || columns.every((column) => window.partition.includes(keys[column]!))
      return keyed ? one(mapColumns(part, (column) => keys[column]!)) : []
    }
    case 'over':
    case 'rank':
    case 'dedup':
    case 'window-rank':
      return safe && columns.every((column) => node.partition.includes(column)) ? one(part) : []
    case 'set-operation':
      return safe
        ? [
            { side: 0, predicate: part },
            { side: 1, predicate: part },
          ]
        : []
    case 'join':
    case 'interval-join':
    case 'window-join':
    case 'temporal-join': {
      if (!safe) return []
      const width = node.left.schema.fields.length
      const left = columns.every((column) => column < width)
      const right = columns.every((column) => column >= width)
      // Rows of a side that may be missing must not be left out before the join. Versions are not filtered at all.
      if (left && node.join !== 'right' && node.join !== 'full') return one(part)
      const rightMoves = (node.join === 'inner' || node.join === 'right') && node.kind !== 'temporal-join'
      return right && rightMoves ? [{ side: 1, predicate: mapColumns(part, (column) => column - width) }] : []
    }
    default:
      return []
  }
}

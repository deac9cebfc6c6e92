/**
 * Filters move towards the sources: below projections, into the preserved side of a join, and an equality of both sides
 * becomes a key of an inner join.
 *
 * Errors: a row that a filter drops earlier is not seen by what it passes. So a filter passes only nodes whose own
 * expressions cannot fail, and only a condition that cannot fail moves (it would be computed for more rows below a join).
 * A ROWS window counts rows, so nothing may be dropped below it; a RANGE window keeps or leaves each row by itself.
 */
import { canFail } from '../expression/can-fail.ts'
import { columnsOf, conjunction, conjuncts, mapColumns, some, substitute } from '../expression/expr-tools.ts'
import { mapNodes } from '../expression/node-tools.ts'
import { splitJoin } from '../expression/split-join.ts'
import type { Expr, FilterNode, LookupJoinNode, PlanNode, ProjectNode, WindowJoinNode } from '../plan.ts'

export function pushFilters(plan: PlanNode): PlanNode {
  return mapNodes(plan, pushOne)
}

function pushOne(node: PlanNode): PlanNode {
  if (node.kind !== 'filter' || canFail(node.predicate)) return node
  switch (node.input.kind) {
    case 'project':
      return belowProject(node, node.input)
    case 'lookup-join':
      return belowLookup(node, node.input)
    case 'window-join':
      return intoWindowJoin(node, node.input)
    default:
      return node
  }
}

function filter(input: PlanNode, parts: readonly Expr[]): PlanNode {
  const predicate = conjunction(parts)
  return predicate === undefined
    ? input
    : pushOne({ kind: 'filter', input, predicate, schema: input.schema, span: predicate.span })
}

/** What the projection calculates would be calculated once more below it, so only conditions on passed columns move. */
function belowProject(node: FilterNode, project: ProjectNode): PlanNode {
  const { exprs, rowtime } = project
  if (exprs.some(canFail) || (rowtime !== undefined && canFail(rowtime))) return node
  const isPassed = (expr: Expr): boolean => expr.kind !== 'call'
  const readsTime = some(node.predicate, (part) => part.kind === 'rowtime')
  if (readsTime && rowtime !== undefined && !isPassed(rowtime)) return node
  if (![...columnsOf(node.predicate)].every((column) => isPassed(exprs[column]!))) return node
  return { ...project, input: filter(project.input, [substitute(node.predicate, exprs, rowtime)]) }
}

function belowLookup(node: FilterNode, join: LookupJoinNode): PlanNode {
  if (join.residual !== undefined && canFail(join.residual)) return node
  const width = join.input.schema.fields.length
  const [below, others] = partition(conjuncts(node.predicate), (part) =>
    [...columnsOf(part)].every((index) => index < width),
  )
  const inputKeys: Expr[] = []
  const tableKeys: number[] = []
  const above = others.filter((part) => {
    const { leftKeys, rightKeys } = splitJoin(join.join === 'inner' ? part : undefined, width)
    const column = rightKeys[0]
    if (column?.kind !== 'column') return true
    inputKeys.push(leftKeys[0]!)
    tableKeys.push(column.index)
    return false
  })
  if (below.length === 0 && inputKeys.length === 0) return node
  const pushed: LookupJoinNode = {
    ...join,
    input: filter(join.input, below),
    inputKeys: [...join.inputKeys, ...inputKeys],
    tableKeys: [...join.tableKeys, ...tableKeys],
  }
  return rest(node, pushed, above)
}

function intoWindowJoin(node: FilterNode, join: WindowJoinNode): PlanNode {
  if (join.residual !== undefined && canFail(join.residual)) return node
  const start = join.left.schema.fields.length
  const ofPair = (part: Expr): boolean => some(part, (each) => each.kind === 'rowtime')
  const isLeft = (part: Expr): boolean =>
    !ofPair(part) && [...columnsOf(part)].every((index) => index < start)
  const isRight = (part: Expr): boolean =>
    !ofPair(part) && [...columnsOf(part)].every((index) => index >= start)
  // Rows of a side that the join preserves come out or not by themselves; of the other side they change what is matched.
  const leftOpen = (join.join === 'inner' || join.join === 'left') && join.leftWindow?.kind !== 'rows'
  const rightOpen = (join.join === 'inner' || join.join === 'right') && join.rightWindow?.kind !== 'rows'
  const [left, notLeft] = partition(conjuncts(node.predicate), (part) => leftOpen && isLeft(part))
  const [right, others] = partition(notLeft, (part) => rightOpen && isRight(part))
  const [joined, above] = partition(others, (part) => join.join === 'inner' && !ofPair(part))
  const condition = splitJoin(conjunction(joined), start)
  if (left.length === 0 && right.length === 0 && condition.leftKeys.length === 0) return node
  const keptAbove = [...above, ...(condition.residual === undefined ? [] : [condition.residual])]
  const pushed: WindowJoinNode = {
    ...join,
    left: filter(join.left, left),
    right: filter(
      join.right,
      right.map((part) => mapColumns(part, (index) => index - start)),
    ),
    leftKeys: [...join.leftKeys, ...condition.leftKeys],
    rightKeys: [...join.rightKeys, ...condition.rightKeys],
  }
  return rest(node, pushed, keptAbove)
}

function rest(node: FilterNode, input: PlanNode, above: readonly Expr[]): PlanNode {
  const predicate = conjunction(above)
  return predicate === undefined ? input : { ...node, input, predicate }
}

function partition<T>(items: readonly T[], test: (item: T) => boolean): [T[], T[]] {
  const yes: T[] = []
  const no: T[] = []
  for (const item of items) (test(item) ? yes : no).push(item)
  return [yes, no]
}

/**
 * Walking and rewriting plan nodes. As in expr-tools.ts, what does not change is the same object.
 */
import type { Field } from '@millrace/values'
import type { AggregateCall, Expr, PlanNode } from '../plan.ts'
import type { Span } from '../span.ts'

export function inputsOf(node: PlanNode): readonly PlanNode[] {
  switch (node.kind) {
    case 'scan':
    case 'table-source':
      return []
    case 'window-join':
      return [node.left, node.right]
    case 'union':
      return node.inputs
    default:
      return [node.input]
  }
}

/** The node over other inputs, in the order of `inputsOf`. */
export function withInputs(node: PlanNode, inputs: readonly PlanNode[]): PlanNode {
  if (inputsOf(node).every((input, i) => input === inputs[i])) return node
  switch (node.kind) {
    case 'scan':
    case 'table-source':
      return node
    case 'window-join':
      return { ...node, left: inputs[0]!, right: inputs[1]! }
    case 'union':
      return { ...node, inputs }
    default:
      return { ...node, input: inputs[0]! }
  }
}

/** From the leaves up: each node with its new inputs goes through `rule`. */
export function mapNodes(node: PlanNode, rule: (node: PlanNode) => PlanNode): PlanNode {
  return rule(
    withInputs(
      node,
      inputsOf(node).map((input) => mapNodes(input, rule)),
    ),
  )
}

export function visitNodes(node: PlanNode, see: (node: PlanNode) => void): void {
  for (const input of inputsOf(node)) visitNodes(input, see)
  see(node)
}

/** Another object of equal content, so that each place of a plan has a node of its own. */
export function cloneNodes(node: PlanNode): PlanNode {
  return withFreshInputs({ ...node })
}

function withFreshInputs(node: PlanNode): PlanNode {
  return withInputs(node, inputsOf(node).map(cloneNodes))
}

/** The node with each of its own expressions replaced. */
export function mapExprs(node: PlanNode, map: (expr: Expr) => Expr): PlanNode {
  const list = (exprs: readonly Expr[]): readonly Expr[] => {
    const mapped = exprs.map(map)
    return mapped.every((expr, i) => expr === exprs[i]) ? exprs : mapped
  }
  const optional = (expr: Expr | undefined): Expr | undefined => (expr === undefined ? undefined : map(expr))
  const calls = (all: readonly AggregateCall[]): readonly AggregateCall[] =>
    all.map((call) => ({ ...call, args: list(call.args) }))
  switch (node.kind) {
    case 'scan':
    case 'table-source':
    case 'union':
      return node
    case 'filter':
      return { ...node, predicate: map(node.predicate) }
    case 'project':
      return { ...node, exprs: list(node.exprs), rowtime: optional(node.rowtime) }
    case 'lookup-join':
      return { ...node, inputKeys: list(node.inputKeys), residual: optional(node.residual) }
    case 'window-join':
      return {
        ...node,
        leftKeys: list(node.leftKeys),
        rightKeys: list(node.rightKeys),
        residual: optional(node.residual),
      }
    case 'over':
      return {
        ...node,
        windows: node.windows.map(({ partition, frame, calls: own }) => ({
          partition: list(partition),
          frame,
          calls: calls(own),
        })),
      }
    case 'group':
      return { ...node, keys: list(node.keys), nextStep: map(node.nextStep), calls: calls(node.calls) }
    case 'rows':
      return { ...node, args: list(node.args) }
  }
}

/** The column of a field, as an expression over rows of its schema. */
export function columnOf(field: Field, index: number, span: Span): Expr {
  return { kind: 'column', index, type: field.type, nullable: field.nullable, span }
}

/** Only these columns of a node, in this order; the node itself if these are all. */
export function narrowTo(node: PlanNode, columns: readonly number[]): PlanNode {
  const { fields } = node.schema
  if (columns.length === fields.length && columns.every((column, i) => column === i)) return node
  return {
    kind: 'project',
    input: node,
    exprs: columns.map((column) => columnOf(fields[column]!, column, node.span)),
    rowtime: undefined,
    schema: { fields: columns.map((column) => fields[column]!) },
    span: node.span,
  }
}

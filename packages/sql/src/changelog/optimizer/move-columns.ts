/**
 * A node over an input whose columns have moved: everything in it that names a column names the new place.
 */
import { mapColumns } from '../../expression/expr-tools.ts'
import type { Expr } from '../../plan.ts'
import { remake } from '../binder/nodes.ts'
import type { AggregateCall, ChangelogNode, JoinCondition, SortKey, WindowSpec } from '../plan.ts'

/** Nodes with one input. */
export type WithInput = Extract<ChangelogNode, { readonly input: ChangelogNode }>

/** A node made anew, and where its old columns are: -1 for one that is gone. */
export interface Pruned {
  readonly node: ChangelogNode
  readonly places: readonly number[]
}

/** A node with one input over another input whose columns have moved. */
export function remapped(node: WithInput, { node: input, places }: Pruned): ChangelogNode {
  const at = (column: number): number => places[column]!
  const all = (columns: readonly number[]): readonly number[] => columns.map(at)
  switch (node.kind) {
    case 'watermark':
      return remake({ ...node, input, column: at(node.column), watermark: moved(node.watermark, places) })
    case 'normalize':
      return remake({ ...node, input, key: all(node.key) })
    case 'filter':
      return remake({ ...node, input, predicate: moved(node.predicate, places) })
    case 'project':
      return remake({ ...node, input, exprs: movedAll(node.exprs, places) })
    case 'async-project':
      return remake({ ...node, input, args: movedAll(node.args, places) })
    case 'limit':
      return remake({ ...node, input })
    case 'expand':
      return remake({ ...node, input, keys: all(node.keys), sets: node.sets.map(all) })
    case 'lookup-join': {
      const joined = appended(places, input, node.tableSchema.fields.length)
      const residual = node.residual && moved(node.residual, joined)
      return remake({ ...node, input, inputKeys: movedAll(node.inputKeys, places), residual })
    }
    case 'correlate': {
      const joined = appended(places, input, node.fields.length)
      const residual = node.residual && moved(node.residual, joined)
      const { source } = node
      const made =
        source.kind === 'unnest'
          ? { ...source, collection: moved(source.collection, places) }
          : { ...source, args: movedAll(source.args, places) }
      return remake({ ...node, input, source: made, residual })
    }
    case 'aggregate':
      return remake({ ...node, input, keys: all(node.keys), calls: movedCalls(node.calls, places) })
    case 'window-assign':
      return remake({ ...node, input, window: movedWindow(node.window, places) })
    case 'window-aggregate': {
      const { window } = node
      const made =
        window.kind === 'assigned'
          ? {
              ...window,
              start: window.start === undefined ? undefined : at(window.start),
              end: at(window.end),
              time: { ...window.time, column: at(window.time.column) },
            }
          : movedWindow(window, places)
      const calls = movedCalls(node.calls, places)
      return remake({ ...node, input, window: made, keys: all(node.keys), calls })
    }
    case 'over': {
      const time = { ...node.time, column: at(node.time.column) }
      return remake({
        ...node,
        input,
        time,
        partition: all(node.partition),
        calls: movedCalls(node.calls, places),
      })
    }
    case 'rank':
      return remake({ ...node, input, partition: all(node.partition), order: movedOrder(node.order, places) })
    case 'window-rank': {
      const order = movedOrder(node.order, places)
      return remake({ ...node, input, end: at(node.end), partition: all(node.partition), order })
    }
    case 'dedup': {
      const time = { ...node.time, column: at(node.time.column) }
      return remake({ ...node, input, time, partition: all(node.partition) })
    }
    case 'sort': {
      const time = { ...node.time, column: at(node.time.column) }
      return remake({ ...node, input, time, order: movedOrder(node.order, places) })
    }
    case 'match':
      return remake({
        ...node,
        input,
        partition: all(node.partition),
        time: { ...node.time, column: at(node.time.column) },
        order: movedOrder(node.order, places),
        references: node.references.map((reference) =>
          reference.kind === 'aggregate'
            ? { ...reference, call: movedCalls([reference.call], places)[0]! }
            : reference.kind === 'first' || reference.kind === 'last'
              ? { ...reference, expr: moved(reference.expr, places) }
              : reference,
        ),
      })
  }
}

function movedWindow(window: WindowSpec, places: readonly number[]): WindowSpec {
  const time = { ...window.time, column: places[window.time.column]! }
  return window.kind === 'session'
    ? { ...window, time, partition: window.partition.map((column) => places[column]!) }
    : { ...window, time }
}

/** Places of the joined row: of the input's old columns, then of those that the node adds. */
function appended(places: readonly number[], input: ChangelogNode, added: number): readonly number[] {
  const offset = input.schema.fields.length
  return [...places, ...Array.from({ length: added }, (_, i) => offset + i)]
}

export function moved(expr: Expr, places: readonly number[]): Expr {
  // Columns beyond the input are those that the node itself has added.
  return mapColumns(expr, (column) => places[column] ?? column)
}

function movedAll(exprs: readonly Expr[], places: readonly number[]): readonly Expr[] {
  return exprs.map((expr) => moved(expr, places))
}

function movedCalls(calls: readonly AggregateCall[], places: readonly number[]): readonly AggregateCall[] {
  return calls.map((call) => ({
    ...call,
    args: movedAll(call.args, places),
    filter: call.filter && moved(call.filter, places),
  }))
}

function movedOrder(order: readonly SortKey[], places: readonly number[]): readonly SortKey[] {
  return order.map((key) => ({ ...key, column: places[key.column]! }))
}

export function movedCondition(condition: JoinCondition, left: Pruned, right: Pruned): JoinCondition {
  const offset = left.node.schema.fields.length
  const both = [...left.places, ...right.places.map((place) => place + offset)]
  return {
    leftKeys: movedAll(condition.leftKeys, left.places),
    rightKeys: movedAll(condition.rightKeys, right.places),
    nullSafe: condition.nullSafe,
    residual: condition.residual && moved(condition.residual, both),
  }
}

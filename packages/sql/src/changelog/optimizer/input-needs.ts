/**
 * Which columns of each input a node needs, if its readers need the columns `needs` of it.
 */
import { columnsOf } from '../../expression/expr-tools.ts'
import type { Expr } from '../../plan.ts'
import type { ChangelogNode, WindowSpec } from '../plan.ts'
import { exprsOf } from './node-exprs.ts'

type Needs = ReadonlySet<number>

/** One for each input, in the order of `inputsOf`. */
export function inputNeeds(node: ChangelogNode, needs: Needs): readonly Needs[] {
  switch (node.kind) {
    case 'source':
    case 'values':
      return []
    case 'filter':
    case 'limit':
    case 'async-project':
    case 'lookup-join':
    case 'correlate': {
      const { length } = node.input.schema.fields
      return [below(length, [...needs, ...readBy(exprsOf(node))])]
    }
    case 'watermark':
      return [new Set([...needs, node.column, ...readBy([node.watermark])])]
    case 'normalize':
      return [new Set([...needs, ...node.key])]
    case 'project':
      return [new Set(readBy(node.exprs.filter((_, i) => needs.has(i))))]
    case 'union':
      return node.inputs.map(() => needs)
    case 'expand':
      return [below(node.input.schema.fields.length, [...needs, ...node.keys])]
    case 'aggregate': {
      const calls = calledBy(node.calls, needs, node.keys.length, node.keys.length === 0)
      return [new Set([...node.keys, ...calls])]
    }
    case 'window-aggregate': {
      const { window } = node
      const own =
        window.kind === 'assigned'
          ? [...(window.start === undefined ? [] : [window.start]), window.end, window.time.column]
          : ofWindow(window)
      return [new Set([...node.keys, ...own, ...calledBy(node.calls, needs, node.keys.length, false)])]
    }
    case 'window-assign':
      return [below(node.input.schema.fields.length, [...needs, ...ofWindow(node.window)])]
    case 'over': {
      const { length } = node.input.schema.fields
      const calls = calledBy(node.calls, needs, length, true)
      return [below(length, [...needs, ...node.partition, node.time.column, ...calls])]
    }
    case 'rank':
    case 'window-rank': {
      const own = [...node.partition, ...node.order.map((key) => key.column)]
      const end = node.kind === 'window-rank' ? [node.end, ...windowOf(node.input)] : []
      return [below(node.input.schema.fields.length, [...needs, ...own, ...end])]
    }
    case 'dedup':
      return [below(node.input.schema.fields.length, [...needs, ...node.partition, node.time.column])]
    case 'sort':
      return [new Set([...needs, node.time.column, ...node.order.map((key) => key.column)])]
    case 'match': {
      const references = node.references.flatMap((reference): readonly Expr[] => {
        if (reference.kind === 'aggregate')
          return [
            ...reference.call.args,
            ...(reference.call.filter === undefined ? [] : [reference.call.filter]),
          ]
        return reference.kind === 'first' || reference.kind === 'last' ? [reference.expr] : []
      })
      const order = node.order.map((key) => key.column)
      return [new Set([...node.partition, node.time.column, ...order, ...readBy(references)])]
    }
    case 'set-operation': {
      const all = new Set(node.schema.fields.keys())
      return [all, all]
    }
    case 'join':
    case 'interval-join':
    case 'temporal-join':
    case 'window-join':
      return joinNeeds(node, needs)
  }
}

function joinNeeds(
  node: Extract<ChangelogNode, { left: ChangelogNode; join: string }>,
  needs: Needs,
): readonly Needs[] {
  const width = node.left.schema.fields.length
  const { condition } = node
  const both = [...needs, ...readBy(condition.residual === undefined ? [] : [condition.residual])]
  const left = new Set([...both.filter((column) => column < width), ...readBy(condition.leftKeys)])
  const right = new Set([
    ...both.filter((column) => column >= width).map((column) => column - width),
    ...readBy(condition.rightKeys),
  ])
  if (node.kind === 'window-join') {
    for (const column of [node.leftEnd, ...windowOf(node.left)]) left.add(column)
    for (const column of [node.rightEnd, ...windowOf(node.right)]) right.add(column)
  }
  if (node.kind === 'interval-join' || node.kind === 'temporal-join') {
    left.add(node.leftTime.column)
    if (node.rightTime !== undefined) right.add(node.rightTime.column)
  }
  return [left, right]
}

/**
 * What tells a window apart besides its end: of sessions also the start; and the time attribute where local time does not say
 * which instant the end is.
 */
function windowOf(node: ChangelogNode): readonly number[] {
  const { window } = node.traits
  const start = window?.spec.kind === 'session' ? window.start : undefined
  const time = window?.spec.zone === undefined ? undefined : window.time
  return [start, time].filter((column) => column !== undefined)
}

function ofWindow(window: WindowSpec): readonly number[] {
  return window.kind === 'session' ? [window.time.column, ...window.partition] : [window.time.column]
}

function below(width: number, columns: readonly number[]): Needs {
  return new Set(columns.filter((column) => column < width))
}

function readBy(exprs: readonly Expr[]): readonly number[] {
  return exprs.flatMap((expr) => [...columnsOf(expr)])
}

/** What the calls read whose columns are needed; of none, the first if `some`. */
function calledBy(
  calls: Extract<ChangelogNode, { kind: 'over' }>['calls'],
  needs: Needs,
  offset: number,
  some: boolean,
): readonly number[] {
  const kept = calls.filter((_, i) => needs.has(offset + i))
  const all = kept.length === 0 && some ? calls.slice(0, 1) : kept
  return readBy(all.flatMap((call) => [...call.args, ...(call.filter === undefined ? [] : [call.filter])]))
}

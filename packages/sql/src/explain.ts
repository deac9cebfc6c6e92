/**
 * EXPLAIN: a program's plan as text. For each pump a tree from the target up to its sources; each node with what it does,
 * its columns, how it moves in time, and, where it keeps state, what bounds the state and its fingerprint.
 */
import type { Schema } from '@millrace/values'
import { formatDuration, formatExpr, formatType } from './expression/format-expr.ts'
import { inputsOf } from './expression/node-tools.ts'
import { type Fingerprints, fingerprints } from './fingerprint.ts'
import type {
  AggregateCall,
  Expr,
  Frame,
  JoinWindow,
  PlanNode,
  Program,
  RowOperatorSpec,
  RowsNode,
} from './plan.ts'

export function explainProgram(program: Program): string {
  const prints = fingerprints(program)
  const parts: string[] = []
  for (const stream of program.streams) {
    const role =
      stream.origin === 'input'
        ? 'input'
        : program.outputs.includes(stream.name)
          ? 'output'
          : 'in-application'
    parts.push(`stream ${JSON.stringify(stream.name)} (${role}): ${formatSchema(stream.schema)}`)
  }
  for (const table of program.references)
    parts.push(`table ${JSON.stringify(table.name)}: ${formatSchema(table.schema)}`)
  for (const table of program.derived ?? [])
    parts.push(`table ${JSON.stringify(table.name)} (derived): ${formatSchema(table.schema)}`)
  for (const pump of program.pumps) {
    parts.push(
      '',
      `pump ${JSON.stringify(pump.name)} into ${JSON.stringify(pump.target)}${pump.stopped ? ' (stopped)' : ''}`,
    )
    explainNode(pump.plan, '  ', prints, parts)
  }
  return `${parts.join('\n')}\n`
}

function explainNode(node: PlanNode, indent: string, prints: Fingerprints, parts: string[]): void {
  const [title, ...details] = describe(node)
  parts.push(`${indent}${title}`)
  for (const detail of details) parts.push(`${indent}  | ${detail}`)
  // A scan has the columns of its stream, a filter those of its input.
  if (node.kind !== 'scan' && node.kind !== 'filter')
    parts.push(`${indent}  | columns: ${formatSchema(node.schema)}`)
  const state = keptState(node)
  if (state !== undefined)
    parts.push(`${indent}  | state: ${state}`, `${indent}  | fingerprint: ${prints.address(node)}`)
  for (const input of inputsOf(node)) explainNode(input, `${indent}  `, prints, parts)
}

function describe(node: PlanNode): string[] {
  switch (node.kind) {
    case 'scan':
      return [`scan ${JSON.stringify(node.stream)}`]
    case 'filter':
      return [`filter ${formatExpr(node.predicate, node.input.schema)}`]
    case 'project': {
      const items = node.exprs.map((expr, i) =>
        formatItem(expr, node.input.schema, node.schema.fields[i]!.name),
      )
      const time =
        node.rowtime === undefined ? [] : [`row time: ${formatExpr(node.rowtime, node.input.schema)}`]
      return [`project ${items.join(', ')}`, ...time]
    }
    case 'lookup-join': {
      const keys = node.inputKeys.map(
        (key, i) =>
          `${formatExpr(key, node.input.schema)} = ${JSON.stringify(node.tableSchema.fields[node.tableKeys[i]!]!.name)}`,
      )
      return [
        `lookup join (${node.join}) with table ${JSON.stringify(node.table)}`,
        ...conditions(keys, node.residual, node.schema),
        'row time: of the stream row',
      ]
    }
    case 'window-join': {
      const keys = node.leftKeys.map(
        (key, i) =>
          `${formatExpr(key, node.left.schema)} = ${formatExpr(node.rightKeys[i]!, node.right.schema)}`,
      )
      return [
        `window join (${node.join})`,
        `windows: left ${formatWindow(node.leftWindow)}, right ${formatWindow(node.rightWindow)}`,
        ...conditions(keys, node.residual, node.schema),
        node.join === 'inner'
          ? 'row time: the later of the two'
          : 'row time: the later of the two; of an unmatched row the last moment a match was possible',
      ]
    }
    case 'over':
      return [
        'over',
        ...node.windows.map(({ partition, frame, calls }) => {
          const by =
            partition.length === 0
              ? ''
              : ` by ${partition.map((key) => formatExpr(key, node.input.schema)).join(', ')}`
          return `${formatFrame(frame)}${by}: ${calls.map((call) => formatCall(call, node.input.schema)).join(', ')}`
        }),
        'row time: of the current row',
      ]
    case 'group':
      return [
        `group by ${node.keys.map((key) => formatExpr(key, node.input.schema)).join(', ')}`,
        `aggregates: ${node.calls.map((call) => formatCall(call, node.input.schema)).join(', ') || 'none'}`,
        `row time: ${formatExpr(node.nextStep, node.schema)}, when a later row or a bound completes the group`,
      ]
    case 'union':
      return ['union all, merged by row time']
    case 'table-source':
      return [`rows of table ${JSON.stringify(node.table)}, once`, 'row time: of the first row of any input']
    case 'rows':
      return describeRows(node)
  }
}

function describeRows({ operator, args, passed, input }: RowsNode): string[] {
  const operands = args.slice(passed).map((arg) => formatExpr(arg, input.schema))
  const at = (what: string) => `row time: ${what}`
  switch (operator.kind) {
    case 'in-order':
      return ['rows in order of row time; others are dropped', at('of the row')]
    case 'distinct':
      return [
        `distinct ${operands.slice(0, operator.compared).join(', ')}`,
        operator.moving.length === 0
          ? 'combinations are kept for ever'
          : `combinations are kept until a change of ${operator.moving.map((i) => operands[i]).join(', ')}`,
        at('of the row'),
      ]
    case 'sort':
      return [
        `sort by ${operands.map((text, i) => `${text}${operator.descending[i] === true ? ' DESC' : ''}`).join(', ')}`,
        at(operator.nextStep === undefined ? 'of the row' : 'the next step of the leading expression'),
      ]
    case 'time-sort':
      return [`sort by ${operands[0]} within ${formatDuration(operator.ms)}`, at('that expression')]
    case 'stagger':
      return [
        `stagger windows of ${formatDuration(operator.ms)} by ${operands.slice(0, operator.keys).join(', ') || 'nothing'}`,
        `aggregates: ${operator.calls.map(({ fn }) => fn).join(', ') || 'none'}`,
        at('the end of the window'),
      ]
    case 'top-k':
      return [
        `top ${operator.k} of ${operands[0]} in ${formatDuration(operator.ms)}`,
        at('the end of the window'),
      ]
    case 'count-distinct':
      return [
        `count of distinct ${operands[0]} in ${formatDuration(operator.ms)}`,
        at('the end of the window'),
      ]
    case 'group-rank':
      return [
        `rank by ${operands[0]}${operator.descending ? ' DESC' : ''} among equal row times`,
        at('of the row'),
      ]
    case 'random-cut-forest':
      return [
        `random cut forest of ${operator.trees} trees over ${operands.join(', ')}`,
        `samples: ${operator.sample} rows, decay ${operator.timeDecay} rows, shingle ${operator.shingle}, seed ${operator.seed}`,
        at('of the row'),
      ]
    case 'hotspots':
      return [`hotspots of ${operands.join(', ')} among ${operator.window} rows`, at('of the row')]
  }
}

function stateOfRows(operator: RowOperatorSpec): string {
  switch (operator.kind) {
    case 'in-order':
      return 'the last row time'
    case 'distinct':
      return 'the combinations seen in the current step'
    case 'sort':
      return 'the rows of the current step'
    case 'time-sort':
      return `rows of the last ${formatDuration(operator.ms)}`
    case 'stagger':
      return `an open window for each key, for ${formatDuration(operator.ms)}`
    case 'top-k':
    case 'count-distinct':
      return 'the items of the current window'
    case 'group-rank':
      return 'the rows of the current row time'
    case 'random-cut-forest':
      return `${operator.sample} rows for each tree`
    case 'hotspots':
      return `the last ${operator.window} rows`
  }
}

/** What a node keeps between rows, and what bounds it; undefined: nothing. */
export function keptState(node: PlanNode): string | undefined {
  switch (node.kind) {
    case 'window-join': {
      const sides = (
        [
          ['left', node.leftWindow],
          ['right', node.rightWindow],
        ] as const
      ).flatMap(([side, window]) => (window === undefined ? [] : [`${side} rows of ${formatWindow(window)}`]))
      return `${sides.join(', ')}${node.leftKeys.length === 0 ? ', compared one by one' : ', by key'}`
    }
    case 'over':
      return node.windows
        .map(
          ({ frame, partition }) =>
            `rows of ${formatFrame(frame)}${partition.length === 0 ? '' : ' for each partition'}`,
        )
        .join('; ')
    case 'group':
      return 'the groups of the current step'
    case 'table-source':
      return 'whether the rows have come out'
    case 'rows':
      return stateOfRows(node.operator)
    default:
      return undefined
  }
}

function conditions(keys: readonly string[], residual: Expr | undefined, schema: Schema): string[] {
  const parts = keys.length === 0 ? [] : [`keys: ${keys.join(', ')}`]
  return residual === undefined ? parts : [...parts, `condition: ${formatExpr(residual, schema)}`]
}

function formatWindow(window: JoinWindow | undefined): string {
  if (window === undefined) return 'the current row'
  return window.kind === 'range' ? formatDuration(window.ms) : `${window.rows + 1} rows`
}

function formatFrame(frame: Frame): string {
  if (frame.kind === 'range')
    return frame.preceding === Number.POSITIVE_INFINITY
      ? 'all rows so far'
      : `the last ${formatDuration(frame.preceding)}`
  return frame.preceding === Number.POSITIVE_INFINITY
    ? 'all rows so far'
    : `the last ${frame.preceding + 1} rows`
}

function formatCall(call: AggregateCall, schema: Schema): string {
  const args =
    call.args.length === 0 && call.fn === 'COUNT'
      ? '*'
      : call.args.map((arg) => formatExpr(arg, schema)).join(', ')
  return `${call.fn}(${call.distinct ? 'DISTINCT ' : ''}${args})${call.ignoreNulls ? ' IGNORE NULLS' : ''}`
}

function formatItem(expr: Expr, schema: Schema, name: string): string {
  const text = formatExpr(expr, schema)
  return text === JSON.stringify(name) ? text : `${text} AS ${JSON.stringify(name)}`
}

function formatSchema(schema: Schema): string {
  return schema.fields.map((field) => `${JSON.stringify(field.name)} ${formatType(field)}`).join(', ')
}

/**
 * EXPLAIN of a Flink program: for each sink a tree down to its tables. Each node with what it does, how its rows change, its
 * time attributes, and, where it keeps state, what bounds the state and its fingerprint. A node that several others read is
 * written out once and named by a number after that.
 */
import { formatFlinkType } from '@millrace/values'
import { formatDuration, formatExpr } from '../expression/format-expr.ts'
import type { Expr, Schema } from '../plan.ts'
import { inputsOf } from './binder/nodes.ts'
import { describeState } from './explain-state.ts'
import { type ChangelogFingerprints, changelogFingerprints } from './fingerprint.ts'
import type {
  AggregateCall,
  ChangelogNode,
  ChangelogProgram,
  JoinCondition,
  MatchNode,
  MatchReference,
  Sink,
  SortKey,
  TimeAttribute,
  WindowSpec,
} from './plan.ts'

export function explainChangelog(program: ChangelogProgram): string {
  const writer = new Writer(changelogFingerprints(program), readers(program))
  for (const sink of program.sinks) writer.sink(sink)
  return `${writer.lines.join('\n')}\n`
}

/** How many nodes and sinks read each node. */
function readers(program: ChangelogProgram): ReadonlyMap<ChangelogNode, number> {
  const counts = new Map<ChangelogNode, number>()
  const count = (node: ChangelogNode): void => {
    const known = counts.get(node) ?? 0
    counts.set(node, known + 1)
    if (known === 0) for (const input of inputsOf(node)) count(input)
  }
  for (const sink of program.sinks) count(sink.plan)
  return counts
}

class Writer {
  readonly lines: string[] = []
  readonly #prints: ChangelogFingerprints
  readonly #readers: ReadonlyMap<ChangelogNode, number>
  readonly #shared = new Map<ChangelogNode, number>()

  constructor(prints: ChangelogFingerprints, counts: ReadonlyMap<ChangelogNode, number>) {
    this.#prints = prints
    this.#readers = counts
  }

  sink(sink: Sink): void {
    if (this.lines.length > 0) this.lines.push('')
    const kinds = sink.plan.traits.changes === 'append' ? '[+I]' : '[+I -U +U -D]'
    const key = sink.key === undefined ? '' : ` by key ${columns(sink.key, sink.plan.schema)}`
    this.lines.push(`sink ${JSON.stringify(sink.name)}${key} ${kinds}`)
    if (sink.materialize) this.lines.push('  | rows of one key are kept in the order in which they came')
    this.#node(sink.plan, '  ')
  }

  #node(node: ChangelogNode, indent: string): void {
    const known = this.#shared.get(node)
    if (known !== undefined) {
      this.lines.push(`${indent}(see #${known})`)
      return
    }
    let mark = ''
    if ((this.#readers.get(node) ?? 0) > 1) {
      const number = this.#shared.size + 1
      this.#shared.set(node, number)
      mark = `#${number} `
    }
    const [title, ...details] = describe(node)
    const kinds = node.traits.changes === 'append' ? '[+I]' : '[+I -U +U -D]'
    this.lines.push(`${indent}${mark}${title} ${kinds}`)
    for (const detail of details) this.lines.push(`${indent}  | ${detail}`)
    // The others have the columns of their input, or list their own.
    if (node.kind === 'source' || node.kind.includes('aggregate') || node.kind === 'match')
      this.lines.push(`${indent}  | columns: ${formatColumns(node)}`)
    const times = node.traits.times.map((time) => timeText(time, node.schema))
    if (times.length > 0) this.lines.push(`${indent}  | time: ${times.join(', ')}`)
    const state = describeState(node)
    if (state !== undefined)
      this.lines.push(
        `${indent}  | state: ${state}`,
        `${indent}  | fingerprint: ${this.#prints.address(node)}`,
      )
    for (const input of inputsOf(node)) this.#node(input, `${indent}  `)
  }
}

function formatColumns(node: ChangelogNode): string {
  return node.schema.fields
    .map((field) => `${field.name} ${formatFlinkType(field.type)}${field.nullable ? '' : ' NOT NULL'}`)
    .join(', ')
}

function describe(node: ChangelogNode): string[] {
  const list = (exprs: readonly Expr[], of: ChangelogNode): string =>
    exprs.map((expr) => formatExpr(expr, of.schema)).join(', ')
  switch (node.kind) {
    case 'source':
      return [`source ${JSON.stringify(node.table)}`]
    case 'watermark': {
      const idle = node.idleTimeout > 0 ? [`idle after ${formatDuration(node.idleTimeout)}`] : []
      return [
        `watermark for ${columns([node.column], node.schema)} as ${formatExpr(node.watermark, node.input.schema)}`,
        ...idle,
      ]
    }
    case 'normalize':
      return [`normalize by key ${columns(node.key, node.schema)}`]
    case 'values':
      return [`values: ${node.rows.length} row${node.rows.length === 1 ? '' : 's'}`]
    case 'filter':
      return [`filter ${formatExpr(node.predicate, node.input.schema)}`]
    case 'project':
      return [
        `project ${node.exprs.map((expr, i) => item(expr, node.input.schema, node.schema.fields[i]!.name)).join(', ')}`,
      ]
    case 'async-project':
      return [`async ${node.fn}(${list(node.args, node.input)})`]
    case 'union':
      return ['union all']
    case 'expand':
      return [`grouping sets ${node.sets.map((set) => `(${columns(set, node.input.schema)})`).join(', ')}`]
    case 'aggregate':
      return [
        node.keys.length === 0 ? 'group of all rows' : `group by ${columns(node.keys, node.input.schema)}`,
        `aggregates: ${formatCalls(node.calls, node.input.schema)}`,
      ]
    case 'window-assign':
      return [`window ${formatWindow(node.window, node.input.schema)}`]
    case 'window-aggregate': {
      const { window, input } = node
      const cut =
        window.kind === 'assigned'
          ? `windows in columns, ending at ${columns([window.end], input.schema)}`
          : formatWindow(window, input.schema)
      const by = node.keys.length === 0 ? '' : ` by ${columns(node.keys, input.schema)}`
      const early = node.early > 0 ? [`early results every ${formatDuration(node.early)}`] : []
      return [`window group${by}: ${cut}`, `aggregates: ${formatCalls(node.calls, input.schema)}`, ...early]
    }
    case 'over': {
      const { frame, input } = node
      const length =
        frame.preceding === Number.POSITIVE_INFINITY
          ? 'all rows so far'
          : frame.kind === 'range'
            ? `the last ${formatDuration(frame.preceding)}`
            : `the last ${frame.preceding + 1} rows`
      const by = node.partition.length === 0 ? '' : ` by ${columns(node.partition, input.schema)}`
      return [
        `over ${length}${by} along ${timeText(node.time, input.schema)}`,
        `calls: ${formatCalls(node.calls, input.schema)}`,
      ]
    }
    case 'join':
      return [
        `${node.join} join${node.nullAware ? ' that knows NULL' : ''}`,
        ...conditions(node.condition, node.left, node.right),
      ]
    case 'interval-join':
      return [
        `interval ${node.join} join`,
        `${timeText(node.rightTime, node.right.schema)} - ${timeText(node.leftTime, node.left.schema)} in ${signed(node.lower)} .. ${signed(node.upper)}`,
        ...conditions(node.condition, node.left, node.right),
      ]
    case 'temporal-join':
      return [
        `temporal ${node.join} join`,
        node.rightTime === undefined
          ? 'the version when the row is processed'
          : `the version at ${timeText(node.leftTime, node.left.schema)}`,
        ...conditions(node.condition, node.left, node.right),
      ]
    case 'lookup-join': {
      const keys = node.inputKeys.map(
        (key, i) =>
          `${formatExpr(key, node.input.schema)} = ${JSON.stringify(node.tableSchema.fields[node.tableKeys[i]!]!.name)}`,
      )
      return [
        `lookup ${node.join} join with table ${JSON.stringify(node.table)}`,
        ...(keys.length === 0 ? [] : [`keys: ${keys.join(', ')}`]),
        ...residual(node.residual, node.schema),
      ]
    }
    case 'window-join':
      return [
        `window ${node.join} join on windows ending at ${columns([node.leftEnd], node.left.schema)}`,
        ...conditions(node.condition, node.left, node.right),
      ]
    case 'correlate': {
      const { source } = node
      const made =
        source.kind === 'unnest'
          ? `unnest ${formatExpr(source.collection, node.input.schema)}${source.ordinality ? ' with ordinality' : ''}`
          : `${source.fn}(${list(source.args, node.input)})`
      return [`${node.join} correlate ${made}`, ...residual(node.residual, node.schema)]
    }
    case 'set-operation':
      return [`${node.op}${node.all ? ' all' : ''}`]
    case 'rank':
      return [
        `rank ${node.from === node.to ? node.from : `${node.from} to ${node.to}`}${partitionText(node.partition, node.input.schema)} ordered by ${orderText(node.order, node.input.schema)}`,
      ]
    case 'dedup':
      return [
        `keep the ${node.keep} row${partitionText(node.partition, node.input.schema)} by ${timeText(node.time, node.input.schema)}`,
      ]
    case 'window-rank':
      return [
        `${node.latest === true ? 'keep the last row' : `rank ${node.from === node.to ? node.from : `${node.from} to ${node.to}`}`} of windows ending at ${columns([node.end], node.input.schema)}${partitionText(node.partition, node.input.schema)} ordered by ${orderText(node.order, node.input.schema)}`,
      ]
    case 'sort':
      return [`sort by ${orderText(node.order, node.schema)}`]
    case 'limit':
      return [`limit ${node.limit}${node.offset > 0 ? ` after ${node.offset}` : ''}`]
    case 'match':
      return describeMatch(node)
  }
}

function describeMatch(node: MatchNode): string[] {
  const seen: Schema = {
    fields: node.references.map((reference) => ({
      name: referenceText(reference, node.input.schema),
      type: { kind: 'NULL' },
      nullable: true,
    })),
  }
  const pattern = node.pattern.map(({ variable, min, max, greedy }) => {
    const count = min === 1 && max === 1 ? '' : `{${min},${max === Number.POSITIVE_INFINITY ? '' : max}}`
    return `${variable}${count}${greedy || count === '' ? '' : '?'}`
  })
  const within = node.within === undefined ? '' : ` within ${formatDuration(node.within)}`
  const skip = 'variable' in node.skip ? `${node.skip.kind} ${node.skip.variable}` : node.skip.kind
  return [
    `match ${pattern.join(' ')}${within}${partitionText(node.partition, node.input.schema)} ordered by ${orderText(node.order, node.input.schema)}, skip ${skip}`,
    ...node.define.map(({ variable, condition }) => `${variable}: ${formatExpr(condition, seen)}`),
    `measures: ${node.measures.map((measure) => formatExpr(measure, seen)).join(', ')}`,
  ]
}

function referenceText(reference: MatchReference, schema: Schema): string {
  switch (reference.kind) {
    case 'match-rowtime':
    case 'match-proctime':
      return reference.kind
    case 'aggregate':
      return `${formatCalls([reference.call], schema)} of ${reference.variable ?? 'all'}`
    case 'first':
    case 'last':
      return `${reference.kind} ${reference.offset} ${formatExpr(reference.expr, schema)} of ${reference.variable ?? 'all'}`
  }
}

function conditions(condition: JoinCondition, left: ChangelogNode, right: ChangelogNode): string[] {
  const keys = condition.leftKeys.map(
    (key, i) =>
      `${formatExpr(key, left.schema)} ${condition.nullSafe[i] === true ? 'IS NOT DISTINCT FROM' : '='} ${formatExpr(condition.rightKeys[i]!, right.schema)}`,
  )
  const both: Schema = { fields: [...left.schema.fields, ...right.schema.fields] }
  return [...(keys.length === 0 ? [] : [`keys: ${keys.join(', ')}`]), ...residual(condition.residual, both)]
}

function residual(condition: Expr | undefined, schema: Schema): string[] {
  return condition === undefined ? [] : [`condition: ${formatExpr(condition, schema)}`]
}

function columns(indexes: readonly number[], schema: Schema): string {
  return indexes.map((index) => JSON.stringify(schema.fields[index]?.name ?? `#${index}`)).join(', ')
}

function partitionText(partition: readonly number[], schema: Schema): string {
  return partition.length === 0 ? '' : ` for each ${columns(partition, schema)}`
}

function orderText(order: readonly SortKey[], schema: Schema): string {
  return order
    .map((key) => {
      const nulls = key.nullsLast === key.descending ? '' : ` NULLS ${key.nullsLast ? 'LAST' : 'FIRST'}`
      return `${columns([key.column], schema)}${key.descending ? ' DESC' : ''}${nulls}`
    })
    .join(', ')
}

function timeText(time: TimeAttribute, schema: Schema): string {
  return `${columns([time.column], schema)} (${time.kind})`
}

function formatWindow(window: WindowSpec, schema: Schema): string {
  const zone = window.zone === undefined ? '' : `, zone ${window.zone}`
  const offset = 'offset' in window && window.offset !== 0 ? `, offset ${signed(window.offset)}` : ''
  const lengths =
    window.kind === 'tumble'
      ? formatDuration(window.size)
      : window.kind === 'hop'
        ? `${formatDuration(window.size)} every ${formatDuration(window.slide)}`
        : window.kind === 'cumulate'
          ? `${formatDuration(window.size)} by steps of ${formatDuration(window.step)}`
          : `gap ${formatDuration(window.gap)}${partitionText(window.partition, schema)}`
  return `${window.kind} ${lengths} on ${timeText(window.time, schema)}${offset}${zone}`
}

function signed(ms: number): string {
  return ms < 0 ? `-${formatDuration(-ms)}` : formatDuration(ms)
}

function formatCalls(calls: readonly AggregateCall[], schema: Schema): string {
  if (calls.length === 0) return 'none'
  return calls
    .map((call) => {
      const args =
        call.args.length === 0 && call.fn === 'COUNT'
          ? '*'
          : call.args.map((arg) => formatExpr(arg, schema)).join(', ')
      const filter = call.filter === undefined ? '' : ` FILTER ${formatExpr(call.filter, schema)}`
      return `${call.fn}(${call.distinct ? 'DISTINCT ' : ''}${args})${filter}`
    })
    .join(', ')
}

function item(expr: Expr, schema: Schema, name: string): string {
  const text = formatExpr(expr, schema)
  return text === JSON.stringify(name) ? text : `${text} AS ${JSON.stringify(name)}`
}

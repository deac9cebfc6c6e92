/**
 * Small programs to plans, and plans to short texts for tests: one line for a node, its inputs indented below.
 */
import { bindFlinkProgram } from '../binder/bind-flink-program.ts'
import { inputsOf } from '../binder/nodes.ts'
import type { ChangelogNode, ChangelogProgram, SortKey } from '../plan.ts'

const tables = `
CREATE TABLE bid (auction BIGINT, bidder BIGINT NOT NULL, price INT, channel STRING, ts TIMESTAMP(3), pt AS PROCTIME(),
  WATERMARK FOR ts AS ts - INTERVAL '4' SECOND) WITH ('connector' = 'memory');
CREATE TABLE ask (auction BIGINT, price INT, lts TIMESTAMP_LTZ(3), plain TIMESTAMP(3),
  WATERMARK FOR lts AS lts) WITH ('connector' = 'memory');
CREATE TABLE person (id BIGINT NOT NULL, name STRING, PRIMARY KEY (id) NOT ENFORCED)
  WITH ('connector' = 'memory', 'changelog-mode' = 'upsert');
`

export function bindProgram(text: string): ChangelogProgram {
  const { program, diagnostics } = bindFlinkProgram({ text: tables + text, fileName: 'test.sql' })
  const errors = diagnostics.filter(({ severity }) => severity === 'error')
  if (program === undefined || errors.length > 0)
    throw new Error(errors.map(({ code, message }) => `${code} ${message}`).join('\n'))
  return program
}

/** The plan of the last query. */
export function planOf(text: string): ChangelogNode {
  return bindProgram(text).sinks.at(-1)!.plan
}

/** Code, message and text at the place of each error. */
export function errorsOf(text: string): readonly { code: string; at: string; message: string }[] {
  const whole = tables + text
  return bindFlinkProgram({ text: whole, fileName: 'test.sql' })
    .diagnostics.filter(({ severity }) => severity === 'error')
    .map(({ code, span, message }) => ({ code, at: whole.slice(span.start, span.end), message }))
}

/** Kinds of nodes with what tells them apart; projections, and all below a watermark, are left out. */
export function shapeOf(node: ChangelogNode): string {
  return lines(node).join('\n')
}

function lines(node: ChangelogNode): string[] {
  if (node.kind === 'project') return lines(node.input)
  if (node.kind === 'watermark') return [node.table]
  if (node.kind === 'source') return [node.table]
  const below = inputsOf(node).flatMap((input) => lines(input).map((line) => `  ${line}`))
  return [describe(node), ...below]
}

function describe(node: ChangelogNode): string {
  const fields = inputsOf(node)[0]?.schema.fields ?? []
  const names = (columns: readonly number[]): string =>
    columns.map((column) => fields[column]!.name).join(', ')
  const order = (keys: readonly SortKey[]): string =>
    keys.map((key) => `${names([key.column])}${key.descending ? ' desc' : ''}`).join(', ')
  switch (node.kind) {
    case 'aggregate':
      return `aggregate (${names(node.keys)}) [${node.calls.map((call) => call.fn).join(', ')}]`
    case 'window-assign':
      return `assign ${node.window.kind}`
    case 'window-aggregate':
      return `window ${node.window.kind} (${names(node.keys)}) [${node.calls.map((call) => call.fn).join(', ')}] ${node.properties.join(', ')}`.trimEnd()
    case 'expand':
      return `expand ${node.sets.map((set) => `(${names(set)})`).join(' ')}`
    case 'over':
      return `over (${names(node.partition)}) ${names([node.time.column])} ${node.frame.kind} ${node.frame.preceding} [${node.calls.map((call) => call.fn).join(', ')}]`
    case 'rank':
      return `rank ${node.from}..${node.to} (${names(node.partition)}) ${order(node.order)}${node.number ? ' numbered' : ''}`
    case 'window-rank':
      return `window rank ${node.from}..${node.to} (${names(node.partition)}) ${order(node.order)}`
    case 'dedup':
      return `dedup ${node.keep} (${names(node.partition)}) ${names([node.time.column])}`
    case 'sort':
      return `sort ${order(node.order)}`
    case 'limit':
      return `limit ${node.limit} offset ${node.offset}`
    case 'join':
      return `${node.join} join on ${node.condition.leftKeys.length} keys${node.condition.residual === undefined ? '' : ' and more'}${node.nullAware ? ', knows NULL' : ''}`
    case 'window-join':
      return `window ${node.join} join on ${node.condition.leftKeys.length} keys`
    case 'set-operation':
      return `${node.op}${node.all ? ' all' : ''}`
    default:
      return node.kind
  }
}

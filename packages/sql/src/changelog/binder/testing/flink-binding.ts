/** Programs for tests of the binder: plans in one line, faults with the text that they point at. */
import type { HostFunctions } from '../../../host-function.ts'
import type { ChangelogNode, ChangelogProgram, Sink } from '../../plan.ts'
import { bindFlinkProgram } from '../bind-flink-program.ts'
import { inputsOf } from '../nodes.ts'

/** Tables that most tests use. */
export const tables = `
CREATE TABLE orders (
  id BIGINT, product STRING, price DECIMAL(10, 2), tags ARRAY<STRING>, address ROW<city STRING, geo ROW<lat DOUBLE, lon DOUBLE>>,
  ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND) WITH ('connector' = 'memory');
CREATE TABLE shipments (id BIGINT, order_id BIGINT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts) WITH ('connector' = 'memory');
CREATE TABLE rates (currency STRING, rate DECIMAL(10, 4), ts TIMESTAMP(3), PRIMARY KEY (currency) NOT ENFORCED,
  WATERMARK FOR ts AS ts) WITH ('connector' = 'memory', 'changelog-mode' = 'upsert');
CREATE TABLE changes (id BIGINT, n INT) WITH ('connector' = 'memory', 'changelog-mode' = 'all');
CREATE TABLE log (id BIGINT, n INT) WITH ('connector' = 'memory', 'changelog-mode' = 'append');
CREATE TABLE keyed (id BIGINT, n INT, PRIMARY KEY (id) NOT ENFORCED) WITH ('connector' = 'memory', 'changelog-mode' = 'upsert');
`

export interface Fault {
  readonly code: string
  readonly severity: 'error' | 'warning'
  readonly text: string
  readonly message: string
}

export function faultsOf(program: string, hosts: HostFunctions = new Map()): Fault[] {
  const text = `${tables}${program}`
  return bindFlinkProgram({ text, fileName: 'test.sql', hosts }).diagnostics.map(
    ({ code, severity, span, message }) => ({
      code,
      severity,
      text: text.slice(span.start, span.end),
      message,
    }),
  )
}

export function errorsOf(program: string, hosts?: HostFunctions): [code: string, text: string][] {
  return faultsOf(program, hosts)
    .filter(({ severity }) => severity === 'error')
    .map(({ code, text }) => [code, text])
}

/** The program behind the common tables; it has to be without errors. */
export function programOf(program: string, hosts: HostFunctions = new Map()): ChangelogProgram {
  const result = bindFlinkProgram({ text: `${tables}${program}`, fileName: 'test.sql', hosts })
  if (result.program === undefined)
    throw new Error(result.diagnostics.map(({ code, message }) => `${code} ${message}`).join('\n'))
  return result.program
}

export function sinkOf(program: string, hosts?: HostFunctions): Sink {
  const { sinks } = programOf(program, hosts)
  return sinks[sinks.length - 1]!
}

/** Kinds of the nodes from the sink down, projections left out: 'filter(watermark(source))'. */
export function shape(node: ChangelogNode): string {
  const inputs = inputsOf(node).map(shape).join(', ')
  if (node.kind === 'project') return inputs
  const join = 'join' in node ? `${node.join} ` : ''
  const name = node.kind === 'source' ? node.table : node.kind
  return inputs === '' ? name : `${join}${name}(${inputs})`
}

export function shapeOf(program: string, hosts?: HostFunctions): string {
  return shape(sinkOf(program, hosts).plan)
}

/** The shape of a program's only sink, without the common tables. */
export function shapeOfText(text: string): string {
  const { program, diagnostics } = bindFlinkProgram({ text, fileName: 'test.sql' })
  if (program === undefined) throw new Error(diagnostics.map(({ message }) => message).join('\n'))
  return shape(program.sinks[0]!.plan)
}

/** The first node of a kind from the top. */
export function find<K extends ChangelogNode['kind']>(
  node: ChangelogNode,
  kind: K,
): Extract<ChangelogNode, { kind: K }> {
  const found = search(node, kind)
  if (found === undefined) throw new Error(`no ${kind} in ${shape(node)}`)
  return found
}

function search<K extends ChangelogNode['kind']>(
  node: ChangelogNode,
  kind: K,
): Extract<ChangelogNode, { kind: K }> | undefined {
  // The kind says which member of the union it is.
  if (node.kind === kind) return node as Extract<ChangelogNode, { kind: K }>
  for (const input of inputsOf(node)) {
    const found = search(input, kind)
    if (found !== undefined) return found
  }
  return undefined
}

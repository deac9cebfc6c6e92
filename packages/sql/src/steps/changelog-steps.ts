/**
 * A Flink program's plan in plain words: from its tables to its sinks. Rows of these plans may be changed after they came out; where that
 * is so, the step says it.
 */
import { formatFlinkType } from '@millrace/values'
import { inputsOf } from '../changelog/binder/nodes.ts'
import { describeState } from '../changelog/explain-state.ts'
import { changelogFingerprints } from '../changelog/fingerprint.ts'
import { nodesInOrder } from '../changelog/graph.ts'
import type { ChangelogNode, ChangelogProgram, Sink } from '../changelog/plan.ts'
import type { Schema } from '../plan.ts'
import { changelogNodeWords } from './changelog-node-words.ts'
import { columnName, listWords } from './expression-words.ts'
import type { PlanStep } from './plan-step.ts'

/** The steps, inputs before their readers. `program`: as it runs, optimized. */
export function changelogSteps(program: ChangelogProgram): PlanStep[] {
  const prints = changelogFingerprints(program)
  const ids = new Map<ChangelogNode, string>()
  const steps: PlanStep[] = []
  const tables = new Set<string>()
  for (const node of nodesInOrder(program.sinks.map(({ plan }) => plan))) {
    const id = node.kind === 'source' ? `source ${node.table}` : `${ids.size + 1}`
    // Hints make another node of the same table.
    ids.set(node, steps.some((step) => step.id === id) ? `${id} ${ids.size + 1}` : id)
    if (node.kind === 'lookup-join' && !tables.has(node.table)) {
      tables.add(node.table)
      steps.push(lookupTable(node.table, node.tableSchema))
    }
    const { title, text, details = [] } = changelogNodeWords(node)
    const keeps = describeState(node)
    const inputs = inputsOf(node).map((input) => ids.get(input) ?? '')
    const wasAppend = inputsOf(node).every((input) => input.traits.changes === 'append')
    const revises = node.traits.changes === 'retract' && (wasAppend || node.kind === 'source')
    steps.push({
      id: ids.get(node) ?? id,
      kind: node.kind === 'source' ? 'input' : node.kind,
      title,
      text,
      details: [
        ...details,
        ...(revises ? ['What came out may be changed or taken back by later rows.'] : []),
      ],
      keeps,
      operator: prints.address(node),
      columns: columnsOf(node.schema),
      inputs: [...inputs, ...(node.kind === 'lookup-join' ? [`table ${node.table}`] : [])],
      span: node.span,
    })
  }
  const written = new Set<string>()
  for (const [i, sink] of program.sinks.entries()) {
    // As compile-changelog.ts calls the state of each.
    const operator = `sink ${sink.name}${written.has(sink.name) ? ` ${i}` : ''}`
    written.add(sink.name)
    steps.push(sinkStep(sink, `sink ${i + 1}`, ids.get(sink.plan) ?? '', operator))
  }
  return steps
}

function sinkStep(
  { name, table, plan, key, materialize, span }: Sink,
  id: string,
  input: string,
  operator: string,
): PlanStep {
  const isAppend = plan.traits.changes === 'append'
  const what = isAppend ? 'Each row is added' : 'New rows, changes and deletions are written'
  const by = key === undefined ? '' : `, by ${listWords(key.map((index) => columnName(plan.schema, index)))}`
  return {
    id,
    kind: 'output',
    title: table === undefined ? 'Result' : name,
    text: `${what} to ${table === undefined ? 'the result' : `the table ${name}`}${by}.`,
    details: materialize ? ['Changes of one key are written in the order in which they came.'] : [],
    keeps: materialize ? 'the rows of each key' : undefined,
    operator: materialize ? operator : undefined,
    columns: columnsOf(plan.schema),
    inputs: [input],
    span,
  }
}

function lookupTable(name: string, schema: Schema): PlanStep {
  return {
    id: `table ${name}`,
    kind: 'table',
    title: name,
    text: 'Rows of a file that other rows are looked up in; it is read again on request.',
    details: [],
    keeps: undefined,
    operator: undefined,
    columns: columnsOf(schema),
    inputs: [],
    span: undefined,
  }
}

function columnsOf({ fields }: Schema): PlanStep['columns'] {
  return fields.map(({ name, type, nullable }) => ({
    name,
    type: `${formatFlinkType(type)}${nullable ? '' : ' NOT NULL'}`,
  }))
}

/** A KDA program's plan in plain words. Streams of the program are steps of their own, as its author thinks of them. */
import { keptState } from '../explain.ts'
import { formatType } from '../expression/format-expr.ts'
import { inputsOf } from '../expression/node-tools.ts'
import { fingerprints } from '../fingerprint.ts'
import type {
  InAppStream,
  JoinWindow,
  LookupJoinNode,
  PlanNode,
  Program,
  Schema,
  TablePlan,
  WindowJoinNode,
} from '../plan.ts'
import {
  callsWords,
  durationWords,
  expressionWords,
  listWords,
  meetWords,
  projectionWords,
  rowsWords,
} from './expression-words.ts'
import type { PlanStep, StepWords } from './plan-step.ts'
import { rowsStepWords } from './rows-step-words.ts'

/** The steps, inputs before their readers. `program`: as it runs, optimized. */
export function programSteps(program: Program): PlanStep[] {
  const prints = fingerprints(program)
  const steps: PlanStep[] = []
  for (const { name, schema } of program.references)
    steps.push(
      tableStep(
        name,
        schema,
        'Rows of a file that other rows are looked up in; it is read again on request.',
        [],
      ),
    )
  for (const { name, schema, plan } of program.derived ?? [])
    steps.push(
      tableStep(
        name,
        schema,
        `Holds ${tableWords(plan)}; computed anew when a table that it reads is replaced.`,
        [...tablesOf(plan)].map(tableId),
      ),
    )
  const streams = new Map(program.streams.map((stream) => [stream.name, stream]))
  const feeds = new Map<string, string[]>()
  /** Of streams that pumps write: where the engine keeps how far they are (engine/compile-program.ts). */
  const states = new Map<string, string[]>()
  const placed = new Set<string>()
  const place = (stream: InAppStream | undefined) => {
    if (stream === undefined || placed.has(stream.name)) return
    placed.add(stream.name)
    steps.push(streamStep(stream, program, feeds.get(stream.name) ?? []))
  }
  for (const stream of program.streams) if (stream.origin === 'input') place(stream)
  // Pumps stand in an order in which a stream is written before it is read, so a stream is placed before its first reader.
  for (const pump of program.pumps) {
    let count = 0
    const add = (node: PlanNode): string => {
      if (node.kind === 'scan') {
        place(streams.get(node.stream))
        return streamId(node.stream)
      }
      const inputs = inputsOf(node).map(add)
      const id = `${pump.name}.${++count}`
      const keeps = keepsWords(node)
      const { title, text, details = [] } = nodeWords(node)
      steps.push({
        id,
        kind: node.kind === 'rows' ? node.operator.kind : node.kind,
        title,
        text,
        details: [
          ...details,
          ...(pump.stopped ? [`The pump ${pump.name} is stopped: nothing flows here.`] : []),
        ],
        keeps,
        operator: prints.address(node),
        columns: columnsOf(node.schema),
        inputs: [
          ...inputs,
          ...(node.kind === 'lookup-join' || node.kind === 'table-source' ? [tableId(node.table)] : []),
        ],
        span: node.span,
      })
      return id
    }
    const last = add(pump.plan)
    states.set(pump.target, [...(states.get(pump.target) ?? []), prints.address(pump.plan)])
    feeds.set(pump.target, [...(feeds.get(pump.target) ?? []), last])
  }
  for (const stream of program.streams) place(stream)
  // A stream that is read in a loop or written later still names all that feeds it.
  return steps.map((step) => {
    const name = step.id.startsWith('stream ') ? step.id.slice('stream '.length) : ''
    const fed = feeds.get(name)
    return fed === undefined
      ? step
      : { ...step, inputs: fed, operator: `stream:${(states.get(name) ?? []).join('+')}` }
  })
}

const streamId = (name: string) => `stream ${name}`
const tableId = (name: string) => `table ${name}`

function streamStep(stream: InAppStream, program: Program, inputs: readonly string[]): PlanStep {
  const { name, schema, origin } = stream
  const isOutput = program.outputs.includes(name)
  const kind = origin === 'input' ? 'input' : isOutput ? 'output' : 'stream'
  const text = {
    input: 'Records come in here: fields of each JSON record become the columns of a row.',
    output: 'Rows leave the program here: each becomes a JSON record of a stream.',
    stream: 'A stream inside of the program: what one part writes, others read.',
  }[kind]
  return {
    id: streamId(name),
    kind,
    title: name,
    text,
    details: [],
    keeps: undefined,
    operator: undefined,
    columns: columnsOf(schema),
    inputs,
    span: undefined,
  }
}

function tableStep(name: string, schema: Schema, text: string, inputs: readonly string[]): PlanStep {
  return {
    id: tableId(name),
    kind: 'table',
    title: name,
    text,
    details: [],
    keeps: undefined,
    operator: undefined,
    columns: columnsOf(schema),
    inputs,
    span: undefined,
  }
}

function columnsOf({ fields }: Schema): PlanStep['columns'] {
  return fields.map((field) => ({ name: field.name, type: formatType(field) }))
}

/** As EXPLAIN has it, but for joins, whose sides have names here. */
function keepsWords(node: PlanNode): string | undefined {
  if (node.kind !== 'window-join') return keptState(node)
  const sides = [
    [subjectOf(node.left), node.leftWindow],
    [subjectOf(node.right), node.rightWindow],
  ] as const
  return listWords(
    sides.flatMap(([name, window]) => {
      if (window === undefined) return []
      return [
        `${name} of ${window.kind === 'range' ? `the last ${durationWords(window.ms)}` : rowsWords(window.rows + 1)}`,
      ]
    }),
  )
}

/** What the rows of a node are called: the stream that they come from, as far as there is one. */
export function subjectOf(node: PlanNode): string {
  switch (node.kind) {
    case 'scan':
      return node.stream
    case 'table-source':
      return node.table
    case 'filter':
    case 'project':
    case 'lookup-join':
    case 'over':
    case 'rows':
      return subjectOf(node.input)
    case 'window-join':
      return 'the joined rows'
    case 'group':
      return 'the groups'
    case 'union':
      return 'the merged rows'
  }
}

function nodeWords(node: PlanNode): StepWords {
  switch (node.kind) {
    case 'scan':
      return { title: node.stream, text: `Takes the rows of ${node.stream}.` }
    case 'filter':
      return {
        title: 'Filter',
        text: `Lets rows of ${subjectOf(node.input)} through where ${expressionWords(node.predicate, node.input.schema)}; others end here.`,
      }
    case 'project': {
      const words = projectionWords(node.exprs, node.input.schema, node.schema)
      if (node.rowtime === undefined) return words
      return {
        ...words,
        details: [
          ...words.details,
          `The row's time becomes ${expressionWords(node.rowtime, node.input.schema)}.`,
        ],
      }
    }
    case 'lookup-join':
      return lookupWords(node)
    case 'window-join':
      return joinWords(node)
    case 'over':
      return {
        title: 'Compute over recent rows',
        text: `Adds to each row of ${subjectOf(node.input)} what is computed over it and rows before it.`,
        details: node.windows.map(({ partition, frame, calls }) => {
          const by =
            partition.length === 0
              ? ''
              : ` with the same ${listWords(partition.map((key) => expressionWords(key, node.input.schema)))}`
          const range =
            frame.preceding === Number.POSITIVE_INFINITY
              ? 'all rows so far'
              : frame.kind === 'rows'
                ? rowsWords(frame.preceding + 1)
                : `the rows of the last ${durationWords(frame.preceding)}`
          return `Over ${range}${by}: ${callsWords(calls, node.input.schema)}.`
        }),
      }
    case 'group': {
      const { input, keys, timeKey, calls } = node
      const names = keys.map((key) => expressionWords(key, input.schema))
      const others = names.filter((_, i) => i !== timeKey)
      const by = others.length === 0 ? '' : ` and of ${listWords(others)}`
      return {
        title: 'Group by time',
        text: `Collects rows with the same value of ${names[timeKey] ?? 'their time'}${by}, and gives one row for each group${calls.length === 0 ? '' : `: ${callsWords(calls, input.schema)}`}.`,
        details: [
          'A group is complete, and its row comes out, when a later row or the clock shows that nothing more belongs to it.',
        ],
      }
    }
    case 'union':
      return {
        title: 'Merge',
        text: `Puts the rows of ${node.inputs.length} inputs into one, in the order of their times.`,
      }
    case 'table-source':
      return {
        title: `Rows of ${node.table}`,
        text: `Gives the rows of the table ${node.table} once, when the first record comes in.`,
      }
    case 'rows':
      return rowsStepWords(node, subjectOf(node.input))
  }
}

function lookupWords({
  input,
  table,
  tableSchema,
  join,
  inputKeys,
  tableKeys,
  residual,
}: LookupJoinNode): StepWords {
  const subject = subjectOf(input)
  const meets = meetWords({
    left: subject,
    right: table,
    leftSchema: input.schema,
    rightSchema: tableSchema,
    leftKeys: inputKeys,
    rightKeys: tableKeys.map((index) => ({
      kind: 'column',
      index,
      type: tableSchema.fields[index]?.type ?? { kind: 'NULL' },
      nullable: true,
      span: { start: 0, end: 0 },
    })),
    residual,
  })
  return {
    title: `Look up ${table}`,
    text: `Finds for each row of ${subject} the rows of ${table}${meets === '' ? '' : ` ${meets}`}, and adds their columns.`,
    details: [
      join === 'left'
        ? `A row that finds nothing is kept: its columns of ${table} are NULL.`
        : 'A row that finds nothing is left out.',
    ],
  }
}

function joinWords(node: WindowJoinNode): StepWords {
  const { left, right, leftWindow, rightWindow, join, leftKeys, rightKeys, residual } = node
  const [a, b] = [subjectOf(left), subjectOf(right)]
  const meets = meetWords({
    left: a,
    right: b,
    leftSchema: left.schema,
    rightSchema: right.schema,
    leftKeys,
    rightKeys,
    residual,
  })
  const condition = meets === '' ? '' : ` ${meets}`
  const isSame =
    leftWindow?.kind === 'range' && rightWindow?.kind === 'range' && leftWindow.ms === rightWindow.ms
  const how = isSame
    ? [
        `Two rows find each other if they arrived at most ${durationWords(leftWindow.ms)} apart, whichever came first.`,
      ]
    : [waitingWords(a, b, rightWindow), waitingWords(b, a, leftWindow)]
  const lonely = {
    inner: [],
    left: [a],
    right: [b],
    full: [a, b],
  }[join]
  return {
    title: `Join ${a} with ${b}`,
    text: `Joins each row of ${a} with each row of ${b}${condition}${isSame ? `, both at most ${durationWords(leftWindow.ms)} apart` : ''}.`,
    details: [
      ...how,
      'The joined row has the columns of both, and the later of their two times.',
      ...lonely.map(
        (name) =>
          `A row of ${name} that finds nobody comes out alone when it no longer can, with NULL in the other columns.`,
      ),
    ],
  }
}

function waitingWords(row: string, others: string, window: JoinWindow | undefined): string {
  if (window === undefined)
    return `A row of ${row} that comes later does not find rows of ${others} that came before it.`
  const kept =
    window.kind === 'range' ? `rows of the last ${durationWords(window.ms)}` : rowsWords(window.rows + 1)
  return `A row of ${row} finds in ${others} the ${kept.replace(/^the /, '')}.`
}

function tableWords(plan: TablePlan): string {
  switch (plan.kind) {
    case 'table':
      return `the rows of ${plan.table}`
    case 'values':
      return plan.rows.length === 1 ? 'one given row' : `${plan.rows.length} given rows`
    case 'filter':
      return `${tableWords(plan.input)} where ${expressionWords(plan.predicate, plan.input.schema)}`
    case 'project':
      return `${listWords(plan.schema.fields.map(({ name }) => name))} of ${tableWords(plan.input)}`
    case 'join':
      return `${tableWords(plan.left)} joined with ${tableWords(plan.right)}`
    case 'group':
      return `groups of ${tableWords(plan.input)}`
    case 'distinct':
      return `each different row of ${tableWords(plan.input)}`
    case 'set':
      return plan.inputs
        .map(tableWords)
        .join({ UNION: ' together with ', EXCEPT: ' without ', INTERSECT: ' that are also among ' }[plan.op])
  }
}

function tablesOf(plan: TablePlan): Set<string> {
  switch (plan.kind) {
    case 'table':
      return new Set([plan.table])
    case 'values':
      return new Set()
    case 'join':
      return new Set([...tablesOf(plan.left), ...tablesOf(plan.right)])
    case 'set':
      return new Set(plan.inputs.flatMap((input) => [...tablesOf(input)]))
    default:
      return tablesOf(plan.input)
  }
}

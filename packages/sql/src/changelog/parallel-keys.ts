/**
 * Whether a program may run in parts that each read some of the shards of every input. It may if all rows that meet in an
 * operator lie in the same shards: the partition key of the tables has to be among the operator's keys. Programs that keep
 * nothing between rows always may.
 *
 * The check is made on the plan and knows only what is declared ('partition-key' of the tables); that the records are keyed so
 * is for the host to see to. Where it cannot prove that rows meet, it refuses.
 */

import type { Span } from '../span.ts'
import { inputsOf } from './binder/nodes.ts'
import { nodesInOrder } from './graph.ts'
import {
  columnsBehind,
  type Flow,
  identity,
  joinFlow,
  mapFlow,
  meetInJoin,
  unionFlow,
} from './parallel-flow.ts'
import { keyTextClass, partitionKeyNames } from './partition-key.ts'
import type { ChangelogNode, ChangelogProgram, JoinCondition, JoinKind, Sink, SourceNode } from './plan.ts'

export interface ParallelProblem {
  /** Sentences: the operator, why it does not allow it, and what would. */
  readonly message: string
  readonly span: Span
}

export interface ParallelKeys {
  /** Undefined: the program may run in parts. */
  readonly problem: ParallelProblem | undefined
  /** Tables whose rows meet: a key has to lie in the same part in all tables of a group. */
  readonly together: readonly (readonly string[])[]
}

/** The operator that does not allow running in parts, and why; undefined if all do. */
export function parallelProblem(program: ChangelogProgram): string | undefined {
  return parallelKeys(program).problem?.message
}

export function parallelKeys(program: ChangelogProgram): ParallelKeys {
  const check = new Check(program)
  try {
    check.run()
    return { problem: undefined, together: check.together }
  } catch (error) {
    if (!(error instanceof Refused)) throw error
    return { problem: { message: error.message, span: error.span }, together: [] }
  }
}

class Refused extends Error {
  readonly span: Span

  constructor(message: string, span: Span) {
    super(message)
    this.span = span
  }
}

class Check {
  readonly together: (readonly string[])[] = []
  readonly #program: ChangelogProgram
  readonly #flows = new Map<ChangelogNode, Flow>()

  constructor(program: ChangelogProgram) {
    this.#program = program
  }

  run(): void {
    const { sinks } = this.#program
    for (const node of nodesInOrder(sinks.map(({ plan }) => plan))) this.#flows.set(node, this.#flowOf(node))
    for (const sink of sinks) this.#sink(sink)
  }

  #flow(node: ChangelogNode): Flow {
    const flow = this.#flows.get(node)
    if (flow === undefined) throw new Error(`parallel keys: a ${node.kind} was asked before its inputs`)
    return flow
  }

  #flowOf(node: ChangelogNode): Flow {
    switch (node.kind) {
      case 'source':
        return this.#source(node)
      case 'values':
        return {
          key: undefined,
          why: 'the rows of VALUES are put out by the first part alone',
          tables: [],
          origins: node.schema.fields.map(() => undefined),
        }
      case 'filter':
      case 'watermark':
      case 'async-project':
      case 'lookup-join':
      case 'correlate':
        return this.#same(node, node.input)
      case 'project':
        return mapFlow(this.#flow(node.input), columnsBehind(node.exprs), 'the select list')
      case 'expand': {
        const always = (column: number) => node.sets.every((set) => set.includes(column))
        const from = identity(node.input.schema.fields.length, node.schema.fields.length).map((column) =>
          column !== undefined && node.keys.includes(column) && !always(column) ? undefined : column,
        )
        return mapFlow(this.#flow(node.input), from, 'all grouping sets')
      }
      case 'union':
        return unionFlow(
          node.inputs.map((input) => this.#flow(input)),
          node.inputs.map(({ schema }) => schema),
          'UNION ALL',
        )
      case 'set-operation': {
        const name = node.op.toUpperCase()
        const sides = [node.left, node.right]
        const flow = unionFlow(
          sides.map((side) => this.#flow(side)),
          sides.map(({ schema }) => schema),
          name,
        )
        this.#together(flow)
        if (flow.key !== undefined) return flow
        return this.#refuse(
          node,
          name,
          flow.why,
          this.#advice(
            [flow],
            node.schema.fields.map((_, i) => [i]),
          ),
        )
      }
      case 'normalize':
        this.#need(
          node,
          node.input,
          node.key,
          `the primary key of the changes of \`${this.#tablesOf(node)}\``,
        )
        return this.#same(node, node.input)
      case 'aggregate':
      case 'window-aggregate': {
        const title = node.kind === 'aggregate' ? 'the aggregation' : 'the window aggregation'
        this.#need(node, node.input, node.keys, `${title}${this.#by('GROUP BY', node.input, node.keys)}`)
        const from = node.schema.fields.map((_, j) => node.keys[j])
        return mapFlow(this.#flow(node.input), from, 'the aggregation')
      }
      case 'window-assign':
        if (node.window.kind === 'session') {
          const { partition } = node.window
          this.#need(
            node,
            node.input,
            partition,
            `the SESSION window${this.#by('PARTITION BY', node.input, partition)}`,
          )
        }
        return this.#same(node, node.input)
      case 'over':
      case 'rank':
      case 'dedup':
      case 'window-rank': {
        const title = `${rankTitles[node.kind]}${this.#by('PARTITION BY', node.input, node.partition)}`
        this.#need(node, node.input, node.partition, title)
        return this.#same(node, node.input)
      }
      case 'match': {
        const title = `MATCH_RECOGNIZE${this.#by('PARTITION BY', node.input, node.partition)}`
        this.#need(node, node.input, node.partition, title)
        const from = node.schema.fields.map((_, j) => node.partition[j])
        return mapFlow(this.#flow(node.input), from, 'MATCH_RECOGNIZE')
      }
      case 'sort':
        return this.#refuse(node, 'ORDER BY', 'it sorts all rows into one order', onePart)
      case 'limit':
        return this.#refuse(node, 'LIMIT', 'it counts all rows', onePart)
      case 'join':
      case 'interval-join':
      case 'temporal-join':
      case 'window-join':
        return this.#join(node)
    }
  }

  #source(node: SourceNode): Flow {
    const { schema, table: name } = node
    const table = this.#program.tables.get(name)
    const names = partitionKeyNames(table?.options ?? {})
    const origins = schema.fields.map(({ name: column, type }) =>
      keyTextClass(type) === undefined ? undefined : { table: name, column },
    )
    const columns = names.map((column) => schema.fields.findIndex((field) => field.name === column))
    for (const [i, column] of columns.entries()) {
      const known = table?.columns.find((each) => each.name === names[i])
      if (column < 0 || known?.metadata !== undefined) {
        const physical = schema.fields.map((field) => field.name).join(', ')
        throw new Refused(
          `'partition-key' of the table ${name} names \`${names[i]}\`, which is no physical column. Columns: ${physical}.`,
          node.span,
        )
      }
      const { type } = schema.fields[column]!
      if (keyTextClass(type) !== undefined) continue
      throw new Refused(
        `'partition-key' of the table ${name} names \`${names[i]}\` of type ${type.kind}, whose values have no single text. Key by a column of whole numbers, STRING or BOOLEAN.`,
        node.span,
      )
    }
    if (columns.length > 0)
      return { key: columns.map((column) => [column]), why: '', tables: [name], origins }
    const why = `nothing says by which column the records of \`${name}\` are keyed`
    if (node.traits.changes === 'retract')
      this.#refuse(
        node,
        `the table \`${name}\``,
        `its records change earlier ones, and ${why}`,
        `Allowed: WITH ('partition-key' = '<column>') in the table ${name}, where that column never changes within a row. ${otherwise}`,
      )
    return { key: undefined, why, tables: [name], origins }
  }

  /** What the columns of the input become when new ones follow them. */
  #same(node: ChangelogNode, input: ChangelogNode): Flow {
    const from = identity(input.schema.fields.length, node.schema.fields.length)
    return mapFlow(this.#flow(input), from, `the ${node.kind}`)
  }

  #join(node: Extract<ChangelogNode, { left: ChangelogNode; condition: JoinCondition }>): Flow {
    const [left, right] = [this.#flow(node.left), this.#flow(node.right)]
    const kind: JoinKind = node.join
    const title = `the ${joinTitles[node.kind]}${equalities(node.condition, node.left, node.right)}`
    if ('nullAware' in node && node.nullAware) {
      const what = 'a NULL on the right side of NOT IN concerns all rows of the left side'
      return this.#refuse(node, title, what, `Write NOT EXISTS with an equality instead. ${otherwise}`)
    }
    if (!meetInJoin(left, right, node.condition)) {
      const lost = [left, right].find(({ key }) => key === undefined)
      const none = node.condition.leftKeys.length === 0
      const what = none
        ? 'it has no equality, so every row may meet every other'
        : (lost?.why ??
          `its sides are keyed by ${keyNames(left)} and ${keyNames(right)}, which it does not compare with each other`)
      const behind = [columnsBehind(node.condition.leftKeys), columnsBehind(node.condition.rightKeys)]
      const pairs = node.condition.leftKeys.map((_, i) => [behind[0]![i] ?? -1, behind[1]![i] ?? -1])
      return this.#refuse(node, title, what, this.#advice([left, right], pairs))
    }
    const flow = joinFlow(left, right, kind)
    this.#together(flow)
    return flow
  }

  /** Rows that agree in `columns` meet in the node. */
  #need(node: ChangelogNode, input: ChangelogNode, columns: readonly number[], title: string): void {
    const flow = this.#flow(input)
    this.#together(flow)
    const missing = flow.key?.find((each) => !each.some((column) => columns.includes(column)))
    if (flow.key !== undefined && missing === undefined) return
    const what =
      columns.length === 0
        ? 'it has no key, so all rows meet in it'
        : flow.key === undefined
          ? flow.why
          : `the rows are keyed by ${keyNames(flow)}, which ${flow.key.length === 1 ? 'is' : 'are'} not among its keys`
    this.#refuse(
      node,
      title,
      what,
      this.#advice(
        [flow],
        columns.map((column) => [column]),
      ),
    )
  }

  /** A sink by key takes the last row of each key, so the rows of one key have to come from one part. */
  #sink(sink: Sink): void {
    const { key, plan } = sink
    if (key === undefined) return
    const unique = plan.traits.keys.some((each) => each.every((column) => key.includes(column)))
    const others = this.#program.sinks.filter(({ name }) => name === sink.name)
    if (plan.traits.changes === 'append' && unique && !sink.materialize && others.length === 1) return
    const flow = unionFlow(
      others.map((each) => this.#flow(each.plan)),
      others.map((each) => each.plan.schema),
      `the INSERTs into \`${sink.name}\``,
    )
    this.#together(flow)
    const ok = flow.key?.every((columns) => columns.some((column) => key.includes(column))) ?? false
    if (ok) return
    const names = key.map((column) => plan.schema.fields[column]!.name).join(', ')
    const what =
      flow.key === undefined
        ? flow.why
        : `the rows are keyed by ${keyNames(flow)}, which is not among the columns of that key`
    const title = `the primary key (${names}) of the sink \`${sink.name}\``
    this.#refuse(
      sink,
      title,
      what,
      this.#advice(
        [flow],
        key.map((column) => [column]),
      ),
    )
  }

  #together({ tables }: Flow): void {
    if (tables.length > 1) this.together.push(tables)
  }

  /** Sets of table columns by which records could be keyed; each of `choices` holds a column for each flow. */
  #advice(flows: readonly Flow[], choices: readonly (readonly number[])[]): string {
    const ways = choices.flatMap((choice) => {
      const origins = flows.map((flow, i) => flow.origins[choice[i] ?? -1])
      const known = origins.flatMap((origin) => (origin === undefined ? [] : [origin]))
      if (known.length < flows.length) return []
      const texts = known.map(({ table, column }) => `'partition-key' = '${column}' in the table ${table}`)
      return [[...new Set(texts)].join(' and ')]
    })
    if (ways.length === 0) return onePart
    return `Allowed: records keyed by one of its keys, ${[...new Set(ways)].join(', or ')}. ${otherwise}`
  }

  #by(words: string, input: ChangelogNode, columns: readonly number[]): string {
    if (columns.length === 0) return ` without ${words}`
    if (input.kind === 'expand') return ` ${words} several sets of columns`
    const { origins } = this.#flow(input)
    const names = columns.map((column) => {
      const { name } = input.schema.fields[column]!
      // The binder names what it computes itself $0, $1, ...
      return name.startsWith('$') ? (origins[column]?.column ?? 'an expression') : name
    })
    return ` ${words} ${names.join(', ')}`
  }

  #tablesOf(node: ChangelogNode): string {
    return inputsOf(node)
      .flatMap((input) => this.#flow(input).tables)
      .join(', ')
  }

  #refuse(at: { readonly span: Span }, title: string, what: string, advice: string): never {
    throw new Refused(`${title} does not allow running in parts: ${what}. ${advice}`, at.span)
  }
}

const otherwise = 'Otherwise run the query with parallelism 1.'
const onePart = 'Run the query with parallelism 1.'

const rankTitles = {
  over: 'OVER',
  rank: 'the Top-N',
  dedup: 'the deduplication',
  'window-rank': 'the window Top-N',
} as const

const joinTitles = {
  join: 'join',
  'interval-join': 'interval join',
  'temporal-join': 'temporal join',
  'window-join': 'window join',
} as const

function equalities(condition: JoinCondition, left: ChangelogNode, right: ChangelogNode): string {
  const name = (column: number | undefined, node: ChangelogNode) =>
    column === undefined ? '...' : node.schema.fields[column]!.name
  const [leftColumns, rightColumns] = [columnsBehind(condition.leftKeys), columnsBehind(condition.rightKeys)]
  if (leftColumns.length === 0) return ''
  const pairs = leftColumns.map((column, i) => `${name(column, left)} = ${name(rightColumns[i], right)}`)
  return ` ON ${pairs.join(' AND ')}`
}

function keyNames(flow: Flow): string {
  const names = flow.key?.map((columns) => {
    const origin = columns.map((column) => flow.origins[column]).find((each) => each !== undefined)
    return origin === undefined ? 'a column' : `\`${origin.column}\` of \`${origin.table}\``
  })
  return names?.join(' and ') ?? 'nothing'
}

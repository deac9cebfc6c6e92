/**
 * Random programs as plans: a few input streams, a reference table, pumps that read inputs and each other's targets
 * through filters, projections, lookup joins, window joins, OVER, GROUP BY, unions, and row operators: DISTINCT, sorting,
 * stagger windows, tumbling items.
 *
 * Some shapes are left out because their answer depends on rounding or on an order that the plan does not fix: floating
 * sums of computed values, statistics that feed further expressions, and windows over rows whose times went backwards
 * inside one plan.
 */
import type { Field, Random, Schema, SqlType } from '@millrace/values'
import { sameType } from '../functions/index.ts'
import type {
  AggregateCall,
  DerivedTable,
  Expr,
  Frame,
  GroupNode,
  InAppStream,
  JoinKind,
  JoinWindow,
  LookupJoinNode,
  OverNode,
  PlanNode,
  Program,
  Pump,
  ReferenceTable,
  RowOperatorSpec,
  RowsNode,
  SqlValue,
  TablePlan,
  UnionNode,
  WindowJoinNode,
} from '../plan.ts'
import {
  aggregateCall,
  CallProblem,
  call,
  column,
  field,
  joined,
  literal,
  milliseconds,
  noSpan,
  projectTo,
  rowtime,
  scan,
  schemaOf,
  text,
  types,
} from './plan-builder.ts'
import { ExpressionSource } from './random-expression.ts'
import { randomRow, randomSchema } from './random-rows.ts'

export interface RandomProgram {
  readonly program: Program
  readonly inputs: ReadonlyMap<string, Schema>
  readonly references: ReadonlyMap<string, readonly (readonly SqlValue[])[]>
}

interface Readable {
  readonly name: string
  readonly schema: Schema
  /** Its rows carry the time of the source record, so it keeps step with other such streams. */
  readonly inStep: boolean
  /** Its floating columns come from outside, so that sums of them are exact. */
  readonly raw: boolean
}

interface Relation {
  readonly node: PlanNode
  readonly inStep: boolean
  readonly raw: boolean
}

const spans = [1000, 5000, 20_000, 60_000]

export interface ProgramOptions {
  /** Whether pumps may set their own row times, after which nothing is promised about them. */
  readonly overrides: boolean
}

export function randomProgram(random: Random, options: ProgramOptions = { overrides: true }): RandomProgram {
  return new ProgramSource(random, options).program()
}

class ProgramSource {
  readonly #random: Random
  readonly #options: ProgramOptions
  readonly #readable: Readable[] = []
  readonly #streams: InAppStream[] = []
  readonly #pumps: Pump[] = []
  readonly #tables: ReferenceTable[] = []

  constructor(random: Random, options: ProgramOptions) {
    this.#random = random
    this.#options = options
  }

  program(): RandomProgram {
    const inputs = new Map<string, Schema>()
    for (let i = 0; i < 1 + this.#random.below(2); i++) {
      const schema = randomSchema(this.#random)
      inputs.set(`S${i}`, schema)
      this.#streams.push({ name: `S${i}`, schema, origin: 'input' })
      this.#readable.push({ name: `S${i}`, schema, inStep: true, raw: true })
    }
    const tableSchema = randomSchema(this.#random)
    this.#tables.push({ name: 'T', schema: tableSchema })
    const rows = Array.from({ length: this.#random.below(7) }, () => randomRow(this.#random, tableSchema))
    const pumpCount = 1 + this.#random.below(3)
    for (let i = 0; i < pumpCount; i++) this.#addPump(i)
    const program: Program = {
      dialect: 'kda',
      streams: this.#streams,
      references: this.#tables,
      derived: this.#derived(tableSchema),
      pumps: this.#pumps,
      outputs: this.#streams.filter(({ origin }) => origin === 'declared').map(({ name }) => name),
    }
    return { program, inputs, references: new Map([['T', rows]]) }
  }

  /** The rows of the table, each once. */
  #derived(schema: Schema): DerivedTable[] {
    const table: TablePlan = { kind: 'table', table: 'T', schema }
    return [{ name: '$T', schema, plan: { kind: 'distinct', input: table, schema } }]
  }

  #addPump(index: number): void {
    const relation = this.#relation(2)
    const exprs = this.#selectList(relation)
    const last = this.#streams.at(-1)!
    // Sometimes two pumps write one stream, as long as nothing reads it yet.
    const shared = last.origin === 'declared' && this.#chance(5) && this.#fits(exprs, last.schema)
    const fields: Field[] = exprs.map(({ type, nullable }, i) =>
      field(`C${i}`, this.#targetType(type), !this.#chance(nullable ? 12 : 3)),
    )
    const target = shared ? last.schema : { fields }
    const override =
      this.#options.overrides && this.#chance(6) ? this.#rowtimeOverride(relation.node.schema) : undefined
    const plan = projectTo(relation.node, exprs, target, override)
    const name = shared ? last.name : `D${index}`
    this.#pumps.push({ name: `P${index}`, target: name, plan, stopped: this.#chance(20), span: noSpan })
    if (shared) {
      const at = this.#readable.findIndex((readable) => readable.name === name)
      if (at >= 0) this.#readable.splice(at, 1)
      return
    }
    this.#streams.push({ name, schema: target, origin: 'declared' })
    if (!hasStatistics(relation.node)) {
      this.#readable.push({
        name,
        schema: target,
        inStep: relation.inStep && override === undefined,
        raw: false,
      })
    }
  }

  #fits(exprs: readonly Expr[], schema: Schema): boolean {
    return (
      exprs.length === schema.fields.length && exprs.every((e, i) => sameType(e.type, schema.fields[i]!.type))
    )
  }

  #selectList({ node }: Relation): Expr[] {
    const { schema } = node
    const source = new ExpressionSource(this.#random, schema)
    const columns = schema.fields.map((_, i) => column(schema, i)).filter(() => !this.#chance(4))
    // Statistics are shown as they are, since their last digits may differ.
    if (hasStatistics(node)) return columns.length > 0 ? columns : [column(schema, 0)]
    const computed = Array.from({ length: 1 + this.#random.below(3) }, () => source.any(3))
    return [...columns, ...computed]
  }

  /** Mostly the expression's own type, sometimes one that it may not fit. */
  #targetType(type: SqlType): SqlType {
    if (type.kind === 'NULL') return types.integer
    if (!this.#chance(6)) return type
    if (type.kind === 'VARCHAR') return { kind: 'VARCHAR', length: 3 }
    if (type.kind === 'BIGINT' || type.kind === 'DECIMAL' || type.kind === 'DOUBLE') return types.integer
    return type.kind === 'INTEGER' ? types.smallint : type
  }

  #rowtimeOverride(schema: Schema): Expr {
    const source = new ExpressionSource(this.#random, schema)
    return this.#pick([
      () => call('FLOOR_TIME', [rowtime, text('MINUTE')]),
      () => call('+', [rowtime, milliseconds(5000)]),
      () => call('-', [rowtime, milliseconds(this.#random.below(20_000))]),
      () => call('-', [rowtime, call('*', [milliseconds(1000), source.leaf('number')])]),
      () => source.of('timestamp', 1),
    ])()
  }

  #relation(depth: number): Relation {
    const options = [() => this.#scan(), () => this.#filtered(depth)]
    if (depth > 0) {
      options.push(
        () => this.#filtered(depth),
        () => this.#projected(depth),
        () => this.#lookupJoined(depth),
        () => this.#windowJoined(false),
        () => this.#over(depth),
        () => this.#grouped(depth),
        () => this.#united(),
        () => this.#rows(depth),
      )
    }
    return this.#pick(options)()
  }

  #scan(inStep = false): Relation {
    const readable = this.#pick(inStep ? this.#readable.filter((stream) => stream.inStep) : this.#readable)
    return { node: scan(readable.name, readable.schema), inStep: readable.inStep, raw: readable.raw }
  }

  /** What a window may run over: rows whose times never go backwards. */
  #steadyRelation(depth: number): Relation {
    return this.#pick([
      () => this.#scan(),
      () => this.#filtered(0),
      () => this.#windowJoined(true),
      () => (depth > 1 ? this.#over(depth - 1) : this.#scan()),
      () => (depth > 1 ? this.#grouped(depth - 1) : this.#scan()),
    ])()
  }

  #filtered(depth: number): Relation {
    const input = depth > 0 ? this.#relation(depth - 1) : this.#scan()
    if (hasStatistics(input.node)) return input
    const predicate = new ExpressionSource(this.#random, input.node.schema).condition(3)
    return {
      ...input,
      node: { kind: 'filter', input: input.node, predicate, schema: input.node.schema, span: noSpan },
    }
  }

  #projected(depth: number): Relation {
    const input = this.#relation(depth - 1)
    if (hasStatistics(input.node)) return input
    const { schema } = input.node
    const source = new ExpressionSource(this.#random, schema)
    const exprs = [
      column(schema, 0),
      ...Array.from({ length: 1 + this.#random.below(2) }, () => source.any(2)),
    ]
    return { ...input, raw: false, node: projectTo(input.node, exprs, schemaOf(exprs)) }
  }

  #lookupJoined(depth: number): Relation {
    const input = this.#relation(depth - 1)
    const table = this.#tables[0]!
    const kind = this.#pick(['inner', 'left'] as const)
    const schema = joined(input.node.schema, table.schema, { leftNull: false, rightNull: kind === 'left' })
    const pairs = this.#chance(6) ? [] : this.#keyPairs(input.node.schema, table.schema)
    const node: LookupJoinNode = {
      kind: 'lookup-join',
      input: input.node,
      table: this.#chance(4) ? '$T' : table.name,
      tableSchema: table.schema,
      join: kind,
      inputKeys: pairs.map(([left]) => column(input.node.schema, left)),
      tableKeys: pairs.map(([, right]) => right),
      residual: this.#chance(3) ? new ExpressionSource(this.#random, schema).condition(2) : undefined,
      schema,
      span: noSpan,
    }
    return { ...input, node }
  }

  /** Pairs of columns of one type, at most two. */
  #keyPairs(left: Schema, right: Schema): [number, number][] {
    const pairs: [number, number][] = []
    left.fields.forEach((a, i) => {
      right.fields.forEach((b, j) => {
        const exact = a.type.kind !== 'DOUBLE' && a.type.kind !== 'REAL'
        if (exact && sameType(a.type, b.type)) pairs.push([i, j])
      })
    })
    const count = Math.min(pairs.length, this.#chance(3) ? 2 : 1)
    return Array.from({ length: count }, () => this.#pick(pairs))
  }

  #windowJoined(inStep: boolean): Relation {
    const side = () => {
      const relation = this.#scan(inStep)
      const filter = this.#chance(4)
      if (!filter) return relation
      const predicate = new ExpressionSource(this.#random, relation.node.schema).condition(1)
      const { schema } = relation.node
      return {
        ...relation,
        node: { kind: 'filter' as const, input: relation.node, predicate, schema, span: noSpan },
      }
    }
    const [left, right] = [side(), side()]
    const windows = this.#pick<[JoinWindow | undefined, JoinWindow | undefined]>([
      [this.#joinWindow(), this.#joinWindow()],
      [this.#joinWindow(), this.#joinWindow()],
      [this.#joinWindow(), undefined],
      [undefined, this.#joinWindow()],
    ])
    const kind = this.#pick<JoinKind>(['inner', 'inner', 'left', 'right', 'full'])
    const schema = joined(left.node.schema, right.node.schema, {
      leftNull: kind === 'right' || kind === 'full',
      rightNull: kind === 'left' || kind === 'full',
    })
    const pairs = this.#chance(8) ? [] : this.#keyPairs(left.node.schema, right.node.schema)
    const node: WindowJoinNode = {
      kind: 'window-join',
      left: left.node,
      right: right.node,
      leftWindow: windows[0],
      rightWindow: windows[1],
      join: kind,
      leftKeys: pairs.map(([l]) => column(left.node.schema, l)),
      rightKeys: pairs.map(([, r]) => column(right.node.schema, r)),
      residual: this.#chance(3) ? new ExpressionSource(this.#random, schema).condition(2) : undefined,
      schema,
      span: noSpan,
    }
    // Unmatched rows that wait for their window to end fall behind.
    return { node, inStep: false, raw: left.raw && right.raw }
  }

  #joinWindow(): JoinWindow {
    if (this.#chance(4)) return { kind: 'rows', rows: this.#random.below(4) }
    return { kind: 'range', ms: this.#pick([0, ...spans]) }
  }

  #over(depth: number): Relation {
    const input = this.#steadyRelation(depth)
    if (hasStatistics(input.node)) return input
    const { schema } = input.node
    const windows = Array.from({ length: 1 + this.#random.below(2) }, () => ({
      partition: this.#chance(4)
        ? []
        : [column(schema, this.#random.below(Math.min(2, schema.fields.length)))],
      frame: this.#frame(),
      calls: this.#calls(input, true),
    }))
    const node: OverNode = {
      kind: 'over',
      input: input.node,
      windows,
      schema: {
        fields: [
          ...schema.fields,
          ...schemaOf(
            windows.flatMap(({ calls }) => calls),
            'A',
          ).fields,
        ],
      },
      span: noSpan,
    }
    return { ...input, raw: false, node }
  }

  #frame(): Frame {
    if (this.#chance(8))
      return { kind: this.#pick(['range', 'rows'] as const), preceding: Number.POSITIVE_INFINITY }
    if (this.#chance(3)) return { kind: 'rows', preceding: this.#random.below(5) }
    return { kind: 'range', preceding: this.#pick([0, ...spans]) }
  }

  #grouped(depth: number): Relation {
    const input = this.#steadyRelation(depth)
    if (hasStatistics(input.node)) return input
    const { schema } = input.node
    const step = this.#pick(spans)
    const keys: Expr[] = [call('STEP_TIME', [rowtime, milliseconds(step)])]
    for (let i = 0; i < this.#random.below(3); i++)
      keys.push(new ExpressionSource(this.#random, schema).leaf('text'))
    if (this.#chance(2)) keys.push(column(schema, 0))
    if (this.#chance(3)) keys.unshift(keys.pop()!)
    const timeKey = keys.findIndex((key) => key.kind === 'call' && key.fn === 'STEP_TIME')
    const calls = this.#calls(input, false)
    const node: GroupNode = {
      kind: 'group',
      input: input.node,
      keys,
      timeKey,
      nextStep: call('+', [column(schemaOf(keys), timeKey), milliseconds(step)]),
      calls,
      schema: schemaOf([...keys, ...calls]),
      span: noSpan,
    }
    return { node, inStep: false, raw: false }
  }

  /** One of the row operators. Whole rows are carried along, so that their columns can be read and pruned. */
  #rows(depth: number): Relation {
    const input = this.#steadyRelation(depth)
    if (hasStatistics(input.node)) return input
    const { schema } = input.node
    const source = new ExpressionSource(this.#random, schema)
    const columns = schema.fields.map((_, i) => column(schema, i))
    const step = this.#pick(spans)
    const lead = call('STEP_TIME', [rowtime, milliseconds(step)])
    const make = (
      args: readonly Expr[],
      passed: number,
      operator: RowOperatorSpec,
      made: Schema,
      inStep = false,
    ): Relation => {
      const fields = [...schemaOf(args.slice(0, passed)).fields, ...made.fields]
      const node: RowsNode = {
        kind: 'rows',
        input: input.node,
        args,
        passed,
        operator,
        schema: { fields: fields.map((each, i) => ({ ...each, name: `C${i}` })) },
        span: noSpan,
      }
      return { node, inStep: inStep && input.inStep, raw: false }
    }
    const none = { fields: [] }
    const passed = columns.length
    return this.#pick([
      () => make(columns, passed, { kind: 'in-order' }, none, true),
      () => {
        const operands = [lead, ...columns.slice(0, 1 + this.#random.below(2))]
        return make(
          [...columns, ...operands],
          passed,
          { kind: 'distinct', compared: operands.length, moving: this.#chance(6) ? [] : [0] },
          none,
          true,
        )
      },
      () => {
        const keys = [this.#chance(3) ? rowtime : lead, ...columns.slice(0, 1 + this.#random.below(2))]
        const nextStep =
          keys[0] === rowtime ? undefined : call('+', [column(schemaOf(keys), 0), milliseconds(step)])
        const descending = keys.map((_, i) => i > 0 && this.#chance(2))
        return make([...columns, ...keys], passed, { kind: 'sort', descending, nextStep }, none)
      },
      () => {
        const time = this.#chance(2)
          ? source.of('timestamp', 1)
          : call('-', [rowtime, call('*', [milliseconds(1000), source.leaf('number')])])
        return make([...columns, time], passed, { kind: 'time-sort', ms: step }, none)
      },
      () => {
        const keys = this.#chance(5) ? [] : [column(schema, this.#random.below(2))]
        const args: Expr[] = [...keys]
        const calls = this.#calls(input, false).map((each) => ({
          ...each,
          args: each.args.map((arg) => column(schemaOf([...args, arg]), args.push(arg) - 1)),
        }))
        return make(
          args,
          0,
          { kind: 'stagger', ms: step, keys: keys.length, calls },
          schemaOf([...keys, ...calls]),
        )
      },
      () =>
        make(
          [columns[0]!],
          0,
          { kind: 'count-distinct', ms: step },
          schemaOf([{ type: types.bigint, nullable: false }]),
        ),
      () =>
        make(
          [columns[1]!],
          0,
          { kind: 'top-k', k: 1 + this.#random.below(3), ms: step },
          schemaOf([columns[1]!, { type: types.bigint, nullable: false }]),
        ),
      () =>
        make(
          [...columns, columns[0]!],
          passed,
          {
            kind: 'group-rank',
            descending: this.#chance(2),
            output: this.#pick(['asc', 'desc', 'input'] as const),
            maxIdleMs: 0,
            outputMax: this.#random.below(3),
          },
          schemaOf([{ type: types.integer, nullable: false }]),
        ),
    ])()
  }

  #calls(input: Relation, over: boolean): AggregateCall[] {
    return Array.from({ length: 1 + this.#random.below(3) }, () => this.#call(input, over))
  }

  #call({ node, raw }: Relation, over: boolean): AggregateCall {
    const { schema } = node
    const source = new ExpressionSource(this.#random, schema)
    const columns = schema.fields.flatMap(({ type }, i) =>
      raw || !isFloating(type) ? [column(schema, i)] : [],
    )
    const anything = () => (columns.length > 0 ? this.#pick(columns) : source.leaf('text'))
    const number = () => {
      const expr = this.#chance(2) ? anything() : source.of('number', 1)
      if (isFloating(expr.type) && (expr.kind !== 'column' || !raw))
        throw new CallProblem('a computed floating sum')
      return expr
    }
    const options = [
      () => aggregateCall('COUNT', []),
      () => aggregateCall('COUNT', [source.any(1)]),
      () => aggregateCall(this.#pick(['SUM', 'AVG']), [number()]),
      () => aggregateCall(this.#pick(['SUM', 'AVG']), [number()]),
      () => aggregateCall(this.#pick(['MIN', 'MAX']), [anything()]),
      () => aggregateCall(this.#pick(['MIN', 'MAX']), [anything()]),
      () => aggregateCall(this.#pick(['FIRST_VALUE', 'LAST_VALUE']), [anything()], this.#chance(2)),
      () => aggregateCall('NTH_VALUE', [anything(), literal(1 + this.#random.below(3), types.integer)]),
    ]
    if (this.#chance(3)) {
      options.push(() => aggregateCall(this.#pick([...statistics]), [number()]))
    }
    if (over) {
      options.push(() =>
        aggregateCall('LAG', [anything(), literal(this.#random.below(3), types.integer)], this.#chance(2)),
      )
    } else options.push(() => aggregateCall(this.#pick(['ANY', 'EVERY']), [source.condition(1)]))
    try {
      return this.#pick(options)()
    } catch (error) {
      if (!(error instanceof CallProblem)) throw error
      return aggregateCall('COUNT', [])
    }
  }

  #united(): Relation {
    const first = this.#scan()
    const { schema } = this.#tables[0]!
    const once: Relation = {
      node: { kind: 'table-source', table: '$T', schema, span: noSpan },
      inStep: false,
      raw: false,
    }
    const second = this.#chance(3) ? once : this.#scan()
    const exprs = (relation: Relation) => {
      const source = new ExpressionSource(this.#random, relation.node.schema)
      return [source.leaf('number'), source.leaf('text')]
    }
    const target: Schema = {
      fields: [field('C0', types.bigint), field('C1', { kind: 'VARCHAR', length: 30 })],
    }
    const inputs = [first, second].map((relation) => projectTo(relation.node, exprs(relation), target))
    const node: UnionNode = { kind: 'union', inputs, schema: target, span: noSpan }
    return { node, inStep: first.inStep && second.inStep, raw: false }
  }

  /** True once in `n` times. */
  #chance(n: number): boolean {
    return this.#random.below(n) === 0
  }

  #pick<T>(items: readonly T[]): T {
    return items[this.#random.below(items.length)]!
  }
}

const statistics: ReadonlySet<string> = new Set(['STDDEV_POP', 'STDDEV_SAMP', 'VAR_POP', 'VAR_SAMP'])

function isFloating(type: SqlType): boolean {
  return type.kind === 'DOUBLE' || type.kind === 'REAL'
}

function hasStatistics(node: PlanNode): boolean {
  switch (node.kind) {
    case 'scan':
    case 'table-source':
      return false
    case 'over':
      return (
        node.windows.some(({ calls }) => calls.some(({ fn }) => statistics.has(fn))) ||
        hasStatistics(node.input)
      )
    case 'group':
      return node.calls.some(({ fn }) => statistics.has(fn)) || hasStatistics(node.input)
    case 'rows':
      return (
        (node.operator.kind === 'stagger' && node.operator.calls.some(({ fn }) => statistics.has(fn))) ||
        hasStatistics(node.input)
      )
    case 'window-join':
      return hasStatistics(node.left) || hasStatistics(node.right)
    case 'union':
      return node.inputs.some(hasStatistics)
    default:
      return hasStatistics(node.input)
  }
}

/**
 * Compiles a bound program to operators and runs them behind the port of the engine (engine-port.ts).
 *
 * Every running pump becomes a chain of operators that ends in its target stream; streams fan out to all their readers.
 * Operators stand in topological order, which is the order of the pumps, and run twice for each micro-batch (operator.ts).
 * Filters and projections that follow each other are fused; keys and arguments that are more than a column are computed by
 * a step below the operator that needs them.
 *
 * State is addressed by fingerprints of what operators compute (fingerprint.ts), so that it outlives changes of the text.
 */
import { type Field, RowBatch, type Schema } from '@millrace/values'
import type { MicroBatch, MicroBatchResult, OperatorState, QueryInstance } from '../engine-port.ts'
import { type Fingerprints, fingerprints } from '../fingerprint.ts'
import { batchToRows, rowsToBatch } from '../interpreter/bridge.ts'
import type {
  DerivedTable,
  Expr,
  GroupNode,
  LookupJoinNode,
  OverNode,
  PlanNode,
  Program,
  Pump,
  RowsNode,
  TableSourceNode,
  WindowJoinNode,
} from '../plan.ts'
import { deriveTables, type TableRows } from '../tables/evaluate-table.ts'
import { makeColumn } from './column-values.ts'
import { copyBatch, joinBatches } from './copy-batch.ts'
import { FusedStep } from './fused-step.ts'
import { GroupOperator } from './group.ts'
import { InputOperator } from './input.ts'
import { LookupJoinOperator, type ReferenceTableRows } from './lookup-join.ts'
import { type Operator, type Run, type StatefulOperator, sortedErrors } from './operator.ts'
import { OverOperator } from './over.ts'
import { RowsOperator } from './row-operator.ts'
import { StreamOperator } from './stream.ts'
import { TableSourceOperator } from './table-source.ts'
import { UnionOperator } from './union.ts'
import { type JoinSideSpec, WindowJoinOperator } from './window-join.ts'

export interface CompileOptions {
  /** Receives the source of each generated loop, with the pump that it belongs to. */
  readonly onSource?: (pump: string, source: string) => void
}

/** A running query over the program; reference tables are empty until they are set. */
export function compileProgram(program: Program, options: CompileOptions = {}): QueryInstance {
  return new CompiledQuery(new ProgramCompiler(program, options).compile())
}

interface CompiledParts {
  readonly operators: readonly Operator[]
  readonly inputs: ReadonlyMap<string, InputOperator>
  readonly tables: ReadonlyMap<string, ReferenceTableRows>
  readonly derived: readonly DerivedTable[]
  readonly outputs: ReadonlyMap<string, { readonly operator: Operator; readonly schema: Schema }>
  readonly stateful: readonly StatefulOperator[]
}

class CompiledQuery implements QueryInstance {
  readonly #parts: CompiledParts
  readonly #byId: ReadonlyMap<string, StatefulOperator>
  readonly #joined = new Map<string, RowBatch>()
  #time = Number.NEGATIVE_INFINITY
  #outcomes = new Uint8Array(1024)
  /** Rows of reference tables, where tables are derived from them. */
  readonly #tableRows = new Map<string, TableRows>()

  constructor(parts: CompiledParts) {
    this.#parts = parts
    this.#derive()
    this.#byId = new Map(parts.stateful.map((operator) => [operator.id, operator]))
  }

  process(batch: MicroBatch): MicroBatchResult {
    const { inputs, operators } = this.#parts
    for (const [name, rows] of batch.inputs) {
      const last = rows.rowtime[rows.length - 1]
      if (!inputs.has(name))
        throw new Error(
          `no input stream "${name}" in the program; there are ${[...inputs.keys()].join(', ')}`,
        )
      if (rows.length > 0 && last !== undefined && last > this.#time) this.#time = last
    }
    for (const [name, input] of inputs) input.set(batch.inputs.get(name))
    if (this.#outcomes.length < batch.records) this.#outcomes = new Uint8Array(batch.records * 2)
    else this.#outcomes.fill(0, 0, batch.records)
    const run: Run = {
      pass: 0,
      bound: batch.bound,
      records: batch.records,
      outcomes: this.#outcomes,
      errors: [],
    }
    for (const operator of operators) operator.run(run)
    const bounded = batch.bound > Number.NEGATIVE_INFINITY
    if (bounded) {
      this.#time = Math.max(this.#time, batch.bound)
      run.pass = 1
      for (const operator of operators) operator.run(run)
    }
    const outputs = new Map<string, RowBatch>()
    for (const [name, { operator, schema }] of this.#parts.outputs)
      outputs.set(name, this.#outputOf(name, operator, schema, bounded))
    return { outputs, errors: sortedErrors(run), outcomes: this.#outcomes }
  }

  #outputOf(name: string, operator: Operator, schema: Schema, bounded: boolean): RowBatch {
    const [rows, freed] = operator.output
    if (!bounded || freed.length === 0) return rows
    if (rows.length === 0) return freed
    let joined = this.#joined.get(name)
    if (joined === undefined) {
      joined = new RowBatch(schema.fields.map(({ type }) => makeColumn(type)))
      this.#joined.set(name, joined)
    }
    joinBatches(rows, freed, joined)
    return joined
  }

  setReference(table: string, rows: RowBatch): void {
    const found = this.#parts.tables.get(table)
    if (found === undefined)
      throw new Error(
        `no reference table "${table}" in the program; there are ${[...this.#parts.tables.keys()].join(', ')}`,
      )
    found.rows = copyBatch(rows, found.types)
    found.version++
    if (this.#parts.derived.length === 0) return
    const fields = found.types.map((type, i) => ({ name: `$${i}`, type, nullable: true }))
    this.#tableRows.set(
      table,
      batchToRows(found.rows, { fields }).map(({ values }) => values),
    )
    this.#derive()
  }

  #derive(): void {
    const { derived, tables } = this.#parts
    deriveTables(derived, this.#tableRows)
    for (const { name, schema } of derived) {
      const table = tables.get(name)!
      const rows = this.#tableRows.get(name)!
      table.rows = rowsToBatch(
        rows.map((values) => ({ values, rowtime: 0, origin: 0 })),
        schema,
      )
      table.version++
    }
  }

  kindOf(operator: string): string | undefined {
    return this.#byId.get(operator)?.kind
  }

  get operators(): readonly string[] {
    return [...this.#byId.keys()]
  }

  takeChanges(): OperatorState[] {
    return this.#parts.stateful.flatMap((operator) => operator.takeChange() ?? [])
  }

  snapshot(operator: string): Uint8Array[] {
    return this.#byId.get(operator)?.snapshot() ?? []
  }

  /** State of an operator that the program no longer has is left aside. */
  restore(operator: string, blob: Uint8Array): void {
    this.#byId.get(operator)?.restore(blob)
  }

  /** What no operator waits behind: the smallest time among those that hold state, else the largest row time. */
  get time(): number {
    return this.#parts.stateful.reduce((least, { clock }) => Math.min(least, clock), this.#time)
  }

  stateInfo(): { operator: string; kind: string; rows: number; bytes: number }[] {
    return this.#parts.stateful.map(({ id, kind, stateRows, stateBytes }) => ({
      operator: id,
      kind,
      rows: stateRows,
      bytes: stateBytes,
    }))
  }
}

/** An operator while the program is being compiled. */
interface Built {
  readonly operator: Operator
  readonly schema: Schema
  /** Row times are those of the source records, in whose order they ascend. */
  readonly direct: boolean
}

class ProgramCompiler {
  readonly #program: Program
  readonly #options: CompileOptions
  readonly #prints: Fingerprints
  readonly #operators: Operator[] = []
  readonly #stateful: StatefulOperator[] = []
  readonly #streams = new Map<string, Built>()
  readonly #tables = new Map<string, ReferenceTableRows>()
  readonly #inputs: Operator[] = []
  #pump = ''

  constructor(program: Program, options: CompileOptions) {
    this.#program = program
    this.#options = options
    this.#prints = fingerprints(program)
  }

  compile(): CompiledParts {
    const { streams, references, pumps, outputs, derived = [] } = this.#program
    for (const { name, schema } of [...references, ...derived]) {
      const types = schema.fields.map(({ type }) => type)
      this.#tables.set(name, { types, rows: new RowBatch(types.map(makeColumn)), version: 0 })
    }
    const running = pumps.filter(({ stopped }) => !stopped)
    const inputs = new Map<string, InputOperator>()
    const writers = new Map<string, { pump: Pump; built: Built }[]>()
    for (const { name, schema } of streams) {
      if (running.some(({ target }) => target === name)) continue
      const input = this.#add(new InputOperator(schema, { leaves: outputs.includes(name) }))
      inputs.set(name, input)
      this.#inputs.push(input)
      this.#streams.set(name, { operator: input, schema, direct: true })
    }
    for (const pump of running) {
      this.#pump = pump.name
      const built = this.#node(pump.plan)
      const list = writers.get(pump.target) ?? []
      list.push({ pump, built })
      writers.set(pump.target, list)
      // The stream stands after its last writer and before its first reader.
      if (list.length === running.filter(({ target }) => target === pump.target).length)
        this.#stream(pump.target, list)
    }
    const leaving = outputs.flatMap((name) => {
      const stream = this.#streams.get(name)
      return stream === undefined
        ? []
        : [[name, { operator: stream.operator, schema: stream.schema }] as const]
    })
    return {
      operators: this.#operators,
      inputs,
      tables: this.#tables,
      derived,
      outputs: new Map(leaving),
      stateful: this.#stateful,
    }
  }

  #stream(name: string, list: readonly { pump: Pump; built: Built }[]): void {
    const stream = this.#program.streams.find((candidate) => candidate.name === name)
    const schema = stream?.schema ?? list[0]!.built.schema
    const direct = list.every(({ built }) => built.direct)
    const operator = new StreamOperator({
      id: `stream:${list.map(({ pump }) => this.#prints.address(pump.plan)).join('+')}`,
      name,
      schema,
      writers: list.map(({ pump, built }) => ({ operator: built.operator, pump: pump.name })),
      keepsTime: !direct,
      leaves: this.#program.outputs.includes(name),
    })
    this.#add(operator)
    if (!direct) this.#stateful.push(operator)
    this.#streams.set(name, { operator, schema, direct })
  }

  #add<T extends Operator>(operator: T): T {
    this.#operators.push(operator)
    return operator
  }

  #node(node: PlanNode): Built {
    switch (node.kind) {
      case 'scan': {
        return this.#streams.get(node.stream) ?? this.#silent(node.schema)
      }
      case 'filter':
      case 'project':
        return this.#fused(node)
      case 'lookup-join':
        return this.#lookupJoin(node)
      case 'window-join':
        return this.#windowJoin(node)
      case 'over':
        return this.#over(node)
      case 'group':
        return this.#group(node)
      case 'union': {
        const inputs = node.inputs.map((input) => this.#node(input))
        const operator = this.#add(
          new UnionOperator(
            inputs.map((input) => input.operator),
            node.schema,
          ),
        )
        return { operator, schema: node.schema, direct: inputs.every((input) => input.direct) }
      }
      case 'table-source':
        return this.#tableSource(node)
      case 'rows':
        return this.#rows(node)
    }
  }

  /** A stream that nothing writes: it has no rows and promises nothing. */
  #silent(schema: Schema): Built {
    return { operator: new InputOperator(schema, { leaves: false }), schema, direct: true }
  }

  /** A projection, if the node is one, and all filters below it. */
  #fused(node: PlanNode): Built {
    const project = node.kind === 'project' ? node : undefined
    const predicates: Expr[] = []
    let below = project?.input ?? node
    while (below.kind === 'filter') {
      predicates.unshift(below.predicate)
      below = below.input
    }
    const input = this.#node(below)
    const operator = this.#step(input.operator, input.schema, predicates, project, project?.rowtime)
    return { operator, schema: node.schema, direct: input.direct && project?.rowtime === undefined }
  }

  #step(
    input: Operator,
    inputSchema: Schema,
    predicates: readonly Expr[],
    projection: { readonly exprs: readonly Expr[]; readonly schema: Schema } | undefined,
    rowtime?: Expr,
  ): FusedStep {
    return this.#add(this.#looseStep(input, inputSchema, predicates, projection, rowtime))
  }

  /** A step that its owner runs. */
  #looseStep(
    input: Operator,
    inputSchema: Schema,
    predicates: readonly Expr[],
    projection: { readonly exprs: readonly Expr[]; readonly schema: Schema } | undefined,
    rowtime?: Expr,
  ): FusedStep {
    const pump = this.#pump
    const { onSource } = this.#options
    return new FusedStep({
      input,
      inputSchema,
      predicates,
      projection,
      rowtime,
      pump,
      dialect: this.#program.dialect,
      ...(onSource === undefined ? {} : { onSource: (source: string) => onSource(pump, source) }),
    })
  }

  /** The input with `exprs` behind its columns, where they are not columns of it anyway; and the place of each. */
  #withColumns(
    input: Built,
    exprs: readonly Expr[],
  ): { operator: Operator; schema: Schema; places: number[] } {
    const added: Expr[] = []
    const places = exprs.map((expr) => {
      if (expr.kind === 'column') return expr.index
      return input.schema.fields.length + added.push(expr) - 1
    })
    if (added.length === 0) return { operator: input.operator, schema: input.schema, places }
    const all = [...columnsOf(input.schema), ...added]
    const schema = { fields: [...input.schema.fields, ...added.map(fieldOf)] }
    return { operator: this.#step(input.operator, input.schema, [], { exprs: all, schema }), schema, places }
  }

  #lookupJoin(node: LookupJoinNode): Built {
    const input = this.#node(node.input)
    const keyed = this.#withColumns(input, node.inputKeys)
    const { residual } = node
    const operator = this.#add(
      new LookupJoinOperator({
        input: keyed.operator,
        width: node.input.schema.fields.length,
        inputTypes: keyed.schema.fields.map(({ type }) => type),
        inputKeys: keyed.places,
        table: this.#tables.get(node.table) ?? missingTable(node.table),
        tableKeys: node.tableKeys,
        join: node.join,
        residual: this.#judge(node.schema, node.join === 'left' ? residual : undefined),
      }),
    )
    const filtered = node.join === 'inner' && residual !== undefined
    return {
      operator: filtered ? this.#step(operator, node.schema, [residual], undefined) : operator,
      schema: node.schema,
      direct: input.direct,
    }
  }

  #windowJoin(node: WindowJoinNode): Built {
    const left = this.#node(node.left)
    const right = this.#node(node.right)
    const side = (
      input: Built,
      own: PlanNode,
      keys: readonly Expr[],
      window: JoinSideSpec['window'],
    ): JoinSideSpec => {
      const keyed = this.#withColumns(input, keys)
      return {
        input: keyed.operator,
        types: keyed.schema.fields.map(({ type }) => type),
        width: own.schema.fields.length,
        keys: keyed.places,
        window,
      }
    }
    const fills = node.join !== 'inner'
    const direct = left.direct && right.direct
    const operator = this.#add(
      new WindowJoinOperator({
        id: this.#prints.address(node),
        left: side(left, node.left, node.leftKeys, node.leftWindow),
        right: side(right, node.right, node.rightKeys, node.rightWindow),
        join: node.join,
        residual: this.#judge(node.schema, fills ? node.residual : undefined),
        direct,
      }),
    )
    this.#stateful.push(operator)
    const filtered = !fills && node.residual !== undefined
    return {
      operator: filtered ? this.#step(operator, node.schema, [node.residual], undefined) : operator,
      schema: node.schema,
      // Ends of windows come out when later rows have passed them.
      direct: direct && !fills,
    }
  }

  #judge(schema: Schema, residual: Expr | undefined): ((pairs: Operator) => FusedStep) | undefined {
    if (residual === undefined) return undefined
    // While pairs are judged, NULLs of filled rows do not exist yet; the types stay.
    return (pairs) => this.#looseStep(pairs, schema, [residual], undefined)
  }

  #over(node: OverNode): Built {
    const input = this.#node(node.input)
    const computed = node.windows.flatMap(({ partition, calls }) => [
      ...partition,
      ...calls.flatMap(({ args }) => args),
    ])
    const exprs = [...columnsOf(input.schema), ...computed]
    const schema = { fields: [...input.schema.fields, ...computed.map(fieldOf)] }
    const step = this.#step(input.operator, input.schema, [], { exprs, schema })
    const operator = this.#add(
      new OverOperator({
        id: this.#prints.address(node),
        node,
        input: step,
        pump: this.#pump,
        direct: input.direct,
      }),
    )
    this.#stateful.push(operator)
    return { operator, schema: node.schema, direct: input.direct }
  }

  #tableSource(node: TableSourceNode): Built {
    const table = this.#tables.get(node.table) ?? missingTable(node.table)
    const inputs = this.#inputs
    const operator = this.#add(
      new TableSourceOperator(this.#prints.address(node), node.schema, table, inputs),
    )
    this.#stateful.push(operator)
    return { operator, schema: node.schema, direct: true }
  }

  #rows(node: RowsNode): Built {
    const input = this.#node(node.input)
    const step = this.#step(input.operator, input.schema, [], {
      exprs: node.args,
      schema: { fields: node.args.map(fieldOf) },
    })
    const operator = this.#add(
      new RowsOperator({ id: this.#prints.address(node), node, input: step, pump: this.#pump }),
    )
    this.#stateful.push(operator)
    return { operator, schema: node.schema, direct: input.direct && keepsTimes.has(node.operator.kind) }
  }

  #group(node: GroupNode): Built {
    const input = this.#node(node.input)
    const exprs = [...node.keys, ...node.calls.flatMap(({ args }) => args)]
    const step = this.#step(input.operator, input.schema, [], {
      exprs,
      schema: { fields: exprs.map(fieldOf) },
    })
    const { dialect } = this.#program
    const operator = this.#add(
      new GroupOperator({ id: this.#prints.address(node), node, input: step, dialect, pump: this.#pump }),
    )
    this.#stateful.push(operator)
    return { operator, schema: node.schema, direct: false }
  }
}

/** Operators that give each row at once, at its own time. */
const keepsTimes: ReadonlySet<string> = new Set(['in-order', 'distinct', 'random-cut-forest', 'hotspots'])

function columnsOf({ fields }: Schema): Expr[] {
  return fields.map(({ type, nullable }, index) => ({
    kind: 'column',
    index,
    type,
    nullable,
    span: { start: 0, end: 0 },
  }))
}

function fieldOf({ type, nullable }: Expr, i: number): Field {
  return { name: `$${i}`, type, nullable }
}

function missingTable(name: string): never {
  throw new Error(`plan: no reference table ${name}`)
}

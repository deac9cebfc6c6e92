/**
 * A program to its plan: declarations in the order of the text, each statement for itself, so that one faulty statement
 * does not hide the faults of others. A name must exist before it is used.
 */
import type { Field, Schema } from '@millrace/values'
import { codes } from '../diagnostic/codes.ts'
import { type Diagnostic, DiagnosticList } from '../diagnostic/diagnostic.ts'
import { didYouMean } from '../diagnostic/spelling.ts'
import {
  type AggregateFunction,
  aggregateNames,
  castProblem,
  lookupAggregate,
  lookupScalar,
  type ScalarFunction,
  scalarNames,
} from '../functions/index.ts'
import type { HostFunctions } from '../host-function.ts'
import type { InAppStream, PlanNode, Program, Pump, ReferenceTable } from '../plan.ts'
import type { Span } from '../span.ts'
import type { DialectName } from '../syntax/dialect.ts'
import { columnsMax } from '../syntax/limits.ts'
import { parseInto } from '../syntax/parser.ts'
import type {
  AlterPump,
  CreateFunction,
  CreatePump,
  CreateStream,
  CreateView,
  DropStatement,
  Identifier,
  QueryStatement,
  Statement,
} from '../syntax/tree.ts'
import { bindExpression } from './bind-expression.ts'
import { bindInsert } from './bind-insert.ts'
import { bindQuery } from './bind-query.ts'
import { deriveTable, isTableQuery } from './bind-table.ts'
import type { BinderContext, Relation } from './context.ts'
import { type Limits, lintLimits } from './lint-limits.ts'
import { lintProgram } from './lints.ts'
import { castTo } from './make-call.ts'
import { metadataColumns } from './metadata.ts'
import { orderPumps, readsOf } from './order-pumps.ts'
import { resolveType } from './resolve-type.ts'
import { rowFieldMark } from './scope.ts'

export interface BindOptions {
  readonly text: string
  readonly fileName: string
  readonly dialect: DialectName
  /** Streams fed from outside. Names and columns are taken exactly as they stand here. */
  readonly inputs: readonly {
    readonly name: string
    readonly schema: Schema
    /** Whether the feeder can fill metadata columns; those that the program uses stand at the end of the bound schema. */
    readonly metadata?: boolean
  }[]
  /** Reference tables, likewise. */
  readonly references: readonly ReferenceTable[]
  /** In-application streams whose rows leave the program. 'error_stream' may be among them; the runtime makes it. */
  readonly outputs: readonly string[]
  /** Beyond these a program is warned of; see lint-limits.ts for the defaults. */
  readonly limits?: Limits
  /** Scalar functions of the host by name in upper case. */
  readonly hosts?: HostFunctions
  /** The function tables; those of this package by default. */
  readonly functions?: (name: string, dialect: DialectName) => ScalarFunction | undefined
  readonly aggregates?: (name: string) => AggregateFunction | undefined
}

export interface BindResult {
  /** Undefined if there are errors. Not yet optimized. */
  readonly program: Program | undefined
  /** Errors and warnings, in the order of the text. */
  readonly diagnostics: readonly Diagnostic[]
}

const nowhere: Span = { start: 0, end: 0 }

export function bindProgram(options: BindOptions): BindResult {
  const diagnostics = new DiagnosticList()
  const tree = parseInto(diagnostics, options.text, options.dialect)
  const binder = new ProgramBinder(options, diagnostics)
  for (const statement of tree.statements) diagnostics.attempt(() => binder.statement(statement))
  const program = diagnostics.attempt(() => binder.finish())
  if (diagnostics.hasErrors || program === undefined)
    return { program: undefined, diagnostics: diagnostics.sorted() }
  lintProgram(program, diagnostics)
  lintLimits(program, options.text, options.limits ?? {}, diagnostics)
  return { program, diagnostics: diagnostics.sorted() }
}

class ProgramBinder {
  readonly #options: BindOptions
  readonly #diagnostics: DiagnosticList
  readonly #context: BinderContext
  readonly #pumps = new Map<string, Pump>()
  readonly #outputs: string[] = []
  /** Bare selects so far; they are numbered. */
  #selects = 0

  constructor(options: BindOptions, diagnostics: DiagnosticList) {
    this.#options = options
    this.#diagnostics = diagnostics
    const scalar = options.functions ?? lookupScalar
    this.#context = {
      dialect: options.dialect,
      functions: {
        scalar: (name) => scalar(name, options.dialect),
        aggregate: options.aggregates ?? lookupAggregate,
        names: () =>
          [...scalarNames(options.dialect), ...aggregateNames()].filter((name) => /^[A-Z]/.test(name)),
      },
      diagnostics,
      relations: new Map(),
      userFunctions: new Map(),
      sizes: new WeakMap(),
      derived: [],
      ...(options.hosts === undefined ? {} : { hosts: options.hosts }),
      viewNodes: 0,
    }
    for (const { name, schema, metadata } of options.inputs) {
      const hidden = metadata === true ? metadataColumns(options.text, schema) : []
      this.#context.relations.set(name, {
        kind: 'stream',
        name,
        schema: { fields: [...schema.fields, ...hidden] },
        hidden: hidden.length,
        origin: 'input',
        span: nowhere,
        columnSpans: [],
      })
    }
    for (const { name, schema } of options.references)
      this.#context.relations.set(name, { kind: 'table', name, schema })
  }

  statement(statement: Statement): void {
    switch (statement.kind) {
      case 'create-stream':
        this.#createStream(statement)
        break
      case 'create-pump':
        this.#createPump(statement)
        break
      case 'create-view':
        this.#createView(statement)
        break
      case 'create-function':
        this.#createFunction(statement)
        break
      case 'drop':
        this.#drop(statement)
        break
      case 'alter-pump':
        this.#alterPump(statement)
        break
      case 'query':
        this.#bareSelect(statement)
        break
      case 'insert':
        this.#diagnostics.fail(
          codes.insertOutsidePump,
          { start: statement.span.start, end: statement.target.span.end },
          `INSERT alone would run once, and a stream has no end. Write CREATE OR REPLACE PUMP "${statement.target.name}_PUMP" AS INSERT INTO ....`,
        )
    }
  }

  finish(): Program {
    const relations = [...this.#context.relations.values()]
    const streams = relations.flatMap((relation): InAppStream[] =>
      relation.kind === 'stream'
        ? [
            {
              name: relation.name,
              schema: relation.schema,
              origin: relation.origin,
              ...(relation.hidden === undefined || relation.hidden === 0
                ? {}
                : { metadata: relation.hidden }),
            },
          ]
        : [],
    )
    const derived = this.#context.derived ?? []
    const references = relations.flatMap((relation): ReferenceTable[] =>
      relation.kind === 'table' && !derived.some(({ name }) => name === relation.name)
        ? [{ name: relation.name, schema: relation.schema }]
        : [],
    )
    const declared = streams.filter((stream) => stream.origin === 'declared').map((stream) => stream.name)
    // Where statements are faulty an output may be missing for that reason alone.
    for (const output of this.#diagnostics.hasErrors ? [] : this.#options.outputs) {
      if (declared.includes(output) || output === 'error_stream') continue
      this.#diagnostics.report(
        codes.unknownTarget,
        nowhere,
        `the output "${output}" is no stream of the program.${didYouMean(output, declared)} Streams: ${declared.map((name) => `"${name}"`).join(', ') || 'none'}.`,
      )
    }
    const pumps = orderPumps([...this.#pumps.values()], this.#diagnostics)
    return {
      dialect: this.#options.dialect,
      streams,
      references,
      ...(derived.length === 0 ? {} : { derived }),
      pumps,
      outputs: [...this.#options.outputs, ...this.#outputs],
    }
  }

  #createStream(statement: CreateStream): void {
    const { name } = statement.name
    if (name.toUpperCase() === 'ERROR_STREAM') {
      this.#diagnostics.fail(
        codes.duplicateName,
        statement.name.span,
        'error_stream exists in every program and cannot be declared. Choose another name.',
      )
    }
    this.#checkFree(statement.name, statement.replace, 'stream')
    if (statement.columns.length > columnsMax) {
      this.#diagnostics.fail(
        codes.tooManyColumns,
        statement.name.span,
        `the stream has ${statement.columns.length} columns; ${columnsMax} are allowed. Split it.`,
      )
    }
    const seen = new Map<string, Span>()
    const fields: Field[] = []
    for (const column of statement.columns) {
      const first = seen.get(column.name.name)
      if (first !== undefined) {
        this.#diagnostics.report(
          codes.duplicateName,
          column.name.span,
          `the column "${column.name.name}" is declared twice. Rename one of them.`,
          [{ span: first, message: 'the first declaration' }],
        )
      }
      seen.set(column.name.name, column.name.span)
      // A faulty type leaves the column in place, so that its uses are not reported as well.
      const type = this.#diagnostics.attempt(() => resolveType(column.type, this.#diagnostics)) ?? {
        kind: 'NULL',
      }
      fields.push({ name: column.name.name, type, nullable: !column.notNull })
    }
    const columnSpans = statement.columns.map((column) => column.span)
    this.#context.relations.set(name, {
      kind: 'stream',
      name,
      schema: { fields },
      origin: 'declared',
      span: statement.name.span,
      columnSpans,
    })
  }

  #createPump(statement: CreatePump): void {
    const { name, span } = statement.name
    if (this.#pumps.has(name) && !statement.replace) {
      this.#diagnostics.fail(
        codes.duplicateName,
        span,
        `the pump "${name}" exists already. Rename this one, or write CREATE OR REPLACE PUMP.`,
        [{ span: this.#pumps.get(name)!.span, message: 'the first declaration' }],
      )
    }
    const { target, plan } = bindInsert(this.#context, statement.insert)
    this.#pumps.delete(name)
    this.#pumps.set(name, { name, target: target.name, plan, stopped: statement.stopped, span })
  }

  #createView(statement: CreateView): void {
    const { name } = statement.name
    this.#checkFree(statement.name, statement.replace, 'view')
    if (isTableQuery(this.#context, statement.query)) {
      this.#createTableView(statement)
      return
    }
    let node = bindQuery(this.#context, statement.query)
    if (statement.columns !== undefined) node = this.#renameColumns(node, statement.columns)
    this.#context.relations.set(name, { kind: 'view', name, node, span: statement.name.span })
  }

  /** A view of tables and constants alone is a table. */
  #createTableView(statement: CreateView): void {
    const { name } = statement.name
    const table = deriveTable(this.#context, statement.query)
    const { fields } = table.schema
    const { columns } = statement
    if (columns !== undefined && columns.length !== fields.length) {
      this.#diagnostics.fail(
        codes.columnCount,
        columns[0]!.span,
        `the view names ${columns.length} columns, but its query gives ${fields.length}. Name all of them or none.`,
      )
    }
    const named = fields.map((field, i) => ({ ...field, name: columns?.[i]?.name ?? field.name }))
    this.#context.relations.set(name, { kind: 'table', name: table.name, schema: { fields: named } })
  }

  #renameColumns(node: PlanNode, columns: readonly Identifier[]): PlanNode {
    const { fields } = node.schema
    if (columns.length !== fields.length) {
      this.#diagnostics.fail(
        codes.columnCount,
        columns[0]!.span,
        `the view names ${columns.length} columns, but its query gives ${fields.length}. Name all of them or none.`,
      )
    }
    return { ...node, schema: { fields: fields.map((field, i) => ({ ...field, name: columns[i]!.name })) } }
  }

  #createFunction(statement: CreateFunction): void {
    const { name } = statement.name
    const context = this.#context
    if (context.functions.scalar(name) !== undefined || context.functions.aggregate(name) !== undefined) {
      this.#diagnostics.fail(
        codes.duplicateName,
        statement.name.span,
        `${name} is a function of the dialect. Choose another name.`,
      )
    }
    const parameters = statement.parameters.map((parameter) => ({
      name: parameter.name.name,
      type: resolveType(parameter.type, this.#diagnostics),
    }))
    const returns = resolveType(statement.returns, this.#diagnostics)
    const fields = parameters.map((parameter) => ({ ...parameter, nullable: true }))
    const scope = {
      sources: [
        { name: statement.name.name, fields, offset: 0, rowtime: undefined, span: statement.name.span },
      ],
      rowtime: undefined,
      merged: new Map(),
    }
    const value = bindExpression(
      context,
      { scope, sink: undefined, clause: 'a function body' },
      statement.body,
    )
    const problem = castProblem('ASSIGN', value.type, returns)
    if (problem !== undefined)
      this.#diagnostics.fail(codes.badArguments, value.span, `the function's result: ${problem}.`)
    const body = castTo(context, value, returns)
    const signature = (fn: { parameters: readonly { type: { kind: string } }[] }): string =>
      fn.parameters.map(({ type }) => type.kind).join()
    const others = (context.userFunctions.get(name) ?? []).filter(
      (fn) => signature(fn) !== signature({ parameters }),
    )
    if (others.length < (context.userFunctions.get(name)?.length ?? 0) && !statement.replace) {
      this.#diagnostics.fail(
        codes.duplicateName,
        statement.name.span,
        `the function ${name} with these parameters exists already. Write CREATE OR REPLACE FUNCTION.`,
      )
    }
    context.userFunctions.set(name, [
      ...others,
      { name, parameters, returns, nullOnNull: statement.nullOnNull, body },
    ])
  }

  /** A select outside a pump is an output of its own. */
  #bareSelect(statement: QueryStatement): void {
    const plan = bindQuery(this.#context, statement.query)
    do this.#selects++
    while (this.#context.relations.has(`SELECT_${this.#selects}`))
    const name = `SELECT_${this.#selects}`
    // Fields of a row-valued item are columns of the output.
    const fields = plan.schema.fields.map((field) => ({
      ...field,
      name: field.name.replace(rowFieldMark, '.'),
    }))
    this.#context.relations.set(name, {
      kind: 'stream',
      name,
      schema: { fields },
      origin: 'declared',
      span: statement.span,
      columnSpans: [],
    })
    this.#pumps.set(name, { name, target: name, plan, stopped: false, span: statement.span })
    this.#outputs.push(name)
  }

  #drop(statement: DropStatement): void {
    const { name } = statement.name
    if (statement.what === 'PUMP') {
      if (!this.#pumps.delete(name)) this.#failUnknownObject('pump', statement.name, this.#pumps.keys())
      return
    }
    if (statement.what === 'FUNCTION') {
      if (!this.#context.userFunctions.delete(name))
        this.#failUnknownObject('function', statement.name, this.#context.userFunctions.keys())
      return
    }
    const kind = statement.what === 'STREAM' ? 'stream' : 'view'
    const relation = this.#context.relations.get(name)
    if (relation?.kind !== kind || (relation.kind === 'stream' && relation.origin === 'input')) {
      const known = [...this.#context.relations.values()].flatMap((each) =>
        each.kind === kind ? [each.name] : [],
      )
      this.#failUnknownObject(kind, statement.name, known)
    }
    this.#checkUnused(relation, statement.name, 'dropped')
    this.#context.relations.delete(name)
  }

  #alterPump(statement: AlterPump): void {
    const stopped = statement.action === 'STOP'
    if (statement.all === true) {
      // A program is one schema.
      for (const [name, pump] of this.#pumps) this.#pumps.set(name, { ...pump, stopped })
      return
    }
    const pump = this.#pumps.get(statement.name.name)
    if (pump === undefined) this.#failUnknownObject('pump', statement.name, this.#pumps.keys())
    else this.#pumps.set(pump.name, { ...pump, stopped })
  }

  #failUnknownObject(kind: string, name: Identifier, known: Iterable<string>): never {
    const names = [...known]
    return this.#diagnostics.fail(
      codes.unknownObject,
      name.span,
      `there is no ${kind} "${name.name}" at this place of the program.${didYouMean(name.name, names)} Known: ${names.map((each) => `"${each}"`).join(', ') || 'none'}.`,
    )
  }

  #checkFree(name: Identifier, replace: boolean, kind: 'stream' | 'view'): void {
    const relation = this.#context.relations.get(name.name)
    if (relation === undefined) return
    const notes =
      'span' in relation && relation.span !== nowhere
        ? [{ span: relation.span, message: 'the first declaration' }]
        : []
    if (relation.kind !== kind || (relation.kind === 'stream' && relation.origin === 'input')) {
      const what =
        relation.kind === 'table'
          ? 'a reference table'
          : relation.kind === 'view'
            ? 'a view'
            : 'an input stream'
      this.#diagnostics.fail(
        codes.duplicateName,
        name.span,
        `"${name.name}" is the name of ${what} already. Choose another name.`,
        notes,
      )
    }
    if (!replace) {
      this.#diagnostics.fail(
        codes.duplicateName,
        name.span,
        `the ${kind} "${name.name}" exists already. Rename this one, or write CREATE OR REPLACE ${kind.toUpperCase()}.`,
        notes,
      )
    }
    this.#checkUnused(relation, name, 'replaced')
  }

  #checkUnused(relation: Relation, name: Identifier, act: string): void {
    const user = [...this.#pumps.values()].find(
      (pump) => pump.target === relation.name || readsOf(pump.plan).has(relation.name),
    )
    const view = [...this.#context.relations.values()].find(
      (each) => each.kind === 'view' && readsOf(each.node).has(relation.name),
    )
    if (user === undefined && view?.kind === 'view') {
      this.#diagnostics.fail(
        codes.objectInUse,
        name.span,
        `"${relation.name}" cannot be ${act} while the view "${view.name}" uses it. Drop the view first.`,
        [{ span: view.span, message: `"${view.name}" uses it` }],
      )
    }
    if (user === undefined) return
    this.#diagnostics.fail(
      codes.objectInUse,
      name.span,
      `"${relation.name}" cannot be ${act} while the pump "${user.name}" uses it. Drop the pump first.`,
      [{ span: user.span, message: `"${user.name}" uses it` }],
    )
  }
}

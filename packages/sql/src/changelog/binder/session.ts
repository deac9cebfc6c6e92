/**
 * A Flink session: statements change its catalog, ask it, or become programs. Each statement stands for itself, so that one
 * faulty statement does not hide the faults of others; what it declares counts from the next statement on.
 */

import { codes } from '../../diagnostic/codes.ts'
import { type Diagnostic, DiagnosticList } from '../../diagnostic/diagnostic.ts'
import { scalarNames } from '../../functions/index.ts'
import type { HostFunctions } from '../../host-function.ts'
import type { Span } from '../../span.ts'
import { parseInto } from '../../syntax/parser.ts'
import type { CreateTable, CreateView, ShowStatement, Statement } from '../../syntax/tree.ts'
import { explainChangelog } from '../explain.ts'
import { optimizeChangelog } from '../optimizer/optimize-changelog.ts'
import type { ChangelogNode, ChangelogProgram, Sink, TableInfo } from '../plan.ts'
import { bindCreateTable } from './bind-create-table.ts'
import { bindFrom } from './bind-from.ts'
import { bindInsert, bindSink, writtenColumns } from './bind-insert.ts'
import { bindQuery } from './bind-query.ts'
import { checkRanks } from './bind-rank.ts'
import { FlinkCatalog, type SessionText } from './catalog.ts'
import {
  alterTable,
  changeSetting,
  createFunction,
  dropObject,
  findRelation,
  isFree,
} from './catalog-statements.ts'
import type { FlinkContext } from './context.ts'
import { inputsOf, renamed } from './nodes.ts'
import { createText, describeReply, type FlinkReply, listReply, settingsReply } from './replies.ts'
import { warnUnbounded } from './warn-unbounded.ts'

export interface FlinkSessionOptions {
  /** Tables of the host. A program may declare them again. */
  readonly tables?: readonly TableInfo[]
  readonly hosts?: HostFunctions
  readonly settings?: Readonly<Record<string, string>>
  /** What EXPLAIN answers instead of the plan as it would run. `details`: the words behind EXPLAIN. */
  readonly explain?: (program: ChangelogProgram, details: readonly string[]) => string
}

/** What became of a statement. */
export type FlinkStatementResult =
  | { readonly kind: 'done'; readonly span: Span }
  | { readonly kind: 'reply'; readonly span: Span; readonly reply: FlinkReply }
  | { readonly kind: 'program'; readonly span: Span; readonly program: ChangelogProgram }
  | { readonly kind: 'failed'; readonly span: Span }

export interface FlinkExecution {
  /** One for each statement that could be parsed, in order. */
  readonly results: readonly FlinkStatementResult[]
  readonly diagnostics: readonly Diagnostic[]
}

export class FlinkSession {
  readonly #options: FlinkSessionOptions
  readonly #catalog: FlinkCatalog
  readonly #warned = new WeakSet<ChangelogNode>()
  /** Bare selects so far; they are numbered. */
  #selects = 0

  constructor(options: FlinkSessionOptions = {}) {
    this.#options = options
    this.#catalog = new FlinkCatalog({
      tables: options.tables ?? [],
      hosts: options.hosts ?? new Map(),
      settings: options.settings ?? {},
      binders: { query: bindQuery, from: bindFrom },
    })
  }

  get settings(): ReadonlyMap<string, string> {
    return this.#catalog.settings
  }

  /** Tables of the session by name. */
  tables(): ReadonlyMap<string, TableInfo> {
    const tables = new Map<string, TableInfo>()
    for (const [name, relation] of this.#catalog.relations)
      if (relation.kind === 'table') tables.set(name, relation.table)
    return tables
  }

  execute(text: string): FlinkExecution {
    const current: SessionText = { text, diagnostics: new DiagnosticList() }
    this.#catalog.newText()
    const tree = parseInto(current.diagnostics, text, 'flink')
    // What a statement was to create that could not be read is no fault of those that use it.
    if (current.diagnostics.items.some(({ severity }) => severity === 'error'))
      for (const name of createdNames(text, tree.statements)) this.#catalog.faulty.add(name)
    const results = tree.statements.map((statement): FlinkStatementResult => {
      const before = current.diagnostics.items.length
      const done = current.diagnostics.attempt(() => this.#statement(current, statement))
      const failed = current.diagnostics.items.slice(before).some((item) => item.severity === 'error')
      if (done !== undefined && !failed) return done
      if (statement.kind === 'create-table' || statement.kind === 'create-view')
        this.#catalog.faulty.add(statement.name.name)
      return { kind: 'failed', span: statement.span }
    })
    return { results, diagnostics: current.diagnostics.sorted() }
  }

  #statement(current: SessionText, statement: Statement): FlinkStatementResult {
    const context = this.#catalog.context(current, statement.span)
    const { span } = statement
    const done: FlinkStatementResult = { kind: 'done', span }
    const reply = (answer: Omit<FlinkReply, 'span'>): FlinkStatementResult => ({
      kind: 'reply',
      span,
      reply: { span, ...answer },
    })
    switch (statement.kind) {
      case 'create-table': {
        const sink = this.#createTable(context, current, statement)
        return sink === undefined ? done : this.#programOf(current, [sink], span)
      }
      case 'create-view':
        this.#createView(context, current, statement)
        return done
      case 'create-host-function':
        createFunction(this.#catalog, context, statement)
        return done
      case 'drop':
        dropObject(this.#catalog, context, statement)
        return done
      case 'alter-table':
        alterTable(this.#catalog, context, statement)
        return done
      case 'set': {
        const listed = changeSetting(this.#catalog, context, statement)
        return listed ? reply(settingsReply(this.#catalog.settings)) : done
      }
      case 'use':
        return done
      case 'show':
        return reply(this.#show(context, statement))
      case 'describe':
        return reply(describeReply(findRelation(this.#catalog, context, statement.name)))
      case 'explain': {
        const selects = this.#selects
        const program = this.#program(this.#sinks(context, statement.statement))
        // What is explained only is no output and takes no number.
        this.#selects = selects
        const explain =
          this.#options.explain ?? ((plain: ChangelogProgram) => explainChangelog(optimizeChangelog(plain)))
        return reply({ columns: ['result'], rows: [[explain(program, statement.details)]] })
      }
      default:
        return this.#programOf(current, this.#sinks(context, statement), span)
    }
  }

  /** What queries and inserts write. A bare SELECT is an output of its own. */
  #sinks(context: FlinkContext, statement: Statement): Sink[] {
    const { diagnostics } = context.base
    switch (statement.kind) {
      case 'insert':
        return [bindInsert(context, statement)]
      case 'statement-set': {
        const sinks = statement.inserts.map((insert) =>
          diagnostics.attempt(() => bindInsert(context, insert)),
        )
        const bound = sinks.filter((sink) => sink !== undefined)
        return bound.length < sinks.length ? diagnostics.abandon() : bound
      }
      case 'query': {
        const plan = bindQuery(context, statement.query)
        checkRanks(context, plan)
        const name = this.#selectName()
        return [{ name, table: undefined, plan, key: undefined, materialize: false, span: statement.span }]
      }
      default:
        return diagnostics.fail(
          codes.notSupported,
          statement.span,
          `this statement (${statement.kind}) has no meaning in Flink SQL. Write CREATE TABLE and INSERT INTO.`,
        )
    }
  }

  #selectName(): string {
    do this.#selects++
    while (this.#catalog.relations.has(`SELECT_${this.#selects}`))
    return `SELECT_${this.#selects}`
  }

  #programOf(current: SessionText, sinks: readonly Sink[], span: Span): FlinkStatementResult {
    const foreign = this.#catalog.foreignViews(current)
    const scope = { diagnostics: current.diagnostics, seen: this.#warned, foreign, span }
    for (const sink of sinks) warnUnbounded(scope, sink.plan)
    return { kind: 'program', span, program: this.#program(sinks) }
  }

  #program(sinks: readonly Sink[]): ChangelogProgram {
    return programOf(sinks, this.tables(), this.#catalog.settings)
  }

  #createTable(context: FlinkContext, current: SessionText, statement: CreateTable): Sink | undefined {
    if (!isFree(this.#catalog, context, statement.name, statement.ifNotExists)) return undefined
    const query = statement.query === undefined ? undefined : bindQuery(context, statement.query)
    const table = this.#catalog.served(bindCreateTable(context, statement, current.text, query))
    if (this.#catalog.relations.has(table.name)) this.#catalog.changed()
    this.#catalog.relations.set(table.name, { kind: 'table', table })
    if (query === undefined) return undefined
    // The table has all columns of the query by their names.
    const written = writtenColumns(table).map((column) => column.name)
    const positions = query.schema.fields.map(({ name }) => {
      const position = written.indexOf(name)
      if (position >= 0) return position
      return context.base.diagnostics.fail(
        codes.unknownInsertColumn,
        statement.name.span,
        `the query gives a column \`${name}\`, which the table computes or only reads. Leave it out of the query.`,
      )
    })
    return bindSink(context, {
      table,
      node: query,
      positions,
      span: statement.span,
      nameSpan: statement.name.span,
    })
  }

  #createView(context: FlinkContext, current: SessionText, statement: CreateView): void {
    if (!isFree(this.#catalog, context, statement.name, statement.ifNotExists === true)) return
    const { name } = statement.name
    const { columns } = statement
    const bind = (inner: FlinkContext): ChangelogNode => {
      const node = bindQuery(inner, statement.query)
      if (columns === undefined) return node
      if (columns.length !== node.schema.fields.length)
        inner.base.diagnostics.fail(
          codes.columnCount,
          columns[0]?.span ?? statement.name.span,
          `the view names ${columns.length} columns, but its query gives ${node.schema.fields.length}. Name all of them or none.`,
        )
      return renamed(
        node,
        columns.map((column) => column.name),
        statement.span,
      )
    }
    const node = bind(context)
    const names = node.schema.fields.map((field) => field.name)
    const twice = names.find((each, i) => names.indexOf(each) < i)
    if (twice !== undefined)
      context.base.diagnostics.fail(
        codes.duplicateName,
        statement.name.span,
        `the view has two columns \`${twice}\`. Give one of them another name with AS.`,
      )
    const text = current.text.slice(statement.query.span.start, statement.query.span.end)
    this.#catalog.createView({ name, temporary: statement.temporary === true, text, bind, node })
  }

  #show(context: FlinkContext, statement: ShowStatement): Omit<FlinkReply, 'span'> {
    const { relations, functions } = this.#catalog
    switch (statement.what) {
      case 'TABLES':
        return listReply('table name', relations.keys())
      case 'VIEWS':
        return listReply(
          'view name',
          [...relations].flatMap(([name, { kind }]) => (kind === 'view' ? [name] : [])),
        )
      case 'FUNCTIONS': {
        const builtIn = scalarNames('flink').filter((name) => /^[A-Z][A-Z0-9_]*$/.test(name))
        return listReply(
          'function name',
          new Set([...builtIn, ...functions.keys()].map((name) => name.toLowerCase())),
        )
      }
      default: {
        const relation = findRelation(this.#catalog, context, statement.name!)
        return { columns: ['result'], rows: [[createText(relation)]] }
      }
    }
  }
}

/** Names behind CREATE TABLE and CREATE VIEW outside of the statements that could be read. */
function createdNames(text: string, read: readonly Statement[]): string[] {
  const create =
    /\bCREATE\s+(?:TEMPORARY\s+)?(?:TABLE|VIEW)\s+(?:IF\s+NOT\s+EXISTS\s+)?(?:`([^`]+)`|([A-Za-z_]\w*))/gi
  return [...text.matchAll(create)].flatMap(({ index, 1: quoted, 2: plain }) =>
    read.some(({ span }) => span.start <= index && index < span.end) ? [] : [quoted ?? plain ?? ''],
  )
}

/** A program out of sinks: what they read is found in their plans. */
export function programOf(
  sinks: readonly Sink[],
  tables: ReadonlyMap<string, TableInfo>,
  settings: ReadonlyMap<string, string>,
): ChangelogProgram {
  const sources = new Set<string>()
  const seen = new Set<ChangelogNode>()
  const visit = (node: ChangelogNode): void => {
    if (seen.has(node)) return
    seen.add(node)
    if (node.kind === 'source') sources.add(node.table)
    for (const input of inputsOf(node)) visit(input)
  }
  for (const sink of sinks) visit(sink.plan)
  return {
    dialect: 'flink',
    tables,
    sources: [...sources],
    sinks,
    settings: Object.fromEntries(settings),
  }
}

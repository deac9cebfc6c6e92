/**
 * A KDA program taken apart for translation: its streams with their writers, its views, and who reads what, as they stand at
 * the end of the text. Functions are put into their calls on the way.
 */
import type { Field } from '@millrace/values'
import type { Span } from '../span.ts'
import type { CreatePump, Identifier, Query, SelectQuery, Statement, Tree } from '../syntax/tree.ts'
import { ProgramFunctions } from './inline-functions.ts'
import type { KdaTypes } from './kda-types.ts'
import type { NoteList } from './translation-note.ts'

export interface Writer {
  readonly pump: Identifier
  readonly statement: Statement
  readonly columns: readonly string[] | undefined
  readonly query: Query
  readonly stopped: boolean
}
export interface ProgramStream {
  readonly name: string
  readonly fields: readonly Field[]
  readonly span: Span
  readonly writers: Writer[]
}
export interface ProgramView {
  readonly name: string
  readonly columns: readonly string[] | undefined
  readonly query: Query
  readonly statement: Statement
}

export class ProgramParts {
  readonly streams = new Map<string, ProgramStream>()
  readonly views = new Map<string, ProgramView>()
  readonly selects: { readonly query: Query; readonly statement: Statement }[] = []
  readonly #functions = new ProgramFunctions()
  readonly #notes: NoteList
  readonly #types: KdaTypes

  constructor(tree: Tree, notes: NoteList, types: KdaTypes) {
    this.#notes = notes
    this.#types = types
    for (const statement of tree.statements) this.#statement(statement)
  }

  /** Names that any query reads. */
  reads(): ReadonlySet<string> {
    const names = new Set<string>()
    for (const { writers } of this.streams.values())
      for (const { query } of writers) for (const name of readNames(query)) names.add(name)
    for (const { query } of [...this.views.values(), ...this.selects])
      for (const name of readNames(query)) names.add(name)
    return names
  }

  #statement(statement: Statement): void {
    switch (statement.kind) {
      case 'create-stream': {
        const fields = statement.columns.map(({ name, type, notNull }) => ({
          name: name.name,
          type: this.#types.resolve(type),
          nullable: !notNull,
        }))
        const { name } = statement.name
        this.#types.declareStream(name, { fields })
        this.streams.set(name, {
          name,
          fields,
          span: statement.name.span,
          writers: this.streams.get(name)?.writers ?? [],
        })
        break
      }
      case 'create-pump':
        this.#pump(statement)
        break
      case 'create-view': {
        const query = this.#inlined(statement.query)
        const { name } = statement.name
        const columns = statement.columns?.map((each) => each.name)
        this.views.set(name, { name, columns, query, statement })
        this.#types.declareView(name, query, columns)
        break
      }
      case 'create-function':
        this.#functions.declare({
          declaration: statement,
          parameterTypes: statement.parameters.map(({ type }) => this.#types.resolve(type)),
        })
        break
      case 'drop':
        this.#drop(statement.what, statement.name.name)
        break
      case 'alter-pump':
        this.#notes.none(
          statement.span,
          'ALTER PUMP',
          'A statement set of Flink runs as one job, whose parts cannot be started and stopped.',
          'Start and stop the job, or make a job of its own of what has to be controlled.',
        )
        this.#setStopped(
          statement.all === true ? undefined : statement.name.name,
          statement.action === 'STOP',
        )
        break
      case 'query':
        this.selects.push({ query: this.#inlined(statement.query), statement })
        break
      default:
    }
  }

  #inlined(query: Query): Query {
    return this.#functions.inline(query, (expression) => {
      const scope = query.kind === 'select' ? this.#types.scopeOf(plainFrom(query)) : undefined
      return this.#types.typeOf(scope, expression)?.type
    })
  }

  #pump(pump: CreatePump): void {
    const { target, columns, query } = pump.insert
    this.#removePump(pump.name.name)
    this.streams.get(target.name)?.writers.push({
      pump: pump.name,
      statement: pump,
      columns: columns?.map(({ name }) => name),
      query: this.#inlined(query),
      stopped: pump.stopped,
    })
  }

  #removePump(name: string): void {
    for (const { writers } of this.streams.values()) {
      const index = writers.findIndex(({ pump }) => pump.name === name)
      if (index >= 0) writers.splice(index, 1)
    }
  }

  #setStopped(name: string | undefined, stopped: boolean): void {
    for (const { writers } of this.streams.values())
      for (const [i, writer] of writers.entries())
        if (name === undefined || writer.pump.name === name) writers[i] = { ...writer, stopped }
  }

  #drop(what: string, name: string): void {
    if (what === 'PUMP') this.#removePump(name)
    else if (what === 'STREAM') this.streams.delete(name)
    else if (what === 'VIEW') this.views.delete(name)
    else if (what === 'FUNCTION') this.#functions.drop(name)
  }
}

/** A select without what may hold calls that are not put in yet. */
function plainFrom(select: SelectQuery): SelectQuery {
  return { ...select, items: [], where: undefined, groupBy: undefined, having: undefined, orderBy: [] }
}

/** Names of relations that a query reads, in the order in which they stand. */
export function readNames(part: unknown): string[] {
  if (Array.isArray(part)) return part.flatMap(readNames)
  if (typeof part !== 'object' || part === null) return []
  if ('kind' in part && part.kind === 'named' && 'name' in part && Array.isArray(part.name)) {
    const last: unknown = part.name.at(-1)
    if (typeof last === 'object' && last !== null && 'name' in last && typeof last.name === 'string')
      return [last.name]
  }
  return Object.entries(part).flatMap(([key, value]) => (key === 'span' ? [] : readNames(value)))
}

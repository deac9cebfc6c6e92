/**
 * What a Flink session knows between statements: tables, views, functions of the host under the names the program gave
 * them, settings; and the source nodes made so far, so that one program reads a table once.
 *
 * A view is bound when it is created, to find its faults, and shared by its uses. Where a table, a function or a setting
 * has changed since, it is bound anew at its next use, as Flink expands views at their uses.
 */
import type { BinderContext } from '../../binder/context.ts'
import { codes } from '../../diagnostic/codes.ts'
import { DiagnosticList } from '../../diagnostic/diagnostic.ts'
import { lookupScalar, scalarNames } from '../../functions/index.ts'
import type { HostFunction, HostFunctions } from '../../host-function.ts'
import type { Span } from '../../span.ts'
import type { ChangelogNode, TableInfo } from '../plan.ts'
import type { FlinkBinders, FlinkContext, FlinkRelation } from './context.ts'

/** The text of one call of the session with its diagnostics: spans point into it. */
export interface SessionText {
  readonly text: string
  readonly diagnostics: DiagnosticList
}

export class FlinkCatalog {
  readonly relations = new Map<string, FlinkRelation>()
  readonly settings = new Map<string, string>()
  /** By the name in upper case that the program calls them by. */
  readonly functions: Map<string, HostFunction>
  /** Registered ones alone, by their own names in upper case. */
  readonly registered: HostFunctions
  /** Names whose CREATE was faulty in the text at hand. */
  readonly faulty = new Set<string>()
  readonly #given: ReadonlySet<TableInfo>
  readonly #binders: FlinkBinders
  readonly #sources = new Map<string, ChangelogNode>()
  /** Of each view the node that was bound last, and the text that its spans point into. */
  readonly #viewNodes = new Map<
    string,
    { readonly node: ChangelogNode; readonly made: SessionText | undefined }
  >()
  /** Counts what views may depend on. */
  #version = 0
  #current: { readonly text: SessionText; readonly span: Span } | undefined

  constructor(options: {
    readonly tables: readonly TableInfo[]
    readonly hosts: HostFunctions
    readonly settings: Readonly<Record<string, string>>
    readonly binders: FlinkBinders
  }) {
    this.#binders = options.binders
    for (const table of options.tables) this.relations.set(table.name, { kind: 'table', table })
    this.#given = new Set(options.tables)
    this.registered = new Map([...options.hosts.values()].map((host) => [host.name.toUpperCase(), host]))
    this.functions = new Map(this.registered)
    for (const [key, value] of Object.entries(options.settings)) this.settings.set(key, value)
  }

  /**
   * A table that a program declares and the host has registered: the host's options hold where the program sets none, since
   * the host knows how it serves the table.
   */
  served(table: TableInfo): TableInfo {
    const given = this.relations.get(table.name)
    if (given?.kind !== 'table' || !this.isGiven(given.table)) return table
    return { ...table, options: { ...given.table.options, ...table.options } }
  }

  /** Nodes of the text before would carry spans that do not point into this one. */
  newText(): void {
    this.faulty.clear()
    this.#sources.clear()
  }

  /** Something that nodes were bound with has changed. */
  changed(): void {
    this.#version++
    this.#sources.clear()
  }

  /** Whether the host registered the table; a program may declare it again. */
  isGiven(table: TableInfo): boolean {
    return this.#given.has(table)
  }

  /** The context for the statement at hand. */
  context(text: SessionText, span: Span): FlinkContext {
    this.#current = { text, span }
    return this.#contextOf(text.diagnostics)
  }

  /** `bind` makes the view's node; it is called again where something has changed. */
  createView(view: {
    readonly name: string
    readonly temporary: boolean
    readonly text: string
    readonly bind: (context: FlinkContext) => ChangelogNode
    readonly node: ChangelogNode
  }): void {
    const made = this.#current?.text
    let { node } = view
    let version = this.#version
    const current = (): ChangelogNode => {
      if (version === this.#version) return node
      node = this.#rebind(view.name, view.bind, made)
      version = this.#version
      this.#viewNodes.set(view.name, { node, made })
      return node
    }
    this.relations.set(view.name, {
      kind: 'view',
      name: view.name,
      temporary: view.temporary,
      text: view.text,
      get node() {
        return current()
      },
    })
    this.#viewNodes.set(view.name, { node, made })
  }

  /** Nodes of views from other texts: their spans do not point into `text`. */
  foreignViews(text: SessionText): ReadonlySet<ChangelogNode> {
    return new Set([...this.#viewNodes.values()].flatMap(({ node, made }) => (made === text ? [] : [node])))
  }

  #rebind(
    name: string,
    bind: (context: FlinkContext) => ChangelogNode,
    made: SessionText | undefined,
  ): ChangelogNode {
    const current = this.#current
    if (current === undefined) throw new Error('a view is used outside of statements')
    if (current.text === made) return bind(this.#contextOf(made.diagnostics))
    const own = new DiagnosticList()
    const node = own.attempt(() => bind(this.#contextOf(own)))
    if (node !== undefined) return node
    const reason = own.items.find((item) => item.severity === 'error')?.message ?? 'it cannot be bound'
    return current.text.diagnostics.fail(
      codes.unknownRelation,
      current.span,
      `the view \`${name}\` no longer fits the tables below it: ${reason} Drop the view and create it anew.`,
    )
  }

  #contextOf(diagnostics: DiagnosticList): FlinkContext {
    const base: BinderContext = {
      dialect: 'flink',
      functions: {
        scalar: (name) => lookupScalar(name, 'flink'),
        aggregate: () => undefined,
        names: () => scalarNames('flink').filter((name) => /^[A-Z]/.test(name)),
      },
      diagnostics,
      relations: new Map(),
      userFunctions: new Map(),
      hosts: this.functions,
      sizes: new WeakMap(),
      viewNodes: 0,
    }
    return {
      base,
      relations: this.relations,
      ctes: [],
      hosts: this.functions,
      settings: this.settings,
      sources: this.#sources,
      faulty: this.faulty,
      bind: this.#binders,
    }
  }
}

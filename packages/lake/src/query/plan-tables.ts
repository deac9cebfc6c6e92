/**
 * From the names of a statement to the tables of the catalog behind them: views are opened as far as they go, so that in the end
 * there are tables with all the conditions on their partitions, and views in the order in which they can be made.
 */
import type { DuckDBConnection } from '@duckdb/node-api'
import type { Store } from '@millrace/store'
import { didYouMean } from '@millrace/values'
import type { Catalog, CatalogTable, CatalogView } from '../catalog/catalog-port.ts'
import { keptTableName } from '../catalog/kept-table.ts'
import type { LakeAccess } from './access.ts'
import { checkExpansion } from './expansion.ts'
import { type NamedTable, readTableName } from './name-table.ts'
import { type PartitionFilter, partitionFilters } from './partition-filter.ts'
import { charPosition, LakeQueryError } from './query-error.ts'
import { syntaxTree } from './read-statement.ts'
import type { SyntaxNode } from './syntax-tree.ts'
import { refuseFunctions } from './table-functions.ts'
import { type StatementNames, type TableReference, tableNames } from './table-names.ts'

export interface PlannedTable {
  /** Schema and name under which the statement looks for it. */
  readonly schema: string
  readonly name: string
  readonly source:
    | { readonly kind: 'catalog'; readonly table: CatalogTable; readonly named: NamedTable }
    | { readonly kind: 'items'; readonly table: string }
  /** One for each place that reads it. */
  readonly filters: PartitionFilter[]
}

export interface PlannedView {
  readonly schema: string
  readonly name: string
  readonly view: CatalogView
}

export interface TablePlan {
  readonly tables: readonly PlannedTable[]
  /** Each after those that it reads. */
  readonly views: readonly PlannedView[]
}

export interface PlanContext {
  readonly connection: DuckDBConnection
  readonly catalog: Catalog
  readonly store: Store | undefined
  /** Undefined: everything may be read. */
  readonly access: LakeAccess | undefined
}

interface StatementUnit {
  readonly sql: string
  readonly tree: SyntaxNode | undefined
  readonly names: StatementNames
  /** Of names without a schema. */
  readonly database: string
}

export const appSchema = 'app'

/** Errors: LAKE_QUERY_INVALID, LAKE_QUERY_REFUSED. */
export async function planTables(context: PlanContext, statement: StatementUnit): Promise<TablePlan> {
  const plan = new OpenPlan(context)
  await plan.addStatement(statement, [])
  return plan
}

class OpenPlan implements TablePlan {
  readonly #context: PlanContext
  readonly #tables = new Map<string, PlannedTable>()
  readonly #views = new Map<string, PlannedView>()

  constructor(context: PlanContext) {
    this.#context = context
  }

  get tables(): readonly PlannedTable[] {
    return [...this.#tables.values()]
  }

  get views(): readonly PlannedView[] {
    return [...this.#views.values()]
  }

  /** `within`: views that lead here. */
  async addStatement(unit: StatementUnit, within: readonly string[]): Promise<void> {
    refuseFunctions(unit.names.functions)
    if (unit.tree !== undefined) checkExpansion(unit.tree)
    const targets = new Map<SyntaxNode, PlannedTable>()
    for (const reference of unit.names.tables) {
      const planned = await this.#addReference(unit, reference, within)
      if (planned !== undefined) for (const node of reference.nodes) targets.set(node, planned)
    }
    if (unit.tree === undefined) {
      // Without a tree nothing is known of what a table is needed for.
      for (const table of this.#tables.values()) table.filters.push({ conditions: [] })
      return
    }
    const filters = partitionFilters(unit.tree, new Set(targets.keys()), (node) => {
      const source = targets.get(node)?.source
      if (source?.kind !== 'catalog') return undefined
      const { table } = source
      // A table of Iceberg knows ranges of all its columns.
      const keys = table.format === 'iceberg' ? table.columns : table.partitionKeys
      return new Set(keys.map(({ name }) => name.toLowerCase()))
    })
    for (const [node, filter] of filters) targets.get(node)?.filters.push(filter)
  }

  async #addReference(
    unit: StatementUnit,
    reference: TableReference,
    within: readonly string[],
  ): Promise<PlannedTable | undefined> {
    const schema = reference.schema === '' ? unit.database : reference.schema.toLowerCase()
    const id = `${schema}.${reference.name.toLowerCase()}`
    const known = this.#tables.get(id)
    if (known !== undefined) return known
    if (schema === appSchema) return this.#addItems(unit, reference, within)
    const named = readTableName(reference.name)
    const { catalog } = this.#context
    const view = catalog.view(schema, named.base)
    if (view !== undefined) {
      const kept = catalog.table(schema, keptTableName(view.name))
      if (kept === undefined || view.refreshMs === undefined) {
        this.#refuseStateOfView(unit, reference, named)
        await this.#addView({ schema, name: reference.name, view }, within)
        return undefined
      }
      return this.#addTable(reference, { schema, named, table: kept }, () =>
        this.#missing(unit, reference, { schema, within }),
      )
    }
    const table = catalog.table(schema, named.base)
    const missing = (): LakeQueryError => this.#missing(unit, reference, { schema, within })
    if (table === undefined) throw missing()
    return this.#addTable(reference, { schema, named, table }, missing)
  }

  #addTable(
    reference: TableReference,
    { schema, named, table }: { schema: string; named: NamedTable; table: CatalogTable },
    missing: () => LakeQueryError,
  ): PlannedTable {
    if (this.#context.access?.mayRead(table.bucket, table.location) === false) throw missing()
    const { name } = reference
    const planned: PlannedTable = { schema, name, source: { kind: 'catalog', table, named }, filters: [] }
    this.#tables.set(`${schema}.${name.toLowerCase()}`, planned)
    return planned
  }

  async #addView(planned: PlannedView, within: readonly string[]): Promise<void> {
    const { schema, name, view } = planned
    const id = `${schema}.${name.toLowerCase()}`
    if (this.#views.has(id)) return
    if (within.includes(id))
      throw new LakeQueryError(
        'LAKE_QUERY_INVALID',
        `view "${id}" reads itself: ${[...within, id].join(' -> ')}. Correct one of these views.`,
      )
    const trees = await syntaxTree(this.#context.connection, view.sql)
    const [tree] = trees ?? []
    if (tree === undefined)
      throw new LakeQueryError('LAKE_QUERY_INVALID', `view "${id}" is no SELECT. Correct its text.`)
    await this.addStatement({ sql: view.sql, tree, names: tableNames(tree), database: view.database }, [
      ...within,
      id,
    ])
    this.#views.set(id, planned)
  }

  #addItems(unit: StatementUnit, reference: TableReference, within: readonly string[]): PlannedTable {
    const { store, access } = this.#context
    const entry = isHidden(reference.name) ? undefined : store?.tableEntry(reference.name)
    // Policies speak of buckets; what they do not speak of stays closed.
    if (entry === undefined || access !== undefined)
      throw this.#missing(unit, reference, { schema: appSchema, within })
    const planned: PlannedTable = {
      schema: appSchema,
      name: reference.name,
      source: { kind: 'items', table: entry.name },
      filters: [],
    }
    this.#tables.set(`${appSchema}.${reference.name.toLowerCase()}`, planned)
    return planned
  }

  #refuseStateOfView(unit: StatementUnit, reference: TableReference, { at, metadata }: NamedTable): void {
    if (at === undefined && metadata === undefined) return
    throw new LakeQueryError(
      'LAKE_QUERY_INVALID',
      `"${reference.name}" is a view, which has no states of its own. Ask the view's tables for theirs, or give --as-of for all.`,
      placeOf(unit, reference),
    )
  }

  /** The same words whether there is none or it may not be read. */
  #missing(
    unit: StatementUnit,
    reference: TableReference,
    { schema, within }: { readonly schema: string; readonly within: readonly string[] },
  ): LakeQueryError {
    const view = within[within.length - 1]
    const known = this.#readable(schema)
    const named = reference.name.split(/[@$]/)[0] ?? ''
    const elsewhere = this.#elsewhere(named, schema)
    const shown = known.slice(0, 20).join(', ') + (known.length > 20 ? ', ...' : '')
    return new LakeQueryError(
      this.#context.access === undefined ? 'LAKE_QUERY_INVALID' : 'LAKE_QUERY_REFUSED',
      `${view === undefined ? '' : `view "${view}": `}there is no table "${named}" in database "${schema}"${this.#context.access === undefined ? '' : ', or it may not be read'}. ` +
        (elsewhere === undefined ? didYouMean(named, known) : `Did you mean "${elsewhere}"? `) +
        (known.length === 0 ? 'The database has no tables.' : `It has ${shown}.`),
      // Places in a view's text are none in the text that was asked.
      view === undefined ? placeOf(unit, reference) : undefined,
    )
  }

  #readable(schema: string): string[] {
    const { catalog, store, access } = this.#context
    if (schema === appSchema) {
      if (access !== undefined) return []
      return (store?.tableEntries() ?? [])
        .map(({ name }) => name)
        .filter((name) => !isHidden(name))
        .sort()
    }
    const tables = catalog
      .tables(schema)
      .filter(({ bucket, location }) => access?.mayRead(bucket, location) !== false)
    const views = access === undefined ? catalog.views(schema) : []
    return [...tables, ...views].map(({ name }) => name).sort()
  }

  /** The same name in another database. */
  #elsewhere(name: string, schema: string): string | undefined {
    const schemas = [...this.#context.catalog.databases().map((database) => database.name), appSchema]
    const found = schemas.find(
      (other) =>
        other !== schema && this.#readable(other).includes(other === appSchema ? name : name.toLowerCase()),
    )
    return found === undefined ? undefined : `${found}.${name}`
  }
}

/** Tables that the system keeps for itself. */
function isHidden(name: string): boolean {
  return name.startsWith('system.')
}

function placeOf(
  unit: StatementUnit,
  { byte }: TableReference,
): { sql: string; position: number } | undefined {
  return byte === undefined ? undefined : { sql: unit.sql, position: charPosition(unit.sql, byte) }
}

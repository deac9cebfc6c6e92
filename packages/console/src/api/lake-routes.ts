/**
 * The lake over HTTP, for a console and the command line: queries, saved queries, the history, the catalog and its changes.
 * docs/query.md describes each page.
 */
import { AdminProblem, type AdminRequest, adminRoute, callerLakeAccess, type Routes } from '@millrace/gateway'
import {
  type Catalog,
  type CatalogTable,
  defaultDatabase,
  type LakeQuery,
  type QueryBook,
  type QueryOptions,
} from '@millrace/lake'
import type { Store } from '@millrace/store'
import { systemClock } from '@millrace/values'
import { type CatalogChange, changeCatalog } from './catalog-change.ts'
import { tellCaller } from './tell-caller.ts'

export const queryPath = '/admin/query'
export const catalogPath = '/admin/catalog'

/** The lake of a data directory. */
export interface LakeHandle {
  readonly dir: string
  readonly store: Store
  readonly catalog: Catalog
  readonly query: LakeQuery
  readonly book: QueryBook
}

const rowsDefault = 1_000
const rowsMax = 100_000

export function lakeRoutes({ query, book, catalog, store }: LakeHandle): Routes {
  const run = async ({ body, caller, signal }: AdminRequest) => {
    const limit = limitOf(body.limit)
    const access = caller === undefined ? {} : { access: callerLakeAccess(caller) }
    const result = await query.run(needed('sql', body.sql), { ...queryOptions(body), ...access, signal })
    const rows: (readonly (string | null)[])[] = []
    let more = false
    for await (const chunk of result.rows) {
      rows.push(...chunk.slice(0, limit - rows.length))
      more = rows.length === limit
      if (more) break
    }
    const { columns, tables, warnings, files } = result
    return { columns, rows, more, tables, warnings, files }
  }
  const save = async ({ body }: AdminRequest) => {
    await book.save({ name: needed('name', body.name), sql: needed('sql', body.sql) })
    return { saved: body.name }
  }
  const describe = ({ query: asked }: AdminRequest) => {
    const database = asked.get('database') ?? defaultDatabase
    const name = needed('name', asked.get('name'))
    const table = catalog.table(database, name)
    const view = catalog.view(database, name)
    if (table === undefined && view === undefined)
      throw new AdminProblem('CATALOG_UNKNOWN', `There is no table or view "${database}.${name}".`, 404)
    return table === undefined
      ? { view }
      : { table, ...figures(catalog, table), versions: catalog.versions(database, name) }
  }
  // Members are checked by the catalog and by what they are for; an action that nobody knows changes nothing.
  const change = async ({ body }: AdminRequest) =>
    changeCatalog(store, systemClock, body as unknown as CatalogChange)
  return new Map([
    [`POST ${queryPath}`, adminRoute('millrace:RunQuery', told(run))],
    [
      `${queryPath}/history`,
      adminRoute(
        'millrace:RunQuery',
        told(async ({ query: asked }) => ({
          queries: await book.history(limitOf(asked.get('limit') ?? undefined)),
        })),
      ),
    ],
    [
      `${queryPath}/saved`,
      adminRoute(
        'millrace:RunQuery',
        told(async () => ({ queries: await book.list() })),
      ),
    ],
    [`POST ${queryPath}/saved`, adminRoute('millrace:RunQuery', told(save))],
    [
      catalogPath,
      adminRoute(
        'millrace:ReadCatalog',
        told(() => listing(catalog)),
      ),
    ],
    [`${catalogPath}/table`, adminRoute('millrace:ReadCatalog', told(describe))],
    [`POST ${catalogPath}`, adminRoute('millrace:ChangeCatalog', told(change))],
  ])
}

/** All databases with their tables and views. */
export function listing(catalog: Catalog) {
  const databases = catalog.databases().map((database) => ({
    ...database,
    tables: catalog.tables(database.name).map((table) => ({ ...table, ...figures(catalog, table) })),
    views: catalog.views(database.name),
  }))
  return { databases }
}

/** Of a table whose files the catalog lists. */
export function figures(catalog: Catalog, { database, name }: Pick<CatalogTable, 'database' | 'name'>) {
  const partitions = catalog.partitions(database, name)
  const sum = (of: (partition: (typeof partitions)[number]) => number): number =>
    partitions.reduce((total, partition) => total + of(partition), 0)
  return {
    partitions: partitions.length,
    files: sum(({ files }) => files),
    rows: sum(({ rows }) => rows),
    bytes: sum(({ bytes }) => bytes),
  }
}

const told = tellCaller((code) => {
  if (!/^(LAKE_QUERY|CATALOG|OBJECT|BUCKET|ICEBERG)_/.test(code)) return undefined
  return code.endsWith('_REFUSED') ? 403 : 400
})

function queryOptions(body: AdminRequest['body']): QueryOptions {
  const { database, asOf, parameters, timeoutMs } = body
  if (parameters !== undefined && !(Array.isArray(parameters) && parameters.every(isParameter)))
    throw new AdminProblem('VALUE_INVALID', '"parameters" has to be a list of texts and nulls.')
  return {
    ...(database === undefined ? {} : { database: needed('database', database) }),
    ...(asOf === undefined ? {} : { asOf: time('asOf', asOf) }),
    // Just checked.
    ...(parameters === undefined ? {} : { parameters: parameters as (string | null)[] }),
    ...(timeoutMs === undefined ? {} : { timeoutMs: time('timeoutMs', timeoutMs) }),
  }
}

function isParameter(value: unknown): boolean {
  return value === null || typeof value === 'string'
}

function needed(name: string, value: unknown): string {
  if (typeof value === 'string' && value !== '') return value
  throw new AdminProblem('VALUE_MISSING', `"${name}" is needed, as a text.`)
}

function time(name: string, value: unknown): number {
  if (typeof value === 'number' && Number.isFinite(value) && value >= 0) return value
  throw new AdminProblem('VALUE_INVALID', `"${name}" has to be a number of milliseconds.`)
}

function limitOf(value: unknown): number {
  const limit = value === undefined ? rowsDefault : Number(value)
  if (Number.isInteger(limit) && limit >= 1 && limit <= rowsMax) return limit
  throw new AdminProblem('VALUE_INVALID', `"limit" has to be 1 to ${rowsMax}.`)
}

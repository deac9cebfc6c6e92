/**
 * Makes what a statement reads in the session's own DuckDB: a schema for each database, a view over the files of each table, tables of
 * items, and the catalog's views over these. Then the session is locked to the files named here.
 */
import type { CatalogTable } from '../catalog/catalog-port.ts'
import { duckName, duckTypeText, parseDuckType } from '../schema/duck-type.ts'
import type { LakeColumn } from '../schema/lake-type.ts'
import { canWiden } from '../schema/widen-type.ts'
import { emptySource, type FileShape, fileSource, type SourceFile } from './file-source.ts'
import { icebergSource } from './iceberg-source.ts'
import { makeItemTable } from './item-source.ts'
import type { FilePlace, MakeContext } from './make-context.ts'
import { pathList } from './path-list.ts'
import type { PlannedTable, TablePlan } from './plan-tables.ts'
import { LakeQueryError } from './query-error.ts'
import { collectFiles, nameOf, type PlannedFiles, type TableFile, type TableFiles } from './table-files.ts'
import { type TextFile, textFile } from './text-file.ts'

export interface MadeTables {
  readonly tables: readonly string[]
  readonly warnings: readonly string[]
  /** Files opened at most, and files of the same tables that need not be. */
  readonly files: { readonly read: number; readonly pruned: number }
  /** Local path -> where it belongs, to find the file that an error is about. */
  readonly paths: ReadonlyMap<string, FilePlace>
}

/** Files of a table cannot be read as what is known of them. */
export class FilesDiffer extends Error {
  readonly files: readonly string[]

  constructor(files: readonly string[], cause: unknown) {
    super(cause instanceof Error ? cause.message : String(cause), { cause })
    this.files = files
  }
}

export async function makeTables(context: MakeContext, plan: TablePlan): Promise<MadeTables> {
  const { session, catalog, buckets } = context
  const { connection } = session
  const schemas = new Set([
    ...catalog.databases().map(({ name }) => name),
    ...plan.tables.map(({ schema }) => schema),
    context.database,
  ])
  for (const schema of schemas) await connection.run(`CREATE SCHEMA IF NOT EXISTS ${duckName(schema)}`)
  if (context.asOf !== undefined) refuseHistory(plan)
  const inCatalog = plan.tables.filter(isOfFiles)
  const ofIceberg = plan.tables.filter(isOfIceberg)
  const found = await collectFiles({ connection, catalog, buckets }, inCatalog)
  const warnings: string[] = []
  const paths = new Map<string, FilePlace>()
  let pruned = 0
  for (const [planned, files] of found) {
    context.check()
    pruned += files.pruned
    warnings.push(...files.warnings)
    const source = await sourceOf(context, files, { warnings, paths })
    try {
      await makeView(context, planned, source)
    } catch (error) {
      const own = [...paths.values()].filter(({ table }) => table === files.table)
      throw new FilesDiffer(
        own.map(({ id }) => id),
        error,
      )
    }
  }
  for (const [index, planned] of ofIceberg.entries()) {
    context.check()
    const source = await icebergSource(context, planned, `__iceberg${index}`)
    pruned += source.pruned
    for (const [path, place] of source.paths) paths.set(path, place)
    await makeView(context, planned, source.sql)
  }
  for (const planned of plan.tables) {
    if (planned.source.kind !== 'items' || context.store === undefined) continue
    const { schema, name, source } = planned
    await makeItemTable(connection, context.store, { table: source.table, schema, name }, context.check)
  }
  for (const { schema, name, view } of plan.views) {
    await connection.run(`SET schema = '${view.database}'`)
    await connection.run(
      `CREATE VIEW ${duckName(schema)}.${duckName(name)} AS ${view.sql.replace(/[;\s]+$/, '')}`,
    )
  }
  await connection.run(`SET schema = '${context.database}'`)
  const allowed = allowedPlaces(paths)
  await session.lock({
    files: [...allowed.files, ...(context.output === undefined ? [] : [context.output])],
    folders: [...allowed.folders, ...context.folders],
  })
  return {
    tables: [...plan.tables, ...plan.views].map(({ schema, name }) => `${schema}.${name}`),
    warnings,
    files: { read: paths.size, pruned },
    paths,
  }
}

/** Files of a table that may be named one by one; of more the folder is, which holds the table's files only, and its reader may read all. */
const namedMax = 100

function allowedPlaces(paths: ReadonlyMap<string, FilePlace>): {
  readonly files: readonly string[]
  readonly folders: readonly string[]
} {
  const byTable = new Map<CatalogTable, (readonly [string, FilePlace])[]>()
  for (const entry of paths) {
    const [, { table }] = entry
    const own = byTable.get(table)
    if (own === undefined) byTable.set(table, [entry])
    else own.push(entry)
  }
  const files: string[] = []
  const folders = new Set<string>()
  for (const [{ location }, own] of byTable) {
    for (const [path, { key }] of own) {
      // A copy of a remote object need not lie under its key.
      const isUnderKey = path.endsWith(`/${key}`) && key.startsWith(location)
      if (own.length > namedMax && isUnderKey) folders.add(path.slice(0, path.length - key.length) + location)
      else files.push(path)
    }
  }
  return { files, folders: [...folders] }
}

function isOfFiles(planned: PlannedTable): planned is PlannedFiles {
  if (planned.source.kind !== 'catalog') return false
  const { named, table } = planned.source
  if (table.format === 'iceberg') return false
  if (named.at !== undefined || named.metadata !== undefined)
    throw new LakeQueryError(
      'LAKE_QUERY_INVALID',
      `table "${planned.name}": only Iceberg tables have snapshots; "${nameOf(table)}" is ${table.format}. Ask for "${named.base}".`,
    )
  return true
}

function isOfIceberg(planned: PlannedTable): planned is PlannedFiles {
  return planned.source.kind === 'catalog' && planned.source.table.format === 'iceberg'
}

function refuseHistory({ tables }: TablePlan): void {
  const without = tables.find(({ source }) => source.kind === 'items' || source.table.format !== 'iceberg')
  if (without === undefined) return
  throw new LakeQueryError(
    'LAKE_QUERY_INVALID',
    `table "${without.schema}.${without.name}" keeps no history, so it cannot be read as of an earlier time. Iceberg tables do.`,
  )
}

async function makeView(
  { session }: MakeContext,
  { schema, name }: PlannedTable,
  source: string,
): Promise<void> {
  await session.connection.run(`CREATE VIEW ${duckName(schema)}.${duckName(name)} AS ${source}`)
}

/** Files whose paths are asked for at the same time. */
const pathsAtOnce = 64

async function sourceOf(
  context: MakeContext,
  { table, files }: TableFiles,
  into: { readonly warnings: string[]; readonly paths: Map<string, FilePlace> },
): Promise<string> {
  const bucket = context.buckets.open(table.bucket)
  const local: { readonly file: TableFile; readonly path: string; readonly id: string }[] = []
  for (let from = 0; from < files.length; from += pathsAtOnce) {
    context.check()
    const some = files.slice(from, from + pathsAtOnce)
    const found = await Promise.all(some.map(({ key }) => bucket.localFile(key)))
    for (const [i, file] of some.entries()) {
      const path = found[i]
      if (path !== undefined) local.push({ file, path, id: `${table.bucket}/${file.key} ${file.stamp}` })
    }
  }
  const texts =
    table.format === 'json' || table.format === 'csv'
      ? await textFiles(context, table, local, into.warnings)
      : undefined
  const usable = local.filter(({ file, id }) => {
    const suspicion = context.suspects.get(id)
    if (suspicion === undefined) return true
    // JSON has no columns of a file that could be looked at: what DuckDB said of it is all there is to know.
    const isLeftOut = suspicion.isLeftOut || table.format === 'json'
    if (isLeftOut) into.warnings.push(`${nameOf(table)}: ${file.key} is left out: ${suspicion.reason}`)
    return !isLeftOut
  })
  const unknown = usable.filter(({ file, id }) => file.shape === undefined || context.suspects.has(id))
  const inspected = await context.inspector.inspect(context.session.connection, table, unknown)
  const shapes = new Map(unknown.map(({ id }, i) => [id, inspected[i]]))
  const read: SourceFile[] = []
  for (const { file, path, id } of usable) {
    const looked = shapes.get(id)
    if (looked !== undefined && 'problem' in looked) {
      into.warnings.push(`${nameOf(table)}: ${file.key} is left out: ${looked.problem}`)
      continue
    }
    const shape = looked?.shape ?? file.shape
    if (shape === undefined) continue
    if (looked !== undefined && table.format !== 'csv')
      into.warnings.push(...differences(table, file.key, shape))
    const text = texts?.get(id)
    if (texts !== undefined && text === undefined) continue
    into.paths.set(text?.path ?? path, { table, key: file.key, id })
    read.push({ path, ...text, partition: file.partition, shape })
  }
  if (table.columns.length > 0) return fileSource(table, read)
  return fileSource({ ...table, columns: await columnsFound(context, table, read) }, read)
}

async function textFiles(
  { session }: MakeContext,
  table: CatalogTable,
  files: readonly { readonly file: TableFile; readonly path: string; readonly id: string }[],
  warnings: string[],
): Promise<Map<string, TextFile>> {
  const found = new Map<string, TextFile>()
  for (let from = 0; from < files.length; from += pathsAtOnce) {
    const some = files.slice(from, from + pathsAtOnce)
    await Promise.all(
      some.map(async ({ file, path, id }, i) => {
        try {
          const name = `${table.database}.${table.name}.${from + i}`
          found.set(id, await textFile(path, { key: file.key, folder: () => session.scratchDir(), name }))
        } catch (error) {
          const reason = error instanceof Error ? error.message : String(error)
          warnings.push(`${nameOf(table)}: ${file.key} is left out: ${reason}`)
        }
      }),
    )
  }
  return found
}

/** Columns whose values may not all become what the table says. */
function differences(table: CatalogTable, key: string, shape: FileShape): string[] {
  return table.columns.flatMap(({ name, type }) => {
    const found = shape.columns.find((column) => column.name.toLowerCase() === name.toLowerCase())
    if (found === undefined) return []
    const has = parseDuckType(found.type)
    if (has !== undefined && canWiden(has, type)) return []
    return [
      `${nameOf(table)}: ${key} has "${name}" as ${found.type}, the table as ${duckTypeText(type)}: values that do not convert are null`,
    ]
  })
}

/** Of a table without columns: what its files show. */
async function columnsFound(
  { session }: MakeContext,
  table: CatalogTable,
  files: readonly SourceFile[],
): Promise<readonly LakeColumn[]> {
  if (files.length === 0) return [{ name: 'value', type: { kind: 'string' } }]
  const paths = pathList(files.map(({ path }) => path))
  const reader =
    table.format === 'json'
      ? `read_json(${paths}, ignore_errors = true, union_by_name = true, hive_partitioning = false)`
      : table.format === 'csv'
        ? `read_csv(${paths}, union_by_name = true, hive_partitioning = false)`
        : `read_parquet(${paths}, union_by_name = true, hive_partitioning = false)`
  const described = await session.connection.runAndReadAll(`DESCRIBE SELECT * FROM ${reader}`)
  return described.getRows().map(([name, type]) => ({
    name: String(name),
    type: parseDuckType(String(type)) ?? { kind: 'string' },
  }))
}

/** All tables and views of all databases with their columns and no rows, for statements that ask what there is. */
export async function makeEmptyTables(
  { session, catalog }: Pick<MakeContext, 'session' | 'catalog'>,
  mayRead: (table: CatalogTable) => boolean,
  made: ReadonlySet<string>,
): Promise<void> {
  for (const { name: database } of catalog.databases()) {
    await session.connection.run(`CREATE SCHEMA IF NOT EXISTS ${duckName(database)}`)
    for (const table of catalog.tables(database)) {
      if (!mayRead(table) || made.has(`${database}.${table.name}`)) continue
      const columns = [...table.columns, ...table.partitionKeys]
      if (columns.length === 0) continue
      const target = `${duckName(database)}.${duckName(table.name)}`
      await session.connection.run(`CREATE VIEW ${target} AS ${emptySource(columns)}`)
    }
  }
}

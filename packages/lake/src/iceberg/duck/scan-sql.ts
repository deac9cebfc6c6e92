/**
 * Rows of an Iceberg table's files in DuckDB's SQL: columns are found by field id, so that files of older schemas are read under today's
 * names and types, and rows that position deletes name are left out.
 *
 * Each row says where it is: `__file`, the place of its file in the list, and `__pos`, its number in the file. Columns are those of the
 * table that are asked for.
 */
import type { DuckDBConnection } from '@duckdb/node-api'
import { literal } from '../../duck/open-duck.ts'
import { LakeError } from '../../errors.ts'
import { duckName, duckTypeText } from '../../schema/duck-type.ts'
import type { LakeColumn } from '../../schema/lake-type.ts'
import type { IcebergTable, LiveFile, ScanTask } from '../table-port.ts'
import { type AlignedColumn, hasRenamedInside, layoutGroups } from './nested-layout.ts'

/** Reserved by the format for the columns of position-delete files. */
export const deletePathFieldId = 2147483546
export const deletePosFieldId = 2147483545

export interface ScanFiles {
  /** A relation with `__file`, `__pos` and the columns; rows that are deleted are not in it. */
  readonly sql: string
  readonly files: readonly LiveFile[]
  /** Drops what was made for the relation. */
  close(): Promise<void>
}

/**
 * Makes a relation over the tasks' files. `id` keeps several on one connection apart. Errors: OBJECT_MISSING, ICEBERG_DELETES_FOREIGN
 * for equality deletes, which only other engines write.
 */
export async function scanFiles(
  connection: DuckDBConnection,
  {
    table,
    tasks,
    columns,
    id,
  }: {
    readonly table: IcebergTable
    readonly tasks: readonly ScanTask[]
    readonly columns: readonly LakeColumn[]
    readonly id: string
  },
): Promise<ScanFiles> {
  const files = tasks.map(({ file }) => file)
  if (files.length === 0) return { sql: emptySql(columns), files, close: async () => {} }
  const local = await localPaths(
    table,
    files.map(({ path }) => path),
  )
  const rows = hasRenamedInside(table.metadata, columns)
    ? await alignedRows(connection, local, columns)
    : `SELECT file_index AS __file, ${rowsSql(local, columns)}`
  const deletes = positionDeletesOf(table, tasks)
  if (deletes.length === 0) return { sql: `(${rows})`, files, close: async () => {} }
  const gone = duckName(`${id}_gone`)
  await makeGone(connection, { table, name: gone, files, deletes })
  return {
    sql: `(SELECT s.* FROM (${rows}) s ANTI JOIN ${gone} d ON s.__file = d.__file AND s.__pos = d.__pos)`,
    files,
    close: async () => {
      await connection.run(`DROP TABLE IF EXISTS ${gone}`)
    },
  }
}

/** Rows of position-delete files: `file_path`, `pos`, and `file_index`. */
export function positionDeletesSql(paths: readonly string[]): string {
  return (
    `read_parquet(${listOf(paths.map(withoutPattern))}, hive_partitioning = false, schema = MAP {` +
    `${deletePathFieldId}: {name: 'file_path', type: 'VARCHAR', default_value: NULL}, ` +
    `${deletePosFieldId}: {name: 'pos', type: 'BIGINT', default_value: NULL}})`
  )
}

export function localPaths(table: IcebergTable, urls: readonly string[]): Promise<string[]> {
  return Promise.all(urls.map((url) => table.store.localFile(table.keyOf(url))))
}

function positionDeletesOf(table: IcebergTable, tasks: readonly ScanTask[]): readonly string[] {
  const found = new Set<string>()
  for (const { deletes } of tasks) {
    for (const { content, path } of deletes) {
      if (content === 'equality-deletes') {
        throw new LakeError(
          'ICEBERG_DELETES_FOREIGN',
          `Table ${[...table.name.namespace, table.name.name].join('.')} has equality deletes (${path}), which are not applied here. ` +
            'Compact the table with the engine that wrote them.',
        )
      }
      found.add(path)
    }
  }
  return [...found]
}

/** The rows that delete files name, by the places of their files. A delete of a file that is not scanned falls out of the join. */
async function makeGone(
  connection: DuckDBConnection,
  {
    table,
    name,
    files,
    deletes,
  }: { table: IcebergTable; name: string; files: readonly LiveFile[]; deletes: readonly string[] },
): Promise<void> {
  const local = await localPaths(table, deletes)
  const urls = `unnest(${listOf(files.map(({ path }) => path))})`
  await connection.run(
    `CREATE OR REPLACE TEMP TABLE ${name} AS
       SELECT DISTINCT f.__file, d.pos AS __pos FROM ${positionDeletesSql(local)} d
       JOIN (SELECT ${urls} AS url, generate_subscripts(${listOf(files.map(({ path }) => path))}, 1) - 1 AS __file) f
       ON d.file_path = f.url`,
  )
}

/** Of all groups of files with equal names inside of structs, one after the other. */
async function alignedRows(
  connection: DuckDBConnection,
  paths: readonly string[],
  columns: readonly LakeColumn[],
): Promise<string> {
  const groups = await layoutGroups(connection, { paths: paths.map(withoutPattern), columns })
  const parts = groups.map((group) => {
    const own = group.files.map((file) => paths[file] ?? '')
    return `SELECT ([${group.files.join(', ')}])[CAST(file_index AS BIGINT) + 1] AS __file, ${rowsSql(own, columns, group.columns)}`
  })
  return parts.join(' UNION ALL ')
}

/** What follows `__file`. */
function rowsSql(
  paths: readonly string[],
  columns: readonly LakeColumn[],
  aligned?: readonly AlignedColumn[],
): string {
  const values = columns.map(
    ({ name }, i) => `, ${aligned?.[i]?.sql(`c${i}`) ?? `c${i}`} AS ${duckName(name)}`,
  )
  return `file_row_number AS __pos${values.join('')} FROM ${readSql(paths, columns, aligned)}`
}

/** Columns by field id, as c0, c1 ..., so that no name of a column meets one of DuckDB's own; missing ones are null. */
function readSql(
  paths: readonly string[],
  columns: readonly LakeColumn[],
  aligned?: readonly AlignedColumn[],
): string {
  const entries = columns.flatMap(({ name, type, fieldId }, i) => {
    if (fieldId === undefined) throw new Error(`column ${name} of an Iceberg table has no field id`)
    const own = aligned === undefined ? type : aligned[i]?.type
    if (own === undefined) return []
    return `${fieldId}: {name: 'c${i}', type: ${literal(duckTypeText(own))}, default_value: NULL}`
  })
  // A schema without columns would be read as none.
  const schema = entries.length === 0 ? '' : `, schema = MAP {${entries.join(', ')}}`
  return `read_parquet(${listOf(paths.map(withoutPattern))}, hive_partitioning = false${schema})`
}

/** DuckDB takes paths as patterns; a set of one character stands for itself. */
function withoutPattern(path: string): string {
  return path.replaceAll(/[[*?]/g, '[$&]')
}

function listOf(texts: readonly string[]): string {
  return `[${texts.map(literal).join(', ')}]`
}

function emptySql(columns: readonly LakeColumn[]): string {
  const typed = columns.map(({ name, type }) => `, CAST(NULL AS ${duckTypeText(type)}) AS ${duckName(name)}`)
  return `(SELECT CAST(NULL AS UBIGINT) AS __file, CAST(NULL AS BIGINT) AS __pos${typed.join('')} WHERE false)`
}

/**
 * The SELECT that gives a table's rows from its files: all columns of the table in order, then its partition keys.
 *
 * Files of one shape are read together: columns that they lack are null, and other types are cast, so that a schema that grew needs no
 * file to be written anew. Partition keys are no columns of the files. Where a file's path says their values at one place in all
 * paths, they are an expression of the path, from which DuckDB knows without opening a file that it can be left out, whatever the
 * statement looks like; else files of equal values are read together.
 *
 * Text as in raw JSON and CSV becomes the column's type where it can and null where it cannot; lines that are no JSON give no row.
 */
import type { CatalogTable } from '../catalog/catalog-port.ts'
import { literal } from '../duck/open-duck.ts'
import { duckName, duckTypeText } from '../schema/duck-type.ts'
import type { LakeColumn } from '../schema/lake-type.ts'
import { pathList } from './path-list.ts'
import { partitionValue } from './prune-partitions.ts'

export interface SourceFile {
  readonly path: string
  /** Of text. */
  readonly compression?: 'uncompressed' | 'gzip' | 'zstd'
  readonly partition: readonly string[]
  readonly shape: FileShape
}

/** What files can be read together. Compared by `id`. */
export interface FileShape {
  readonly id: string
  /** Columns as they stand in the files, with DuckDB's types; of JSON there are none, since each record says its own. */
  readonly columns: readonly { readonly name: string; readonly type: string }[]
  /** Of CSV. */
  readonly csv?: { readonly delimiter: string; readonly header: boolean; readonly quote: string }
}

export type SourceTable = Pick<CatalogTable, 'format' | 'columns' | 'partitionKeys' | 'parameters'>

export function fileSource(table: SourceTable, files: readonly SourceFile[]): string {
  if (files.length === 0) return emptySource([...table.columns, ...table.partitionKeys])
  const parts = [
    ...groupBy(files, ({ shape, compression }) => `${compression} ${shape.id}`).values(),
  ].flatMap((group) => {
    const place = partitionPlaces(table, group)
    if (place !== undefined) return [readTogether(table, group, place)]
    return [...groupBy(group, ({ partition }) => JSON.stringify(partition)).values()].map((same) =>
      readTogether(table, same, sameValues(same)),
    )
  })
  return parts.join('\nUNION ALL\n')
}

/** No row, with these columns. */
export function emptySource(columns: readonly LakeColumn[]): string {
  const values = columns.map(({ name, type }) => `CAST(NULL AS ${duckTypeText(type)}) AS ${duckName(name)}`)
  return `SELECT ${values.join(', ')} WHERE false`
}

/** Texts of the partition keys' values as expressions over the path; undefined if there are none. */
type PartitionTexts = readonly string[]

function readTogether(table: SourceTable, files: readonly SourceFile[], texts: PartitionTexts): string {
  const shape = files[0]?.shape
  if (shape === undefined) throw new Error('lake invariant: files of a group are not none')
  const paths = pathList(files.map(({ path }) => path))
  const keys = table.partitionKeys.map(
    ({ name, type }, i) => `${partitionValue(texts[i] ?? 'NULL', type)} AS ${duckName(name)}`,
  )
  switch (table.format) {
    case 'json':
      return `SELECT ${[...table.columns.map(jsonColumn), ...keys].join(', ')} FROM (${jsonRecords(table, paths, files[0]?.compression)})`
    case 'csv':
      return `SELECT ${[...table.columns.map((column) => castColumn(column, shape)), ...keys].join(', ')} FROM ${csvReader(shape, paths, files[0]?.compression)}`
    default:
      return (
        `SELECT ${[...table.columns.map((column) => castColumn(column, shape)), ...keys].join(', ')} ` +
        `FROM read_parquet(${paths}, filename = true, hive_partitioning = false, union_by_name = false)`
      )
  }
}

function castColumn({ name, type }: LakeColumn, shape: FileShape): string {
  const wanted = duckTypeText(type)
  const found = shape.columns.find((column) => column.name.toLowerCase() === name.toLowerCase())
  if (found === undefined) return `CAST(NULL AS ${wanted}) AS ${duckName(name)}`
  const column = duckName(found.name)
  return found.type === wanted
    ? `${column} AS ${duckName(name)}`
    : `TRY_CAST(${column} AS ${wanted}) AS ${duckName(name)}`
}

/** One struct for each record, with the table's columns as fields. */
function jsonRecords(table: SourceTable, paths: string, compression: SourceFile['compression']): string {
  const structure = Object.fromEntries(table.columns.map(({ name, type }) => [name, duckTypeText(type)]))
  const options = [
    "format = 'auto'",
    'ignore_errors = true',
    'filename = true',
    ...(compression === undefined ? [] : [`compression = ${literal(compression)}`]),
  ]
  return (
    `SELECT json_transform(json, ${literal(JSON.stringify(structure))}) AS "__record", filename ` +
    `FROM read_json_objects(${paths}, ${options.join(', ')}) WHERE json IS NOT NULL`
  )
}

function jsonColumn({ name }: LakeColumn): string {
  return `"__record".${duckName(name)} AS ${duckName(name)}`
}

function csvReader(
  { columns, csv }: FileShape,
  paths: string,
  compression: SourceFile['compression'],
): string {
  const { delimiter = ',', header = false, quote = '"' } = csv ?? {}
  const types = columns.map(({ name }) => `${literal(name)}: 'VARCHAR'`).join(', ')
  const options = [
    `columns = {${types}}`,
    'auto_detect = false',
    `delim = ${literal(delimiter)}`,
    `header = ${header}`,
    `quote = ${literal(quote)}`,
    `escape = ${literal(quote)}`,
    'ignore_errors = true',
    'null_padding = true',
    'filename = true',
    ...(compression === undefined ? [] : [`compression = ${literal(compression)}`]),
  ]
  return `read_csv(${paths}, ${options.join(', ')})`
}

/**
 * Where the paths say the values of the partition keys: a folder at the same depth in all of them, `value` or `key=value`. A table with
 * a column `filename` has no column for the path.
 */
function partitionPlaces(table: SourceTable, files: readonly SourceFile[]): PartitionTexts | undefined {
  if (table.partitionKeys.length === 0) return []
  if (files.some(({ shape }) => shape.columns.some(({ name }) => name.toLowerCase() === 'filename')))
    return undefined
  const [first, ...others] = files
  if (first === undefined) return undefined
  const folders = first.path.split('/')
  const texts: string[] = []
  let from = folders.length - 2
  for (let key = table.partitionKeys.length - 1; key >= 0; key--) {
    const name = table.partitionKeys[key]?.name ?? ''
    const value = first.partition[key]
    while (from >= 0 && folders[from] !== value && folders[from] !== `${name}=${value}`) from--
    if (from < 0 || value === undefined) return undefined
    const prefix = folders[from] === value ? '' : `${name}=`
    const depth = from
    const isCommon = others.every(
      ({ path, partition }) => path.split('/')[depth] === `${prefix}${partition[key]}`,
    )
    if (!isCommon) return undefined
    const part = `split_part(filename, '/', ${depth + 1})`
    texts.unshift(prefix === '' ? part : `substr(${part}, ${prefix.length + 1})`)
    from--
  }
  return texts
}

function sameValues(files: readonly SourceFile[]): PartitionTexts {
  return files[0]?.partition.map(literal) ?? []
}

function groupBy<T>(list: readonly T[], keyOf: (element: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>()
  for (const element of list) {
    const key = keyOf(element)
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [element])
    else group.push(element)
  }
  return groups
}

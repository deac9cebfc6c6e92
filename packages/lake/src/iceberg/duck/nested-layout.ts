/**
 * Fields inside of structs whose names have changed. DuckDB finds columns by field id but what is inside of them by name; so where a
 * table's schemas have ever given one inner field two names, or one name two fields, files are asked for their own names, and rows are put
 * together anew by ids.
 *
 * Cost: for such tables alone, the footer of each file is read once more, and files are read in groups of equal names.
 */
import type { DuckDBConnection } from '@duckdb/node-api'
import { duckName, duckTypeText } from '../../schema/duck-type.ts'
import type { LakeColumn, LakeType } from '../../schema/lake-type.ts'
import { partsOf } from '../format/iceberg-schema.ts'
import type { IcebergField, IcebergType, TableMetadata } from '../metadata.ts'

/** How a column stands in files of one layout. */
export interface AlignedColumn {
  /** With the files' own names of inner fields; undefined: the files have nothing of it. */
  readonly type: LakeType | undefined
  /** The column as the table has it, of the column as it was read. */
  sql(column: string): string
}

export interface LayoutGroup {
  /** Places of its files in the list. */
  readonly files: readonly number[]
  readonly columns: readonly AlignedColumn[]
}

/** Whether any schema of the table names something inside of the columns otherwise than they do. */
export function hasRenamedInside(metadata: TableMetadata, columns: readonly LakeColumn[]): boolean {
  const ids = new Set(columns.map(({ fieldId }) => fieldId))
  const names = new Map<number, string>()
  const idsByName = new Map<string, number>()
  const walk = (fields: readonly IcebergField[], parent: number): boolean =>
    fields.some(({ id, name, type }) => {
      const place = `${parent}/${name}`
      if ((names.get(id) ?? name) !== name || (idsByName.get(place) ?? id) !== id) return true
      names.set(id, name)
      idsByName.set(place, id)
      return walk(inside(type), id)
    })
  return metadata.schemas.some((schema) =>
    schema.fields.some(({ id, type }) => ids.has(id) && walk(inside(type), id)),
  )
}

/** Files with the same names inside of the columns belong together. */
export async function layoutGroups(
  connection: DuckDBConnection,
  { paths, columns }: { readonly paths: readonly string[]; readonly columns: readonly LakeColumn[] },
): Promise<readonly LayoutGroup[]> {
  const groups = new Map<string, { files: number[]; columns: readonly AlignedColumn[] }>()
  for (const [place, path] of paths.entries()) {
    const root = await readNodes(connection, path)
    const aligned = columns.map(({ type, fieldId }) => {
      const node = root.children.find(({ id }) => id === fieldId)
      return node === undefined ? { type: undefined, sql: () => nullOf(type) } : align(type, node, 0)
    })
    const layout = JSON.stringify(aligned.map(({ type }) => type ?? null))
    const group = groups.get(layout)
    if (group === undefined) groups.set(layout, { files: [place], columns: aligned })
    else group.files.push(place)
  }
  return [...groups.values()]
}

interface ParquetNode {
  readonly name: string
  readonly id: number | undefined
  readonly children: ParquetNode[]
}

/** The schema of a file as a tree: the footer lists it parents first, each with its number of children. */
async function readNodes(connection: DuckDBConnection, path: string): Promise<ParquetNode> {
  const result = await connection.runAndReadAll(
    'SELECT name, field_id, num_children FROM parquet_schema($1)',
    [path],
  )
  const rows = result.getRows()
  let at = 0
  const read = (): ParquetNode => {
    const [name, id, count] = rows[at++] ?? []
    const children: ParquetNode[] = []
    for (let i = 0; i < Number(count ?? 0); i++) children.push(read())
    return { name: String(name), id: id === null || id === undefined ? undefined : Number(id), children }
  }
  return read()
}

function align(type: LakeType, node: ParquetNode, depth: number): AlignedColumn {
  const item = `x${depth}`
  switch (type.kind) {
    case 'struct': {
      const fields = type.fields.map((field) => {
        const child = node.children.find(({ id }) => id === field.fieldId)
        const inner = child && align(field.type, child, depth)
        return { field, child, inner: inner?.type === undefined ? undefined : inner }
      })
      const there = fields.flatMap(({ child, inner }) =>
        child === undefined || inner?.type === undefined ? [] : [{ name: child.name, type: inner.type }],
      )
      if (there.length === 0) return { type: undefined, sql: () => nullOf(type) }
      const value = (column: string, { field, child, inner }: (typeof fields)[number]) =>
        child === undefined || inner === undefined
          ? nullOf(field.type)
          : inner.sql(`${column}.${duckName(child.name)}`)
      return {
        type: { kind: 'struct', fields: there },
        sql: (column) =>
          `CASE WHEN ${column} IS NULL THEN NULL ELSE struct_pack(${fields
            .map((each) => `${duckName(each.field.name)} := ${value(column, each)}`)
            .join(', ')}) END`,
      }
    }
    case 'list': {
      const inner = align(type.element, elementOf(node), depth + 1)
      if (inner.type === undefined) return { type: undefined, sql: () => nullOf(type) }
      return {
        type: { kind: 'list', element: inner.type },
        sql: (column) => `list_transform(${column}, lambda ${item}: ${inner.sql(item)})`,
      }
    }
    case 'map': {
      const [key, value] = node.children[0]?.children ?? []
      if (key === undefined || value === undefined) return { type: undefined, sql: () => nullOf(type) }
      const [keys, values] = [align(type.key, key, depth + 1), align(type.value, value, depth + 1)]
      if (keys.type === undefined || values.type === undefined)
        return { type: undefined, sql: () => nullOf(type) }
      return {
        type: { kind: 'map', key: keys.type, value: values.type },
        sql: (column) =>
          `map_from_entries(list_transform(map_entries(${column}), lambda ${item}: ` +
          `struct_pack(key := ${keys.sql(`${item}.key`)}, value := ${values.sql(`${item}.value`)})))`,
      }
    }
    default:
      return { type, sql: (column) => column }
  }
}

/** A list is a group of a repeated group of the element; older writers leave the middle one out. */
function elementOf(node: ParquetNode): ParquetNode {
  const middle = node.children[0] ?? node
  const element = middle.children[0]
  return middle.id === undefined && element !== undefined && middle.children.length === 1 ? element : middle
}

function inside(type: IcebergType): readonly IcebergField[] {
  if (typeof type === 'string') return []
  return type.type === 'struct' ? type.fields : partsOf(type)
}

function nullOf(type: LakeType): string {
  return `CAST(NULL AS ${duckTypeText(type)})`
}

/**
 * The options of DuckDB's COPY ... (FORMAT parquet) for ours. What its writer cannot do: it has no size of pages (a column of a row
 * group is one page, or one for each 100 MB), so `pageBytes` changes nothing; and it counts row groups in rows while it keeps their
 * order, so `rowGroupBytes` is turned into rows by the rows' mean size in memory. Version V2 is for plain columns only: below lists and
 * structs its delta encodings announce more values than there are when a parent is NULL (DuckDB 1.5.5), and Apache Arrow then refuses
 * the file; such schemas are written as V1.
 */
import { duckName } from '../schema/duck-type.ts'
import type { LakeColumn, LakeSchema, LakeType } from '../schema/lake-type.ts'
import type { ParquetOptions } from './parquet-port.ts'
import { blockRowsMax } from './row-blocks.ts'

/** DuckDB's own. */
const rowGroupRowsDefault = 122_880

export function copyOptions(
  schema: LakeSchema,
  options: ParquetOptions,
  rows: { readonly count: number; readonly bytes: number },
): string {
  const list = [
    'FORMAT parquet',
    `COMPRESSION ${options.compression.toLowerCase()}`,
    `ROW_GROUP_SIZE ${rowGroupRows(options, rows)}`,
    `PARQUET_VERSION ${versionOf(schema, options)}`,
    'RETURN_STATS',
  ]
  if (options.dictionary === false) list.push('DICTIONARY_SIZE_LIMIT 0')
  const ids = fieldIds(schema.columns)
  if (ids !== '') list.push(`FIELD_IDS {${ids}}`)
  return list.join(', ')
}

function versionOf({ columns }: LakeSchema, { version = 'V1' }: ParquetOptions): 'V1' | 'V2' {
  const isPlain = columns.every(
    ({ type }) => type.kind !== 'list' && type.kind !== 'map' && type.kind !== 'struct',
  )
  return isPlain ? version : 'V1'
}

/** A multiple of the rows that the writer takes at once. */
export function rowGroupRows(
  options: ParquetOptions,
  rows: { readonly count: number; readonly bytes: number },
): number {
  const limits: number[] = []
  if (options.rowGroupRows !== undefined) limits.push(options.rowGroupRows)
  if (options.rowGroupBytes !== undefined && rows.count > 0)
    limits.push(Math.floor(options.rowGroupBytes / Math.max(1, rows.bytes / rows.count)))
  const wanted = limits.length === 0 ? rowGroupRowsDefault : Math.min(...limits)
  return Math.max(1, Math.ceil(Math.min(wanted, 1e9) / blockRowsMax)) * blockRowsMax
}

function fieldIds(columns: readonly LakeColumn[]): string {
  const parts: string[] = []
  for (const { name, type, fieldId } of columns) {
    const text = idOf(fieldId, innerIds(type))
    if (text !== '') parts.push(`${duckName(name)}: ${text}`)
  }
  return parts.join(', ')
}

function innerIds(type: LakeType): string {
  switch (type.kind) {
    case 'struct':
      return fieldIds(type.fields)
    case 'list':
      return member('element', idOf(type.elementId, innerIds(type.element)))
    case 'map':
      return [
        member('key', idOf(type.keyId, innerIds(type.key))),
        member('value', idOf(type.valueId, innerIds(type.value))),
      ]
        .filter((part) => part !== '')
        .join(', ')
    default:
      return ''
  }
}

function member(name: string, text: string): string {
  return text === '' ? '' : `${name}: ${text}`
}

function idOf(id: number | undefined, inner: string): string {
  if (inner === '') return id === undefined ? '' : String(id)
  return `{${id === undefined ? '' : `__duckdb_field_id: ${id}, `}${inner}}`
}

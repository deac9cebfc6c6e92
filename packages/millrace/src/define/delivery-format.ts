/** How the objects of a delivery look: their format, columns, compression, and the table of the catalog that they are part of. */
import {
  defaultDatabase,
  type FileCompression,
  type FileFormat,
  type LakeColumn,
  type ParquetFormat,
  parseHiveType,
} from '@millrace/lake'
import { codeOf, MillraceError, messageOf } from '../error.ts'
import { type CompactSettings, compactParameters } from './compact.ts'
import { checkSettings, here, invalidValue } from './names.ts'

/** Columns with their types as Hive writes them: `{ id: 'bigint', price: 'decimal(10,2)', tags: 'array<string>' }`. */
export type LakeColumns = { readonly [column: string]: string }

export interface DeliveryFormatSettings {
  /**
   * json (the default): records one on each line, as they came. raw: one after the other with nothing between. csv and parquet: rows with
   * the columns of JSON records. iceberg: rows of a table that knows updates and its own past.
   */
  readonly format?: 'json' | 'raw' | 'csv' | 'parquet' | 'iceberg'
  /** Of csv and parquet, and of the table; those of the table unless given. */
  readonly columns?: LakeColumns
  /** Column -> key in the records, where they differ. */
  readonly keys?: { readonly [column: string]: string }
  /** Table of the catalog, `orders` or `sales.orders`: with columns it is made, without them its newest columns are written. */
  readonly table?: string
  /** Of the whole object: none unless given. Of parquet: of its pages, snappy unless given. */
  readonly compression?: 'none' | 'gzip' | 'zip' | 'snappy' | 'hadoop-snappy' | 'zstd'
  /** Of csv: begin with a line of names; true unless given. */
  readonly header?: boolean
  /** Of Parquet with a table and columns: small files become larger ones in the background. */
  readonly compact?: CompactSettings
  /** In place of what format and compression give, like '.log'. */
  readonly fileExtension?: string
}

export const formatSettingNames = [
  'format',
  'columns',
  'keys',
  'table',
  'compression',
  'header',
  'compact',
  'fileExtension',
] as const

export interface DeliveryFormat {
  readonly format: FileFormat
  readonly compression: FileCompression
  readonly table: { readonly database: string; readonly name: string } | undefined
  readonly fileExtension: string | undefined
}

const formats = ['json', 'raw', 'csv', 'parquet'] as const
const compressions = {
  none: 'UNCOMPRESSED',
  gzip: 'GZIP',
  zip: 'ZIP',
  snappy: 'Snappy',
  'hadoop-snappy': 'HADOOP_SNAPPY',
  zstd: 'ZSTD',
} as const
const pageCompressions = { none: 'UNCOMPRESSED', gzip: 'GZIP', snappy: 'SNAPPY', zstd: 'ZSTD' } as const

export function deliveryFormat(what: string, settings: DeliveryFormatSettings): DeliveryFormat {
  const { format = 'json', compression, header = true, fileExtension } = settings
  const isOfFiles = (name: string): name is (typeof formats)[number] => formats.some((each) => each === name)
  if (!isOfFiles(format)) throw invalidValue(`format of ${what}`, format, quotedList([...formats, 'iceberg']))
  const columns = lakeColumns(what, settings)
  const table = tableName(what, settings.table)
  if (fileExtension !== undefined && !/^\.[0-9a-z!\-_.*'()]{1,127}$/.test(fileExtension))
    throw invalidValue(
      `fileExtension of ${what}`,
      fileExtension,
      "a dot and lower-case letters, digits or !-_.*'()",
    )
  compactParameters(
    what,
    settings.compact,
    format === 'parquet' && table !== undefined && columns !== undefined,
  )
  const whole = { table, fileExtension }
  if (format === 'parquet') {
    const pages = allowed(`compression of ${what}`, compression ?? 'snappy', pageCompressions)
    return { ...whole, format: parquet(what, columns, table, settings, pages), compression: 'UNCOMPRESSED' }
  }
  const bytes = allowed(`compression of ${what}`, compression ?? 'none', compressions)
  if (format === 'csv') {
    if (columns === undefined) throw columnsMissing(what, format)
    return { ...whole, format: { kind: 'csv', columns, header }, compression: bytes }
  }
  if (table !== undefined && columns === undefined) throw columnsMissing(what, `table and format "${format}"`)
  const raw: FileFormat = format === 'raw' ? { kind: 'raw' } : { kind: 'raw', delimiter: '\n' }
  return { ...whole, format: raw, compression: bytes }
}

/** Undefined if none are declared. */
export function lakeColumns(
  what: string,
  { columns }: Pick<DeliveryFormatSettings, 'columns'>,
): readonly LakeColumn[] | undefined {
  if (columns === undefined) return undefined
  const entries = typeof columns === 'object' && columns !== null ? Object.entries(columns) : []
  if (entries.length === 0)
    throw invalidValue(
      `columns of ${what}`,
      columns,
      "names and types, like { id: 'bigint', name: 'string' }",
    )
  return entries.map(([name, type]) => {
    try {
      return { name, type: parseHiveType(String(type)) }
    } catch (cause) {
      if (codeOf(cause) !== 'LAKE_TYPE_INVALID') throw cause
      throw new MillraceError(
        'APP_COLUMN_INVALID',
        `column "${name}" of ${what}: ${messageOf(cause).replace(/^LAKE_TYPE_INVALID /, '')}`,
        {
          ...here(),
          next: "Write a type such as 'bigint', 'string', 'decimal(10,2)' or 'timestamp'.",
          cause,
        },
      )
    }
  })
}

/** Of a table's name, with or without its database. */
export function tableName(
  what: string,
  table: string | undefined,
): { readonly database: string; readonly name: string } | undefined {
  if (table === undefined) return undefined
  const match = /^(?:([a-z0-9_]+)\.)?([a-z0-9_]+)$/.exec(table)
  if (match === null)
    throw invalidValue(
      `table of ${what}`,
      table,
      "lower-case letters, digits and _, like 'orders' or 'sales.orders'",
    )
  return { database: match[1] ?? defaultDatabase, name: match[2]! }
}

function parquet(
  what: string,
  columns: readonly LakeColumn[] | undefined,
  table: DeliveryFormat['table'],
  { keys = {} }: DeliveryFormatSettings,
  compression: ParquetFormat['parquet']['compression'],
): ParquetFormat {
  if (columns === undefined && table === undefined) throw columnsMissing(what, 'parquet')
  checkSettings(`keys of ${what}`, keys, columns?.map(({ name }) => name) ?? Object.keys(keys))
  return {
    kind: 'parquet',
    schema: columns === undefined ? { kind: 'table', ...table! } : { kind: 'declared', columns },
    serde: { kind: 'openx', caseInsensitive: true, dotsToUnderscores: false, keys },
    parquet: {
      compression,
      blockBytes: 256 * 1024 * 1024,
      pageBytes: 1024 * 1024,
      dictionary: true,
      version: 'V1',
    },
  }
}

function allowed<T>(what: string, value: string, values: { readonly [name: string]: T }): T {
  const found = Object.hasOwn(values, value) ? values[value] : undefined
  if (found !== undefined) return found
  throw invalidValue(what, value, quotedList(Object.keys(values)))
}

function columnsMissing(what: string, format: string): MillraceError {
  return new MillraceError('APP_SETTING_MISSING', `${what} has no columns, which ${format} needs.`, {
    ...here(),
    next: "Declare them: columns: { id: 'bigint', name: 'string' }, or for Parquet name a table of the catalog.",
  })
}

function quotedList(values: readonly string[]): string {
  return values.map((value) => `'${value}'`).join(', ')
}

/**
 * Compares what is known of a table with what the log says of it, and makes a table of what the log says where it says everything. The
 * log always has the number of columns and their types as far as their bytes go; so a schema that fits reads the rows rightly, though
 * names of columns of one type could have been swapped where the log has no names.
 */
import { columnCode, type LoggedColumn, type LoggedTable } from '../binlog/logged-table.ts'
import {
  charsetOf,
  findColumn,
  foldColumn,
  type MysqlColumn,
  type MysqlTable,
  primaryKeyName,
  sortedKeys,
} from '../schema/mysql-table.ts'
import { columnType, geometryNames, writeLabels } from '../schema/native-type.ts'
import type { ServerFacts } from '../schema/server-facts.ts'

/** Undefined: the table fits. Else the first thing that does not, for a message. */
export function misfit(table: MysqlTable, logged: LoggedTable, facts: ServerFacts): string | undefined {
  if (table.columns.length !== logged.columns.length) {
    return `the log has ${logged.columns.length} columns, known are ${table.columns.length}`
  }
  for (const [i, column] of table.columns.entries()) {
    const reason = columnMisfit(column, logged.columns[i]!, facts)
    if (reason !== undefined) return `column ${i + 1} (${column.name} ${column.type.native}) ${reason}`
  }
  if (logged.key !== undefined && !sameKey(table, logged.key)) return 'the primary key is another one'
  return undefined
}

/**
 * The log's columns without those that MariaDB hides at the end: a hash for each unique key that is too long for an index. Where the log
 * does not name them, the table must have as many such keys.
 */
export function withoutHidden(
  logged: LoggedTable,
  table: MysqlTable | undefined,
  { family }: ServerFacts,
): LoggedTable {
  if (family !== 'mariadb') return logged
  const { columns, isComplete } = logged
  let count = columns.length
  if (isComplete) while (count > 0 && hashName.test(columns[count - 1]?.name ?? '')) count--
  else if (table !== undefined) {
    const hidden = columns.slice(table.columns.length)
    const isHashes = hidden.every(({ code, isNullable }) => code === columnCode.longlong && isNullable)
    if (isHashes && hidden.length <= longUniqueKeys(table)) count -= hidden.length
  }
  return count === columns.length ? logged : { ...logged, columns: columns.slice(0, count) }
}

const hashName = /^DB_ROW_HASH_\d+$/

/** Unique keys over whole texts or blobs, or over more bytes than the smallest index takes. */
function longUniqueKeys({ keys, columns }: MysqlTable): number {
  return keys.filter(({ isUnique, columns: names }) => {
    const bytes = names.map((name) => {
      const { native = '', length = 8 } = findColumn(columns, name)?.type ?? {}
      return /(text|blob)$/.test(native) ? Number.POSITIVE_INFINITY : length * 4
    })
    return isUnique && bytes.reduce((sum, its) => sum + its, 0) > 767
  }).length
}

/** The known table, with NULL or not as the log has it. */
export function withLoggedNulls(table: MysqlTable, logged: LoggedTable): MysqlTable {
  if (table.columns.every(({ isNullable }, i) => isNullable === logged.columns[i]?.isNullable)) return table
  const columns = table.columns.map((column, i) => ({
    ...column,
    isNullable: logged.columns[i]?.isNullable ?? column.isNullable,
  }))
  return { ...table, columns, keys: sortedKeys(table.keys, columns) }
}

/** Of a complete log. What only a known column tells (JSON of MariaDB, uuid) is taken from one of `known` that fits. */
export function loggedTable(
  logged: LoggedTable,
  known: readonly MysqlTable[],
  facts: ServerFacts,
): MysqlTable {
  const columns = logged.columns.map((column) => {
    const name = column.name ?? ''
    for (const table of known) {
      const candidate = findColumn(table.columns, name)
      if (candidate !== undefined && columnMisfit(candidate, column, facts) === undefined) {
        return { ...candidate, name, isNullable: column.isNullable }
      }
    }
    return loggedColumn(column, facts)
  })
  const names = new Set(columns.map(({ name }) => foldColumn(name)))
  const primary = (logged.key ?? []).map((i) => columns[i]!.name)
  const others = (known[0]?.keys ?? []).filter(
    (key) => key.name !== primaryKeyName && key.columns.every((name) => names.has(foldColumn(name))),
  )
  const keys = [
    ...(primary.length === 0
      ? []
      : [{ name: primaryKeyName, isUnique: true, columns: primary, isPartial: false }]),
    ...others,
  ]
  return {
    schema: logged.schema,
    table: logged.table,
    collation: known[0]?.collation ?? facts.serverCollation,
    columns,
    keys: sortedKeys(keys, columns),
  }
}

function sameKey(table: MysqlTable, key: readonly number[]): boolean {
  const primary = table.keys.find(({ name }) => name === primaryKeyName)
  const columns = primary?.columns ?? []
  return (
    columns.length === key.length &&
    key.every((at, i) => foldColumn(table.columns[at]?.name ?? '') === foldColumn(columns[i] ?? ''))
  )
}

function columnMisfit(column: MysqlColumn, logged: LoggedColumn, facts: ServerFacts): string | undefined {
  const { type } = column
  if (logged.name !== undefined && logged.name !== column.name) return `is called ${logged.name} in the log`
  const base = /^\w+/.exec(type.native)?.[0] ?? ''
  if (!typesOf(logged).includes(base)) return `has a type of the log that is no ${base}`
  const size = metadataOf(column, base, facts)
  // A compressed value has a byte more, which says how.
  const logs = logged.code === columnCode.varcharCompressed ? logged.metadata - 1 : logged.metadata
  if (size !== undefined && size !== logs) {
    return `has the size ${logs} in the log, known is ${size}`
  }
  if (
    logged.isUnsigned !== undefined &&
    logged.isUnsigned !== (type.isUnsigned ?? false) &&
    isNumber(column)
  ) {
    return `is ${logged.isUnsigned ? '' : 'not '}unsigned in the log`
  }
  const collation = logged.collation === undefined ? undefined : facts.collations.get(logged.collation)
  if (
    collation !== undefined &&
    column.collation !== undefined &&
    charsetOf(collation) !== charsetOf(column.collation)
  ) {
    return `has the character set ${charsetOf(collation)} in the log`
  }
  // Labels may be in any character set; the log's reader gives them as text.
  if (logged.labels !== undefined && JSON.stringify(logged.labels) !== JSON.stringify(type.labels)) {
    return 'has other labels in the log'
  }
  return undefined
}

function isNumber({ type }: MysqlColumn): boolean {
  return type.kind === 'integer' || type.kind === 'decimal' || type.kind === 'float'
}

/** Types, by their first word, that values of a column in the log can belong to. */
function typesOf({ code, metadata }: LoggedColumn): readonly string[] {
  switch (code) {
    case columnCode.tiny:
      return ['tinyint']
    case columnCode.short:
      return ['smallint']
    case columnCode.int24:
      return ['mediumint']
    case columnCode.long:
      return ['int']
    case columnCode.longlong:
      return ['bigint']
    case columnCode.year:
      return ['year']
    case columnCode.decimal:
    case columnCode.decimalOld:
      return ['decimal']
    case columnCode.float:
      return ['float']
    case columnCode.double:
      return ['double']
    case columnCode.bit:
      return ['bit']
    case columnCode.date:
    case columnCode.newDate:
      return ['date']
    case columnCode.time:
    case columnCode.time2:
      return ['time']
    case columnCode.datetime:
    case columnCode.datetime2:
      return ['datetime']
    case columnCode.timestamp:
    case columnCode.timestamp2:
      return ['timestamp']
    case columnCode.varchar:
    case columnCode.varString:
    case columnCode.varcharCompressed:
      return ['varchar', 'varbinary']
    case columnCode.string:
      return ['char', 'binary', 'uuid', 'inet6', 'inet4']
    case columnCode.enum:
      return ['enum']
    case columnCode.set:
      return ['set']
    case columnCode.json:
      return ['json']
    case columnCode.vector:
      return ['vector']
    case columnCode.geometry:
      return geometryNames
    case columnCode.tinyBlob:
    case columnCode.mediumBlob:
    case columnCode.longBlob:
    case columnCode.blob:
    case columnCode.blobCompressed:
      return blobs[metadata] ?? []
  }
  return []
}

/** By the bytes of their length. */
const blobs: readonly (readonly string[])[] = [
  [],
  ['tinytext', 'tinyblob'],
  ['text', 'blob'],
  ['mediumtext', 'mediumblob'],
  ['longtext', 'longblob'],
]

/** The number that the log has beside the type; undefined: not compared. */
function metadataOf({ type, collation }: MysqlColumn, base: string, facts: ServerFacts): number | undefined {
  const bytes = collation === undefined ? 1 : facts.characterBytes.get(charsetOf(collation))
  switch (base) {
    case 'decimal':
      return (type.precision ?? 10) * 256 + (type.scale ?? 0)
    case 'bit':
      return type.bits
    case 'time':
    case 'datetime':
    case 'timestamp':
      return type.scale
    case 'char':
    case 'varchar':
    case 'binary':
    case 'varbinary':
      return bytes === undefined ? undefined : (type.length ?? 1) * bytes
    case 'uuid':
    case 'inet6':
      return 16
    case 'inet4':
      return 4
    case 'enum':
      return (type.labels?.length ?? 0) > 255 ? 2 : 1
    case 'set': {
      const needed = Math.ceil((type.labels?.length ?? 0) / 8)
      return needed > 4 ? 8 : needed
    }
  }
  return undefined
}

function loggedColumn(logged: LoggedColumn, facts: ServerFacts): MysqlColumn {
  const collation = logged.collation === undefined ? undefined : facts.collations.get(logged.collation)
  const isText = collation !== undefined && collation !== 'binary'
  const native = nativeOf(logged, isText, facts.characterBytes.get(charsetOf(collation ?? '')) ?? 1)
  return {
    name: logged.name ?? '',
    type: columnType(native, isText ? collation : undefined),
    isNullable: logged.isNullable,
    ...(isText ? { collation } : {}),
    ...(logged.isVisible === false ? { isInvisible: true as const } : {}),
  }
}

function nativeOf(logged: LoggedColumn, isText: boolean, characterBytes: number): string {
  const { code, metadata, labels = [] } = logged
  const types = typesOf(logged)
  const [text = 'binary', bytes = text] = types
  const sign = logged.isUnsigned ? ' unsigned' : ''
  switch (code) {
    case columnCode.decimal:
    case columnCode.decimalOld:
      return `decimal(${metadata >> 8},${metadata & 255})${sign}`
    case columnCode.enum:
    case columnCode.set:
      return `${text}(${writeLabels(labels)})`
    case columnCode.bit:
      return `bit(${metadata})`
    case columnCode.time2:
    case columnCode.datetime2:
    case columnCode.timestamp2:
      return metadata === 0 ? text : `${text}(${metadata})`
    case columnCode.geometry:
      return geometryNames[logged.geometryType ?? 0] ?? 'geometry'
    case columnCode.vector:
      return `vector(${metadata})`
    case columnCode.varchar:
    case columnCode.varString:
    case columnCode.varcharCompressed:
    case columnCode.string:
      return isText ? `${text}(${Math.floor(metadata / characterBytes)})` : `${bytes}(${metadata})`
  }
  if (types.length === 2) return isText ? text : bytes
  return `${text}${sign}`
}

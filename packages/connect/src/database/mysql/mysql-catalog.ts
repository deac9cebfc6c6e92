/** What INFORMATION_SCHEMA says of a table that is written into. */
import type { ColumnKind, ColumnType, TableName } from '@millrace/cdc'
import type { SqlSession } from '../sql-dialect.ts'
import type { TargetColumn, TargetTable } from '../target-table.ts'

const transactional = new Set(['innodb', 'ndbcluster', 'rocksdb', 'tokudb', 'xtradb'])

const kinds: { readonly [dataType: string]: ColumnKind } = {
  tinyint: 'integer',
  smallint: 'integer',
  mediumint: 'integer',
  int: 'integer',
  bigint: 'integer',
  decimal: 'decimal',
  float: 'float',
  double: 'float',
  bit: 'bits',
  year: 'year',
  date: 'date',
  time: 'time',
  datetime: 'datetime',
  timestamp: 'instant',
  binary: 'bytes',
  varbinary: 'bytes',
  tinyblob: 'bytes',
  blob: 'bytes',
  mediumblob: 'bytes',
  longblob: 'bytes',
  vector: 'bytes',
  enum: 'enum',
  set: 'set',
  json: 'json',
  uuid: 'uuid',
  geometry: 'geometry',
  point: 'geometry',
  linestring: 'geometry',
  polygon: 'geometry',
  multipoint: 'geometry',
  multilinestring: 'geometry',
  multipolygon: 'geometry',
  geometrycollection: 'geometry',
  geomcollection: 'geometry',
}

export async function describeMysqlTable(
  session: SqlSession,
  name: TableName,
): Promise<TargetTable | undefined> {
  const place = name.schema === '' ? 'DATABASE()' : '?'
  const values = name.schema === '' ? [name.table] : [name.schema, name.table]
  const [found] = await session.rows(
    `SELECT table_schema, table_name, engine FROM information_schema.tables WHERE table_schema = ${place} AND table_name = ?`,
    values,
  )
  if (found === undefined) return undefined
  // A name that is not null in the catalog.
  const [schema, table, engine] = found as [string, string, string | null]
  const where = 'WHERE table_schema = ? AND table_name = ?'
  const columnRows = await session.rows(
    `SELECT column_name, data_type, column_type, is_nullable, column_default, extra, numeric_scale, datetime_precision,
       numeric_precision, generation_expression
     FROM information_schema.columns ${where} ORDER BY ordinal_position`,
    [schema, table],
  )
  const jsonColumns = await checkedJson(session, schema, table)
  const columns = columnRows.map((row) => columnOf(row, jsonColumns))
  const indexRows = await session.rows(
    `SELECT index_name, column_name, sub_part FROM information_schema.statistics ${where} AND non_unique = 0
     ORDER BY index_name, seq_in_index`,
    [schema, table],
  )
  const uniques = new Map<string, { columns: string[]; isWhole: boolean }>()
  for (const [index, column, part] of indexRows) {
    const entry = uniques.get(index!) ?? { columns: [], isWhole: true }
    // Over a prefix of a column, or an expression.
    if (part !== null || column === null) entry.isWhole = false
    if (column !== null) entry.columns.push(column!)
    uniques.set(index!, entry)
  }
  const [effects] = await session.rows(
    `SELECT (SELECT COUNT(*) FROM information_schema.triggers WHERE event_object_schema = ? AND event_object_table = ?)
       + (SELECT COUNT(*) FROM information_schema.referential_constraints WHERE unique_constraint_schema = ?
          AND referenced_table_name = ? AND (delete_rule NOT IN ('RESTRICT', 'NO ACTION') OR update_rule NOT IN ('RESTRICT', 'NO ACTION')))`,
    [schema, table, schema, table],
  )
  return {
    schema,
    table,
    columns,
    byName: new Map(columns.map((column) => [column.name, column])),
    primaryKey: uniques.get('PRIMARY')?.columns ?? [],
    uniques: [...uniques.values()].map((unique) =>
      unique.isWhole ? unique.columns : [...unique.columns, ''],
    ),
    isTransactional: transactional.has((engine ?? '').toLowerCase()),
    hasSideEffects: effects?.[0] !== '0',
    deferred: [],
    hasStrictIdentity: false,
  }
}

/** MariaDB's JSON is a text whose check says that it is JSON. */
async function checkedJson(session: SqlSession, schema: string, table: string): Promise<ReadonlySet<string>> {
  try {
    const rows = await session.rows(
      'SELECT check_clause FROM information_schema.check_constraints WHERE constraint_schema = ? AND table_name = ?',
      [schema, table],
    )
    return new Set(
      rows.flatMap(([clause]) => {
        const match = /^json_valid\(`(.*)`\)$/i.exec(clause ?? '')
        return match === null ? [] : [match[1]!.replaceAll('``', '`')]
      }),
    )
  } catch {
    // MySQL's table has no such column, and its JSON is a type.
    return new Set()
  }
}

function columnOf(row: readonly (string | null)[], jsonColumns: ReadonlySet<string>): TargetColumn {
  const [name, dataType, columnType, nullable, byDefault, extra, scale, timeDigits, precision, generation] =
    row
  const isJson = jsonColumns.has(name!)
  const native = isJson ? 'json' : columnType!.toLowerCase()
  const kind = isJson
    ? 'json'
    : (kinds[dataType!.toLowerCase()] ?? (/char|text/i.test(dataType!) ? 'text' : 'other'))
  const isTime = kind === 'time' || kind === 'datetime' || kind === 'instant'
  const digits = isTime ? timeDigits : kind === 'decimal' ? scale : null
  const type: ColumnType = {
    kind,
    native,
    ...(digits === null || digits === undefined ? {} : { scale: Number(digits) }),
    ...(kind === 'bits' && precision !== null ? { bits: Number(precision) } : {}),
  }
  const isGenerated =
    (generation ?? '') !== '' ||
    /(virtual|stored|persistent) generated|\b(virtual|persistent)\b/i.test(extra ?? '')
  const isNullable = nullable === 'YES'
  return {
    name: name!,
    type,
    isNullable,
    hasDefault: byDefault !== null || /auto_increment|default_generated/i.test(extra ?? ''),
    isGenerated,
    cast: '',
  }
}

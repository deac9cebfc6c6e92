/** What Postgres' catalog says of a table that is written into. */
import type { ColumnKind, ColumnType, TableName } from '@millrace/cdc'
import type { SqlSession } from '../sql-dialect.ts'
import type { TargetColumn, TargetTable } from '../target-table.ts'

const kinds: { readonly [name: string]: ColumnKind } = {
  bool: 'boolean',
  int2: 'integer',
  int4: 'integer',
  int8: 'integer',
  oid: 'integer',
  numeric: 'decimal',
  float4: 'float',
  float8: 'float',
  text: 'text',
  varchar: 'text',
  bpchar: 'text',
  name: 'text',
  citext: 'text',
  bytea: 'bytes',
  bit: 'bits',
  varbit: 'bits',
  date: 'date',
  time: 'time',
  timetz: 'time-zoned',
  timestamp: 'datetime',
  timestamptz: 'instant',
  interval: 'interval',
  uuid: 'uuid',
  json: 'json',
  jsonb: 'json',
}

export async function describePostgresTable(
  session: SqlSession,
  name: TableName,
): Promise<TargetTable | undefined> {
  const [found] = await session.rows(
    `SELECT c.oid, n.nspname, c.relname,
       EXISTS (SELECT FROM pg_trigger t WHERE t.tgrelid = c.oid AND NOT t.tgisinternal)
         OR EXISTS (SELECT FROM pg_constraint f WHERE f.confrelid = c.oid AND f.contype = 'f' AND (f.confdeltype NOT IN ('a', 'r') OR f.confupdtype NOT IN ('a', 'r'))),
       (SELECT string_agg(quote_ident(s.nspname) || '.' || quote_ident(d.conname), ',') FROM pg_constraint d
          JOIN pg_namespace s ON s.oid = d.connamespace WHERE d.condeferred AND (d.conrelid = c.oid OR d.confrelid = c.oid))
     FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE n.nspname = $1 AND c.relname = $2 AND c.relkind IN ('r', 'p', 'f', 'v')`,
    [name.schema, name.table],
  )
  if (found === undefined) return undefined
  // All but the list of constraints are never null.
  const [oid, schema, table, hasSideEffects, deferred] = found as [
    string,
    string,
    string,
    string,
    string | null,
  ]
  const columnRows = await session.rows(
    `SELECT a.attname, CASE b.typtype WHEN 'e' THEN 'enum' ELSE b.typname END, format_type(a.atttypid, a.atttypmod), format_type(a.atttypid, -1),
       a.attnotnull, a.atthasdef, a.attgenerated, a.attidentity, a.atttypmod, b.typcategory,
       CASE e.typtype WHEN 'e' THEN 'enum' ELSE e.typname END
     FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
       JOIN pg_type b ON b.oid = CASE WHEN t.typtype = 'd' THEN t.typbasetype ELSE t.oid END
       LEFT JOIN pg_type e ON e.oid = b.typelem AND b.typcategory = 'A'
     WHERE a.attrelid = $1 AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum`,
    [oid],
  )
  const indexRows = await session.rows(
    `SELECT i.indexrelid, i.indisprimary, a.attname
     FROM pg_index i CROSS JOIN LATERAL unnest(i.indkey::int2[]) WITH ORDINALITY AS k(attnum, place)
       LEFT JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum
     WHERE i.indrelid = $1 AND i.indisunique AND i.indisvalid AND i.indpred IS NULL AND k.place <= i.indnkeyatts
     ORDER BY i.indexrelid, k.place`,
    [oid],
  )
  const columns = columnRows.map(columnOf)
  const uniques = new Map<string, string[]>()
  let primaryKey: string[] = []
  for (const [index, isPrimary, column] of indexRows) {
    const names = uniques.get(index!) ?? []
    // An expression has no name, and is no column of a key.
    names.push(column ?? '')
    uniques.set(index!, names)
    if (isPrimary === 't') primaryKey = names
  }
  return {
    schema,
    table,
    columns,
    byName: new Map(columns.map((column) => [column.name, column])),
    primaryKey,
    uniques: [...uniques.values()],
    isTransactional: true,
    hasSideEffects: hasSideEffects === 't',
    deferred: deferred === null ? [] : [deferred],
    hasStrictIdentity: columnRows.some(([, , , , , , , identity]) => identity === 'a'),
  }
}

function columnOf(row: readonly (string | null)[]): TargetColumn {
  const [
    name,
    typeName,
    native,
    cast,
    notNull,
    hasDefault,
    generated,
    identity,
    modifier,
    category,
    elementName,
  ] = row
  return {
    name: name!,
    type:
      category === 'A' && elementName !== null
        ? { kind: 'array', native: native!, element: typeOf(elementName!, native!, -1) }
        : typeOf(typeName!, native!, Number(modifier)),
    isNullable: notNull !== 't',
    hasDefault: hasDefault === 't' || identity !== '',
    isGenerated: generated !== '',
    cast: cast!,
  }
}

/** `modifier`: the catalog's atttypmod, -1 where the type has no length or precision. */
function typeOf(name: string, native: string, modifier: number): ColumnType {
  const kind = name === 'enum' ? 'enum' : (kinds[name] ?? 'other')
  switch (kind) {
    case 'decimal':
      // Precision and scale lie above each other; scales may be negative, and are no bound for us then.
      return modifier < 0
        ? { kind, native }
        : { kind, native, scale: Math.max(0, (((modifier - 4) & 0x7ff) ^ 1024) - 1024) }
    case 'time':
    case 'time-zoned':
    case 'datetime':
    case 'instant':
      return { kind, native, scale: modifier < 0 ? 6 : modifier }
    case 'bits':
      return modifier < 0 || name !== 'bit' ? { kind, native } : { kind, native, bits: modifier }
    default:
      return { kind, native }
  }
}

/**
 * Types: DuckDB's names to Postgres' types (oids of pg_type.dat), and values of both formats. Values come as text: that of DuckDB, or,
 * where a result has lists or structs in it, as JSON.
 *
 * Lists of simple values are arrays; structs, maps and lists of those are json. Text is Postgres' own form; binary is that of its
 * send functions, for the types that clients ask for in binary.
 */

export interface PostgresType {
  readonly oid: number
  readonly name: string
  /** Bytes of a value; -1: they differ. */
  readonly length: number
  /** Of numeric: precision and scale; else -1. */
  readonly modifier: number
  /** Of an array. */
  readonly element?: PostgresType
}

export interface ResultColumn {
  readonly name: string
  readonly type: PostgresType
}

const type = (oid: number, name: string, length: number): PostgresType => ({
  oid,
  name,
  length,
  modifier: -1,
})

export const types = {
  bool: type(16, 'bool', 1),
  bytea: type(17, 'bytea', -1),
  int8: type(20, 'int8', 8),
  int2: type(21, 'int2', 2),
  int4: type(23, 'int4', 4),
  text: type(25, 'text', -1),
  oid: type(26, 'oid', 4),
  json: type(114, 'json', -1),
  float4: type(700, 'float4', 4),
  float8: type(701, 'float8', 8),
  varchar: type(1043, 'varchar', -1),
  date: type(1082, 'date', 4),
  time: type(1083, 'time', 8),
  timestamp: type(1114, 'timestamp', 8),
  timestamptz: type(1184, 'timestamptz', 8),
  interval: type(1186, 'interval', 16),
  numeric: type(1700, 'numeric', -1),
  uuid: type(2950, 'uuid', 16),
} as const

/** Oid of the array type of each. */
export const arrayOids: ReadonlyMap<number, number> = new Map([
  [16, 1000],
  [17, 1001],
  [20, 1016],
  [21, 1005],
  [23, 1007],
  [25, 1009],
  [700, 1021],
  [701, 1022],
  [1043, 1015],
  [1082, 1182],
  [1083, 1183],
  [1114, 1115],
  [1184, 1185],
  [1186, 1187],
  [1700, 1231],
  [2950, 2951],
])

const byDuckName: Readonly<Record<string, PostgresType>> = {
  BOOLEAN: types.bool,
  TINYINT: types.int2,
  SMALLINT: types.int2,
  UTINYINT: types.int2,
  INTEGER: types.int4,
  USMALLINT: types.int4,
  BIGINT: types.int8,
  UINTEGER: types.int8,
  UBIGINT: types.numeric,
  HUGEINT: types.numeric,
  UHUGEINT: types.numeric,
  FLOAT: types.float4,
  DOUBLE: types.float8,
  VARCHAR: types.text,
  BLOB: types.bytea,
  DATE: types.date,
  TIME: types.time,
  TIMESTAMP: types.timestamp,
  TIMESTAMP_S: types.timestamp,
  TIMESTAMP_MS: types.timestamp,
  TIMESTAMP_NS: types.timestamp,
  'TIMESTAMP WITH TIME ZONE': types.timestamptz,
  INTERVAL: types.interval,
  UUID: types.uuid,
  JSON: types.json,
}

/** Whatever has no type of its own is text, as DuckDB prints it. */
export function postgresType(duckType: string): PostgresType {
  const known = byDuckName[duckType]
  if (known !== undefined) return known
  const [, precision, scale] = /^DECIMAL\((\d+),\s*(\d+)\)$/.exec(duckType) ?? []
  if (precision !== undefined && scale !== undefined)
    return { ...types.numeric, modifier: ((Number(precision) << 16) | Number(scale)) + 4 }
  if (duckType.endsWith('[]')) {
    const element = postgresType(duckType.slice(0, -2))
    const oid = element.element === undefined ? arrayOids.get(element.oid) : undefined
    return oid === undefined
      ? types.json
      : { oid, name: `_${element.name}`, length: -1, modifier: element.modifier, element }
  }
  if (/^(STRUCT|MAP|UNION)\(/.test(duckType) || /\[\d+\]$/.test(duckType)) return types.json
  return types.text
}

const postgresNames = new Map([...Object.values(types)].map((each) => [each.oid, each]))

/** DuckDB's type for an oid that a client names for a parameter; undefined where DuckDB shall find out itself. */
export function typeOfOid(oid: number): PostgresType | undefined {
  return postgresNames.get(oid)
}

/** Whether values of a column come as JSON alone. */
export function isNested(duckType: string): boolean {
  return duckType.endsWith(']') || /^(STRUCT|MAP|UNION)\(/.test(duckType)
}

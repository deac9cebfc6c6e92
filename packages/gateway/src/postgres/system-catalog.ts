/**
 * Answers questions about the catalog: a small DuckDB holds Postgres' system tables, filled from the lake's catalog with what the
 * caller may read. A database of the lake is a schema, a table is a table, a view is a view, and a view that is kept is a materialized
 * one. Keyed tables of the app are read by name, but not listed.
 */
import {
  type Catalog,
  type DuckSession,
  DuckSessions,
  duckTypeText,
  type LakeAccess,
  type LakeQuery,
  TimeBudget,
  type Turns,
} from '@millrace/lake'
import type { Clock } from '@millrace/values'
import {
  arrayOids,
  isNested,
  type PostgresType,
  postgresType,
  type ResultColumn,
  types,
} from './postgres-types.ts'
import { SqlFault } from './sql-fault.ts'
import { type QuestionContext, systemQuestion } from './system-question.ts'
import { systemDdl } from './system-tables.ts'

export const serverVersion = '15.0'

export interface SystemCatalogOptions {
  readonly catalog: Catalog
  readonly query: LakeQuery
  /** Undefined: everything may be read. */
  readonly access: LakeAccess | undefined
  /** As the client named it. */
  readonly database: string
  /** Database of the lake whose tables need no schema. */
  readonly schema: string
  readonly settings: ReadonlyMap<string, string>
  readonly clock: Clock
  /** Questions of all clients together. */
  readonly turns: Turns
  readonly signal: AbortSignal
}

export interface SystemAnswer {
  readonly columns: readonly (ResultColumn & { readonly isNested: boolean })[]
  readonly rows: readonly (readonly (string | null)[])[]
  /** Values are JSON where a column is nested, else DuckDB's text. */
  readonly form: 'text' | 'json'
}

interface ListedTable {
  readonly schema: string
  readonly name: string
  readonly kind: 'r' | 'v' | 'm'
  readonly rows: number
  readonly columns: readonly {
    readonly name: string
    readonly type: string
    readonly isRequired: boolean
    readonly comment?: string
  }[]
}

/**
 * A question is any statement with a word of the system catalog in it, so it may ask for anything: it is bounded like a query of the lake.
 * Errors: whatever DuckDB says of the question; LAKE_QUERY_LIMIT; the signal's reason.
 */
export async function askSystemCatalog(
  sql: string,
  options: SystemCatalogOptions,
  context: QuestionContext,
): Promise<SystemAnswer> {
  const { clock, signal, turns } = options
  const leave = await turns.take(signal)
  const sessions = new DuckSessions({ memoryBytes: 256 * 2 ** 20, threads: 1 })
  try {
    const session = await sessions.open()
    try {
      const interrupt = (): void => session.connection.interrupt()
      const budget = new TimeBudget({ clock, limitMs: timeMaxMs, signal, interrupt })
      return await budget.spend(() => answerFrom(session, sql, options, context))
    } finally {
      session.close()
    }
  } finally {
    await sessions.close()
    leave()
  }
}

const timeMaxMs = 30_000
/** Beyond every catalog; what asks for more has brought its own rows. */
const rowsMax = 200_000
const charsMax = 64 * 2 ** 20

async function answerFrom(
  session: DuckSession,
  sql: string,
  options: SystemCatalogOptions,
  context: QuestionContext,
): Promise<SystemAnswer> {
  const { connection } = session
  const name = `"${options.database.replaceAll('"', '""')}"`
  // DuckDB's own names for the first database and its temporary one.
  if (!['memory', 'system', 'temp'].includes(options.database)) {
    await connection.run(`ATTACH ':memory:' AS ${name}`)
    await connection.run(`USE ${name}`)
  }
  for (const statement of systemDdl()) {
    if (statement.startsWith('CREATE MACRO pg.pg_table_is_visible')) await connection.run(pathMacros(options))
    await connection.run(statement)
  }
  for (const statement of await fill(options)) await connection.run(statement)
  await connection.run("SET search_path = 'pg,main'")
  await session.lock({ files: [], folders: [] })
  const question = systemQuestion(sql.replace(/[;\s]+$/, ''), context)
  const prepared = await connection.prepare(question)
  const columns = Array.from({ length: prepared.columnCount }, (_, i) => {
    const duckType = prepared.columnType(i).toString()
    // A call is named after its function.
    const name = prepared.columnName(i).replace(/^"?([A-Za-z_]\w*)"?\(.*\)$/s, '$1')
    return { name, type: postgresType(duckType), isNested: isNested(duckType) }
  })
  const form = columns.some((column) => column.isNested) ? 'json' : 'text'
  const names = columns.map((_, i) => `"${i}"`)
  const value = (column: string, i: number): string =>
    form === 'json' && columns[i]?.isNested === true
      ? `CAST(to_json(${column}) AS VARCHAR)`
      : `CAST(${column} AS VARCHAR)`
  const result = await connection.stream(
    `SELECT ${names.map(value).join(', ')} FROM (\n${question}\n) AS "q"(${names.join(', ')})`,
  )
  return { columns, rows: await fewRows(result), form }
}

/** Error: LAKE_QUERY_LIMIT, as SQLSTATE has it. */
async function fewRows(result: DuckResult): Promise<(string | null)[][]> {
  const rows: (string | null)[][] = []
  let chars = 0
  for (;;) {
    const chunk = await result.fetchChunk()
    if (chunk === null || chunk.rowCount === 0) return rows
    for (const row of chunk.getRows()) {
      const texts = row.map((cell) => (cell === null ? null : String(cell)))
      chars += texts.reduce((sum, text) => sum + (text?.length ?? 0), 0)
      rows.push(texts)
    }
    if (rows.length > rowsMax || chars > charsMax)
      throw new SqlFault(
        '54000',
        `a question about the catalog has ${rowsMax} rows and ${charsMax} characters at most`,
        'Ask for data without names of the system catalog (pg_..., current_user) in the statement.',
      )
  }
}

type DuckResult = Awaited<ReturnType<DuckSession['connection']['stream']>>

const firstSchemaOid = 20_000
const firstTableOid = 30_000

function pathMacros({ catalog, schema }: SystemCatalogOptions): string {
  const place = catalog.databases().findIndex(({ name }) => name === schema)
  return [
    `CREATE MACRO pg.path_schema() AS ${firstSchemaOid + place}`,
    `CREATE MACRO pg.current_schema() AS ${text(schema)}`,
    `CREATE MACRO pg.current_schemas(x) AS CASE WHEN x THEN ['pg_catalog', ${text(schema)}] ELSE [${text(schema)}] END`,
    `CREATE MACRO pg.version() AS 'PostgreSQL ${serverVersion} (Millrace)'`,
  ].join('; ')
}

async function fill(options: SystemCatalogOptions): Promise<string[]> {
  const { catalog, database, settings } = options
  const schemas = catalog.databases().map(({ name }, i) => ({ name, oid: firstSchemaOid + i }))
  const schemaOids = new Map(schemas.map(({ name, oid }) => [name, oid]))
  const tables = await listTables(options)
  const all = [...Object.values(types)]
  const arrays = all.flatMap((type): PostgresType[] => {
    const oid = arrayOids.get(type.oid)
    return oid === undefined ? [] : [{ oid, name: `_${type.name}`, length: -1, modifier: -1, element: type }]
  })
  return [
    insert('pg_namespace', 'oid, nspname, nspowner', [
      [11, 'pg_catalog', 10],
      [13_000, 'information_schema', 10],
      ...schemas.map(({ name, oid }) => [oid, name, 10]),
    ]),
    insert(
      'pg_database',
      'oid, datname, datdba, encoding, datlocprovider, datistemplate, datallowconn, datconnlimit, datcollate, datctype',
      [[1, database, 10, 6, 'c', false, true, -1, 'C', 'C']],
    ),
    insert(
      'pg_roles',
      'rolname, rolsuper, rolinherit, rolcreaterole, rolcreatedb, rolcanlogin, rolreplication, rolconnlimit, rolbypassrls, oid',
      [['millrace', false, true, false, false, true, false, -1, false, 10]],
    ),
    insert('pg_user', 'usename, usesysid, usecreatedb, usesuper, userepl, usebypassrls', [
      ['millrace', 10, false, false, false, false],
    ]),
    insert('pg_am', 'oid, amname, amhandler, amtype', [[2, 'heap', 'heap_tableam_handler', 't']]),
    insert(
      'pg_settings',
      'name, setting',
      [...settings].map(([name, value]) => [name, value]),
    ),
    insert(
      'pg_type',
      'oid, typname, typnamespace, typowner, typlen, typbyval, typtype, typcategory, typispreferred, typisdefined, typdelim, typrelid, typelem, typarray, typinput, typnotnull, typbasetype, typtypmod, typndims',
      [...all, ...arrays].map((type) => typeRow(type)),
    ),
    insert(
      'type_names',
      'oid, full_name',
      [...all, ...arrays].map((type) => [type.oid, fullName(type)]),
    ),
    insert(
      'pg_class',
      'oid, relname, relnamespace, reltype, relowner, relam, relfilenode, reltablespace, relpages, reltuples, relhasindex, relisshared, relpersistence, relkind, relnatts, relchecks, relhasrules, relhastriggers, relhassubclass, relrowsecurity, relforcerowsecurity, relispopulated, relreplident, relispartition, reltoastrelid, reloftype',
      tables.map(({ schema, name, kind, rows, columns }, i) => [
        firstTableOid + i,
        name,
        schemaOids.get(schema) ?? 0,
        0,
        10,
        kind === 'v' ? 0 : 2,
        0,
        0,
        0,
        rows,
        false,
        false,
        'p',
        kind,
        columns.length,
        0,
        false,
        false,
        false,
        false,
        false,
        true,
        'n',
        false,
        0,
        0,
      ]),
    ),
    insert(
      'pg_attribute',
      'attrelid, attname, atttypid, attstattarget, attlen, attnum, attndims, atttypmod, attnotnull, atthasdef, atthasmissing, attidentity, attgenerated, attisdropped, attislocal, attinhcount, attcollation, attstorage, attcompression',
      tables.flatMap(({ columns }, i) =>
        columns.map(({ name, type, isRequired }, place) => {
          const known = postgresType(type)
          return [
            firstTableOid + i,
            name,
            known.oid,
            -1,
            known.length,
            place + 1,
            known.element === undefined ? 0 : 1,
            known.modifier,
            isRequired,
            false,
            false,
            '',
            '',
            false,
            true,
            0,
            0,
            'p',
            '',
          ]
        }),
      ),
    ),
    insert(
      'pg_description',
      'objoid, classoid, objsubid, description',
      tables.flatMap(({ columns }, i) =>
        columns.flatMap(({ comment }, place) =>
          comment === undefined ? [] : [[firstTableOid + i, 1259, place + 1, comment]],
        ),
      ),
    ),
  ].filter((statement) => statement !== '')
}

async function listTables({ catalog, query, access, signal }: SystemCatalogOptions): Promise<ListedTable[]> {
  const listed: ListedTable[] = []
  for (const { name: schema } of catalog.databases()) {
    const views = catalog.views(schema)
    const kept = new Set(views.filter(({ refreshMs }) => refreshMs !== undefined).map(({ name }) => name))
    const tables = catalog.tables(schema).filter(({ name }) => !kept.has(name))
    for (const table of tables) {
      if (access?.mayRead(table.bucket, table.location) === false) continue
      const columns = [...table.columns, ...table.partitionKeys].map(
        ({ name, type, isRequired = false, comment }) => ({
          name,
          type: duckTypeText(type),
          isRequired,
          ...(comment === undefined ? {} : { comment }),
        }),
      )
      listed.push({ schema, name: table.name, kind: 'r', rows: -1, columns })
    }
    for (const { name, refreshMs } of views) {
      const columns = await viewColumns({ query, access, signal }, schema, name)
      if (columns === undefined) continue
      listed.push({ schema, name, kind: refreshMs === undefined ? 'v' : 'm', rows: -1, columns })
    }
  }
  return listed
}

/** Undefined of a view that cannot be read now: by this caller, or because a table of it is gone. */
async function viewColumns(
  { query, access, signal }: Pick<SystemCatalogOptions, 'query' | 'access' | 'signal'>,
  schema: string,
  name: string,
) {
  try {
    const shape = await query.describe(`SELECT * FROM "${schema}"."${name}"`, {
      signal,
      ...(access === undefined ? {} : { access }),
    })
    return shape.columns.map((column) => ({ ...column, isRequired: false }))
  } catch {
    signal.throwIfAborted()
    return undefined
  }
}

function typeRow({ oid, name, length, element }: PostgresType): Cell[] {
  const category = element !== undefined ? 'A' : (categories[name] ?? 'U')
  const isPreferred = ['text', 'float8', 'bool', 'timestamptz', 'interval', 'oid'].includes(name)
  return [
    oid,
    name,
    11,
    10,
    length,
    length > 0 && length <= 8,
    'b',
    category,
    isPreferred,
    true,
    ',',
    0,
    element?.oid ?? 0,
    arrayOids.get(oid) ?? 0,
    element === undefined ? `${name}in` : 'array_in',
    false,
    0,
    -1,
    0,
  ]
}

const categories: Readonly<Record<string, string>> = {
  bool: 'B',
  text: 'S',
  varchar: 'S',
  int2: 'N',
  int4: 'N',
  int8: 'N',
  oid: 'N',
  float4: 'N',
  float8: 'N',
  numeric: 'N',
  date: 'D',
  time: 'D',
  timestamp: 'D',
  timestamptz: 'D',
  interval: 'T',
}

const fullNames: Readonly<Record<string, string>> = {
  bool: 'boolean',
  int2: 'smallint',
  int4: 'integer',
  int8: 'bigint',
  float4: 'real',
  float8: 'double precision',
  varchar: 'character varying',
  time: 'time without time zone',
  timestamp: 'timestamp without time zone',
  timestamptz: 'timestamp with time zone',
}

function fullName({ name, element }: PostgresType): string {
  return element === undefined ? (fullNames[name] ?? name) : `${fullName(element)}[]`
}

type Cell = string | number | boolean

function insert(table: string, columns: string, rows: readonly (readonly Cell[])[]): string {
  if (rows.length === 0) return ''
  const cell = (value: Cell): string => (typeof value === 'string' ? text(value) : String(value))
  return `INSERT INTO pg.${table} (${columns}) VALUES ${rows.map((row) => `(${row.map(cell).join(', ')})`).join(', ')}`
}

function text(value: string): string {
  return `'${value.replaceAll("'", "''")}'`
}

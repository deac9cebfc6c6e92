/**
 * From a locked session to a statement ready to run: what kind DuckDB says it is, its columns and parameters, and the same statement
 * with every value as text.
 */
import type { DuckDBConnection, DuckDBPreparedStatement } from '@duckdb/node-api'
import { literal } from '../duck/open-duck.ts'
import { LakeQueryError, queryError } from './query-error.ts'
import type { QueryColumn, QueryShape } from './query-port.ts'
import type { ReadStatement } from './read-statement.ts'

/** Lines that `asTexts` puts before the statement. */
export const linesBefore = 1

/** The user's own statement, so that errors name places in the user's text. Errors: LAKE_QUERY_INVALID, LAKE_QUERY_REFUSED. */
export async function prepareStatement(
  connection: DuckDBConnection,
  { sql }: ReadStatement,
): Promise<DuckDBPreparedStatement> {
  const { StatementType } = await import('@duckdb/node-api')
  try {
    const statements = await connection.extractStatements(sql)
    // A PIVOT makes a type of its values first; the session is of this query alone, so the type bothers nobody.
    for (let i = 0; i + 1 < statements.count; i++) {
      const first = await statements.prepare(i)
      if (first.statementType !== StatementType.CREATE) throw notReading(StatementType[first.statementType])
      await first.run()
    }
    const statement = await statements.prepare(statements.count - 1)
    const { statementType } = statement
    if (statementType === StatementType.SELECT || statementType === StatementType.EXPLAIN) return statement
    throw notReading(StatementType[statementType])
  } catch (error) {
    throw queryError(error, sql)
  }
}

function notReading(kind: string | undefined): LakeQueryError {
  return new LakeQueryError(
    'LAKE_QUERY_REFUSED',
    `${kind} is not allowed. Only statements that read are: SELECT, EXPLAIN, DESCRIBE, SHOW, SUMMARIZE and PIVOT.`,
  )
}

/** Of a statement whose columns take their types from parameters, the types that they get with these values. */
export async function statementShape(
  connection: DuckDBConnection,
  statement: DuckDBPreparedStatement,
  { sql, values }: { readonly sql: string; readonly values: readonly (string | null)[] | undefined },
): Promise<QueryShape> {
  const parameters: string[] = []
  for (let i = 1; i <= statement.parameterCount; i++) parameters.push(parameterType(statement, i))
  const indexes = Array.from({ length: statement.columnCount }, (_, i) => i)
  if (indexes.length > 0 && indexes.every((i) => statement.columnTypeId(i) !== unknownType))
    return {
      columns: indexes.map((i) => ({
        name: statement.columnName(i),
        type: statement.columnType(i).toString(),
      })),
      parameters,
    }
  const empty = await connection.prepare(`SELECT * FROM (\n${sql}\n) LIMIT 0`)
  await bindParameters(connection, empty, parameters, values ?? parameters.map(() => null))
  const reader = await empty.runAndReadAll()
  const names = reader.columnNames()
  return {
    columns: reader.columnTypes().map((type, i) => ({ name: names[i] ?? '', type: type.toString() })),
    parameters,
  }
}

/** DuckDB's number for a type that depends on what is not known yet. */
const unknownType = 0

/** What the place asks for; text where it asks for nothing. */
function parameterType(statement: DuckDBPreparedStatement, index: number): string {
  if (statement.parameterTypeId(index) === unknownType) return 'VARCHAR'
  const type = statement.parameterType(index).toString()
  return ['UNKNOWN', 'ANY', 'SQLNULL'].includes(type) ? 'VARCHAR' : type
}

/**
 * The statement with its parameters' values in place and every column cast to text by DuckDB. The cast is around the whole, which
 * keeps the order of rows.
 */
export function asTexts(
  sql: string,
  columns: readonly QueryColumn[],
  form: 'text' | 'json' = 'text',
): string {
  const names = columns.map((_, i) => `"${i}"`)
  const value = (name: string, i: number): string => {
    const type = columns[i]?.type ?? ''
    const text = `CAST(${name} AS VARCHAR)`
    // DuckDB writes no digit before the point where the type has none; nobody else does so, and in JSON it would be no number.
    if (/^DECIMAL\((\d+),\s*\1\)$/.test(type)) return `regexp_replace(${text}, '^(-?)\\.', '\\10.')`
    // A decimal's text is a number of JSON, and exact; to_json would make a binary fraction of it.
    return form === 'json' && !type.startsWith('DECIMAL') ? `CAST(to_json(${name}) AS VARCHAR)` : text
  }
  return `SELECT ${names.map(value).join(', ')} FROM (\n${sql}\n) AS "q"(${names.join(', ')})`
}

/**
 * A PIVOT over the values that it finds cannot stand inside another statement, so its result is kept in the session first. Gives the
 * statement that reads it.
 */
export async function keepPivot(connection: DuckDBConnection, sql: string): Promise<string> {
  const statements = await connection.extractStatements(`CREATE TEMP TABLE "__pivot" AS\n${sql}`)
  for (let i = 0; i < statements.count; i++) await (await statements.prepare(i)).run()
  return 'FROM "__pivot"'
}

/** Binds texts as the types that their places ask for. Errors: LAKE_QUERY_INVALID. */
export async function bindParameters(
  connection: DuckDBConnection,
  statement: DuckDBPreparedStatement,
  types: readonly string[],
  values: readonly (string | null)[],
): Promise<void> {
  if (values.length !== types.length)
    throw new LakeQueryError(
      'LAKE_QUERY_INVALID',
      `the statement has ${types.length} parameters ($1, $2, ...), but ${values.length} values were given.`,
    )
  for (const [i, type] of types.entries()) {
    const value = values[i] ?? null
    if (value === null) {
      statement.bindNull(i + 1)
      continue
    }
    try {
      const reader = await connection.runAndReadAll(`SELECT CAST(${literal(value)} AS ${type})`)
      const [cast] = reader.getRows()[0] ?? []
      const [columnType] = reader.columnTypes()
      if (cast === undefined || columnType === undefined)
        throw new Error('lake invariant: a cast gives one value')
      statement.bindValue(i + 1, cast, columnType)
    } catch (error) {
      throw new LakeQueryError(
        'LAKE_QUERY_INVALID',
        `parameter $${i + 1}: ${literal(value)} is no ${type}. ${error instanceof Error ? (error.message.split('\n')[0] ?? '') : ''}`,
      )
    }
  }
}

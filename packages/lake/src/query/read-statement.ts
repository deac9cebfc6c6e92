/**
 * What a text asks for, before anything of it is run: one statement that reads, and the names it reads. Everything else is refused
 * here, and once more by the kind that DuckDB gives the prepared statement.
 *
 * SELECT in all its forms (WITH, FROM first, VALUES, TABLE, DESCRIBE, SHOW, SUMMARIZE) has a tree. EXPLAIN has that of what it
 * explains. PIVOT without a list of values has none, since DuckDB makes several statements of it: its names are found while it is run.
 */
import type { DuckDBConnection } from '@duckdb/node-api'
import { charPosition, LakeQueryError, queryError } from './query-error.ts'
import { isNode, type SyntaxNode, textOf } from './syntax-tree.ts'
import { type StatementNames, statementTrees, tableNames } from './table-names.ts'

export interface ReadStatement {
  /** Without semicolons at the end. */
  readonly sql: string
  readonly kind: 'select' | 'explain' | 'pivot'
  /** Undefined of a PIVOT without a list of values. */
  readonly tree: SyntaxNode | undefined
  readonly names: StatementNames
}

const reads = 'Only statements that read are allowed: SELECT, EXPLAIN, DESCRIBE, SHOW, SUMMARIZE and PIVOT.'

/** DuckDB's parser takes a second for this much, and cannot be interrupted. */
const charsMax = 2 ** 18

/** Errors: LAKE_QUERY_INVALID, LAKE_QUERY_REFUSED, LAKE_QUERY_LIMIT. */
export async function readStatement(connection: DuckDBConnection, text: string): Promise<ReadStatement> {
  if (text.length > charsMax)
    throw new LakeQueryError(
      'LAKE_QUERY_LIMIT',
      `the text has ${text.length} characters; a statement has ${charsMax} at most. Put long lists of values into a table.`,
    )
  const sql = withoutEnd(text)
  if (sql.slice(blankEnd(sql)).replaceAll(';', '').trim() === '')
    throw new LakeQueryError('LAKE_QUERY_INVALID', 'the text holds no statement. Write a SELECT.')
  const count = await countStatements(connection, sql)
  const tree = await syntaxTree(connection, sql)
  if (Array.isArray(tree)) {
    if (tree.length === 1 && tree[0] !== undefined)
      return { sql, kind: 'select', tree: tree[0], names: tableNames(tree[0]) }
    throw new LakeQueryError(
      'LAKE_QUERY_REFUSED',
      `the text holds ${tree.length} statements. Send one at a time.`,
    )
  }
  const word = firstWord(sql)
  if (word === 'EXPLAIN') return readExplained(connection, sql)
  // DuckDB makes up to two statements of one PIVOT; more words of that kind are refused when it is prepared.
  if (word === 'PIVOT' || word === 'UNPIVOT' || word === 'PIVOT_WIDER' || word === 'WITH')
    return { sql, kind: 'pivot', tree: undefined, names: { tables: [], functions: [], asksForAll: false } }
  if (count > 1)
    throw new LakeQueryError('LAKE_QUERY_REFUSED', `the text holds ${count} statements. ${reads}`)
  throw new LakeQueryError('LAKE_QUERY_REFUSED', `${word} is not allowed. ${reads}`)
}

async function readExplained(connection: DuckDBConnection, sql: string): Promise<ReadStatement> {
  const prefix = sql.slice(0, explainEnd(sql))
  const tree = await syntaxTree(connection, sql.slice(prefix.length))
  const [first] = Array.isArray(tree) ? tree : []
  if (first === undefined)
    throw new LakeQueryError(
      'LAKE_QUERY_REFUSED',
      `EXPLAIN of ${firstWord(sql.slice(prefix.length))} is not allowed. ${reads}`,
    )
  const { tables, functions, asksForAll } = tableNames(first)
  const before = Buffer.byteLength(prefix)
  const moved = tables.map((table) =>
    table.byte === undefined ? table : { ...table, byte: table.byte + before },
  )
  return { sql, kind: 'explain', tree: first, names: { tables: moved, functions, asksForAll } }
}

async function countStatements(connection: DuckDBConnection, sql: string): Promise<number> {
  try {
    return (await connection.extractStatements(sql)).count
  } catch (error) {
    const text = error instanceof Error ? error.message : ''
    throw queryError(new Error(withHint(text.replace('Failed to extract statements: ', ''), sql)), sql)
  }
}

/** Trees of all statements; undefined if one of them is no SELECT. Errors: LAKE_QUERY_INVALID. */
export async function syntaxTree(
  connection: DuckDBConnection,
  sql: string,
): Promise<SyntaxNode[] | undefined> {
  const reader = await connection.runAndReadAll('SELECT json_serialize_sql($1::VARCHAR)', [sql])
  // Numbers beyond 2^53 are rounded here: places that are none, and constants, which nobody uses (partition-filter.ts).
  const answer: unknown = JSON.parse(String(reader.getRows()[0]?.[0]))
  if (!isNode(answer)) throw new Error('lake invariant: json_serialize_sql gives an object')
  if (answer.error !== true) return statementTrees(answer)
  if (textOf(answer, 'error_type') === 'not implemented') return undefined
  const position = Number(textOf(answer, 'position'))
  throw new LakeQueryError(
    'LAKE_QUERY_INVALID',
    textOf(answer, 'error_message'),
    Number.isInteger(position) ? { sql, position: charPosition(sql, position) } : undefined,
  )
}

/** The database `default` has the name of a word of SQL. */
function withHint(message: string, sql: string): string {
  if (!/\bdefault\s*\./i.test(sql)) return message
  return message.replace(
    'syntax error',
    '"default" is a word of SQL, so as a name it stands in quotes ("default".orders): syntax error',
  )
}

function firstWord(sql: string): string {
  return wordAt(sql, blankEnd(sql, '(')) || 'this'
}

/** Where what is explained begins. */
function explainEnd(sql: string): number {
  let at = blankEnd(sql) + 'EXPLAIN'.length
  at = blankEnd(sql, '', at)
  if (wordAt(sql, at) === 'ANALYZE') at = blankEnd(sql, '', at + 'ANALYZE'.length)
  // Options are words and commas in parentheses; a SELECT in parentheses begins with its word.
  const isOptions = sql[at] === '(' && !statementWords.has(wordAt(sql, blankEnd(sql, '(', at)))
  const end = isOptions ? sql.indexOf(')', at) : -1
  return end < 0 ? at : blankEnd(sql, '', end + 1)
}

const statementWords = new Set([
  'SELECT',
  'WITH',
  'FROM',
  'VALUES',
  'TABLE',
  'PIVOT',
  'UNPIVOT',
  'DESCRIBE',
  'SHOW',
])

/** In upper case; empty where none stands. */
function wordAt(sql: string, at: number): string {
  return /^[a-z_]+/i.exec(sql.slice(at, at + 64))?.[0].toUpperCase() ?? ''
}

/** The place after white space, comments (which nest) and these characters; found in one pass, whatever the text. */
function blankEnd(sql: string, others = '', from = 0): number {
  let at = from
  for (;;) {
    const two = sql.slice(at, at + 2)
    if (two === '--') {
      const end = sql.indexOf('\n', at)
      at = end < 0 ? sql.length : end + 1
    } else if (two === '/*') at = commentEnd(sql, at)
    else if (at < sql.length && (/\s/.test(sql[at] ?? '') || others.includes(sql[at] ?? ''))) at++
    else return at
  }
}

function commentEnd(sql: string, from: number): number {
  let depth = 0
  let at = from
  do {
    const two = sql.slice(at, at + 2)
    if (two === '/*') depth++
    else if (two === '*/') depth--
    at += two === '/*' || two === '*/' ? 2 : 1
  } while (depth > 0 && at < sql.length)
  return at
}

function withoutEnd(text: string): string {
  let end = text.length
  while (end > 0 && /[;\s]/.test(text[end - 1] ?? '')) end--
  return text.slice(0, end)
}

/**
 * Statements that ask about the server and its catalog, and not for data: recognised, and written as DuckDB takes them. Pure.
 *
 * Clients write them once and for all (psql's \d, drivers' metadata calls, BI tools at connect), so what is translated here is what they
 * send: names in pg_catalog, OPERATOR(pg_catalog.~), COLLATE, casts to regclass and its like.
 */
import { mapCode } from './split-statements.ts'
import { SqlFault } from './sql-fault.ts'

const words =
  /\b(pg_(?!typeof|size_pretty)[a-z_]+|information_schema|version(?=\s*\(\s*\))|current_(?:schemas?|database|catalog|user|setting|role)|session_user|set_config|has_[a-z_]+_privilege|(?:obj|col|shobj)_description|format_type|to_regclass)\b/i

export function isSystemQuestion(sql: string): boolean {
  // Names in quotes count, strings do not.
  return words.test(sql.replace(/'(?:[^']|'')*'/g, "''"))
}

/** A series in FROM has one column there, and is a row of one here: its alias has to name both. */
const seriesAlias =
  /\bgenerate_series\(((?:[^()]|\((?:[^()]|\([^()]*\))*\))*)\)\s+(?:AS\s+)?([a-z_]\w*)(?=\s*(?:,|$|WHERE\b))/gi

const castWord = String.raw`\s*::\s*(?:pg_catalog\s*\.\s*)?`
const string = "'(?:[^']|'')*'"
// From the beginning of a name only: else a long one would be tried from each of its characters.
const name = String.raw`(?<![\w.])[A-Za-z_][\w]*(?:\.[A-Za-z_][\w]*)*`

export interface QuestionContext {
  readonly user: string
  /** Values of $1, $2, ... */
  readonly parameters: readonly (string | null)[]
}

/** Longer than what tools ask; patterns below take a time that grows with the square of a text's length. */
const charsMax = 32_768

/** Error: SqlFault for a text that is too long. */
export function systemQuestion(sql: string, { user, parameters }: QuestionContext): string {
  if (sql.length > charsMax)
    throw new SqlFault(
      '54001',
      `a question about the catalog has ${charsMax} characters at most, not ${sql.length}`,
    )
  const literal = (text: string): string => `'${text.replaceAll("'", "''")}'`
  const cast = (operand: string, type: string): RegExp =>
    new RegExp(`(${operand})${castWord}${type}\\b`, 'gi')
  const recast = sql
    .replace(/"pg_catalog"\s*\./gi, '')
    .replace(/"information_schema"\s*\./gi, 'pg_information.')
    .replace(/COLLATE\s+(?:"?pg_catalog"?\s*\.\s*)?(?:"default"|default\b)/gi, '')
    .replace(/\bpg_catalog\s*\.\s*generate_series\b/gi, 'generate_series')
    .replace(seriesAlias, 'generate_series($1) AS $2($2)')
    .replace(
      /\bCAST\s*\(\s*(\$\d+|'(?:[^']|'')*')\s+AS\s+(?:pg_catalog\s*\.\s*)?regclass\s*\)/gi,
      'pg_oid_of($1)',
    )
    .replace(cast(string, 'regclass'), 'pg_oid_of($1)')
    .replace(cast(name, 'regclass'), 'pg_name_of($1)')
    .replace(cast(name, 'regtype'), 'format_type($1, NULL)')
    .replace(cast(name, 'regnamespace'), 'pg_schema_of($1)')
  return matchParts(
    mapCode(recast, (code) =>
      code
        .replace(/\bOPERATOR\s*\(\s*(?:pg_catalog\s*\.\s*)?([^)\s]+)\s*\)/gi, ' $1 ')
        .replace(/\bpg_catalog\s*\.\s*/gi, '')
        .replace(/\binformation_schema\s*\.\s*/gi, 'pg_information.')
        .replace(/\b(?:current_user|session_user|current_role)\b(?!\s*\()/gi, literal(user))
        .replace(/\bjson_build_object\s*\(/gi, 'json_object(')
        .replace(/\bcurrent_catalog\b/gi, 'current_database()')
        .replace(/\bcurrent_schema\b(?!\s*\()/gi, 'current_schema()')
        .replace(/\$(\d+)/g, (_, number: string) => {
          const value = parameters[Number(number) - 1] ?? null
          return value === null ? 'NULL' : literal(value)
        }),
    ),
  )
}

/** Postgres looks for a pattern anywhere in the text, DuckDB compares the whole. */
function matchParts(sql: string): string {
  return sql.replace(
    /(!?~)(\*?)(\s*\(?\s*)'((?:[^']|'')*)'/g,
    (_, operator: string, star: string, between: string, pattern: string) =>
      `${operator}${between}'(?s${star === '' ? '' : 'i'}).*(?:${pattern}).*'`,
  )
}

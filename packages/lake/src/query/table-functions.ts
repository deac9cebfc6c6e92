/**
 * Functions of DuckDB 1.5 in a FROM clause that are more than reading: some change what the session does (profiles and logs go to
 * files, wherever files may be opened), some run statements that are only text to whoever looks at the tree, some take addresses of
 * memory. Pure.
 */
import { LakeQueryError } from './query-error.ts'

export const refusedFunctions: ReadonlySet<string> = new Set([
  'arrow_scan',
  'arrow_scan_dumb',
  'checkpoint',
  'check_peg_parser',
  'disable_logging',
  'disable_peg_parser',
  'disable_profiling',
  'enable_logging',
  'enable_peg_parser',
  'enable_profiling',
  'force_checkpoint',
  'json_execute_serialized_sql',
  'query',
  'query_table',
  'read_duckdb',
  'seq_scan',
  'truncate_duckdb_logs',
])

/** Error: LAKE_QUERY_REFUSED. */
export function refuseFunctions(functions: readonly string[]): void {
  const refused = functions.find((name) => refusedFunctions.has(name))
  if (refused === undefined) return
  throw new LakeQueryError(
    'LAKE_QUERY_REFUSED',
    `the function ${refused}() is not allowed in a query. A query reads tables of the catalog; ask for a table by its name.`,
  )
}

/** Names of tables in statements. */
import type { WrittenName } from './ddl-statement.ts'
import type { TokenReader } from './token-reader.ts'

/** `table` or `schema.table`. */
export function parseName(reader: TokenReader): WrittenName {
  // `.t` is a table of the session's schema, as ODBC writes it.
  if (reader.takesMark('.')) return { schema: undefined, table: reader.name() }
  const first = reader.name()
  return reader.takesMark('.') ? { schema: first, table: reader.name() } : { schema: undefined, table: first }
}

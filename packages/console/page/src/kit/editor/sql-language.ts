/** What the editor colours as SQL: words of all our dialects, and both ways to quote names. Meaning comes from the API's marks. */
import { SQLDialect, sql } from '@codemirror/lang-sql'
import type { Extension } from '@codemirror/state'

const keywords =
  'add after all alter analyze and any as asc asof at attach before between both by case cast catalog check clear column columns ' +
  'comment commit complement constraint copy create cross cube current current_date current_row current_time current_timestamp cursor ' +
  'database databases default define delete desc describe descriptor detach distinct distributed drop else emit end enforced escape ' +
  'except exclude execute exists explain extract false filter first floor following for format from full function functions fulltext ' +
  'global group grouping having hop if ignore ilike in inner insert install intersect interval into is join key language last lateral ' +
  'lead leading left like limit load local localtime localtimestamp macro match match_recognize materialized matches measures merge ' +
  'metadata minus modules monotonic natural next no not null nulls of offset on one only option or order ordinality outer over ' +
  'overlaps overwrite partition partitioned partitions past pattern per permute pivot plan pragma preceding primary prev proctime pump ' +
  'qualify range rank recursive references rename replace reset respect right rollup row row_number rows rowtime running sample select ' +
  'semi session set sets show similar skip some start statement step stop stream strict sum summarize system system_time table ' +
  'tables tablesample temporary then ties time to top trailing trim true try_cast tumble tumbling unbounded union unique unknown unnest ' +
  'unpivot update upsert use using values version view virtual watermark week when where window with within without zone'

const types =
  'array bigint binary blob boolean bytes char character date datetime dec decimal double float hugeint int integer json map multiset ' +
  'numeric precision raw real smallint string struct timestamp timestamp_ltz timestamptz tinyint ubigint uinteger uuid varbinary ' +
  'varchar varying day hour minute month second year'

const dialect = SQLDialect.define({
  keywords,
  types,
  // Flink quotes names with backticks, KDA and DuckDB with double quotes.
  identifierQuotes: '`"',
  caseInsensitiveIdentifiers: true,
  operatorChars: '*+-%<>!=&|~^/:',
})

export function sqlLanguage(): Extension {
  // Completion is the API's, which knows columns and dialects.
  return sql({ dialect, upperCaseKeywords: true })
}

/**
 * A keyed table of the app as a table of SQL: its items as of one moment, each attribute a column. Types are those that all items have
 * room in; numbers with a fraction are DOUBLE, an attribute whose values are of several kinds is JSON. The key comes first.
 *
 * Items are read into the query's own memory, so its limit holds for them too.
 */
import type { DuckDBConnection } from '@duckdb/node-api'
import type { Store } from '@millrace/store'
import { plainJson } from '@millrace/tables'
import { literal } from '../duck/open-duck.ts'
import { duckName } from '../schema/duck-type.ts'

/** Items between two looks at whether the query was stopped, and between two turns of the event loop. */
const itemsAtOnce = 5_000

export async function makeItemTable(
  connection: DuckDBConnection,
  store: Store,
  { table, schema, name }: { readonly table: string; readonly schema: string; readonly name: string },
  check: () => void,
): Promise<void> {
  const entry = store.tableEntry(table)
  const keys =
    entry === undefined ? [] : [entry.partitionKey, ...(entry.sortKey === undefined ? [] : [entry.sortKey])]
  await connection.run('CREATE OR REPLACE TEMP TABLE __items (item JSON)')
  const appender = await connection.createAppender('__items', undefined, 'temp')
  // One moment: the texts are taken in a single snapshot, which is quick, and handed over afterwards.
  const texts = store.snapshot(() => Array.from(store.scan(table), (item) => plainJson(item)))
  const decoder = new TextDecoder()
  for (let from = 0; from < texts.length; from += itemsAtOnce) {
    check()
    for (const text of texts.slice(from, from + itemsAtOnce)) {
      appender.appendVarchar(decoder.decode(text))
      appender.endRow()
    }
    appender.flushSync()
    await new Promise<void>((resolve) => setImmediate(resolve))
  }
  appender.closeSync()
  const target = `${duckName(schema)}.${duckName(name)}`
  const reader = await connection.runAndReadAll('SELECT json_group_structure(item)::VARCHAR FROM __items')
  const structure: unknown = JSON.parse(String(reader.getRows()[0]?.[0] ?? 'null'))
  if (typeof structure !== 'object' || structure === null) {
    const columns = keys.map((key) => `CAST(NULL AS ${keyType[key.type]}) AS ${duckName(key.name)}`)
    await connection.run(`CREATE TABLE ${target} AS SELECT ${columns.join(', ')} WHERE false`)
    return
  }
  const first = keys.map((key) => key.name)
  const names = [...first, ...Object.keys(structure).filter((attribute) => !first.includes(attribute))]
  await connection.run(
    `CREATE TABLE ${target} AS SELECT ${names.map((attribute) => `r.${duckName(attribute)}`).join(', ')} ` +
      `FROM (SELECT json_transform(item, ${literal(JSON.stringify(structure, withoutNull))}) AS r FROM __items)`,
  )
  await connection.run('DROP TABLE __items')
}

const keyType = { string: 'VARCHAR', number: 'DOUBLE', binary: 'VARCHAR' } as const

/** An attribute that is always null has no type of its own; a whole number is one of 64 bits as far as it fits. */
function withoutNull(_name: string, value: unknown): unknown {
  return value === 'NULL' ? 'VARCHAR' : value
}

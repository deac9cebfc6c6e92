/** `millrace query`: SQL over the lake. */
import { type Command, Option } from 'commander'
import {
  collect,
  command,
  count,
  positiveInteger,
  positiveNumber,
  type RawFlags,
  text,
  texts,
} from './command.ts'

const historyDefault = 20

export function queryCommand(): Command {
  return command('query')
    .description('SQL over the lake: tables of the catalog, views, and keyed tables of the app')
    .argument('[sql]', 'a SELECT in DuckDB\'s dialect; "-" reads it from standard input')
    .option('--data-dir <dir>', 'data directory (default: the only one below .millrace)')
    .option('--database <name>', 'of tables without one in their name (default: default)')
    .option('--as-of <time>', 'Iceberg tables as they were then, like 2026-11-21T10:00:00Z')
    .option('--param <value>', 'value of $1, the next one of $2, and so on', collect, [])
    .option('--file <file>', 'read the statement from a file')
    .option('--json', 'rows as lines of JSON')
    .addOption(new Option('--csv', 'rows as CSV with a header').conflicts('json'))
    .option('--output <file>', 'write the rows into a file: .parquet, .csv or .json')
    .option(
      '--limit <n>',
      'print this many rows at most (default: 1000 of a table for people)',
      positiveInteger,
    )
    .option('--timeout <seconds>', 'how long the query may work (default: 60)', positiveNumber)
    .option('--memory <size>', 'how much memory it may use, like 2GB (default: 512MB)')
    .option('--verbose', 'say how long it took and how many files it read')
    .option('--save <name>', 'keep the statement under a name')
    .option('--run <name>', 'run a saved statement')
    .option('--list', 'list the saved statements')
    .option('--history', `what was asked before, the newest first (--limit n; default: ${historyDefault})`)
    .addHelpText(
      'after',
      `
Works while the app runs and after it has stopped. Tables are those of the catalog (millrace catalog tables); keyed tables
of the app are app.NAME. Older states of an Iceberg table: "orders@2026-11-21T10:00:00Z", "orders@3" (its third snapshot),
and "orders$snapshots" lists them.

Examples:
  millrace query "SELECT count(*) FROM orders WHERE day = '2026-11-21'"
  millrace query "SELECT * FROM sales.orders" --csv > orders.csv
  millrace query "FROM orders" --output orders.parquet
  millrace query "SELECT * FROM orders WHERE id = \\$1" --param 7 --save order
  millrace query --run order --param 8
  millrace query --history`,
    )
    .action(async (sql: string | undefined, flags: RawFlags) => {
      const dataDir = text(flags.dataDir)
      const json = flags.json === true
      const { query, queryHistory, querySaved } = await import('../lake/query.ts')
      if (flags.history === true)
        return queryHistory({ dataDir, limit: count(flags.limit) ?? historyDefault, json })
      if (flags.list === true) return querySaved({ dataDir, json })
      await query(sql, {
        dataDir,
        database: text(flags.database),
        asOf: text(flags.asOf),
        form: json ? 'json' : flags.csv === true ? 'csv' : 'table',
        output: text(flags.output),
        file: text(flags.file),
        parameters: texts(flags.param),
        limit: count(flags.limit),
        timeoutSeconds: count(flags.timeout),
        memory: text(flags.memory),
        save: text(flags.save),
        run: text(flags.run),
        verbose: flags.verbose === true,
      })
    })
}

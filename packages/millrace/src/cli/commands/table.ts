/** `millrace table ...`: the commands that look into tables. */
import type { Command } from 'commander'
import { command, count, positiveInteger, type RawFlags, text } from './command.ts'

export function tableCommand(): Command {
  const scan = command('scan')
    .description('print the items of a table as lines of JSON, in the order of their keys')
    .argument('<table>')
    .option('--data-dir <dir>', 'data directory (default: the only one below .millrace)')
    .option('--limit <n>', 'stop after this many items', positiveInteger)
    .option('--json', 'print errors as JSON too; items are always JSON')
    .addHelpText(
      'after',
      `
Works while the app runs and after it has stopped.

Examples:
  millrace table scan OrderEnriched --limit 3
  millrace table scan OrderEnriched --data-dir /tmp/orders | wc -l
  millrace table scan dead-letters                          records that no stage could process`,
    )
    .action(async (table: string, flags: RawFlags) => {
      const { tableScan } = await import('../table-scan.ts')
      await tableScan(table, { dataDir: text(flags.dataDir), limit: count(flags.limit) })
    })
  const query = command('query')
    .description('print the items of one partition key, of a table or an index, as lines of JSON')
    .argument('<table>')
    .argument('<key>', 'the partition key: text, a number, or base64, as the key is')
    .option('--data-dir <dir>', 'data directory (default: the only one below .millrace)')
    .option('--index <name>', 'of this index instead of the table itself')
    .option('--sort <key>', 'only the item or items of this sort key')
    .option('--from <key>', 'sort keys from this one on')
    .option('--to <key>', 'sort keys up to this one, it included')
    .option('--prefix <text>', 'sort keys that begin so')
    .option('--reverse', 'from the highest sort key to the lowest')
    .option('--limit <n>', 'stop after this many items', positiveInteger)
    .option('--json', 'print errors as JSON too; items are always JSON')
    .addHelpText(
      'after',
      `
Examples:
  millrace table query OrderEnriched 1001 --sort 2
  millrace table query Board race-1 --index byTime --reverse --limit 10`,
    )
    .action(async (table: string, key: string, flags: RawFlags) => {
      const { tableQuery } = await import('../table-query.ts')
      await tableQuery(table, key, {
        dataDir: text(flags.dataDir),
        limit: count(flags.limit),
        index: text(flags.index),
        sort: text(flags.sort),
        from: text(flags.from),
        to: text(flags.to),
        prefix: text(flags.prefix),
        reverse: flags.reverse === true,
      })
    })
  const exported = command('export')
    .description("write a table at one moment into files, in the form of DynamoDB's exports")
    .argument('<table>')
    .requiredOption('--to <dir>', 'folder for the export; made if missing')
    .option('--at <time>', 'as of this time (needs changes with old images since then; default: now)')
    .option('--data-dir <dir>', 'data directory (default: the only one below .millrace)')
    .option('--json', 'print what was written as JSON')
    .addHelpText(
      'after',
      `
Examples:
  millrace table export OrderEnriched --to backup
  millrace table export OrderEnriched --to backup --at 2026-01-31T12:00:00Z`,
    )
    .action(async (table: string, flags: RawFlags) => {
      const { tableExport } = await import('../table-export.ts')
      await tableExport(table, {
        dataDir: text(flags.dataDir),
        // Commander has made sure of it.
        to: text(flags.to) as string,
        at: text(flags.at),
        json: flags.json === true,
      })
    })
  return command('table')
    .description('look into the tables of a data directory')
    .addCommand(scan)
    .addCommand(query)
    .addCommand(exported)
}

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
  return command('table').description('look into the tables of a data directory').addCommand(scan)
}

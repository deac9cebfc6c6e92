/** `millrace notebook ...`: notebooks on a terminal. */
import type { Command } from 'commander'
import { command, count, type Outcome, positiveInteger, type RawFlags, text } from './command.ts'

export function notebookCommand(outcome: Outcome): Command {
  const list = command('list')
    .description('notebooks of the current folder and of the data directory')
    .option('--data-dir <dir>', 'data directory (default: the only one below .millrace)')
    .option('--json', 'as one line of JSON')
    .action(async (flags: RawFlags) => {
      const { notebookList } = await import('../notebook.ts')
      notebookList({ dataDir: text(flags.dataDir), json: flags.json === true })
    })
  const run = command('run')
    .description('run the cells of a notebook one after the other, and print what they show')
    .argument('<notebook>', 'a file NAME.notebook.sql, or the NAME of one that `millrace notebook list` has')
    .option('--data-dir <dir>', 'data directory (default: the only one below .millrace)')
    .option('--cell <id>', 'this cell alone; those above it are declared, not run')
    .option('--rows <n>', 'the newest rows that are shown of a result (default: 1000)', positiveInteger)
    .option('--until-idle', 'end a cell when it has read everything and nothing has come for a second')
    .option('--json', 'what cells tell, as lines of JSON: {"cell", "event", ...}')
    .addHelpText(
      'after',
      `
A query over streams goes on until ctrl-C, which ends the cell and what would follow it; other queries end with their sources. It works
while an app runs on the data directory and after it has stopped. INSERT INTO needs a directory on which no process runs.

Examples:
  millrace notebook list
  millrace notebook run examples/orders/orders.notebook.sql --cell revenue-by-state
  millrace notebook run sensor-studio --until-idle --json`,
    )
    .action(async (notebook: string, flags: RawFlags) => {
      const { notebookRun } = await import('../notebook.ts')
      outcome.exitCode = await notebookRun(notebook, {
        dataDir: text(flags.dataDir),
        cell: text(flags.cell),
        rows: count(flags.rows),
        untilIdle: flags.untilIdle === true,
        json: flags.json === true,
      })
    })
  return command('notebook')
    .description('SQL notebooks: the cells that the console shows, on a terminal')
    .addCommand(list)
    .addCommand(run)
}

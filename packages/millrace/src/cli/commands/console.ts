/** `millrace console`: its flags and help. */
import type { Command } from 'commander'
import { command, type RawFlags, text } from './command.ts'

export function consoleCommand(): Command {
  return command('console')
    .description('print the address of the web console of the app that runs, or open it')
    .usage('[flags]')
    .option('--data-dir <dir>', 'data directory that it runs on (default: the only one below .millrace)')
    .option('--open', 'open it in the browser')
    .option('--json', 'as one line of JSON')
    .addHelpText(
      'after',
      `
The console is part of millrace run and millrace serve, which print its address first. To look at data that nothing runs on:
millrace serve --data-dir DIR.

Examples:
  millrace console
  millrace console --data-dir /var/lib/orders --open`,
    )
    .action(async (flags: RawFlags) => {
      const { showConsole } = await import('../console.ts')
      showConsole({ dataDir: text(flags.dataDir), open: flags.open === true, json: flags.json === true })
    })
}

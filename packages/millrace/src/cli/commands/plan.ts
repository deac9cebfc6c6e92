/** `millrace plan`: its flags and help. */
import type { Command } from 'commander'
import { command, type RawFlags, text } from './command.ts'

export function planCommand(appArguments: readonly string[] | undefined): Command {
  return command('plan')
    .description('say what starting a changed app would do to the state of its queries; nothing is started')
    .usage('<app.ts> [flags] [-- app options]')
    .argument('<app.ts>', 'the app, or a .sql file')
    .option(
      '--data-dir <dir>',
      'the data directory to compare with (default: .millrace/<app> in the current folder)',
    )
    .option('--json', 'one line of JSON for each query')
    .addHelpText(
      'after',
      `
kept      the operator computes what it computed before and goes on with its state
rebuilt   the log still holds everything, so the state is made anew from it when the app starts
empty     new, and a part of the log is gone: it counts from now on
lost      nothing in the program has a place for this state

Examples:
  millrace plan orders.app.ts
  millrace plan report.sql --data-dir /var/lib/report --json`,
    )
    .action(async (file: string, flags: RawFlags) => {
      const { plan } = await import('../plan.ts')
      await plan(file, { dataDir: text(flags.dataDir), json: flags.json === true }, appArguments ?? [])
    })
}

/** `millrace doctor`: its flags and help. */
import type { Command } from 'commander'
import { command, type RawFlags, text } from './command.ts'

export function doctorCommand(appArguments: readonly string[] | undefined): Command {
  return command('doctor')
    .description('say why an app gives less than expected: what waits, is behind, died or came late')
    .usage('<app.ts> [flags] [-- app options]')
    .argument('<app.ts>', 'the app, or a .sql file')
    .option('--data-dir <dir>', 'its data directory (default: .millrace/<app> in the current folder)')
    .option('--json', 'one line of JSON for each finding')
    .addHelpText(
      'after',
      `
Works while the app runs and after it has stopped; nothing is changed.

Examples:
  millrace doctor orders.app.ts
  millrace doctor report.sql --data-dir /var/lib/report`,
    )
    .action(async (file: string, flags: RawFlags) => {
      const { doctor } = await import('../doctor.ts')
      await doctor(file, { dataDir: text(flags.dataDir), json: flags.json === true }, appArguments ?? [])
    })
}

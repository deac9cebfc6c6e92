/** `millrace doctor`: its flags and help. */
import type { Command } from 'commander'
import { command, type Outcome, type RawFlags, text } from './command.ts'

export function doctorCommand(appArguments: readonly string[] | undefined, outcome: Outcome): Command {
  return command('doctor')
    .description(
      'say what an app lacks: prerequisites of its databases, and what waits, is behind, died or came late',
    )
    .usage('<app.ts> [flags] [-- app options]')
    .argument('<app.ts>', 'the app, or a .sql file')
    .option('--data-dir <dir>', 'its data directory (default: .millrace/<app> in the current folder)')
    .option('--json', 'one line of JSON for each finding')
    .addHelpText(
      'after',
      `
Works before the app has run, while it runs and after it has stopped; nothing is changed. Of a source that follows a database
every setting and grant that is missing is named with the statement that mends it; then the exit code is 1.

Examples:
  millrace doctor orders.app.ts
  millrace doctor report.sql --data-dir /var/lib/report`,
    )
    .action(async (file: string, flags: RawFlags) => {
      const { doctor } = await import('../doctor.ts')
      await doctor(
        file,
        { dataDir: text(flags.dataDir), json: flags.json === true },
        appArguments ?? [],
        outcome,
      )
    })
}

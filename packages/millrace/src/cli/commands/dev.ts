/** `millrace dev`: its flags are those of `millrace run`. */
import type { Command } from 'commander'
import type { Outcome } from './command.ts'
import { command } from './command.ts'
import { addRunFlags } from './run.ts'

/** `words`: the command line behind `dev`, without what belongs to the app. */
export function devCommand(
  words: readonly string[],
  appArguments: readonly string[] | undefined,
  outcome: Outcome,
): Command {
  const dev = command('dev')
    .description('run an app and follow its files: what is saved is loaded, and positions are kept')
    .usage('<app.ts | pipeline.sql> [flags of millrace run] [-- app options]')
    .argument(
      '<app.ts | pipeline.sql>',
      'file whose default export is defineApp(...), or a program of Flink SQL',
    )
  return addRunFlags(dev)
    .addHelpText(
      'after',
      `
Code of Lambda functions is loaded for their next invocation; the app goes on meanwhile. A change of the app, of what it
imports or of its SQL starts the app again, and it continues from its positions. What cannot be loaded is said, and the app goes
on as it was.

Examples:
  millrace dev app.ts
  millrace dev app.ts --port 4600 -- --rate 20`,
    )
    .action(async (file: string) => {
      const { dev } = await import('../dev/dev.ts')
      outcome.exitCode = await dev({ file, runWords: words, appArguments: appArguments ?? [] })
    })
}

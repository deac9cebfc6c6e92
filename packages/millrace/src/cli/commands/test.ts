/** `millrace test`: its flags and help. */
import type { Command } from 'commander'
import { command, type Outcome, type RawFlags } from './command.ts'

export function testCommand(outcome: Outcome): Command {
  return command('test')
    .description(
      'run the SQL cases below a folder: NAME.sql, a program, beside NAME.json, its input and expected output',
    )
    .usage('<folder> [flags]')
    .argument('<folder>', 'folder with cases, or one case without its ending')
    .option('--thorough', 'also stop and restart after every row, and feed all rows at once')
    .option('--verbose', 'name the cases that passed too')
    .option('--json', 'one line of JSON for each case, then the summary')
    .addHelpText(
      'after',
      `
A mismatch is shown line by line: "- " is expected and missing, "+ " came out and is not expected.
The last line says how many cases passed and failed; the exit code is 1 if any failed.

Examples:
  millrace test cases
  millrace test cases/kda/clicks-per-minute --thorough`,
    )
    .action(async (folder: string, flags: RawFlags) => {
      const { testCases } = await import('../test-cases.ts')
      outcome.exitCode = await testCases(folder, {
        thorough: flags.thorough === true,
        verbose: flags.verbose === true,
        json: flags.json === true,
      })
    })
}

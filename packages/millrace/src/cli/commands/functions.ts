/** `millrace logs` and `millrace invoke`: the commands for Lambda functions. */
import type { Command } from 'commander'
import { command, count, type Outcome, positiveInteger, type RawFlags, text } from './command.ts'

export function logsCommand(): Command {
  return command('logs')
    .description('print what a Lambda function has printed, with START, END and REPORT of its invocations')
    .argument('[function]', 'its name (default: the only one)')
    .option('--data-dir <dir>', 'data directory (default: the only one below .millrace)')
    .option('--follow', 'go on with new lines until ctrl-C')
    .option('--request <id>', 'only lines of this invocation')
    .option('--limit <n>', 'begin with this many lines from the end', positiveInteger)
    .option('--json', 'print {time, function, requestId, text}')
    .addHelpText(
      'after',
      `
Works while the app runs and after it has stopped. Of each function the last 8 to 16 MiB are kept.

Examples:
  millrace logs scores --follow
  millrace logs scores --request 3f0c2b9e-5d0a-4b8e-9d53-0f6f6f6f2d11
  millrace logs scores --json | jq -r 'select(.text | startswith("REPORT")) | .text'`,
    )
    .action(async (name: string | undefined, flags: RawFlags) => {
      const { logs } = await import('../functions/logs.ts')
      await logs(name, {
        dataDir: text(flags.dataDir),
        follow: flags.follow === true,
        request: text(flags.request),
        limit: count(flags.limit),
        json: flags.json === true,
      })
    })
}

export function invokeCommand(appArguments: readonly string[] | undefined, outcome: Outcome): Command {
  return command('invoke')
    .description(
      'run a Lambda function of an app once, with an event from a file or from records of its stream',
    )
    .usage('<app.ts> [function] --event <file|-> [flags] [-- app options]')
    .argument('<app.ts>')
    .argument('[function]', 'its name (default: the only one)')
    .option('--event <file>', 'JSON; - reads standard input')
    .option(
      '--sample [records]',
      'print an event of the last records that the function would get (default: 3)',
    )
    .option(
      '--data-dir <dir>',
      'where the data of the app lives (default: .millrace/<app> in the current folder)',
    )
    .option('--json', 'print the outcome as one line of JSON')
    .addHelpText(
      'after',
      `
The handler runs in a process of its own, as in the app, but nothing is committed: no position moves. Where the app runs,
the handler finds its endpoint, and what it writes there stays written.
Prints what the function returned; its lines go to standard error. Exit 1 if it failed.

Examples:
  millrace invoke app.ts scores --sample > event.json
  millrace invoke app.ts scores --event event.json
  millrace invoke app.ts scores --sample 10 | millrace invoke app.ts scores --event -`,
    )
    .action(async (app: string, name: string | undefined, flags: RawFlags) => {
      const { invoke } = await import('../functions/invoke.ts')
      outcome.exitCode = await invoke(
        { app, functionName: name },
        {
          event: text(flags.event),
          sample: flags.sample === true ? '3' : text(flags.sample),
          dataDir: text(flags.dataDir),
          json: flags.json === true,
        },
        appArguments ?? [],
      )
    })
}

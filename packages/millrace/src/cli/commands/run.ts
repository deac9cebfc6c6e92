/** `millrace run`: its flags and help. */
import type { Command } from 'commander'
import { command, type Outcome, type RawFlags, text } from './command.ts'
import { addGatewayFlags, gatewayFlags } from './gateway-flags.ts'

/** Those of `millrace run` and `millrace dev`. */
export function addRunFlags(command: Command): Command {
  command
    .option('--data-dir <dir>', 'where its data lives (default: .millrace/<app> in the current folder)')
    .option('--until-idle', 'end when all sources have ended and everything is committed')
    .option('--report <file>', 'write the report as JSON when the app has ended')
    .option('--json', 'print only the report, as JSON')
    .option('--quiet', 'do not show what Lambda functions print (millrace logs has it)')
  return addGatewayFlags(command).option(
    '--no-gateway',
    'open no endpoint (with --until-idle there is one only if --port is given, or if Lambda functions need it)',
  )
}

export function runCommand(appArguments: readonly string[] | undefined, outcome: Outcome): Command {
  const run = command('run')
    .description('run an app or a SQL pipeline until ctrl-C, or until its sources have ended')
    .usage('<app.ts | pipeline.sql> [flags] [-- app options]')
    .argument(
      '<app.ts | pipeline.sql>',
      'file whose default export is defineApp(...), or a program of Flink SQL',
    )
  return addRunFlags(run)
    .addHelpText(
      'after',
      `
The first ctrl-C (or SIGTERM) drains: sources stop, what was read is finished and the report is printed.
The second ends at once; the next run continues from the last commit, and nothing is lost or doubled.
While it runs, its streams speak Kinesis: any client can put to them and read them at the address that is printed.
SIGHUP (kill -HUP PID) reads the files of reference and lookup tables again, and the code of Lambda functions.

Examples:
  millrace run orders.app.ts
  millrace run orders.app.ts -- --help                      options of the app
  millrace run orders.app.ts --until-idle -- --orders 15
  millrace run clicks.sql -- --rows 1000                    fills \${ROWS} in the program
  millrace run orders.app.ts --data-dir /var/lib/orders --report report.json --json`,
    )
    .action(async (file: string, flags: RawFlags) => {
      const { run } = await import('../run.ts')
      outcome.exitCode = await run(
        file,
        {
          dataDir: text(flags.dataDir),
          untilIdle: flags.untilIdle === true,
          report: text(flags.report),
          json: flags.json === true,
          quiet: flags.quiet === true,
          gateway: flags.gateway === false ? undefined : gatewayFlags(flags),
        },
        appArguments ?? [],
      )
    })
}

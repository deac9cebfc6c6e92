/**
 * The command line: which commands and flags exist, and what each is called. A command's code is loaded when it is used,
 * so that `--help` and usage errors cost nothing. What follows "--" belongs to the app and is never read here.
 */
import { readFileSync } from 'node:fs'
import { type Command, CommanderError } from 'commander'
import { MillraceError } from '../error.ts'
import { catalogCommand } from './commands/catalog.ts'
import { command, type Outcome } from './commands/command.ts'
import { consoleCommand } from './commands/console.ts'
import { dashboardCommand } from './commands/dashboard.ts'
import { deadCommand } from './commands/dead.ts'
import { devCommand } from './commands/dev.ts'
import { doctorCommand } from './commands/doctor.ts'
import { invokeCommand, logsCommand } from './commands/functions.ts'
import { generateCommand } from './commands/generate.ts'
import { keysCommand } from './commands/keys.ts'
import { notebookCommand } from './commands/notebook.ts'
import { planCommand } from './commands/plan.ts'
import { putCommand } from './commands/put.ts'
import { queryCommand } from './commands/query.ts'
import { replayCommand } from './commands/replay.ts'
import { runCommand } from './commands/run.ts'
import { serveCommand } from './commands/serve.ts'
import { sourceCommand } from './commands/source.ts'
import { sqlCommand } from './commands/sql.ts'
import { streamCommand } from './commands/stream.ts'
import { tableCommand } from './commands/table.ts'
import { testCommand } from './commands/test.ts'
import { exitCodeOf, exitCodes } from './exit-code.ts'
import { quietOnClosedPipe } from './output.ts'
import { printError } from './print-error.ts'

/** Runs one command line (without `node` and the script) and gives the exit code. */
export async function main(argv: readonly string[]): Promise<number> {
  quietOnClosedPipe()
  const end = argv.indexOf('--')
  const own = end < 0 ? argv : argv.slice(0, end)
  const appArguments = end < 0 ? undefined : argv.slice(end + 1)
  const json = own.includes('--json')
  const outcome: Outcome = { exitCode: exitCodes.ok }
  const root = program(own, appArguments, outcome)
  try {
    await root.parseAsync(own, { from: 'user' })
    return outcome.exitCode
  } catch (error) {
    if (error instanceof CommanderError) {
      if (error.exitCode === 0 || error.code === 'commander.help') return exitCodes.ok
      const usage = usageError(root, error, own)
      printError(usage, { json })
      return exitCodeOf(usage)
    }
    printError(error, { json })
    return exitCodeOf(error)
  }
}

const exitCodeHelp = `
Exit codes:
  0    done
  1    the app or the work failed, or the ledger does not balance
  2    wrong usage: command, flag, app option, or a name that does not exist
  3    the data directory is locked by another process, damaged, or not one
  130  ended at once by a second ctrl-C (143 by a second SIGTERM)

Errors go to standard error; with --json as one line {"error": {code, message, place, next, exitCode}}.`

/** What follows "--" is for the app that they are given. */
const appCommands: ReadonlySet<string> = new Set(['run', 'dev', 'plan', 'doctor', 'invoke'])

function program(
  own: readonly string[],
  appArguments: readonly string[] | undefined,
  outcome: Outcome,
): Command {
  const root = command('millrace')
    .description('Streaming ETL in SQL and TypeScript: one process, one command, exactly once.')
    .version(version(), '--version', 'print the version')
    .helpCommand(false)
    // A command that has flags and commands of its own leaves to those what stands behind them.
    .enablePositionalOptions()
    .addHelpText('after', exitCodeHelp)
  const commands = [
    runCommand(appArguments, outcome),
    devCommand(own.slice(1), appArguments, outcome),
    serveCommand(outcome),
    consoleCommand(),
    testCommand(outcome),
    sqlCommand(outcome),
    notebookCommand(outcome),
    planCommand(appArguments),
    doctorCommand(appArguments, outcome),
    logsCommand(),
    invokeCommand(appArguments, outcome),
    keysCommand(),
    tableCommand(),
    streamCommand(),
    queryCommand(),
    catalogCommand(),
    dashboardCommand(),
    deadCommand(),
    sourceCommand(),
    putCommand(),
    replayCommand(outcome),
    generateCommand(),
  ]
  for (const each of commands) {
    root.addCommand(each)
    if (appCommands.has(each.name())) continue
    const leaves = each.commands.length === 0 ? [each] : each.commands
    for (const leaf of leaves) leaf.hook('preAction', () => refuseAppArguments(appArguments))
  }
  return root
}

function usageError(root: Command, error: CommanderError, words: readonly string[]): MillraceError {
  const what = error.message.replace(/^error: /, '').replace(/\n\(/, ' (')
  const path = commandPath(root, words)
  return new MillraceError(
    'USAGE',
    `${what[0]?.toUpperCase() ?? ''}${what.slice(1)}${/[.?]$/.test(what) ? '' : '.'}`,
    {
      next: `See: millrace ${path}--help`,
    },
  )
}

/** The commands at the beginning of the words, so that the advice names the help that fits. */
function commandPath(root: Command, words: readonly string[]): string {
  let path = ''
  let at = root
  for (const word of words) {
    const next = at.commands.find((each) => each.name() === word)
    if (next === undefined) break
    path += `${word} `
    at = next
  }
  return path
}

function refuseAppArguments(appArguments: readonly string[] | undefined): void {
  if (appArguments === undefined) return
  throw new MillraceError('USAGE', 'Only "millrace run" takes options after "--".', {
    next: 'Remove "--" and what follows it.',
  })
}

function version(): string {
  const manifest: unknown = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))
  const known = typeof manifest === 'object' && manifest !== null && 'version' in manifest
  return known ? String(manifest.version) : 'unknown'
}

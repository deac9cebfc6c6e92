/**
 * The command line: which commands and flags exist, and what each is called. A command's code is loaded when it is used,
 * so that `--help` and usage errors cost nothing. What follows "--" belongs to the app and is never read here.
 */
import { readFileSync } from 'node:fs'
import { Command, CommanderError, InvalidArgumentError } from 'commander'
import { MillraceError } from '../error.ts'
import { exitCodeOf, exitCodes } from './exit-code.ts'
import { printError } from './print-error.ts'

/** Runs one command line (without `node` and the script) and gives the exit code. */
export async function main(argv: readonly string[]): Promise<number> {
  const end = argv.indexOf('--')
  const own = end < 0 ? argv : argv.slice(0, end)
  const appArguments = end < 0 ? undefined : argv.slice(end + 1)
  const json = own.includes('--json')
  const outcome: Outcome = { exitCode: exitCodes.ok }
  try {
    await program(appArguments, outcome).parseAsync(own, { from: 'user' })
    return outcome.exitCode
  } catch (error) {
    if (error instanceof CommanderError) {
      if (error.exitCode === 0 || error.code === 'commander.help') return exitCodes.ok
      const usage = usageError(error, own)
      printError(usage, { json })
      return exitCodeOf(usage)
    }
    printError(error, { json })
    return exitCodeOf(error)
  }
}

interface Outcome {
  exitCode: number
}

const exitCodeHelp = `
Exit codes:
  0    done
  1    the app or the work failed, or the ledger does not balance
  2    wrong usage: command, flag, app option, or a name that does not exist
  3    the data directory is locked by another process, damaged, or not one
  130  ended at once by a second ctrl-C (143 by a second SIGTERM)

Errors go to standard error; with --json as one line {"error": {code, message, place, next, exitCode}}.`

function program(appArguments: readonly string[] | undefined, outcome: Outcome): Command {
  const root = command('millrace')
    .description('Streaming ETL in SQL and TypeScript: one process, one command, exactly once.')
    .version(version(), '--version', 'print the version')
    .helpCommand(false)
    .addHelpText('after', exitCodeHelp)
  root.addCommand(runCommand(appArguments, outcome))
  root.addCommand(testCommand(outcome))
  root.addCommand(sqlCommand(outcome))
  root.addCommand(planCommand(appArguments))
  root.addCommand(doctorCommand(appArguments))
  const others = [tableCommand(), streamCommand(), generateCommand()]
  for (const other of others) {
    root.addCommand(other)
    for (const leaf of other.commands) leaf.hook('preAction', () => refuseAppArguments(appArguments))
  }
  return root
}

function runCommand(appArguments: readonly string[] | undefined, outcome: Outcome): Command {
  return command('run')
    .description('run an app or a SQL pipeline until ctrl-C, or until its sources have ended')
    .usage('<app.ts | pipeline.sql> [flags] [-- app options]')
    .argument(
      '<app.ts | pipeline.sql>',
      'file whose default export is defineApp(...), or a program of Flink SQL',
    )
    .option('--data-dir <dir>', 'where its data lives (default: .millrace/<app> in the current folder)')
    .option('--until-idle', 'end when all sources have ended and everything is committed')
    .option('--report <file>', 'write the report as JSON when the app has ended')
    .option('--json', 'print only the report, as JSON')
    .addHelpText(
      'after',
      `
The first ctrl-C (or SIGTERM) drains: sources stop, what was read is finished and the report is printed.
The second ends at once; the next run continues from the last commit, and nothing is lost or doubled.
SIGHUP (kill -HUP PID) reads the files of reference and lookup tables again.

Examples:
  millrace run orders.app.ts
  millrace run orders.app.ts -- --help                      options of the app
  millrace run orders.app.ts --until-idle -- --orders 15
  millrace run clicks.sql -- --rows 1000                    fills \${ROWS} in the program
  millrace run orders.app.ts --data-dir /var/lib/orders --report report.json --json`,
    )
    .action(async (file: string, flags: RawFlags) => {
      const { run } = await import('./run.ts')
      outcome.exitCode = await run(
        file,
        {
          dataDir: text(flags.dataDir),
          untilIdle: flags.untilIdle === true,
          report: text(flags.report),
          json: flags.json === true,
        },
        appArguments ?? [],
      )
    })
}

function planCommand(appArguments: readonly string[] | undefined): Command {
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
      const { plan } = await import('./plan.ts')
      await plan(file, { dataDir: text(flags.dataDir), json: flags.json === true }, appArguments ?? [])
    })
}

function doctorCommand(appArguments: readonly string[] | undefined): Command {
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
      const { doctor } = await import('./doctor.ts')
      await doctor(file, { dataDir: text(flags.dataDir), json: flags.json === true }, appArguments ?? [])
    })
}

function sqlCommand(outcome: Outcome): Command {
  return command('sql')
    .description('a shell for Flink SQL: results are tables that update')
    .usage('[flags]')
    .option('--file <file>', 'run the statements of a file instead')
    .option('--execute <sql>', 'run these statements instead')
    .option('--data-dir <dir>', "the data directory whose streams tables with 'connector' = 'stream' read")
    .option('--json', 'changes and answers as lines of JSON')
    .addHelpText(
      'after',
      `
Queries run straight from their sources and keep nothing; ctrl-C ends the query, exit or ctrl-D the shell. Statements are
also read from standard input. What has to last is run with: millrace run FILE.sql

Examples:
  millrace sql
  millrace sql --execute "SELECT 1 + 1"
  millrace sql --file report.sql --json`,
    )
    .action(async (flags: RawFlags) => {
      const { sql } = await import('./sql.ts')
      outcome.exitCode = await sql({
        file: text(flags.file),
        execute: text(flags.execute),
        dataDir: text(flags.dataDir),
        json: flags.json === true,
      })
    })
    .addCommand(translateCommand(outcome))
}

function translateCommand(outcome: Outcome): Command {
  return (
    command('translate')
      .description('a program of Kinesis Data Analytics SQL as Flink SQL, with notes on what differs')
      .usage('--to flink FILE [flags]')
      .argument('<file>', 'the program')
      .requiredOption('--to <dialect>', 'flink')
      .option(
        '--input <declaration>',
        "an input stream, 'NAME: column TYPE, ...'; may be repeated",
        collect,
        [],
      )
      .option('--reference <declaration>', 'a reference table, likewise', collect, [])
      .option('--output <stream>', 'a stream that leaves though others read it; may be repeated', collect, [])
      .option('--app <app.ts>', 'take inputs, reference tables and outputs from the query of this app')
      .option('--connector <name>', "'connector' of the tables (default: stream)")
      .option('--out <file>', 'write the Flink SQL to this file')
      .option('--json', 'print {sql, notes} as one line of JSON')
      .addHelpText(
        'after',
        `
Flink SQL goes to standard output, notes to standard error. The exit code is 1 if something has no form in Flink; it stands
in the output as a comment, and the rest is translated.

Examples:
  millrace sql translate --to flink app.sql --input 'SOURCE_SQL_STREAM_001: TICKER VARCHAR(4), PRICE DOUBLE'
  millrace sql translate --to flink app.sql --app orders.app.ts --out app.flink.sql`,
      )
      // --json is a flag of `sql` too, which takes it wherever it stands.
      .action(async (file: string, _: RawFlags, self: Command) => {
        const flags: RawFlags = self.optsWithGlobals()
        const { translate } = await import('./translate.ts')
        outcome.exitCode = await translate(file, {
          to: text(flags.to) ?? '',
          inputs: texts(flags.input),
          references: texts(flags.reference),
          outputs: texts(flags.output),
          app: text(flags.app),
          out: text(flags.out),
          connector: text(flags.connector),
          json: flags.json === true,
        })
      })
  )
}

function collect(value: string, before: readonly string[]): readonly string[] {
  return [...before, value]
}

function testCommand(outcome: Outcome): Command {
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
      const { testCases } = await import('./test-cases.ts')
      outcome.exitCode = await testCases(folder, {
        thorough: flags.thorough === true,
        verbose: flags.verbose === true,
        json: flags.json === true,
      })
    })
}

function tableCommand(): Command {
  const scan = command('scan')
    .description('print the items of a table as lines of JSON, in the order of their keys')
    .argument('<table>')
    .option('--data-dir <dir>', 'data directory (default: the only one below .millrace)')
    .option('--limit <n>', 'stop after this many items', positiveInteger)
    .option('--json', 'print errors as JSON too; items are always JSON')
    .addHelpText(
      'after',
      `
Works while the app runs and after it has stopped.

Examples:
  millrace table scan OrderEnriched --limit 3
  millrace table scan OrderEnriched --data-dir /tmp/orders | wc -l
  millrace table scan dead-letters                          records that no stage could process`,
    )
    .action(async (table: string, flags: RawFlags) => {
      const { tableScan } = await import('./table-scan.ts')
      await tableScan(table, { dataDir: text(flags.dataDir), limit: count(flags.limit) })
    })
  return command('table').description('look into the tables of a data directory').addCommand(scan)
}

function streamCommand(): Command {
  const read = command('read')
    .description('print the records of a stream as lines of JSON, in the order of their commits')
    .argument('<stream>')
    .option('--data-dir <dir>', 'data directory (default: the only one below .millrace)')
    .option(
      '--from <where>',
      'trim-horizon (the oldest), latest (wait for new ones), a time (ISO 8601 or ms)',
      'trim-horizon',
    )
    .option('--follow', 'go on with new records until ctrl-C')
    .option('--limit <n>', 'stop after this many records', positiveInteger)
    .option('--json', 'print {shard, sequence, arrivalTime, partitionKey, data} instead of the payload alone')
    .addHelpText(
      'after',
      `
Works while the app runs and after it has stopped. Payloads that are not JSON are printed as a JSON string, bytes that
are not UTF-8 as {"base64": "..."}; with --json they stand under "text" and "base64" instead of "data".

Examples:
  millrace stream read orders --limit 3
  millrace stream read orders-enriched --from latest --json
  millrace stream read orders --from 2026-01-31T12:00:00Z | jq .data.orderId
  millrace stream read enrich.error_stream                  rows that the query "enrich" could not process`,
    )
    .action(async (stream: string, flags: RawFlags) => {
      const { streamRead } = await import('./stream-read.ts')
      await streamRead(stream, {
        dataDir: text(flags.dataDir),
        from: text(flags.from) ?? 'trim-horizon',
        follow: flags.follow === true,
        limit: count(flags.limit),
        json: flags.json === true,
      })
    })
  const discover = command('discover')
    .description(
      'say what columns the records of a stream or a file have, as the input of a query takes them',
    )
    .argument('[stream]')
    .option('--data-dir <dir>', 'data directory (default: the only one below .millrace)')
    .option('--file <file>', 'a file with one record a line instead of a stream')
    .option('--records <n>', 'look at this many records (default: 1000)', positiveInteger)
    .option('--json', 'the schema as one line of JSON')
    .addHelpText(
      'after',
      `
Types are the smallest that hold the sample: widen them, or later records go to the error stream.

Examples:
  millrace stream discover orders
  millrace stream discover --file changes.ndjson`,
    )
    .action(async (stream: string | undefined, flags: RawFlags) => {
      const { streamDiscover } = await import('./stream-discover.ts')
      await streamDiscover(stream, {
        dataDir: text(flags.dataDir),
        file: text(flags.file),
        records: count(flags.records),
        json: flags.json === true,
      })
    })
  return command('stream')
    .description('look into the streams of a data directory')
    .addCommand(read)
    .addCommand(discover)
}

function generateCommand(): Command {
  const orders = command('orders')
    .description('write the order model: products.json and changes.ndjson (orders, two items for each)')
    .requiredOption('--orders <n>', 'number of orders', nonNegativeInteger)
    .requiredOption('--out <dir>', 'folder for the files; made if it does not exist')
    .option('--products <n>', 'number of products', positiveInteger, 1000)
    .option('--seed <n>', 'equal seeds give equal files', nonNegativeInteger, 1)
    .option('--json', 'print what was written as JSON')
    .addHelpText(
      'after',
      `
Examples:
  millrace generate orders --orders 15 --out /tmp/orders
  millrace generate orders --orders 500000 --products 1000 --seed 1 --out /tmp/orders`,
    )
    .action(async (flags: RawFlags) => {
      const { generateOrders } = await import('./generate-orders.ts')
      generateOrders({
        orders: count(flags.orders) ?? 0,
        products: count(flags.products) ?? 0,
        seed: count(flags.seed) ?? 0,
        out: text(flags.out) ?? '.',
        json: flags.json === true,
      })
    })
  return command('generate').description('make data to try things with').addCommand(orders)
}

/** What commander hands to an action: only flags that were declared, each read through `text` or `count`. */
type RawFlags = { readonly [name: string]: unknown }

function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}

function texts(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((each) => typeof each === 'string') : []
}

function count(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined
}

function command(name: string): Command {
  return new Command(name)
    .exitOverride()
    .allowExcessArguments(false)
    .showSuggestionAfterError(true)
    .configureOutput({ writeOut: (help) => process.stdout.write(help), writeErr: writeHelpOnly })
    .helpOption('-h, --help', 'print this help')
}

/** Commander prints usage errors before it throws them; ours are printed once, in one form. */
function writeHelpOnly(text: string): void {
  if (!text.startsWith('error:')) process.stdout.write(text)
}

function usageError(error: CommanderError, words: readonly string[]): MillraceError {
  const what = error.message.replace(/^error: /, '').replace(/\n\(/, ' (')
  const path = commandPath(words)
  return new MillraceError(
    'USAGE',
    `${what[0]?.toUpperCase() ?? ''}${what.slice(1)}${/[.?]$/.test(what) ? '' : '.'}`,
    {
      next: `See: millrace ${path}--help`,
    },
  )
}

/** The commands at the beginning of the words, so that the advice names the help that fits. */
function commandPath(words: readonly string[]): string {
  const [first = '', second = ''] = words
  if (['run', 'test', 'plan', 'doctor'].includes(first)) return `${first} `
  const leaves: { readonly [name: string]: readonly string[] } = {
    table: ['scan'],
    stream: ['read', 'discover'],
    generate: ['orders'],
    sql: ['translate'],
  }
  if (!Object.hasOwn(leaves, first)) return ''
  return leaves[first]?.includes(second) ? `${first} ${second} ` : `${first} `
}

function refuseAppArguments(appArguments: readonly string[] | undefined): void {
  if (appArguments === undefined) return
  throw new MillraceError('USAGE', 'Only "millrace run" takes options after "--".', {
    next: 'Remove "--" and what follows it.',
  })
}

function positiveInteger(text: string): number {
  return integer(text, 1)
}

function nonNegativeInteger(text: string): number {
  return integer(text, 0)
}

function integer(text: string, min: number): number {
  const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN
  if (value >= min) return value
  throw new InvalidArgumentError(`It must be an integer of at least ${min}.`)
}

function version(): string {
  const manifest: unknown = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))
  const known = typeof manifest === 'object' && manifest !== null && 'version' in manifest
  return known ? String(manifest.version) : 'unknown'
}

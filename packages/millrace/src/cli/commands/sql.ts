/** `millrace sql` and `millrace sql translate`: their flags and help. */
import type { Command } from 'commander'
import { collect, command, type Outcome, type RawFlags, text, texts } from './command.ts'

export function sqlCommand(outcome: Outcome): Command {
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
      const { sql } = await import('../sql.ts')
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
        const { translate } = await import('../translate.ts')
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

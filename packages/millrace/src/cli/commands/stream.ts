/** `millrace stream ...`: the commands that look into streams. */
import type { Command } from 'commander'
import { command, count, positiveInteger, type RawFlags, text } from './command.ts'

export function streamCommand(): Command {
  const read = command('read')
    .description('print the records of a stream as lines of JSON, in the order of their commits')
    .argument('<stream>')
    .option('--data-dir <dir>', 'data directory (default: the only one below .millrace)')
    .option(
      '--from <where>',
      'trim-horizon (the oldest), latest (wait for new ones), "latest - 20", a time (ISO 8601 or ms), "5 minutes ago", a sequence number',
      'trim-horizon',
    )
    .option('--key <key>', 'records of this partition key alone; with * at its end, of all that begin so')
    .option('--where <condition>', 'records whose JSON meets it: "$.status = \'FAILED\' and $.qty >= 10"')
    .option('--text <text>', 'records whose payload contains it')
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
  millrace stream read orders --from '1 hour ago' --where "$.data.orderStatus = 'shipped'" --limit 5
  millrace stream read enrich.error_stream                  rows that the query "enrich" could not process`,
    )
    .action(async (stream: string, flags: RawFlags) => {
      const { streamRead } = await import('../stream-read.ts')
      await streamRead(stream, {
        dataDir: text(flags.dataDir),
        from: text(flags.from) ?? 'trim-horizon',
        key: text(flags.key),
        where: text(flags.where),
        text: text(flags.text),
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
      const { streamDiscover } = await import('../stream-discover.ts')
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

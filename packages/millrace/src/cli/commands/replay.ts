/** `millrace replay`: its flags and help. */
import type { Command } from 'commander'
import { command, count, type Outcome, positiveInteger, type RawFlags, text } from './command.ts'

export function replayCommand(outcome: Outcome): Command {
  return command('replay')
    .description('put a file, or what a stream has kept, again: by its own time or as fast as possible')
    .option('--file <file>', 'replay the lines of a file')
    .option('--stream <name>', 'replay the records that a stream has kept')
    .option('--into <stream>', 'put them to this stream')
    .option('--out <file>', 'write them to this file, whole or not at all; - for standard output')
    .option('--from <time>', 'begin here: trim-horizon (the oldest, the default), ISO 8601 or ms')
    .option('--to <time>', 'end before this time: now (the default for a stream), ISO 8601 or ms')
    .option('--speed <factor>', 'max (the default), or seconds of their time for each second: 1, 60, 0.5')
    .option('--slices <n>', 'read a stream in this many time slices side by side, 1 to 20', positiveInteger)
    .option('--fan-out', 'read through an endpoint with one registered consumer for each slice')
    .option('--follow', 'go on with new records from the cut-over until ctrl-C')
    .option('--deaggregate', 'take packed records apart (always done with --into)')
    .option('--with-metadata', 'lines of --out say where each record stands')
    .option('--time-path <path>', 'of a file: where each line has its time, for example $.metadata.timestamp')
    .option('--key-path <path>', 'of a file: where each line has its partition key (default: random keys)')
    .option('--key <key>', 'of a file: partition key of all lines')
    .option('--aggregate [bytes]', 'with --into: pack records of a shard into one', positiveInteger)
    .option('--endpoint <url>', 'Kinesis endpoint (default: AWS_ENDPOINT_URL, or the gateway running here)')
    .option('--data-dir <dir>', 'read the stream from this data directory, beside its app')
    .option('--json', 'print the result as JSON')
    .addHelpText(
      'after',
      `
A stream is read as it is at the start: up to a position of each shard that is printed, and with --json under "cutOver".
A reader that goes on after it, as --follow does, has every record once. Times of a stream are arrival times.

Examples:
  millrace replay --file changes.ndjson --into orders --key-path $.data.id
  millrace replay --file changes.ndjson --into orders --time-path $.metadata.timestamp --speed 60
  millrace replay --stream clicks --from 2026-01-01 --out january.ndjson --slices 8
  millrace replay --stream clicks --into clicks-copy --follow
  millrace replay --stream clicks --out - --fan-out --slices 20 --endpoint http://127.0.0.1:4567`,
    )
    .action(async (flags: RawFlags) => {
      const { replay } = await import('../replay.ts')
      outcome.exitCode = await replay({
        file: text(flags.file),
        stream: text(flags.stream),
        into: text(flags.into),
        out: text(flags.out),
        from: text(flags.from),
        to: text(flags.to),
        speed: text(flags.speed),
        slices: count(flags.slices),
        fanOut: flags.fanOut === true,
        follow: flags.follow === true,
        deaggregate: flags.deaggregate === true,
        withMetadata: flags.withMetadata === true,
        timePath: text(flags.timePath),
        keyPath: text(flags.keyPath),
        key: text(flags.key),
        aggregate: flags.aggregate === true ? 'usual' : count(flags.aggregate),
        endpoint: text(flags.endpoint),
        dataDir: text(flags.dataDir),
        json: flags.json === true,
      })
    })
}

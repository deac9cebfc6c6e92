/** `millrace put`: its flags and help. */
import type { Command } from 'commander'
import { command, count, positiveInteger, positiveNumber, type RawFlags, text } from './command.ts'

export function putCommand(): Command {
  return command('put')
    .description('put lines as records to a stream behind a Kinesis endpoint')
    .argument('<stream>')
    .option('--key <key>', 'partition key of all records (default: a random one for each)')
    .option('--key-path <path>', 'where each line has its partition key, for example $.id')
    .option('--explicit-hash-key <n>', 'put all records to the shard of this hash')
    .option('--data <text>', 'one record with this text')
    .option('--file <file>', 'one record for each line of a file (default: lines of standard input)')
    .option('--aggregate [bytes]', 'pack records of a shard into one, up to 51200 bytes', positiveInteger)
    .option('--rate <n>', 'records a second (default: as fast as they are taken)', positiveNumber)
    .option('--endpoint <url>', 'Kinesis endpoint (default: AWS_ENDPOINT_URL, or the gateway running here)')
    .option('--data-dir <dir>', 'the gateway that runs on this data directory')
    .option('--json', 'print the counts as JSON')
    .addHelpText(
      'after',
      `
Records that a stream refuses for their rate are sent again, and only those. The first ctrl-C ends the reading; what was
read is put. Credentials and region are those of the AWS tools: AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_REGION.

Examples:
  millrace put clicks --key home --data '{"page":1}'
  millrace put orders --file changes.ndjson --key-path $.data.orderId
  tail -f access.log | millrace put log --aggregate
  millrace put clicks --file clicks.ndjson --rate 1000 --endpoint http://127.0.0.1:4567`,
    )
    .action(async (stream: string, flags: RawFlags) => {
      const { put } = await import('../put.ts')
      await put(stream, {
        key: text(flags.key),
        keyPath: text(flags.keyPath),
        explicitHashKey: text(flags.explicitHashKey),
        data: text(flags.data),
        file: text(flags.file),
        aggregate: flags.aggregate === true ? 'usual' : count(flags.aggregate),
        rate: count(flags.rate),
        endpoint: text(flags.endpoint),
        dataDir: text(flags.dataDir),
        json: flags.json === true,
      })
    })
}

/** `millrace serve`: its flags and help. */
import type { Command } from 'commander'
import { collect, command, type Outcome, type RawFlags, text, texts } from './command.ts'
import { addGatewayFlags, gatewayFlags } from './gateway-flags.ts'

export function serveCommand(outcome: Outcome): Command {
  const serve = command('serve')
    .description('streams, tables and deliveries for AWS clients, without an app, until ctrl-C')
    .usage('[flags]')
    .option('--data-dir <dir>', 'where the streams live (default: .millrace/serve in the current folder)')
  return addGatewayFlags(serve)
    .option(
      '--function <name=file.export>',
      'handler that deliveries may name as LambdaArn, for example clean=./clean.handler; may be repeated',
      collect,
      [],
    )
    .option('--json', 'print where it listens as one line of JSON, and events as lines of JSON')
    .addHelpText(
      'after',
      `
Clients of Kinesis, DynamoDB and Firehose work unchanged: AWS SDKs and CLI, KPL, KCL. What is put is on disk before it is acknowledged.
Deliveries write to buckets, which are folders below the data directory unless --bucket says otherwise.
Metrics are at /metrics (Prometheus) and /metrics.json. Ctrl-C finishes the calls in progress and ends.

Examples:
  millrace serve
  aws --endpoint-url http://127.0.0.1:4567 kinesis create-stream --stream-name clicks --shard-count 2
  millrace serve --limits aws --limit shardWriteRecordsPerSecond=200     throttles show early
  millrace serve --bucket lake=./lake                      where Firehose delivers to arn:aws:s3:::lake
  millrace keys create && millrace serve --host 0.0.0.0                  beyond this machine, with access keys`,
    )
    .action(async (flags: RawFlags) => {
      const { serve } = await import('../serve.ts')
      outcome.exitCode = await serve({
        dataDir: text(flags.dataDir),
        json: flags.json === true,
        functions: texts(flags.function),
        gateway: gatewayFlags(flags),
      })
    })
}

/** Flags of the commands that open a gateway: `serve` and `run`. */
import type { Command } from 'commander'
import { collect, portNumber, type RawFlags, text, texts } from './command.ts'

export interface GatewayFlags {
  readonly host: string | undefined
  /** Undefined: the usual one, or a free one where that is taken. */
  readonly port: number | undefined
  /** Undefined: no TLS. */
  readonly tlsPort: number | undefined
  readonly tlsCert: string | undefined
  readonly tlsKey: string | undefined
  /** Undefined: the lake does not speak Postgres. */
  readonly postgres: number | undefined
  readonly auth: string | undefined
  readonly limits: string | undefined
  /** NAME=VALUE each. */
  readonly limit: readonly string[]
  readonly region: string | undefined
  /** STREAM=TARGET,MIN,MAX each. */
  readonly autoscale: readonly string[]
  readonly alarms: string | undefined
  readonly openMetrics: boolean
  /** Show the console in a browser. */
  readonly openConsole: boolean
  /** NAME=DIR or NAME=s3://BUCKET each. */
  readonly bucket: readonly string[]
}

export function addGatewayFlags(command: Command): Command {
  return command
    .option(
      '--port <n>',
      'port of the endpoint (default: 4567, or a free one if taken; 0: a free one)',
      portNumber,
    )
    .option('--host <address>', 'address to listen on (default: 127.0.0.1; elsewhere access keys are needed)')
    .option('--tls-port <n>', 'also listen with TLS on this port', portNumber)
    .option('--tls-cert <file>', 'certificate, PEM (default: one that is made and signed here)')
    .option('--tls-key <file>', 'its private key, PEM')
    .option(
      '--postgres <n>',
      'answer SQL over the lake on this port, for psql and BI tools (0: a free one)',
      portNumber,
    )
    .option(
      '--auth <mode>',
      'verify, lenient (any key, on laptops) or off (loopback only); default: verify once there is an access key',
    )
    .option(
      '--limits <profile>',
      'local (no rates) or aws (rates of the service, so that throttles show)',
      'local',
    )
    .option('--limit <name=value>', 'one limit of the profile; may be repeated', collect, [])
    .option('--region <name>', 'region in ARNs (default: us-east-1)')
    .option(
      '--autoscale <stream=target,min,max>',
      'split and merge the shards of a stream by its use, for example clicks=0.65,1,8; may be repeated',
      collect,
      [],
    )
    .option('--alarms <file>', 'rules of alarms, JSON')
    .option(
      '--bucket <name=place>',
      'where a bucket of deliveries is: a folder, or s3://BUCKET?region=...; may be repeated (default: buckets/NAME in the data directory)',
      collect,
      [],
    )
    .option('--open', 'open the web console in the browser')
    .option('--open-metrics', 'answer /metrics beyond this machine too, to anybody (with --host)')
}

export function gatewayFlags(flags: RawFlags): GatewayFlags {
  const port = (value: unknown): number | undefined => (typeof value === 'number' ? value : undefined)
  return {
    host: text(flags.host),
    port: port(flags.port),
    tlsPort: port(flags.tlsPort),
    tlsCert: text(flags.tlsCert),
    tlsKey: text(flags.tlsKey),
    postgres: port(flags.postgres),
    auth: text(flags.auth),
    limits: text(flags.limits),
    limit: texts(flags.limit),
    region: text(flags.region),
    autoscale: texts(flags.autoscale),
    alarms: text(flags.alarms),
    openMetrics: flags.openMetrics === true,
    openConsole: flags.open === true,
    bucket: texts(flags.bucket),
  }
}

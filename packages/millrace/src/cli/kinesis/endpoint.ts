/**
 * Which endpoint a command talks to: the one given, the one of the AWS tools' environment variables, the gateway that runs
 * on the data directory given or on one below `.millrace`, or the usual port.
 */
import { defaultPort } from '@millrace/gateway'
import { MillraceError } from '../../error.ts'
import { listDataDirs } from '../data-directory.ts'
import { readAddress } from '../gateway-place.ts'

export interface EndpointFlags {
  readonly endpoint: string | undefined
  readonly dataDir: string | undefined
  /** Kinesis unless given. */
  readonly service?: 'kinesis' | 'firehose'
  readonly env: Readonly<Record<string, string | undefined>>
}

/** Errors: ENDPOINT_UNREACHABLE when no gateway runs on the directory given, USAGE when several could be meant. */
export function chooseEndpoint({ endpoint, dataDir, env, service }: EndpointFlags): string {
  const given = endpoint ?? (dataDir === undefined ? environmentEndpoint(env, service) : undefined)
  if (given !== undefined) return given
  if (dataDir !== undefined) {
    const address = readAddress(dataDir)
    if (address !== undefined) return address.url
    throw new MillraceError('ENDPOINT_UNREACHABLE', `no gateway runs on ${dataDir}.`, {
      next: `Start one: millrace serve --data-dir ${dataDir}. Or give another with --endpoint URL.`,
    })
  }
  const running = [...new Set(listDataDirs().flatMap((dir) => readAddress(dir)?.url ?? []))]
  const [only] = running
  if (running.length > 1) {
    throw new MillraceError('USAGE', `several gateways run here: ${running.join(', ')}.`, {
      next: `Choose one: --endpoint ${only}.`,
    })
  }
  return only ?? `http://127.0.0.1:${defaultPort}`
}

export function environmentEndpoint(
  env: EndpointFlags['env'],
  service: EndpointFlags['service'] = 'kinesis',
): string | undefined {
  return env[`AWS_ENDPOINT_URL_${service.toUpperCase()}`] || env.AWS_ENDPOINT_URL || undefined
}

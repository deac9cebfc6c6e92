/** What the commands that put records share: the endpoint, the putter, keys, and the words for what came of it. */
import { randomUUID } from 'node:crypto'
import {
  isFieldPath,
  type LineKey,
  type PutCounts,
  type PutLinesProgress,
  RecordPutter,
} from '@millrace/connect'
import {
  aggregateBytesDefault,
  didYouMean,
  type Random,
  readExplicitHash,
  seededRandom,
  systemClock,
} from '@millrace/values'
import { MillraceError } from '../../error.ts'
import { counted, formatBytes, formatCount, formatDuration } from '../format.ts'
import { EndpointRefusal, KinesisClient } from './kinesis-client.ts'
import { putDelivery } from './put-delivery.ts'
import { putEndpoint } from './put-endpoint.ts'
import { listMember, member } from './reply-fields.ts'

const aggregateBytesMin = 100
const aggregateBytesMax = 10 * 1024 * 1024

export function newRandom(): Random {
  return seededRandom(randomUUID())
}

export function openClient(url: string, service: 'kinesis' | 'firehose' = 'kinesis'): KinesisClient {
  return new KinesisClient({ url, service, clock: systemClock, env: process.env })
}

export function openPutter(
  client: KinesisClient,
  stream: string,
  aggregate: number | 'usual' | undefined,
): RecordPutter {
  const aggregateBytes = aggregate === 'usual' ? aggregateBytesDefault : aggregate
  if (
    aggregateBytes !== undefined &&
    (aggregateBytes < aggregateBytesMin || aggregateBytes > aggregateBytesMax)
  ) {
    throw new MillraceError('USAGE', `--aggregate is ${aggregateBytes}.`, {
      next: `Give the bytes of an aggregate, ${aggregateBytesMin} to ${aggregateBytesMax}, or leave them out.`,
    })
  }
  return new RecordPutter(putEndpoint(client, stream), {
    clock: systemClock,
    random: newRandom(),
    ...(aggregateBytes === undefined ? {} : { aggregateBytes }),
  })
}

export function openDeliveryPutter(client: KinesisClient, delivery: string): RecordPutter {
  return new RecordPutter(putDelivery(client, delivery), { clock: systemClock, random: newRandom() })
}

/** Error: USAGE. */
export function lineKeyOf(flags: {
  readonly key: string | undefined
  readonly keyPath: string | undefined
}): LineKey {
  const { key, keyPath } = flags
  if (key !== undefined && keyPath !== undefined)
    throw new MillraceError('USAGE', '--key and --key-path are both given.', { next: 'Give one of them.' })
  if (keyPath !== undefined && !placeKeys.has(keyPath)) checkPath('--key-path', keyPath)
  if (keyPath !== undefined) return { kind: 'path', path: keyPath }
  if (key === undefined) return { kind: 'random', random: newRandom() }
  if (key === '' || [...key].length > 256)
    throw new MillraceError('USAGE', '--key must have 1 to 256 characters.')
  return { kind: 'fixed', key }
}

/** Keys that are no member of a line: of a DMS envelope, and the line's own place. */
const placeKeys: ReadonlySet<string> = new Set(['schema.table', 'file:line'])

/** Error: USAGE. */
export function checkPath(flag: string, path: string): void {
  if (isFieldPath(path)) return
  throw new MillraceError('USAGE', `${flag} is ${JSON.stringify(path)}.`, {
    next: 'Give a JSONPath of member names, like $.data.id.',
  })
}

/** Error: USAGE for what is no hash. */
export function checkHashKey(text: string | undefined): void {
  if (text === undefined) return
  const bytes = Buffer.from(text)
  if (readExplicitHash(bytes, 0, bytes.length, new Uint32Array(4)) === 'hash') return
  throw new MillraceError('USAGE', `--explicit-hash-key is ${JSON.stringify(text)}.`, {
    next: 'Give a decimal number from 0 to 340282366920938463463374607431768211455.',
  })
}

/** Says what other streams there are, where an error means that one is missing. */
export async function explained(client: KinesisClient, stream: string, error: unknown): Promise<unknown> {
  const isMissing = error instanceof EndpointRefusal && error.type === 'ResourceNotFoundException'
  if (!isMissing) return error
  let names: string[]
  try {
    const reply = await client.call('ListStreams', {})
    names = listMember(reply, 'StreamNames').filter((name) => typeof name === 'string')
    if (names.includes(stream) || member(reply, 'HasMoreStreams') === true) return error
  } catch {
    // The first error says more than that of asking about it.
    return error
  }
  return new MillraceError('DATA_STREAM_UNKNOWN', `the server at ${client.url} has no stream "${stream}".`, {
    next: `${didYouMean(stream, names)}It has: ${names.join(', ') || 'no streams yet'}.`,
    cause: error,
  })
}

export function putText(counts: PutCounts, elapsedMs: number): string {
  const { records, bytes, entries, calls, retries, throttles } = counts
  const packed = entries === records ? '' : ` packed into ${formatCount(entries)}`
  return (
    `${counted(records, 'record')}${packed}, ${formatBytes(bytes)} in ${formatDuration(elapsedMs)}: ` +
    `${counted(calls, 'call')}, ${formatCount(retries)} sent again, ${formatCount(throttles)} throttled`
  )
}

export function putProgress(counts: PutCounts, elapsedMs: number): string {
  const { records, bytes, retries, throttles } = counts
  const rate = elapsedMs > 0 ? (records * 1000) / elapsedMs : 0
  const again = retries > 0 ? `, ${formatCount(retries)} sent again, ${formatCount(throttles)} throttled` : ''
  return `${counted(records, 'record')}, ${formatBytes(bytes)}, ${formatCount(rate)}/s${again}`
}

export function warnOfKeys(name: string, { keyless, firstKeyless }: PutLinesProgress): void {
  if (keyless === 0) return
  process.stderr.write(
    `KEY_MISSING: ${keyless} lines of ${name} have no readable partition key, the first is ${name}:${firstKeyless}; ` +
      'they were put under the key file:line.\n',
  )
}

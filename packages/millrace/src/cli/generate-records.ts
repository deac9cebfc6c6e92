/**
 * `millrace generate --template`: records of a Kinesis Data Generator template into a stream or a delivery behind an endpoint, or
 * to standard output. The first ctrl-C ends the making; what was made is put, and counted.
 */
import { readFileSync } from 'node:fs'
import { type RecordPutter, readTemplate, TemplateFeed } from '@millrace/connect'
import { systemClock } from '@millrace/values'
import { MillraceError, messageOf } from '../error.ts'
import { chooseEndpoint } from './kinesis/endpoint.ts'
import type { KinesisClient } from './kinesis/kinesis-client.ts'
import {
  explained,
  openClient,
  openDeliveryPutter,
  openPutter,
  putProgress,
  putText,
} from './kinesis/put-setup.ts'
import { withProgress } from './progress.ts'
import { watchStopSignals } from './stop-signals.ts'

export interface GenerateRecordsFlags {
  readonly template: string
  /** Stream, or delivery: one of them, or none for standard output. */
  readonly to: string | undefined
  readonly toDelivery: string | undefined
  readonly rate: number | undefined
  /** File with a periodic rate. */
  readonly periodic: string | undefined
  readonly count: number | undefined
  readonly seed: number
  readonly timeZone: string | undefined
  readonly newline: boolean
  readonly endpoint: string | undefined
  readonly dataDir: string | undefined
  readonly json: boolean
}

const encoder = new TextEncoder()
const sleepMsMax = 60_000

export async function generateRecords(flags: GenerateRecordsFlags): Promise<void> {
  const { to, toDelivery } = flags
  if (to !== undefined && toDelivery !== undefined) {
    throw new MillraceError('USAGE', '--to and --to-delivery are both given.', { next: 'Give one of them.' })
  }
  const feed = new TemplateFeed({
    template: readTemplate(flags.template),
    name: flags.template,
    seed: flags.seed,
    newline: flags.newline,
    ...(flags.rate === undefined ? {} : { rate: flags.rate }),
    ...(flags.periodic === undefined ? {} : { periodic: readPeriodic(flags.periodic) }),
    ...(flags.count === undefined ? {} : { count: flags.count }),
    ...(flags.timeZone === undefined ? {} : { timeZone: flags.timeZone }),
  })
  if (to === undefined && toDelivery === undefined) await print(feed, flags)
  else await put(feed, flags, to ?? toDelivery ?? '', toDelivery === undefined ? 'kinesis' : 'firehose')
}

/** Without an end it would fill whatever stands behind standard output. */
async function print(feed: TemplateFeed, { count, rate, periodic }: GenerateRecordsFlags): Promise<void> {
  if (count === undefined && rate === undefined && periodic === undefined) {
    throw new MillraceError('USAGE', 'neither --to nor --to-delivery is given, and no --count.', {
      next: 'Give --to STREAM, --to-delivery NAME, or --count N to see some records.',
    })
  }
  const signals = watchStopSignals(() => {})
  try {
    await feed.start(systemClock.now())
    for await (const { data } of recordsOf(feed, signals.asked)) {
      if (!process.stdout.write(data)) await new Promise((resolve) => process.stdout.once('drain', resolve))
    }
  } finally {
    signals.release()
  }
}

async function put(
  feed: TemplateFeed,
  flags: GenerateRecordsFlags,
  name: string,
  service: 'kinesis' | 'firehose',
): Promise<void> {
  const { endpoint, dataDir } = flags
  const client = openClient(chooseEndpoint({ endpoint, dataDir, service, env: process.env }), service)
  const putter =
    service === 'kinesis' ? openPutter(client, name, undefined) : openDeliveryPutter(client, name)
  const signals = watchStopSignals(() =>
    process.stderr.write('putting what was made; ctrl-C again ends at once\n'),
  )
  const started = systemClock.now()
  const elapsed = () => systemClock.now() - started
  try {
    await feed.start(started)
    const work = putRecords(feed, putter, signals.asked)
    await withProgress(() => `${name}: ${putProgress(putter.counts, elapsed())}`, work)
  } catch (error) {
    const { records } = putter.counts
    if (records > 0) process.stderr.write(`${records} records had been put before the error\n`)
    throw service === 'kinesis' ? await explained(client, name, error) : error
  } finally {
    signals.release()
  }
  report(flags, name, client, putter, Math.round(elapsed()))
}

function report(
  { json, toDelivery }: GenerateRecordsFlags,
  name: string,
  client: KinesisClient,
  { counts }: RecordPutter,
  elapsedMs: number,
): void {
  const target = toDelivery === undefined ? { stream: name } : { delivery: name }
  process.stdout.write(
    json
      ? `${JSON.stringify({ ...target, endpoint: client.url, ...counts, elapsedMs })}\n`
      : `${name}: ${putText(counts, elapsedMs)}\n`,
  )
}

async function putRecords(feed: TemplateFeed, putter: RecordPutter, signal: AbortSignal): Promise<void> {
  for await (const { key, data } of recordsOf(feed, signal)) {
    if (putter.isFull) await putter.room()
    putter.add({ partitionKey: key, data: encoder.encode(data) })
  }
  await putter.flush()
}

/** Each record when it is due. */
async function* recordsOf(feed: TemplateFeed, signal: AbortSignal) {
  for (let due = feed.due(); due !== undefined; due = feed.due()) {
    let now = systemClock.now()
    while (due > now && !signal.aborted) {
      await systemClock.sleep(Math.min(due - now, sleepMsMax), signal)
      now = systemClock.now()
    }
    if (signal.aborted) return
    // Of a periodic rate that pauses it is only the time to ask again.
    if (feed.due() === due) yield feed.take(now)
  }
}

function readPeriodic(path: string): object {
  let value: unknown
  try {
    value = JSON.parse(readFileSync(path, 'utf8'))
  } catch (error) {
    throw new MillraceError('USAGE', `--periodic ${path} cannot be read as JSON: ${messageOf(error)}.`, {
      next: 'Write it like {"mean": 100, "deviation": 10}.',
      cause: error,
    })
  }
  // Whatever else it is, the rate says so.
  return value as object
}

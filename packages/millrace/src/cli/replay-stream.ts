/** The replay of a stream: what it has kept between two times, in time slices, into a stream or a file; then live, if wished. */
import {
  type CutOver,
  ReplayProgress,
  type ReplayResult,
  type ReplaySink,
  type ReplaySource,
  type ReplayStart,
  StreamReplay,
  storeSource,
} from '@millrace/connect'
import { kinesisSequences } from '@millrace/gateway'
import { didYouMean, systemClock } from '@millrace/values'
import { MillraceError } from '../error.ts'
import { chooseDataDir, listDataDirs, openToRead } from './data-directory.ts'
import { exitCodes } from './exit-code.ts'
import { formatBytes, formatCount, formatDuration } from './format.ts'
import { readAddress } from './gateway-place.ts'
import { chooseEndpoint, environmentEndpoint } from './kinesis/endpoint.ts'
import { endpointSource } from './kinesis/endpoint-source.ts'
import { explained, newRandom, openClient, openPutter } from './kinesis/put-setup.ts'
import { bar, withProgress } from './progress.ts'
import { fileSink, standardOutputSink } from './replay-file-sink.ts'
import { type ReplayFlags, speedOf, timeOf } from './replay-flags.ts'
import { PutSink } from './replay-put-sink.ts'
import { watchStopSignals } from './stop-signals.ts'

interface Opened {
  readonly source: ReplaySource
  /** For messages and the result. */
  readonly place: string
  explained(error: unknown): Promise<unknown>
  close(): Promise<void>
}

export async function replayStream(stream: string, flags: ReplayFlags): Promise<number> {
  const fromMs = timeOf('--from', flags.from, 'trim-horizon')
  const toMs = timeOf('--to', flags.to, 'now')
  const speed = speedOf(flags.speed)
  const slices = flags.slices ?? 1
  const opened = await openSource(stream, flags)
  const signals = watchStopSignals(() => process.stderr.write('stopping; ctrl-C again ends at once\n'))
  try {
    const target = openTarget(flags, slices)
    const progress = new ReplayProgress()
    const started = systemClock.now()
    const elapsed = () => systemClock.now() - started
    const replay = new StreamReplay({
      source: opened.source,
      sink: target.sink,
      clock: systemClock,
      slices,
      speed,
      deaggregate: flags.deaggregate || flags.into !== undefined,
      signal: signals.asked,
      progress,
      onStart: (start) => process.stderr.write(startText(stream, opened.place, start)),
      ...(fromMs === undefined ? {} : { fromMs }),
      ...(toMs === undefined ? {} : { toMs }),
    })
    const line = () => `${stream}: ${progressText(progress, elapsed())}`
    const work = replay.backfill().catch(async (error: unknown) => {
      throw await opened.explained(await target.explained(error))
    })
    const result = await withProgress(line, work)
    if (result === undefined) throw stopped(progress, flags)
    if (progress.foreignAggregates > 0)
      process.stderr.write(
        `${progress.foreignAggregates} packed records were left out, as every consumer does: they hold records of another ` +
          'shard, and their producer has sent them again\n',
      )
    const backfill = { records: progress.records, bytes: progress.bytes, elapsedMs: Math.round(elapsed()) }
    if (flags.follow) {
      process.stderr.write(
        `${backfillText(stream, backfill)}\n${cutOverText(result.cutOver)}following; ctrl-C ends\n`,
      )
      await withProgress(line, replay.follow(result))
    }
    printResult(stream, flags, {
      result,
      backfill,
      live: progress.records - backfill.records,
      put: target.put(),
    })
    return exitCodes.ok
  } finally {
    signals.release()
    await opened.close()
  }
}

async function openSource(stream: string, flags: ReplayFlags): Promise<Opened> {
  const { endpoint, dataDir, fanOut } = flags
  const isDirectory =
    !fanOut &&
    (dataDir !== undefined ||
      (endpoint === undefined && environmentEndpoint(process.env) === undefined && listDataDirs().length > 0))
  if (isDirectory) return openDirectory(stream, flags)
  const url = chooseEndpoint({
    endpoint,
    dataDir: endpoint === undefined ? dataDir : undefined,
    env: process.env,
  })
  if (flags.into === stream && url === targetUrl(flags)) throw intoItself(stream)
  const client = openClient(url)
  const source = endpointSource({ client, stream, clock: systemClock, random: newRandom(), fanOut })
  return {
    source,
    place: client.url,
    explained: (error) => explained(client, stream, error),
    close: () => source.close(),
  }
}

async function openDirectory(name: string, flags: ReplayFlags): Promise<Opened> {
  const dir = chooseDataDir(flags.dataDir)
  const own = readAddress(dir)?.url
  if (flags.into === name && own !== undefined && own === targetUrl(flags)) throw intoItself(name)
  const store = await openToRead(dir)
  const info = store.stream(name)
  if (info === undefined) {
    const names = store.streams().map((known) => known.name)
    await store.close()
    throw new MillraceError('DATA_STREAM_UNKNOWN', `${dir} has no stream "${name}".`, {
      next: `${didYouMean(name, names)}It has: ${names.join(', ') || 'no streams yet'}.`,
    })
  }
  const source = storeSource(store, name, {
    clock: systemClock,
    sequences: kinesisSequences,
    onDamage: ({ shardId, records }) =>
      process.stderr.write(`skipped ${records} damaged records of ${shardId}\n`),
  })
  return { source, place: dir, explained: async (error) => error, close: () => store.close() }
}

interface Target {
  readonly sink: ReplaySink
  explained(error: unknown): Promise<unknown>
  put(): object | undefined
}

function openTarget(flags: ReplayFlags, slices: number): Target {
  const { into, out = '-' } = flags
  if (into !== undefined) {
    const client = openClient(targetUrl(flags))
    const sink = new PutSink(() => openPutter(client, into, flags.aggregate))
    return {
      sink,
      explained: (error) => explained(client, into, error),
      put: () => ({ endpoint: client.url, ...sink.counts }),
    }
  }
  const form = { withPlace: flags.withMetadata }
  const sink = out === '-' ? standardOutputSink(slices, form) : fileSink(out, form)
  return { sink, explained: async (error) => error, put: () => undefined }
}

function targetUrl({ endpoint, dataDir }: ReplayFlags): string {
  return chooseEndpoint({ endpoint, dataDir: endpoint === undefined ? dataDir : undefined, env: process.env })
}

function intoItself(stream: string): MillraceError {
  return new MillraceError('USAGE', `stream "${stream}" would be replayed into itself.`, {
    next: 'Name another stream with --into.',
  })
}

function stopped({ records }: ReplayProgress, { into, out }: ReplayFlags): MillraceError {
  const left =
    into === undefined
      ? out === '-'
        ? 'What was printed is not all.'
        : `${out} was not written.`
      : `They are in ${into}.`
  return new MillraceError('REPLAY_STOPPED', `stopped after ${records} records. ${left}`, {
    next: 'Run it again for the whole.',
  })
}

interface Counts {
  readonly records: number
  readonly bytes: number
  readonly elapsedMs: number
}

interface Printed {
  readonly result: ReplayResult
  readonly backfill: Counts
  readonly live: number
  readonly put: object | undefined
}

function printResult(stream: string, flags: ReplayFlags, { result, backfill, live, put }: Printed): void {
  // Standard output is the records'.
  const to = flags.out === '-' ? process.stderr : process.stdout
  if (!flags.json) {
    const liveText = flags.follow ? `${formatCount(live)} records followed\n` : cutOverText(result.cutOver)
    to.write(`${backfillText(stream, backfill)}\n${liveText}`)
    return
  }
  const { fromMs, toMs, slices, shards, cutOver } = result
  const { numbers, times } = cutOverNumbers(cutOver)
  const line = {
    stream,
    ...(flags.into === undefined ? { out: flags.out } : { into: flags.into }),
    from: new Date(fromMs).toISOString(),
    to: new Date(toMs).toISOString(),
    slices,
    shards,
    ...backfill,
    cutOver: numbers,
    ...(Object.keys(times).length === 0 ? {} : { cutOverTimes: times }),
    ...(flags.follow ? { live } : {}),
    ...(put === undefined ? {} : { put }),
  }
  to.write(`${JSON.stringify(line)}\n`)
}

/** Sequence numbers to go on after, and for shards without one the times to go on from. */
function cutOverNumbers(cutOver: CutOver): {
  numbers: Record<string, string>
  times: Record<string, string>
} {
  const numbers: Record<string, string> = {}
  const times: Record<string, string> = {}
  for (const [shardId, position] of Object.entries(cutOver)) {
    if (position.type === 'after') numbers[shardId] = position.sequenceNumber
    if (position.type === 'time') times[shardId] = new Date(position.timeMs).toISOString()
  }
  return { numbers, times }
}

function cutOverText(cutOver: CutOver): string {
  const { numbers, times } = cutOverNumbers(cutOver)
  const lines = [
    ...Object.entries(numbers).map(([shardId, number]) => `  ${shardId} AFTER_SEQUENCE_NUMBER ${number}`),
    ...Object.entries(times).map(([shardId, time]) => `  ${shardId} AT_TIMESTAMP ${time}`),
  ]
  return lines.length === 0 ? '' : `live goes on at\n${lines.join('\n')}\n`
}

function startText(stream: string, place: string, { fromMs, toMs, slices, shards }: ReplayStart): string {
  const count = (n: number, what: string) => `${n} ${what}${n === 1 ? '' : 's'}`
  return (
    `${stream} of ${place}: ${new Date(fromMs).toISOString()} to ${new Date(toMs).toISOString()}, ` +
    `${count(shards, 'shard')} in ${count(slices, 'slice')}\n`
  )
}

function progressText(progress: ReplayProgress, elapsedMs: number): string {
  const { records, bytes, fraction, phase } = progress
  const rate = elapsedMs > 0 ? (records * 1000) / elapsedMs : 0
  const counts = `${formatCount(records)} records, ${formatBytes(bytes)}`
  if (phase === 'live') return `live, ${counts}`
  const left = fraction > 0.01 ? `, ${formatDuration((elapsedMs * (1 - fraction)) / fraction)} left` : ''
  return `${bar(fraction, 20)} ${Math.floor(fraction * 100)} %, ${counts}, ${formatCount(rate)}/s${left}`
}

function backfillText(stream: string, { records, bytes, elapsedMs }: Counts): string {
  return `${stream}: ${formatCount(records)} records, ${formatBytes(bytes)} in ${formatDuration(elapsedMs)}`
}

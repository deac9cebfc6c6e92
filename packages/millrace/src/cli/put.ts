/**
 * `millrace put`: lines of a file or of standard input, or one text, as records of a stream behind a Kinesis endpoint.
 * The first ctrl-C ends the reading; what was read is put, and counted.
 */
import { atOnce, noLines, putLines, ratePace } from '@millrace/connect'
import { systemClock } from '@millrace/values'
import { MillraceError } from '../error.ts'
import { chooseEndpoint } from './kinesis/endpoint.ts'
import {
  checkHashKey,
  explained,
  lineKeyOf,
  openClient,
  openPutter,
  putProgress,
  putText,
  warnOfKeys,
} from './kinesis/put-setup.ts'
import { fileInput, type LineInput, standardInput } from './line-input.ts'
import { withProgress } from './progress.ts'
import { watchStopSignals } from './stop-signals.ts'

export interface PutFlags {
  readonly key: string | undefined
  readonly keyPath: string | undefined
  readonly explicitHashKey: string | undefined
  readonly data: string | undefined
  readonly file: string | undefined
  /** Bytes of an aggregate; undefined for none. */
  readonly aggregate: number | 'usual' | undefined
  readonly rate: number | undefined
  readonly endpoint: string | undefined
  readonly dataDir: string | undefined
  readonly json: boolean
}

export async function put(stream: string, flags: PutFlags): Promise<void> {
  if (flags.data !== undefined && flags.file !== undefined)
    throw new MillraceError('USAGE', '--data and --file are both given.', { next: 'Give one of them.' })
  checkHashKey(flags.explicitHashKey)
  const key = lineKeyOf(flags)
  const { endpoint, dataDir, explicitHashKey } = flags
  const client = openClient(chooseEndpoint({ endpoint, dataDir, env: process.env }))
  const putter = openPutter(client, stream, flags.aggregate)
  const signals = watchStopSignals(() =>
    process.stderr.write('putting what was read; ctrl-C again ends at once\n'),
  )
  const started = systemClock.now()
  const elapsed = () => systemClock.now() - started
  try {
    const input = inputOf(flags, signals.asked)
    const progress = noLines()
    const work = putLines({
      name: input.name,
      lines: input.lines,
      putter,
      key,
      pace: flags.rate === undefined ? atOnce : ratePace(flags.rate, systemClock),
      clock: systemClock,
      signal: signals.asked,
      progress,
      ...(explicitHashKey === undefined ? {} : { explicitHashKey }),
    })
    await withProgress(() => `${stream}: ${putProgress(putter.counts, elapsed())}`, work)
    warnOfKeys(input.name, progress)
  } catch (error) {
    const { records } = putter.counts
    if (records > 0) process.stderr.write(`${records} records had been put before the error\n`)
    throw await explained(client, stream, error)
  } finally {
    signals.release()
  }
  const elapsedMs = Math.round(elapsed())
  process.stdout.write(
    flags.json
      ? `${JSON.stringify({ stream, endpoint: client.url, ...putter.counts, elapsedMs })}\n`
      : `${stream}: ${putText(putter.counts, elapsedMs)}\n`,
  )
}

function inputOf(flags: PutFlags, signal: AbortSignal): LineInput {
  if (flags.file !== undefined && flags.file !== '-') return fileInput(flags.file)
  if (flags.data === undefined) return standardInput(signal)
  if (flags.data === '') throw new MillraceError('USAGE', '--data is empty.')
  return { name: 'data', size: undefined, lines: one([Buffer.from(flags.data)]) }
}

async function* one<T>(value: T): AsyncGenerator<T> {
  yield value
}

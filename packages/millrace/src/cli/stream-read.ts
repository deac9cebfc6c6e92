/**
 * `millrace stream read`: records of a stream, one line of JSON each, in the order in which they were committed (shards
 * of one commit in their order), while an app writes and after it has stopped.
 *
 * A line is the payload alone. Payloads that are JSON stay as they are; other text becomes a JSON string, and bytes that
 * are not UTF-8 become {"base64": "..."}, so that every line is JSON. With --json a line is an object: shard, sequence,
 * arrivalTime, partitionKey, and the payload as data, text or base64.
 */
import {
  compileRecordFilter,
  MergedInput,
  parseStreamPlace,
  positionsAt,
  type RecordFilter,
  type Stretch,
} from '@millrace/runtime'
import type { Store, StreamInfo } from '@millrace/store'
import { didYouMean, systemClock } from '@millrace/values'
import { codeOf, MillraceError, messageOf } from '../error.ts'
import { chooseDataDir, openToRead } from './data-directory.ts'
import { LineOutput } from './output.ts'
import { recordLine } from './record-line.ts'

const readLimits = { maxRecords: 1000, maxBytes: 1024 * 1024 }
/** Another process's commits are found by looking; a person sees no difference to being told. */
const pollMs = 50

export interface StreamReadFlags {
  readonly dataDir: string | undefined
  /** A place: trim-horizon, latest, latest - 20, a time, 5 minutes ago, a sequence number. */
  readonly from: string
  /** Filters, as in the console: see compileRecordFilter. */
  readonly key: string | undefined
  readonly where: string | undefined
  readonly text: string | undefined
  readonly follow: boolean
  readonly limit: number | undefined
  readonly json: boolean
}

export async function streamRead(stream: string, flags: StreamReadFlags): Promise<void> {
  const { from } = flags
  const place = ofFrom(from, () => parseStreamPlace(from, systemClock.now()))
  const filter = filterOf(flags)
  const store = await openToRead(chooseDataDir(flags.dataDir))
  const stopped = new AbortController()
  const stop = () => stopped.abort()
  process.once('SIGINT', stop).once('SIGTERM', stop)
  try {
    const positions = ofFrom(from, () =>
      store.snapshot(() => positionsAt(store, checkStream(store, stream), place)),
    )
    const input = new MergedInput(store, [{ stream, positions }])
    const output = new LineOutput()
    // "From now on" would be an empty answer if it did not wait.
    const waits = flags.follow || place.kind === 'latest'
    let left = flags.limit ?? Number.POSITIVE_INFINITY
    while (left > 0 && !stopped.signal.aborted) {
      const seen = store.news()
      const { pieces } = input.take(readLimits.maxRecords, readLimits.maxBytes)
      if (pieces.length === 0) {
        await output.flush()
        if (!waits) break
        await store.waitForNews(seen, pollMs, stopped.signal)
        continue
      }
      for (const piece of pieces) {
        if (piece.kind === 'stretch') {
          // What retention took away before it was read is no damage.
          if (piece.cause === 'corrupt') sayDamaged(piece)
          continue
        }
        for (let i = piece.from; i < piece.to && left > 0; i++) {
          if (filter?.matches(piece.batch, i) === false) continue
          await output.line(recordLine(piece.batch, i, flags))
          left--
        }
      }
    }
    await output.flush()
  } catch (error) {
    if (codeOf(error) !== 'STORE_UNKNOWN_STREAM') throw error
    throw new MillraceError('DATA_STREAM_UNKNOWN', `Stream "${stream}" was deleted while it was read.`, {
      next: 'What was read until then stands above.',
      cause: error,
    })
  } finally {
    process.off('SIGINT', stop).off('SIGTERM', stop)
    await store.close()
  }
}

/** What `--from` cannot be is a mistake of whoever typed it. Error: USAGE. */
function ofFrom<T>(from: string, work: () => T): T {
  try {
    return work()
  } catch (error) {
    if (codeOf(error) !== 'STREAM_PLACE_INVALID') throw error
    throw new MillraceError('USAGE', `--from is ${JSON.stringify(from)}: ${said(error, '": ')}`, {
      cause: error,
    })
  }
}

/** Error: USAGE, with the character of --where that cannot be read. */
function filterOf({ key, where, text }: StreamReadFlags): RecordFilter | undefined {
  try {
    return compileRecordFilter({ key, where, text })
  } catch (error) {
    if (codeOf(error) !== 'RECORD_FILTER_INVALID') throw error
    throw new MillraceError('USAGE', `--where is ${JSON.stringify(where)}: ${said(error, ' ')}`, {
      cause: error,
    })
  }
}

/** The message without what already stands in front of it: its code, or the code and the place. */
function said(error: unknown, before: string): string {
  const message = messageOf(error)
  return message.slice(message.indexOf(before) + before.length)
}

function sayDamaged({ shard, from, to, reason }: Stretch): void {
  process.stderr.write(`skipped ${to - from} damaged records of shard ${shard} from ${from}: ${reason}\n`)
}

function checkStream(store: Store, stream: string): StreamInfo {
  const info = store.stream(stream)
  if (info !== undefined) return info
  const names = store.streams().map((known) => known.name)
  throw new MillraceError('DATA_STREAM_UNKNOWN', `${store.dir} has no stream "${stream}".`, {
    next: `${didYouMean(stream, names)}It has: ${names.join(', ') || 'no streams yet'}.`,
  })
}

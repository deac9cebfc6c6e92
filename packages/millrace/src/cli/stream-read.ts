/**
 * `millrace stream read`: records of a stream, one line of JSON each, in the order in which they were committed (shards
 * of one commit in their order), while an app writes and after it has stopped.
 *
 * A line is the payload alone. Payloads that are JSON stay as they are; other text becomes a JSON string, and bytes that
 * are not UTF-8 become {"base64": "..."}, so that every line is JSON. With --json a line is an object: shard, sequence,
 * arrivalTime, partitionKey, and the payload as data, text or base64.
 */
import type { CorruptBatch, RecordBatch, Store, StreamInfo } from '@millrace/store'
import { didYouMean, systemClock } from '@millrace/values'
import { codeOf, MillraceError } from '../error.ts'
import { chooseDataDir, openToRead } from './data-directory.ts'
import { LineOutput } from './output.ts'
import { recordLine } from './record-line.ts'

const readLimits = { maxRecords: 1000, maxBytes: 1024 * 1024 }
/** Another process's commits are found by looking; a person sees no difference to being told. */
const pollMs = 50

export interface StreamReadFlags {
  readonly dataDir: string | undefined
  /** trim-horizon, latest, or a time: ISO 8601, or ms since the epoch. */
  readonly from: string
  readonly follow: boolean
  readonly limit: number | undefined
  readonly json: boolean
}

export async function streamRead(stream: string, flags: StreamReadFlags): Promise<void> {
  const start = startOf(flags.from)
  const store = await openToRead(chooseDataDir(flags.dataDir))
  const stopped = new AbortController()
  const stop = () => stopped.abort()
  process.once('SIGINT', stop).once('SIGTERM', stop)
  try {
    const reader = new MergedReader(store, checkStream(store, stream), start)
    const output = new LineOutput()
    // "From now on" would be an empty answer if it did not wait.
    const waits = flags.follow || start === 'latest'
    let left = flags.limit ?? Number.POSITIVE_INFINITY
    while (left > 0 && !stopped.signal.aborted) {
      const seen = store.news()
      const batch = reader.next()
      if (batch === undefined) {
        await output.flush()
        if (!waits) break
        await store.waitForNews(seen, pollMs, stopped.signal)
        continue
      }
      if ('reason' in batch) {
        const { shard, firstSequence, nextSequence, reason } = batch
        process.stderr.write(
          `skipped ${nextSequence - firstSequence} damaged records of shard ${shard} from ${firstSequence}: ${reason}\n`,
        )
        continue
      }
      for (let i = reader.skipped; i < batch.count && left > 0; i++, left--) {
        await output.line(recordLine(batch, i, flags))
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

type Start = 'trim-horizon' | 'latest' | number

function startOf(from: string): Start {
  if (from === 'trim-horizon' || from === 'latest') return from
  const time = /^\d{10,}(\.\d+)?$/.test(from) ? Number(from) : Date.parse(from)
  if (Number.isFinite(time)) return time
  throw new MillraceError('USAGE', `--from is ${JSON.stringify(from)}.`, {
    next: `Allowed: trim-horizon, latest, a time like ${new Date(systemClock.now()).toISOString()}, or ms since 1970.`,
  })
}

function checkStream(store: Store, stream: string): StreamInfo {
  const info = store.stream(stream)
  if (info !== undefined) return info
  const names = store.streams().map((known) => known.name)
  throw new MillraceError('DATA_STREAM_UNKNOWN', `${store.dir} has no stream "${stream}".`, {
    next: `${didYouMean(stream, names)}It has: ${names.join(', ') || 'no streams yet'}.`,
  })
}

interface ShardCursor {
  readonly shard: number
  position: number
  queue: (RecordBatch | CorruptBatch)[]
}

/**
 * Merges the shards of a stream by commit. The empty shards are read twice: the second look is later than every batch
 * that the first one found, so no batch of an earlier commit can still be unseen, also while an app writes.
 */
class MergedReader {
  readonly #store: Store
  readonly #stream: string
  readonly #cursors: ShardCursor[]
  /** Leading records of the batch given last that were asked to be left out. */
  skipped = 0

  constructor(store: Store, info: StreamInfo, start: Start) {
    this.#store = store
    this.#stream = info.name
    this.#cursors = info.shardInfos.map(({ shard, oldest, next }) => {
      if (start === 'trim-horizon') return { shard, position: oldest, queue: [] }
      const position = start === 'latest' ? next : store.sequenceAtTime(info.name, shard, start)
      return { shard, position, queue: [] }
    })
  }

  /** The next batch of all shards, or undefined if there is none now. */
  next(): RecordBatch | CorruptBatch | undefined {
    this.#join()
    if (this.#fill()) this.#fill()
    let first: ShardCursor | undefined
    let firstCommit = Number.POSITIVE_INFINITY
    for (const cursor of this.#cursors) {
      const [batch] = cursor.queue
      if (batch === undefined) continue
      // What is damaged has no commit number: it is told at once.
      const commit = 'reason' in batch ? -1 : batch.commit
      if (commit < firstCommit) {
        first = cursor
        firstCommit = commit
      }
    }
    const batch = first?.queue.shift()
    if (first === undefined || batch === undefined) return undefined
    this.skipped = Math.max(0, first.position - batch.firstSequence)
    first.position = 'reason' in batch ? batch.nextSequence : batch.firstSequence + batch.count
    return batch
  }

  /** Takes in shards that were opened since. */
  #join(): void {
    const shards = this.#store.shardCount(this.#stream)
    for (let shard = this.#cursors.length; shard < shards; shard++)
      this.#cursors.push({ shard, position: 0, queue: [] })
  }

  /** Reads the shards that have nothing queued; true if one of them had news. */
  #fill(): boolean {
    let found = false
    this.#join()
    for (const cursor of this.#cursors) {
      if (cursor.queue.length > 0) continue
      cursor.queue = [...this.#store.read(this.#stream, cursor.shard, cursor.position, readLimits).batches]
      found ||= cursor.queue.length > 0
    }
    return found
  }
}

/**
 * Puts lines as records: each non-empty line is one, byte for byte, whether or not it is good JSON. Paced in an open loop:
 * a line goes when it is due, however long the stream took for those before.
 */
import { type Clock, type Random, systemClock, type UserRecord } from '@millrace/values'
import { RecordKey } from '../files/record-key.ts'
import { sleepUntil } from '../pace.ts'
import type { LinePace } from './line-pace.ts'
import type { RecordPutter } from './record-putter.ts'

export interface PutLinesOptions {
  /** Names the lines in fallback keys: a file's name without its folders, or `stdin`. */
  readonly name: string
  /** Some at a time, as they come. They must not change afterwards. */
  readonly lines: AsyncIterable<readonly Uint8Array[]>
  readonly putter: RecordPutter
  readonly key: LineKey
  readonly explicitHashKey?: string
  readonly pace: LinePace
  readonly clock?: Clock
  /** Ends the reading; what was read is put. */
  readonly signal: AbortSignal
  readonly progress?: PutLinesProgress
}

export type LineKey =
  /** The same for all. */
  | { readonly kind: 'fixed'; readonly key: string }
  /** Found in the line, as the `file` source finds it; a line without one gets the key name:line. */
  | { readonly kind: 'path'; readonly path: string }
  /** Any: records are spread over the shards. */
  | { readonly kind: 'random'; readonly random: Random }

export interface PutLinesProgress {
  lines: number
  bytes: number
  /** Lines without a readable key, the first of them. */
  keyless: number
  firstKeyless: number
}

export function noLines(): PutLinesProgress {
  return { lines: 0, bytes: 0, keyless: 0, firstKeyless: 0 }
}

/** Resolves when everything was accepted. Errors: SOURCE_OPTION, and those of the lines and the putter. */
export async function putLines(options: PutLinesOptions): Promise<void> {
  const { putter, pace, signal, explicitHashKey } = options
  const clock = options.clock ?? systemClock
  const progress = options.progress ?? noLines()
  const keyOf = keyReader(options, progress)
  for await (const lines of options.lines) {
    for (const line of lines) {
      if (signal.aborted) break
      progress.lines++
      progress.bytes += line.length + 1
      if (line.length === 0) continue
      const due = pace.due(line)
      if (due === undefined) continue
      if (due > clock.now()) await sleepUntil(clock, due, signal)
      if (signal.aborted) break
      if (putter.isFull) await putter.room()
      const record: UserRecord = { partitionKey: keyOf(line), data: line }
      putter.add(explicitHashKey === undefined ? record : { ...record, explicitHashKey })
    }
    if (signal.aborted) break
  }
  await putter.flush()
}

function keyReader({ key, name }: PutLinesOptions, progress: PutLinesProgress): (line: Uint8Array) => string {
  if (key.kind === 'fixed') return () => key.key
  if (key.kind === 'random') return () => String(key.random.below(2 ** 48))
  const reader = new RecordKey('put', key.path)
  return (line) => {
    if (!reader.read(line, 0, line.length)) {
      if (!reader.isPlace && progress.keyless++ === 0) progress.firstKeyless = progress.lines
      reader.setFallback(name, progress.lines)
    }
    const { bytes, start, end } = reader
    return Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('utf8')
  }
}

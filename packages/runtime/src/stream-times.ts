/**
 * Tells the stream whose positions a stage has kept from another one that was made under its name since. Positions alone do
 * not: once the new stream is as long as the old one was, they would leave out its first records without a word.
 */
import type { Store } from '@millrace/store'
import { RuntimeError } from './errors.ts'
import { redriveStreamName } from './redrive-stream-name.ts'

/** When streams were made, ms, by name. */
export type StreamTimes = { readonly [stream: string]: number }

export function streamTimes(store: Store, streams: readonly string[]): StreamTimes {
  return Object.fromEntries(
    streams.flatMap((name) => {
      const stream = store.stream(name)
      return stream === undefined ? [] : [[name, stream.createdAt] as const]
    }),
  )
}

/** `kept`: with the positions; records of older versions have none. Error: STREAM_REPLACED. */
export function refuseReplaced(kept: StreamTimes | undefined, now: StreamTimes): void {
  for (const [stream, made] of Object.entries(kept ?? {})) {
    const madeNow = now[stream]
    if (madeNow === undefined || madeNow === made) continue
    throw new RuntimeError('STREAM_REPLACED', {
      place: `stream "${stream}"`,
      what: `it was made at ${timeText(madeNow)}, but the positions of its reader are of the one made at ${timeText(made)}`,
      next: 'Give the stream another name in the app, or start with an empty data directory',
    })
  }
}

/**
 * Positions of a stage do not count for another stream: they would leave out its first records. Error: STAGE_INPUT_CHANGED.
 */
export function refuseOtherInput(stage: string, kept: StreamTimes | undefined, from: string): void {
  if (kept === undefined || Object.hasOwn(kept, from)) return
  const before = Object.keys(kept).find((stream) => stream !== redriveStreamName(stage))
  throw new RuntimeError('STAGE_INPUT_CHANGED', {
    place: `stage "${stage}"`,
    what: `it is to read stream "${from}", but its positions in the data directory are of stream "${before}"`,
    next: 'Give the stage another name, with which it begins anew, or let it read the stream from before',
  })
}

function timeText(ms: number): string {
  return new Date(ms).toISOString()
}

/**
 * What the writers of events share: one buffer that grows to the largest event and is used for one event after the other
 * (events are written within one turn), and the members that a tumbling window adds.
 */
import type { WindowCall } from '../mapping/function-runner.ts'

/** Above it the buffer is let go after use. */
const keptBytesMax = 8 * 1024 * 1024

let buffer = Buffer.allocUnsafe(64 * 1024)

/** A buffer with room for so many bytes; whatever it held is gone. */
export function eventBuffer(bytes: number): Buffer {
  if (bytes <= buffer.length) return buffer
  const larger = Buffer.allocUnsafe(Math.max(bytes, Math.min(buffer.length * 2, keptBytesMax)))
  if (larger.length <= keptBytesMax) buffer = larger
  return larger
}

/** A few words: a loop beats a native copy; longer runs do not. */
export function put(from: Uint8Array, to: Uint8Array, at: number): number {
  const { length } = from
  if (length > 64) {
    to.set(from, at)
    return at + length
  }
  for (let i = 0; i < length; i++) to[at + i] = from[i]!
  return at + length
}

/** From the end of `Records` to the end of the event. */
export function closeEvent(
  window: WindowCall | undefined,
  { shardId, arn }: { readonly shardId: string; readonly arn: string },
): string {
  if (window === undefined) return ']}'
  const { start, end, state, isFinal, isTerminatedEarly } = window
  return (
    `],"window":{"start":"${isoTime(start)}","end":"${isoTime(end)}"},"state":${state},"shardId":"${shardId}"` +
    `,"eventSourceARN":${JSON.stringify(arn)},"isFinalInvokeForWindow":${isFinal},"isWindowTerminatedEarly":${isTerminatedEarly}}`
  )
}

/** Without milliseconds where there are none, as AWS writes whole seconds. */
export function isoTime(ms: number): string {
  return new Date(ms).toISOString().replace('.000Z', 'Z')
}

/**
 * Lines out of chunks of bytes as they come: all lines that a chunk completes are given at once, as slices of it. A line
 * ends at \n, a \r before it is left out, the last line needs no \n, and a byte order mark is no part of the first one.
 * Empty lines are given too, so that their reader can count. Chunks must not change afterwards.
 * Error: LINE_TOO_LONG for a line that no record can hold.
 */
import { RECORD_DATA_BYTES_MAX } from '@millrace/store'
import { ConnectError } from '../errors.ts'

const newline = 0x0a
const carriageReturn = 0x0d

export async function* lineChunks(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<readonly Uint8Array[]> {
  /** The beginning of a line whose end has not come. */
  let rest: Uint8Array[] = []
  let restBytes = 0
  let line = 1
  let isFirst = true
  for await (const given of chunks) {
    const chunk = isFirst ? withoutMark(given) : given
    isFirst = false
    const lines: Uint8Array[] = []
    let start = 0
    for (let end = chunk.indexOf(newline); end >= 0; end = chunk.indexOf(newline, start)) {
      const tail = chunk.subarray(start, end)
      const whole = withoutReturn(rest.length === 0 ? tail : Buffer.concat([...rest, tail]))
      checkLength(whole.length, line)
      lines.push(whole)
      rest = []
      restBytes = 0
      start = end + 1
      line++
    }
    if (start < chunk.length) {
      rest.push(chunk.subarray(start))
      restBytes += chunk.length - start
      // One more may be the \r.
      checkLength(restBytes - 1, line)
    }
    if (lines.length > 0) yield lines
  }
  if (restBytes === 0) return
  const whole = withoutReturn(Buffer.concat(rest))
  checkLength(whole.length, line)
  yield [whole]
}

function checkLength(bytes: number, line: number): void {
  if (bytes <= RECORD_DATA_BYTES_MAX) return
  throw new ConnectError(
    'LINE_TOO_LONG',
    `line ${line} has more than ${RECORD_DATA_BYTES_MAX} bytes, the most that a record can hold. Split it.`,
  )
}

function withoutReturn(line: Uint8Array): Uint8Array {
  return line.at(-1) === carriageReturn ? line.subarray(0, -1) : line
}

function withoutMark(chunk: Uint8Array): Uint8Array {
  return chunk[0] === 0xef && chunk[1] === 0xbb && chunk[2] === 0xbf ? chunk.subarray(3) : chunk
}

/**
 * LineReader: the lines of a regular file as byte ranges of one reused buffer, from any offset, without decoding.
 *
 * A line ends at \n; a \r before it is left out; the last line needs no \n. Empty lines carry nothing and are stepped
 * over. `next` looks at the current line without consuming it, `consume` steps past it, so that a paced reader may leave
 * a line for later: `offset` and `line` always name the first byte not yet consumed.
 * A line of more than LINE_BYTES_MAX bytes is not held: it is stepped over with its first LONG_HEAD_BYTES kept.
 * Invariant: buffer[start, end) are the file's bytes from `offset` on. Memory: READ_BYTES, growing with the longest line to
 * BUFFER_BYTES_MAX. Cost: one pass of a native byte search; a partial line is moved once for each fill.
 */
import type { FileHandle } from 'node:fs/promises'
import { RECORD_DATA_BYTES_MAX } from '@millrace/store'

/** A longer line can never be stored. */
export const LINE_BYTES_MAX = RECORD_DATA_BYTES_MAX
export const LONG_HEAD_BYTES = 65_536
const READ_BYTES = 1 << 20
/** Always room for a line of the limit with its \r, and something to read into. */
const BUFFER_BYTES_MAX = LINE_BYTES_MAX + 2 * READ_BYTES
const NEWLINE = 0x0a
const CARRIAGE_RETURN = 0x0d

/** `line`: lineStart and lineEnd are set. `long`: a line above the limit was stepped over. `fill`: call fill first. */
export type LineState = 'line' | 'long' | 'fill' | 'end'

export class LineReader {
  buffer: Buffer = Buffer.allocUnsafeSlow(READ_BYTES)
  lineStart = 0
  lineEnd = 0
  /** Bytes of the line of state `long`, and its beginning. */
  longBytes = 0
  longHead: Buffer = Buffer.alloc(0)
  /** File offset and number (from 1) of the first line not consumed. */
  offset: number
  line: number

  readonly #file: FileHandle
  #start = 0
  #end = 0
  /** Everything before this is known to hold no newline of the current line. */
  #searched = 0
  /** Where the current line's successor begins; 0 while there is no current line. */
  #nextStart = 0
  /** Bytes of the current line already dropped from the buffer because it is too long. */
  #dropped = 0
  #atEnd = false

  constructor(file: FileHandle, offset: number, line: number) {
    this.#file = file
    this.offset = offset
    this.line = line
  }

  next(): LineState {
    for (;;) {
      if (this.#nextStart !== 0) return this.#dropped > 0 ? 'long' : 'line'
      const found = this.buffer.indexOf(NEWLINE, this.#searched)
      // Bytes from #end on are left over from earlier reads.
      const at = found < this.#end ? found : -1
      if (at < 0) {
        this.#searched = this.#end
        if (!this.#atEnd) return 'fill'
        if (this.#start === this.#end && this.#dropped === 0) return 'end'
      }
      const end = at < 0 ? this.#end : at
      this.#nextStart = at < 0 ? end : at + 1
      if (this.#dropped > 0 || end - this.#start > LINE_BYTES_MAX + 1) {
        this.#endLong(end)
        return 'long'
      }
      this.lineStart = this.#start
      this.lineEnd = end > this.#start && this.buffer[end - 1] === CARRIAGE_RETURN ? end - 1 : end
      if (this.lineEnd - this.lineStart > LINE_BYTES_MAX) {
        this.#endLong(end)
        return 'long'
      }
      if (this.lineEnd > this.lineStart) return 'line'
      this.consume()
    }
  }

  /** Steps past the line that `next` has shown. */
  consume(): void {
    this.offset += this.#dropped + this.#nextStart - this.#start
    this.line++
    this.#start = this.#nextStart
    this.#searched = this.#start
    this.#nextStart = 0
    this.#dropped = 0
  }

  /** Reads on. Call only when `next` has said `fill`. */
  async fill(): Promise<void> {
    if (this.#end - this.#start > LINE_BYTES_MAX + 1) this.#drop()
    this.#makeRoom()
    const from = this.offset + this.#dropped + (this.#end - this.#start)
    const room = this.buffer.length - this.#end
    const { bytesRead } = await this.#file.read(this.buffer, this.#end, room, from)
    this.#end += bytesRead
    this.#atEnd = bytesRead === 0
  }

  /** Moves the unread bytes to the front; a buffer more than half full of them is doubled. */
  #makeRoom(): void {
    const unread = this.#end - this.#start
    const isHalfFull = unread * 2 > this.buffer.length
    const size = isHalfFull ? Math.min(this.buffer.length * 2, BUFFER_BYTES_MAX) : this.buffer.length
    if (size !== this.buffer.length) {
      const grown = Buffer.allocUnsafeSlow(size)
      this.buffer.copy(grown, 0, this.#start, this.#end)
      this.buffer = grown
    } else if (this.#start > 0) {
      this.buffer.copyWithin(0, this.#start, this.#end)
    }
    this.#searched -= this.#start
    this.#start = 0
    this.#end = unread
  }

  #drop(): void {
    if (this.#dropped === 0) this.#keepHead(this.#end)
    this.#dropped += this.#end - this.#start
    this.#start = this.#end
    this.#searched = this.#end
  }

  #endLong(end: number): void {
    if (this.#dropped === 0) {
      this.#keepHead(end)
      // Marks the line as long for a second `next` before `consume`, without moving any byte.
      this.#dropped = end - this.#start
      this.#start = end
    }
    this.longBytes = this.#dropped + (end - this.#start)
  }

  #keepHead(end: number): void {
    this.longHead = Buffer.from(
      this.buffer.subarray(this.#start, Math.min(end, this.#start + LONG_HEAD_BYTES)),
    )
  }
}

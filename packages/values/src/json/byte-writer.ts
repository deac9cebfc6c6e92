/**
 * A growing buffer of bytes. Writers call `ensure(n)` once for all they may write, then store into `bytes` from
 * `length` on and move `length`. Growing replaces `bytes` and `view`: read them again after `ensure`. `reset` keeps the
 * memory, so what was taken as a view before must be used or copied by then.
 */
export class ByteWriter {
  bytes: Uint8Array<ArrayBuffer>
  /** Over the same memory as `bytes`. */
  view: DataView
  length = 0

  constructor(capacity = 4096) {
    this.bytes = new Uint8Array(capacity)
    this.view = new DataView(this.bytes.buffer)
  }

  /** Makes room for `n` more bytes after `length`. */
  ensure(n: number): void {
    if (this.length + n <= this.bytes.length) return
    const bytes = new Uint8Array(Math.max(this.bytes.length * 2, this.length + n))
    bytes.set(this.bytes.subarray(0, this.length))
    this.bytes = bytes
    this.view = new DataView(bytes.buffer)
  }

  writeBytes(from: Uint8Array, start = 0, end = from.length): void {
    this.ensure(end - start)
    this.bytes.set(start === 0 && end === from.length ? from : from.subarray(start, end), this.length)
    this.length += end - start
  }

  writeText(text: string): void {
    this.ensure(text.length * 3)
    this.length += Buffer.from(this.bytes.buffer).write(text, this.length)
  }

  reset(): void {
    this.length = 0
  }

  /** What has been written: a view, valid until the next write or reset. */
  written(): Uint8Array {
    return this.bytes.subarray(0, this.length)
  }
}

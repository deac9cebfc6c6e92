/**
 * A cursor over bytes of the log (little-endian, where nothing else is said) that never reads past its end: every read claims its
 * bytes first, so that damaged lengths end in CDC_LOG_INVALID and never in bytes of a neighbour. One cursor is moved over event after
 * event; it owns nothing. Numbers above 2^53 are bigints where the value matters, refused where it is a length.
 */
import { CdcError } from '../../errors.ts'

export class LogBytes {
  buffer: Buffer
  at: number
  end: number

  constructor(buffer: Buffer, start = 0, end = buffer.length) {
    this.buffer = buffer
    this.at = start
    this.end = end
  }

  /** Moves it over other bytes. */
  set(buffer: Buffer, start: number, end: number): this {
    this.buffer = buffer
    this.at = start
    this.end = end
    return this
  }

  get left(): number {
    return this.end - this.at
  }

  /** Claims `count` bytes and returns where they begin. */
  take(count: number): number {
    const at = this.at
    const next = at + count
    if (next > this.end) throw tooShort(this, count)
    this.at = next
    return at
  }

  u8(): number {
    // Claimed, hence inside of the buffer.
    return this.buffer[this.take(1)]!
  }

  u16(): number {
    return this.buffer.readUInt16LE(this.take(2))
  }

  u24(): number {
    return this.buffer.readUIntLE(this.take(3), 3)
  }

  u32(): number {
    return this.buffer.readUInt32LE(this.take(4))
  }

  u48(): number {
    return this.buffer.readUIntLE(this.take(6), 6)
  }

  /** Exact: a bigint from 2^53 on. */
  u64(): number | bigint {
    const at = this.take(8)
    const high = this.buffer.readUInt32LE(at + 4)
    return high < 0x20_0000
      ? high * 0x1_0000_0000 + this.buffer.readUInt32LE(at)
      : this.buffer.readBigUInt64LE(at)
  }

  i64(): number | bigint {
    const at = this.take(8)
    const high = this.buffer.readInt32LE(at + 4)
    return high < 0x20_0000 && high >= -0x20_0000
      ? high * 0x1_0000_0000 + this.buffer.readUInt32LE(at)
      : this.buffer.readBigInt64LE(at)
  }

  /** Little-endian of 1 to 4 bytes: lengths of blobs. */
  uint(width: number): number {
    return this.buffer.readUIntLE(this.take(width), width)
  }

  /** The protocol's packed integer: below 251 one byte, then 2, 3 or 8 bytes. */
  packed(): number {
    const first = this.u8()
    if (first < 251) return first
    if (first === 252) return this.u16()
    if (first === 253) return this.u24()
    if (first === 254) {
      const value = this.u64()
      if (typeof value === 'number') return value
    }
    throw logInvalid(`a packed integer at byte ${this.at - 1} of an event is none`)
  }

  /** A view, not a copy. */
  view(count: number): Buffer {
    const at = this.take(count)
    return this.buffer.subarray(at, at + count)
  }

  text(count: number): string {
    const at = this.take(count)
    return this.buffer.toString('utf8', at, at + count)
  }
}

export function logInvalid(what: string, cause?: unknown): CdcError {
  return new CdcError(
    'CDC_LOG_INVALID',
    `The binary log cannot be read: ${what}.`,
    cause === undefined ? undefined : { cause },
  )
}

function tooShort(bytes: LogBytes, count: number): CdcError {
  return logInvalid(`${count} bytes are announced where ${bytes.left} are left in the event`)
}

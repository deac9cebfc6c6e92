/** Reads the fields of one message of pgoutput, big-endian, and never beyond its end: what does not fit is CDC_LOG_INVALID. */
import { CdcError } from '../../errors.ts'
import type { Lsn } from './lsn.ts'

/** Microseconds between 1970 and 2000, where Postgres' time begins. */
const postgresEpochUs = 946_684_800_000_000

export class MessageCursor {
  bytes: Buffer = Buffer.alloc(0)
  at = 0
  end = 0

  open(bytes: Buffer, start: number, end: number): void {
    this.bytes = bytes
    this.at = start
    this.end = end
  }

  u8(): number {
    return this.bytes[this.#take(1)]!
  }

  u16(): number {
    const at = this.#take(2)
    return (this.bytes[at]! << 8) | this.bytes[at + 1]!
  }

  u32(): number {
    const { bytes } = this
    const at = this.#take(4)
    return ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0
  }

  i32(): number {
    return this.u32() | 0
  }

  lsn(): Lsn {
    const high = this.u32()
    return (BigInt(high) << 32n) | BigInt(this.u32())
  }

  /** Microseconds since 1970. Exact: a number holds microseconds up to the year 2255. */
  timeUs(): number {
    const high = this.i32()
    return high * 0x1_0000_0000 + this.u32() + postgresEpochUs
  }

  /** Up to a zero byte. */
  text(): string {
    const zero = this.bytes.indexOf(0, this.at)
    if (zero < 0 || zero >= this.end) throw this.invalid('a name without its end')
    const text = this.bytes.toString('utf8', this.at, zero)
    this.at = zero + 1
    return text
  }

  /** Where `count` bytes begin; they are passed. */
  skip(count: number): number {
    return this.#take(count)
  }

  finish(what: string): void {
    if (this.at !== this.end) {
      throw this.invalid(`${this.end - this.at} bytes behind the end of a message of kind ${what}`)
    }
  }

  invalid(problem: string): CdcError {
    return new CdcError('CDC_LOG_INVALID', `The log of Postgres (pgoutput) has ${problem}.`)
  }

  #take(count: number): number {
    const at = this.at
    if (count < 0 || at + count > this.end) throw this.invalid('a message that is cut off')
    this.at = at + count
    return at
  }
}

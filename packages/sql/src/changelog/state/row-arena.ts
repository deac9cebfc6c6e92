/**
 * Rows as bytes outside the JavaScript heap: a row costs its encoding (byte-writer.ts), 4 bytes of length and what the size
 * of its slot leaves over, and the garbage collector does not see it. A freed slot is used again for a row of its class.
 *
 * An address is the number of a 16-byte unit, counted over chunks of 1 MB; a row that needs more than a quarter of a chunk
 * is not taken.
 */
import type { SqlValue } from '../../plan.ts'
import type { Row } from '../row.ts'
import { ByteReader } from './byte-reader.ts'
import { ByteWriter } from './byte-writer.ts'

const unitBytes = 16
const chunkUnits = 1 << 16
const chunkBytes = chunkUnits * unitBytes
const lengthBytes = 4
const largest = chunkBytes / 4

export class RowArena {
  readonly #chunks: Buffer[] = []
  /** First unit of the last chunk that was never used. */
  #top = chunkUnits
  /** Free slots by their units. */
  readonly #free = new Map<number, number[]>()
  readonly #writer = new ByteWriter()
  readonly #reader = new ByteReader(new Uint8Array(0))

  /** The address of the row, or undefined if it is too large. */
  put(row: Row): number | undefined {
    const writer = this.#writer
    writer.clear()
    writer.value(row)
    const length = writer.at
    if (length + lengthBytes > largest) return undefined
    const address = this.#slot(unitsFor(length))
    const chunk = this.#chunks[Math.floor(address / chunkUnits)]!
    const at = (address % chunkUnits) * unitBytes
    chunk.writeUInt32LE(length, at)
    chunk.set(writer.bytes.subarray(0, length), at + lengthBytes)
    return address
  }

  get(address: number): Row {
    const chunk = this.#chunks[Math.floor(address / chunkUnits)]!
    this.#reader.reset(chunk, (address % chunkUnits) * unitBytes + lengthBytes)
    return this.#reader.value() as readonly SqlValue[] // `put` wrote a row.
  }

  /** Writes the row's encoding as it is. */
  copyTo(writer: ByteWriter, address: number): void {
    const chunk = this.#chunks[Math.floor(address / chunkUnits)]!
    const at = (address % chunkUnits) * unitBytes
    writer.raw(chunk, at + lengthBytes, chunk.readUInt32LE(at))
  }

  free(address: number): void {
    const chunk = this.#chunks[Math.floor(address / chunkUnits)]!
    const units = unitsFor(chunk.readUInt32LE((address % chunkUnits) * unitBytes))
    const list = this.#free.get(units)
    if (list === undefined) this.#free.set(units, [address])
    else list.push(address)
  }

  #slot(units: number): number {
    const free = this.#free.get(units)?.pop()
    if (free !== undefined) return free
    if (this.#top + units > chunkUnits) {
      this.#chunks.push(Buffer.allocUnsafeSlow(chunkBytes))
      this.#top = 0
    }
    const address = (this.#chunks.length - 1) * chunkUnits + this.#top
    this.#top += units
    return address
  }
}

/** Slots come in steps of one unit, larger ones in steps of an eighth, so that freed ones find a row again. */
function unitsFor(length: number): number {
  const units = Math.ceil((length + lengthBytes) / unitBytes)
  if (units <= 32) return units
  const step = 2 ** (Math.floor(Math.log2(units)) - 3)
  return Math.ceil(units / step) * step
}

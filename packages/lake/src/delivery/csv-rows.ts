/** Rows of one CSV file, which begins with the line of names where one is wanted. */
import type { CsvLines } from '../convert/convert-port.ts'
import { ByteBuffer } from './byte-buffer.ts'
import type { Plan } from './progress.ts'
import type { StoreBytes } from './raw-rows.ts'
import type { RowBuffer, RowOutcome, StoredRows } from './row-buffer.ts'

export class CsvRows implements RowBuffer {
  rows = 0
  readonly #lines: CsvLines
  readonly #buffer = new ByteBuffer()
  readonly #store: StoreBytes

  constructor(lines: CsvLines, store: StoreBytes) {
    this.#lines = lines
    this.#store = store
  }

  get bytes(): number {
    return this.#buffer.length
  }

  get memory(): number {
    return this.#buffer.capacity
  }

  add(bytes: Uint8Array, start: number, end: number): RowOutcome {
    const lines = this.#lines.convert(bytes, start, end)
    if (!(lines instanceof Uint8Array)) return lines
    const { header } = this.#lines
    if (this.rows === 0) this.#buffer.add(header, 0, header.length)
    this.#buffer.add(lines, 0, lines.length)
    this.rows++
    return 'taken'
  }

  store(plan: Plan): Promise<StoredRows> {
    return this.#store(plan, this.#buffer.bytes, this.rows)
  }

  close(): void {
    this.#buffer.release()
  }
}

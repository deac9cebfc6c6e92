/** Rows one after the other, each followed by the delimiter if there is one. Cost: one copy of the bytes. */
import { ByteBuffer, type BytePool } from './byte-buffer.ts'
import type { Plan } from './progress.ts'
import type { RowBuffer, RowOutcome, StoredRows } from './row-buffer.ts'

export type StoreBytes = (plan: Plan, bytes: Uint8Array, rows: number) => Promise<StoredRows>

export class RawRows implements RowBuffer {
  rows = 0
  readonly #buffer: ByteBuffer
  readonly #delimiter: Uint8Array
  readonly #store: StoreBytes

  /** `delimiter`: may be empty. `pool`: of buffers that follow each other. */
  constructor(delimiter: Uint8Array, store: StoreBytes, pool?: BytePool) {
    this.#buffer = new ByteBuffer(pool)
    this.#delimiter = delimiter
    this.#store = store
  }

  get delimiterBytes(): number {
    return this.#delimiter.length
  }

  get bytes(): number {
    return this.#buffer.length
  }

  get memory(): number {
    return this.#buffer.capacity
  }

  add(bytes: Uint8Array, start: number, end: number): RowOutcome {
    this.#buffer.add(bytes, start, end)
    if (this.#delimiter.length > 0) this.#buffer.add(this.#delimiter, 0, this.#delimiter.length)
    this.rows++
    return 'taken'
  }

  /** Rows [from, to), which follow each other in `bytes`: row i is bytes[starts[i], starts[i + 1]). */
  addRun(bytes: Uint8Array, starts: Uint32Array, from: number, to: number): void {
    if (this.#delimiter.length === 0) {
      this.#buffer.add(bytes, starts[from]!, starts[to]!)
      this.rows += to - from
    } else for (let i = from; i < to; i++) this.add(bytes, starts[i]!, starts[i + 1]!)
  }

  store(plan: Plan): Promise<StoredRows> {
    return this.#store(plan, this.#buffer.bytes, this.rows)
  }

  close(): void {
    this.#buffer.release()
  }
}

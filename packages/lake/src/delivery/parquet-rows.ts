/** Rows of one Parquet file. What its size is about are the bytes of the records, before compression. */
import { rm } from 'node:fs/promises'
import type { ConvertedRows, Converter } from '../convert/convert-port.ts'
import type { ObjectBody } from '../objects/object-store.ts'
import type { Plan } from './progress.ts'
import type { RowBuffer, RowOutcome, StoredRows } from './row-buffer.ts'

export type StoreFile = (plan: Plan, body: ObjectBody, rows: number) => Promise<StoredRows>

export class ParquetRows implements RowBuffer {
  bytes = 0
  readonly #rows: ConvertedRows
  readonly #newPath: () => string
  readonly #store: StoreFile
  /** The file as written, which waits for its store; the rows are gone then. */
  #file: { readonly path: string; readonly rows: number } | undefined
  #isClosed = false

  constructor(converter: Converter, newPath: () => string, store: StoreFile) {
    this.#rows = converter.begin()
    this.#newPath = newPath
    this.#store = store
  }

  get rows(): number {
    return this.#file?.rows ?? this.#rows.count
  }

  get memory(): number {
    return this.#rows.bytes
  }

  add(bytes: Uint8Array, start: number, end: number): RowOutcome {
    const error = this.#rows.add(bytes, start, end)
    if (error !== undefined) return error
    this.bytes += end - start
    return 'taken'
  }

  async store(plan: Plan): Promise<StoredRows> {
    this.#file ??= await this.#write()
    const { path, rows } = this.#file
    // It stays until it is stored: a store that fails may have to be asked again.
    const stored = await this.#store(plan, { file: path }, rows)
    await rm(path, { force: true })
    return stored
  }

  close(): void {
    this.#isClosed = true
    this.#rows.clear()
    if (this.#file !== undefined) void rm(this.#file.path, { force: true }).catch(() => {})
  }

  async #write(): Promise<{ readonly path: string; readonly rows: number }> {
    const path = this.#newPath()
    const { count } = this.#rows
    await this.#rows.write(path)
    if (this.#isClosed) await rm(path, { force: true })
    return { path, rows: count }
  }
}

/**
 * Reads the chunks of a table ahead of the loop that merges them: up to two, one after the other, each behind the last one. What goes
 * wrong with the connection is tried again for as long as it takes; the loop never waits for it.
 *
 * A restart throws away what was read and what is being read. The next chunk must then contain all transactions that the log has told
 * lately (`fence`), since changes before the restart are not held any more.
 */
import { codeOf, messageOf } from '@millrace/runtime'
import { type TableSchema, tableText } from '../model/table-schema.ts'
import type { Chunk, ChunkView, KeyValues, TableReader } from '../snapshot/table-reader.ts'
import type { FollowedTable } from './followed-table.ts'
import { isContained, type KnownTransaction } from './recent-transactions.ts'
import type { LoadHost } from './table-load.ts'

const chunksMax = 2
const rowsMin = 64
const fencePauseMs = 10
const pauseMaxMs = 30_000
/** Errors of reading that pass, or that the log will explain: the table was dropped or changed. */
const attemptsMax = 8

type OpenReader = TableReader & AsyncDisposable

export class ChunkReading {
  readonly #table: FollowedTable
  readonly #host: LoadHost
  readonly #closing = new AbortController()
  readonly #running: Promise<void>
  #chunks: Chunk[] = []
  /** What is known to be contained in the chunk that is being read. */
  #base: ChunkView | undefined
  #fence: readonly KnownTransaction[]
  #isAtEnd = false
  #rowsMax: number
  /** Raised by each restart. */
  #generation = 0
  #wanted = deferred()
  #reader: { readonly schema: TableSchema; readonly reader: OpenReader } | undefined
  /** Compares keys while the other one reads. */
  #comparer: { readonly schema: TableSchema; readonly reader: OpenReader } | undefined

  /** Nothing is read before `startsAtMs`. */
  constructor(table: FollowedTable, host: LoadHost, startsAtMs: number) {
    this.#table = table
    this.#host = host
    this.#rowsMax = host.chunkRows
    this.#fence = host.recent.list()
    this.#base = host.recent.newestView
    this.#running = this.#run(startsAtMs)
  }

  /** The oldest chunk that was not merged yet. */
  get first(): Chunk | undefined {
    return this.#chunks[0]
  }

  /** What every chunk contains that is still to be merged. */
  get base(): ChunkView | undefined {
    return this.#chunks[0]?.view ?? this.#base
  }

  shift(): void {
    this.#chunks.shift()
    this.#rowsMax = Math.min(this.#host.chunkRows, this.#rowsMax * 2)
    this.#wanted.resolve()
  }

  restart(): void {
    this.#generation++
    this.#chunks = []
    this.#isAtEnd = false
    this.#fence = this.#host.recent.list()
    this.#base = this.#host.recent.newestView
    this.#wanted.resolve()
  }

  restartSmaller(): void {
    this.#rowsMax = Math.max(rowsMin, Math.floor(this.#rowsMax / 4))
    this.restart()
  }

  /**
   * Asks for as long as it takes; empty when the signal has aborted or the source has failed. Of a table that is gone nobody knows the
   * order of its keys, and the log, which waits for this answer, is about to tell so: none of them counts as loaded.
   */
  async areAtMost(
    keys: readonly KeyValues[],
    bound: KeyValues,
    signal: AbortSignal,
  ): Promise<readonly boolean[]> {
    const either = AbortSignal.any([signal, this.#closing.signal])
    for (let attempt = 1; !either.aborted; attempt++) {
      try {
        this.#comparer = await this.#open(this.#comparer)
        return await this.#comparer.reader.areAtMost(keys, bound, either)
      } catch (error) {
        if (either.aborted) break
        this.#comparer = await closed(this.#comparer)
        if (codeOf(error) === 'CDC_TABLE_MISSING') return keys.map(() => false)
        if (!(await pauseAfter(error, attempt, this.#table, this.#host, either))) break
      }
    }
    return []
  }

  async close(): Promise<void> {
    this.#closing.abort()
    this.#wanted.resolve()
    await this.#running
    await closed(this.#comparer)
  }

  async #run(startsAtMs: number): Promise<void> {
    const { signal } = this.#closing
    let attempt = 0
    const { clock } = this.#host
    if (startsAtMs > clock.now()) await clock.sleep(startsAtMs - clock.now(), signal)
    while (!signal.aborted) {
      if (this.#chunks.length >= chunksMax || this.#isAtEnd) {
        this.#wanted = deferred()
        await this.#wanted.promise
        continue
      }
      const generation = this.#generation
      try {
        const chunk = await this.#readChunk(signal)
        if (generation !== this.#generation || signal.aborted) continue
        attempt = 0
        if (chunk === undefined) continue
        this.#chunks.push(chunk)
        this.#isAtEnd = chunk.last === undefined
        this.#host.wake()
      } catch (error) {
        if (signal.aborted) break
        attempt++
        if (!(await pauseAfter(error, attempt, this.#table, this.#host, signal))) break
        this.#reader = await closed(this.#reader)
      }
    }
    await closed(this.#reader)
  }

  /** Undefined: it lacks what it must contain, and there was a pause. */
  async #readChunk(signal: AbortSignal): Promise<Chunk | undefined> {
    const host = this.#host
    const table = this.#table
    this.#base = host.recent.newestView
    const after = this.#chunks.at(-1)?.last ?? table.cursor
    this.#reader = await this.#open(this.#reader)
    const generation = this.#generation
    if (table.estimatedRows === undefined) {
      table.estimatedRows = await this.#reader.reader.estimateRows()
      host.changed(table)
    }
    const limits = { rowsMax: this.#rowsMax, bytesMax: host.chunkBytes }
    const chunk = await this.#reader.reader.readChunk(after, limits, signal)
    if (generation !== this.#generation) return undefined
    const missing = this.#fence.filter((known) => !isContained(chunk.view, known))
    if (missing.length > 0) {
      this.#fence = missing
      await host.clock.sleep(fencePauseMs, signal)
      return undefined
    }
    this.#fence = []
    host.recent.viewCame(chunk.view)
    return chunk
  }

  async #open(open: { readonly schema: TableSchema; readonly reader: OpenReader } | undefined) {
    const { schema } = this.#table
    if (open?.schema === schema) return open
    await closed(open)
    return { schema, reader: await this.#host.database.openTable(schema) }
  }
}

/** Waits before reading is tried again, longer each time. False: it gave up, since trying does not help. */
export async function pauseAfter(
  error: unknown,
  attempt: number,
  table: FollowedTable,
  host: LoadHost,
  signal: AbortSignal,
): Promise<boolean> {
  const code = codeOf(error)
  // Of a table that is missing the log will tell.
  if (code !== 'CDC_CONNECT' && code !== 'CDC_TABLE_MISSING' && attempt >= attemptsMax) {
    host.fail(error)
    return false
  }
  if (attempt === 3) {
    host.warn(
      'CDC_LOAD_WAITS',
      `${tableText(table.name)} cannot be loaded at the moment and is tried again: ${messageOf(error)}`,
    )
  }
  await host.clock.sleep(Math.min(pauseMaxMs, 100 * 2 ** Math.min(attempt, 20)), signal)
  return true
}

/** What is broken already may fail to close. */
async function closed(open: { readonly reader: OpenReader } | undefined): Promise<undefined> {
  await open?.reader[Symbol.asyncDispose]().then(undefined, () => {})
  return undefined
}

export function deferred(): { promise: Promise<void>; resolve: () => void } {
  let resolve = () => {}
  const promise = new Promise<void>((done) => {
    resolve = done
  })
  return { promise, resolve }
}

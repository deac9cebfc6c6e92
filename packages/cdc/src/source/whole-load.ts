/**
 * Load of a table without a key: all of it in one view, since its rows cannot be told apart. Its changes are held from the moment
 * the load begins until every row is written; what the view contains is left out then and later, all else follows the rows. The table
 * is loaded when the log has passed everything that the view contains.
 *
 * It cannot be resumed: after a stop, or when the table changes meanwhile, a truncate comes and then all rows again. Held changes
 * are bounded: beyond that the log waits until the rows are written.
 */
import { codeOf } from '@millrace/runtime'
import type { LogPosition } from '../log/log-reader.ts'
import type { Row } from '../model/column-value.ts'
import type { RowChange } from '../model/log-event.ts'
import { tableText } from '../model/table-schema.ts'
import type { Chunk, ChunkView } from '../snapshot/table-reader.ts'
import { deferred, pauseAfter } from './chunk-reading.ts'
import { type Emission, Listed, Once } from './emissions.ts'
import type { FollowedTable } from './followed-table.ts'
import { rowBytes } from './key-values.ts'
import { isContained, isPassed, type KnownTransaction } from './recent-transactions.ts'
import type { RecordOutput } from './record-output.ts'
import type { LoadHost, TableLoad } from './table-load.ts'
import { isSameShape } from './table-shape.ts'

const chunksMax = 2
const fencePauseMs = 10
const repeatsMax = 10

interface HeldChange {
  readonly event: RowChange
  readonly known: KnownTransaction
  readonly bytes: number
}

export class WholeLoad implements TableLoad {
  readonly table: FollowedTable
  readonly #host: LoadHost
  readonly #closing = new AbortController()
  readonly #running: Promise<void>
  #fence: readonly KnownTransaction[]
  #generation = 0
  /** Ends the reading of one generation. */
  #reading = new AbortController()
  #wanted = deferred()
  #chunks: Chunk[] = []
  #held: HeldChange[] = []
  #view: ChunkView | undefined
  /** All chunks have come; all rows are written, and what was held. */
  #isRead = false
  #isWritten = false
  #isEmitting = false
  /** A change came of which nobody can say whether the rows contain it; and how often that was. */
  #isInexact = false
  #repeats = 0
  /** Consumers have rows of a reading that does not count any more. */
  #needsTruncate: boolean

  constructor(table: FollowedTable, host: LoadHost) {
    this.table = table
    this.#host = host
    this.#fence = host.recent.list()
    this.#needsTruncate = false
    this.#running = this.#run()
  }

  get isHoldingLog(): boolean {
    return !this.#isWritten && this.#held.length > 0 && this.#host.held.isOver
  }

  get isWaitingForLog(): boolean {
    return this.#isWritten
  }

  async prepare(): Promise<void> {}

  change(
    event: RowChange,
    knownOf: () => KnownTransaction | undefined,
    emit: (event: RowChange) => void,
  ): void {
    const known = knownOf()
    if (known === undefined) return
    if (this.#view !== undefined && this.#contains(this.#view, known)) return
    if (this.#isWritten) {
      emit(event)
      return
    }
    const bytes = rowBytes(event.before) + rowBytes(event.after)
    this.#host.held.bytes += bytes
    this.#held.push({ event, known, bytes })
  }

  restart(): void {
    this.#generation++
    this.#reading.abort()
    this.#forget()
    this.#fence = this.#host.recent.list()
    this.#needsTruncate ||= this.table.loadedRows > 0
    this.#wanted.resolve()
  }

  async settle(position: LogPosition): Promise<Emission | undefined> {
    if (this.#isEmitting) return undefined
    if (this.#isInexact && this.#repeat()) return undefined
    if (this.#isWritten) {
      const hasPassed = this.#view === undefined ? false : isPassed(this.#view, position)
      if (hasPassed === undefined) this.restart()
      else if (hasPassed) {
        this.table.loaded()
        this.#host.changed(this.table)
      }
      return undefined
    }
    const [chunk] = this.#chunks
    if (chunk === undefined && !this.#isRead) return undefined
    if (chunk !== undefined && !isSameShape(chunk.schema, this.table.schema)) {
      // Not told yet: rows wait. Passed and not told: it never will be.
      if (isPassed(chunk.view, position) === false) return undefined
      this.#host.adopt(this.table, chunk.schema)
      this.restart()
      return undefined
    }
    this.#isEmitting = true
    return this.#ofThisReading(this.#emissionOf(chunk))
  }

  #emissionOf(chunk: Chunk | undefined): Emission {
    if (this.#needsTruncate) {
      return new Once((out) => {
        this.#needsTruncate = false
        this.table.loadedRows = 0
        const { schema } = this.table
        const event = { kind: 'truncate', table: schema, transaction: undefined, order: 0 } as const
        this.#host.write(out, event, this.table)
        this.#emitted()
      })
    }
    if (chunk !== undefined) {
      return new Listed(
        chunk.rows,
        (out, row) => this.#writeRow(out, row),
        () => {
          this.#chunks.shift()
          this.#wanted.resolve()
          this.#emitted()
        },
      )
    }
    return new Listed(
      this.#held,
      (out, { event }) => this.#host.write(out, event, this.table),
      () => {
        this.#forgetHeld()
        this.#isWritten = true
        this.#emitted()
      },
    )
  }

  /** A reading may break off while its rows are written, from one read to the next: the rest of them does not count any more. */
  #ofThisReading(emission: Emission): Emission {
    const generation = this.#generation
    return { run: (out) => generation !== this.#generation || emission.run(out) }
  }

  async close(): Promise<void> {
    this.#closing.abort()
    this.#reading.abort()
    this.#forget()
    this.#wanted.resolve()
    await this.#running
  }

  /** False: it was repeated often enough. */
  #repeat(): boolean {
    this.#isInexact = false
    this.#repeats++
    if (this.#repeats <= repeatsMax) {
      this.restart()
      return true
    }
    if (this.#repeats === repeatsMax + 1) {
      this.#host.warn(
        'CDC_LOAD_INEXACT',
        `${tableText(this.table.name)} has no primary key and changes all the time, so that some of its rows may come twice: once ` +
          'loaded, once as a change. Give it a primary key, or load it again when it is quiet.',
      )
    }
    return false
  }

  #writeRow(out: RecordOutput, row: Row): void {
    const { table } = this
    // A stop from here on leaves rows behind that the next load does not go on from.
    table.known = 'stale'
    table.loadedRows++
    const { schema } = table
    this.#host.changed(table)
    this.#host.write(
      out,
      {
        kind: 'row',
        operation: 'load',
        table: schema,
        before: undefined,
        after: row,
        transaction: undefined,
        order: 0,
      },
      table,
    )
  }

  #emitted(): void {
    this.#isEmitting = false
    this.#host.wake()
  }

  /** 'maybe' cannot be decided by rows that have no key: the load is repeated. */
  #contains(view: ChunkView, { transaction, position }: KnownTransaction): boolean {
    try {
      const contained = view.contains(transaction, position)
      if (contained === 'maybe') this.#isInexact = true
      return contained === 'yes'
    } catch (error) {
      if (codeOf(error) !== 'CDC_CONNECT') throw error
      // The view is of another server than the log.
      this.#isInexact = true
      return false
    }
  }

  #forget(): void {
    this.#forgetHeld()
    this.#chunks = []
    this.#view = undefined
    this.#isRead = false
    this.#isWritten = false
    this.#isEmitting = false
    this.#isInexact = false
  }

  #forgetContained(view: ChunkView): void {
    const left = this.#held.filter(({ known }) => !this.#contains(view, known))
    for (const { bytes } of this.#held) this.#host.held.bytes -= bytes
    for (const { bytes } of left) this.#host.held.bytes += bytes
    this.#held = left
  }

  #forgetHeld(): void {
    for (const { bytes } of this.#held) this.#host.held.bytes -= bytes
    this.#held = []
  }

  async #run(): Promise<void> {
    const { signal } = this.#closing
    let attempt = 0
    while (!signal.aborted) {
      const generation = this.#generation
      if (this.#isRead) {
        await this.#pause()
        continue
      }
      this.#reading = new AbortController()
      try {
        await this.#read(generation, AbortSignal.any([signal, this.#reading.signal]))
        attempt = 0
      } catch (error) {
        if (signal.aborted) break
        if (generation !== this.#generation) continue
        attempt++
        this.restart()
        if (!(await pauseAfter(error, attempt, this.table, this.#host, signal))) break
      }
    }
  }

  async #read(generation: number, signal: AbortSignal): Promise<void> {
    const host = this.#host
    const reader = await host.database.openTable(this.table.schema)
    try {
      this.table.estimatedRows ??= await reader.estimateRows()
      const limits = { rowsMax: host.chunkRows, bytesMax: host.chunkBytes }
      for await (const chunk of reader.readWhole(limits, signal)) {
        if (generation !== this.#generation || signal.aborted) return
        if (this.#view === undefined) {
          const { view } = chunk
          if (!this.#fence.every((known) => isContained(view, known))) {
            await host.clock.sleep(fencePauseMs, signal)
            return
          }
          this.#view = view
          this.#forgetContained(view)
          host.recent.viewCame(view)
        }
        this.#chunks.push(chunk)
        host.wake()
        while (this.#chunks.length >= chunksMax && generation === this.#generation && !signal.aborted) {
          await this.#pause()
        }
      }
      if (this.#view === undefined) await host.clock.sleep(fencePauseMs, signal)
      else if (generation === this.#generation && !signal.aborted) {
        this.#isRead = true
        host.wake()
      }
    } finally {
      await reader[Symbol.asyncDispose]().then(undefined, () => {})
    }
  }

  async #pause(): Promise<void> {
    this.#wanted = deferred()
    await this.#wanted.promise
  }
}

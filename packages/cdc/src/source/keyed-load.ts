/**
 * Load of a table with a key, merged with the log. Rows up to the cursor are loaded; changes of them are emitted. Rows behind it are
 * not: their changes are left to the load, since a chunk that is read later contains them. Between the two stand chunks that were
 * read while the log went on: what each contains is not what the log has told so far.
 *
 * For that stretch the newest state of every changed row is held (`held`), unless the view that is to come is known to contain it. When
 * the log has passed everything that a chunk contains, its rows are emitted as they stand at that place of the log: a held state takes the
 * place of the chunk's row. Which of the held changes the chunk contained already makes no difference then, since the last one decides
 * ('maybe' is as good as 'no'); only one that is surely contained is forgotten, as is each that stands before the chunk's own.
 *
 * Why this is exact: (1) changes before the chunk was asked for are in it, or its view says that it lacks one of those that
 * were passed over lately (`fence`), and it is read again; (2) every change between is held; (3) changes of one row come one
 * after the other, so if the last one is contained, all are. After a stop in between, the chunk is read again from the cursor.
 *
 * Rows inserted into the chunk's stretch have no place in its order that is known here, so they come first, and are kept by
 * key (`ahead`) until the cursor has passed the chunk.
 *
 * A load of rows that consumers have already ('current') drops nothing: changes are emitted wherever they are, rows come again.
 *
 * Memory: two chunks, and the held states; when those outgrow their bound everything is thrown away and smaller chunks are read.
 */
import type { LogPosition } from '../log/log-reader.ts'
import type { ColumnValue, Row } from '../model/column-value.ts'
import type { LogEvent, RowChange } from '../model/log-event.ts'
import type { TableSchema } from '../model/table-schema.ts'
import type { Chunk, ChunkView, KeyValues } from '../snapshot/table-reader.ts'
import { ChunkReading } from './chunk-reading.ts'
import type { Emission } from './emissions.ts'
import type { FollowedTable } from './followed-table.ts'
import { hasKey, type KeyOrder, keyOf, keyOrder, keyText, rowBytes } from './key-values.ts'
import { isContained, isPassed, type KnownTransaction } from './recent-transactions.ts'
import type { RecordOutput } from './record-output.ts'
import type { LoadHost, TableLoad } from './table-load.ts'
import { isSameShape } from './table-shape.ts'

/** The newest state of a row behind the cursor. */
interface Held {
  readonly key: KeyValues
  /** Undefined: deleted. Values that the log did not tell are undefined, and taken from the chunk's row. */
  readonly row: Row | undefined
  /** The key that the row had before, where values are missing and the key has changed. */
  readonly from: string | undefined
  readonly known: KnownTransaction
  readonly bytes: number
}

export class KeyedLoad implements TableLoad {
  readonly table: FollowedTable
  readonly #host: LoadHost
  readonly #reading: ChunkReading
  readonly #held = new Map<string, Held>()
  /** Whether keys of the batch at hand are loaded, where only the database knows their order. */
  readonly #isLoaded = new Map<string, boolean>()
  #order: KeyOrder | undefined
  #emission: ChunkEmission | undefined

  constructor(table: FollowedTable, host: LoadHost, startsAtMs: number) {
    this.table = table
    this.#host = host
    this.#order = keyOrder(table.schema, host.database.kind)
    this.#reading = new ChunkReading(table, host, startsAtMs)
  }

  get isHoldingLog(): boolean {
    return false
  }

  get isWaitingForLog(): boolean {
    return this.#reading.first !== undefined
  }

  async prepare(events: readonly LogEvent[], signal: AbortSignal): Promise<void> {
    const { table } = this
    this.#isLoaded.clear()
    const { cursor } = table
    if (this.#order !== undefined || cursor === undefined) return
    const keys = new Map<string, KeyValues>()
    const add = (row: Row | undefined, schema: TableSchema) => {
      if (row === undefined || !hasKey(row, schema)) return
      const key = keyOf(row, schema)
      keys.set(keyText(key), key)
    }
    for (const event of events) {
      if (event.kind !== 'row' || !isOf(event.table, table)) continue
      add(event.before, event.table)
      add(event.after, event.table)
    }
    if (keys.size === 0) return
    const answers = await this.#reading.areAtMost([...keys.values()], cursor, signal)
    let i = 0
    for (const text of keys.keys()) this.#isLoaded.set(text, answers[i++]!)
  }

  change(
    event: RowChange,
    known: () => KnownTransaction | undefined,
    emit: (event: RowChange) => void,
  ): void {
    const { table: schema, before, after } = event
    const isRefresh = this.table.known === 'current'
    if (isRefresh) emit(event)
    const keyAfter = after === undefined ? undefined : keyOf(after, schema)
    const keyBefore = before === undefined || !hasKey(before, schema) ? keyAfter : keyOf(before, schema)
    const textAfter = keyAfter === undefined ? undefined : keyText(keyAfter)
    const textBefore = keyBefore === keyAfter || keyBefore === undefined ? textAfter : keyText(keyBefore)
    if (keyBefore === undefined || textBefore === undefined) return
    if (textAfter === undefined || keyAfter === undefined || after === undefined) {
      if (!this.#has(keyBefore, textBefore)) this.#hold(textBefore, keyBefore, undefined, undefined, known)
      else if (!isRefresh) emit(event)
      return
    }
    if (textAfter === textBefore) {
      if (!this.#has(keyAfter, textAfter)) this.#hold(textAfter, keyAfter, after, event, known)
      else if (!isRefresh) emit(event)
      return
    }
    this.#moveKey(event, { keyBefore, textBefore, keyAfter, textAfter, after, isRefresh }, known, emit)
  }

  restart(): void {
    this.#forget()
    this.#order = keyOrder(this.table.schema, this.#host.database.kind)
    this.#reading.restart()
  }

  async settle(position: LogPosition, signal: AbortSignal): Promise<Emission | undefined> {
    if (this.#emission !== undefined) return undefined
    if (this.#host.held.isOver && this.#held.size > 0) {
      this.#forget()
      this.#reading.restartSmaller()
      return undefined
    }
    const chunk = this.#reading.first
    if (chunk === undefined) return undefined
    const hasPassed = isPassed(chunk.view, position)
    if (hasPassed === undefined) this.restart()
    if (hasPassed !== true) return undefined
    if (!isSameShape(chunk.schema, this.table.schema)) {
      // The log has told everything that the chunk contains, and did not say this: it never will (Postgres, before the next change).
      this.#host.adopt(this.table, chunk.schema)
      this.restart()
      return undefined
    }
    const emission = await this.#fold(chunk, signal)
    if (this.#reading.first !== chunk) return undefined
    this.#emission = emission
    return emission
  }

  async close(): Promise<void> {
    this.#forget()
    await this.#reading.close()
  }

  /** A change of the key: it may lead into the loaded rows, or out of them. */
  #moveKey(
    event: RowChange,
    move: {
      readonly keyBefore: KeyValues
      readonly textBefore: string
      readonly keyAfter: KeyValues
      readonly textAfter: string
      readonly after: Row
      readonly isRefresh: boolean
    },
    known: () => KnownTransaction | undefined,
    emit: (event: RowChange) => void,
  ): void {
    const { keyBefore, textBefore, keyAfter, textAfter, after, isRefresh } = move
    const wasLoaded = this.#has(keyBefore, textBefore)
    const isLoaded = this.#has(keyAfter, textAfter)
    const heldBefore = this.#held.get(textBefore)?.row
    const full = withKnown(withKnown(after, event.before), wasLoaded ? undefined : heldBefore)
    if (!isLoaded) this.#hold(textAfter, keyAfter, full, event, known, textBefore)
    if (!wasLoaded) this.#hold(textBefore, keyBefore, undefined, undefined, known)
    if (isRefresh) return
    if (wasLoaded && isLoaded) emit(event)
    else if (wasLoaded) emit({ ...event, operation: 'delete', after: undefined })
    else if (isLoaded) emit({ ...event, operation: 'insert', before: undefined, after: full })
  }

  #has(key: KeyValues, text: string): boolean {
    const { cursor, ahead } = this.table
    if (cursor !== undefined) {
      if (this.#order !== undefined) {
        if (this.#order(key, cursor) <= 0) return true
      } else if (this.#isLoaded.get(text) === true) return true
    }
    return ahead.size > 0 && ahead.has(text)
  }

  #hold(
    text: string,
    key: KeyValues,
    row: Row | undefined,
    event: RowChange | undefined,
    knownOf: () => KnownTransaction | undefined,
    from?: string,
  ): void {
    const known = knownOf()
    // A change without a transaction cannot be placed; none is made by a log.
    if (known === undefined) return
    const base = this.#reading.base
    const last = this.#held.get(text)
    if (base !== undefined && isContained(base, known)) {
      // What is contained stands in every chunk to come, and so does all that happened to the row before.
      if (last !== undefined) this.#release(text, last)
      return
    }
    const isUpdate = event?.operation === 'update'
    const isSameRow = isUpdate && from === undefined
    const full =
      row === undefined || !isUpdate
        ? row
        : withKnown(withKnown(row, isSameRow ? event.before : undefined), isSameRow ? last?.row : undefined)
    const bytes = rowBytes(full) + 2 * text.length + 64
    if (last !== undefined) this.#host.held.bytes -= last.bytes
    this.#host.held.bytes += bytes
    const origin = full?.includes(undefined) ? (from ?? (isSameRow ? last?.from : undefined)) : undefined
    this.#held.set(text, { key, row: full, from: origin, known, bytes })
  }

  #release(text: string, held: Held): void {
    this.#held.delete(text)
    this.#host.held.bytes -= held.bytes
  }

  #forget(): void {
    for (const { bytes } of this.#held.values()) this.#host.held.bytes -= bytes
    this.#held.clear()
    this.#emission = undefined
  }

  /** The chunk's stretch of the table as it stands at the place that the log has reached. */
  async #fold(chunk: Chunk, signal: AbortSignal): Promise<ChunkEmission> {
    const { table } = this
    const rows: Row[] = []
    const extra: Row[] = []
    const held = this.#notContained(chunk.view)
    if (held.size === 0 && table.ahead.size === 0) return this.#emissionOf(chunk, chunk.rows, extra)
    const matched = new Set<string>()
    const byKey = new Map<string, Row>()
    for (const row of chunk.rows) {
      const text = keyText(keyOf(row, table.schema))
      byKey.set(text, row)
      const newer = held.get(text)
      if (newer !== undefined) matched.add(text)
      if (table.ahead.has(text)) continue
      if (newer === undefined) rows.push(row)
      else if (newer.row !== undefined) rows.push(withKnown(newer.row, row))
    }
    const others = [...held].filter(([text]) => !matched.has(text))
    const isInside = await this.#areInside(others, chunk.last, signal)
    others.forEach(([text, { row, from }], i) => {
      if (!isInside[i]) return
      matched.add(text)
      // Consumers of a repeated load have what was inserted meanwhile.
      if (row === undefined || table.known === 'current') return
      extra.push(from === undefined ? row : withKnown(row, byKey.get(from)))
    })
    for (const text of matched) this.#release(text, held.get(text)!)
    return this.#emissionOf(chunk, rows, extra)
  }

  #emissionOf(chunk: Chunk, rows: readonly Row[], extra: readonly Row[]): ChunkEmission {
    return new ChunkEmission(this.table, this.#host, chunk, rows, extra, () => {
      this.#emission = undefined
      this.#reading.shift()
    })
  }

  /** What is held and not in the view; the rest is forgotten, since all that is read later contains it as well. */
  #notContained(view: ChunkView): Map<string, Held> {
    for (const [text, held] of this.#held) if (isContained(view, held.known)) this.#release(text, held)
    return this.#held
  }

  async #areInside(
    others: readonly (readonly [string, Held])[],
    last: KeyValues | undefined,
    signal: AbortSignal,
  ): Promise<readonly boolean[]> {
    if (last === undefined) return others.map(() => true)
    const order = this.#order
    if (order !== undefined) return others.map(([, { key }]) => order(key, last) <= 0)
    if (others.length === 0) return []
    return this.#reading.areAtMost(
      others.map(([, { key }]) => key),
      last,
      signal,
    )
  }
}

/** Writes what a chunk has become: rows inserted meanwhile, then the chunk's in their order, the cursor behind them. */
class ChunkEmission implements Emission {
  readonly #table: FollowedTable
  readonly #host: LoadHost
  readonly #chunk: Chunk
  readonly #rows: readonly Row[]
  readonly #extra: readonly Row[]
  readonly #done: () => void
  #extraAt = 0
  #rowAt = 0

  constructor(
    table: FollowedTable,
    host: LoadHost,
    chunk: Chunk,
    rows: readonly Row[],
    extra: readonly Row[],
    done: () => void,
  ) {
    this.#table = table
    this.#host = host
    this.#chunk = chunk
    this.#rows = rows
    this.#extra = extra
    this.#done = done
  }

  run(out: RecordOutput): boolean {
    const table = this.#table
    const { schema } = table
    this.#host.changed(table)
    while (this.#extraAt < this.#extra.length) {
      if (out.isFull) return false
      const row = this.#extra[this.#extraAt++]!
      const key = keyOf(row, schema)
      table.ahead.set(keyText(key), key)
      this.#write(out, row)
    }
    const rows = this.#rows
    const from = this.#rowAt
    while (this.#rowAt < rows.length && !out.isFull) this.#write(out, rows[this.#rowAt++]!)
    if (this.#rowAt > from) table.cursor = keyOf(rows[this.#rowAt - 1]!, schema)
    if (this.#rowAt < rows.length) return false
    const { last } = this.#chunk
    if (last === undefined) table.loaded()
    else {
      table.cursor = last
      for (const row of this.#extra) table.ahead.delete(keyText(keyOf(row, schema)))
    }
    this.#done()
    return true
  }

  #write(out: RecordOutput, row: Row): void {
    const table = this.#table
    table.loadedRows++
    this.#host.write(
      out,
      {
        kind: 'row',
        operation: 'load',
        table: table.schema,
        before: undefined,
        after: row,
        transaction: undefined,
        order: 0,
      },
      table,
    )
  }
}

export function isOf(schema: TableSchema, { name }: FollowedTable): boolean {
  return schema.table === name.table && schema.schema === name.schema
}

/** The row with its unknown values taken from another version of it. */
function withKnown(row: Row, other: Row | undefined): Row {
  if (other === undefined || !row.includes(undefined)) return row
  return row.map((value, i): ColumnValue => (value === undefined ? other[i] : value))
}

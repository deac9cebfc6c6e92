/** A connection to a simulated database: the port that sources see. */
import type { Database, DatabaseKind, Finding, LogHealth, TableListing } from '../database/database.ts'
import { CdcError } from '../errors.ts'
import type { LogBatch, LogPosition, LogReader, LogTables } from '../log/log-reader.ts'
import type { Row } from '../model/column-value.ts'
import type { LogEvent } from '../model/log-event.ts'
import type { TableName, TableSchema } from '../model/table-schema.ts'
import type { Chunk, KeyValues, TableReader } from '../snapshot/table-reader.ts'
import { isSameShape } from '../source/table-shape.ts'
import { type Place, positionOf, type SimulatedDatabase } from './simulated-database.ts'
import { compareKeys, nameKey } from './simulated-keys.ts'

export class SimulatedConnection implements Database {
  readonly name = 'simulated://here'
  readonly version = '1.0'
  readonly database = ''
  readonly #simulated: SimulatedDatabase

  constructor(simulated: SimulatedDatabase) {
    this.#simulated = simulated
    if (simulated.isAway) throw away()
  }

  get kind(): DatabaseKind {
    return this.#simulated.kind
  }

  async check(): Promise<readonly Finding[]> {
    return []
  }

  async tables(): Promise<readonly TableListing[]> {
    return this.#simulated.names().map((name) => ({ ...name, type: 'table' }))
  }

  async schemas(tables: readonly TableName[]): Promise<readonly TableSchema[]> {
    return tables.flatMap((name) => this.#simulated.schema(name) ?? [])
  }

  async prepare(): Promise<void> {}

  async currentPosition(): Promise<LogPosition> {
    return { index: this.#simulated.logLength, taken: 0 }
  }

  async positionAtTime(timeMs: number): Promise<LogPosition | undefined> {
    for (let index = 0; index < this.#simulated.logLength; index++) {
      if (this.#simulated.log(index)!.transaction.commitTimeUs >= timeMs * 1000) return { index, taken: 0 }
    }
    return undefined
  }

  parsePosition(text: string): LogPosition {
    if (!/^\d+$/.test(text)) throw new CdcError('CDC_POSITION', `${text} is no position.`)
    return { index: Number(text), taken: 0 }
  }

  positionText(position: LogPosition): string {
    const { index, taken } = positionOf(position)
    return `${index}+${taken}`
  }

  comparePositions(a: LogPosition, b: LogPosition): number {
    const left = positionOf(a)
    const right = positionOf(b)
    return left.index - right.index || left.taken - right.taken
  }

  async openLog(start: LogPosition, tables: LogTables): Promise<LogReader> {
    const simulated = this.#simulated
    const { index, taken } = positionOf(start)
    simulated.assertReachable(index)
    const known = new Map(Array.from(tables.schemas(), (schema) => [nameKey(schema), schema]))
    // In the middle of a transaction a statement may have been taken in part.
    if (simulated.options.temperament === 'mysql' && taken === 0) {
      for (const [key, schema] of simulated.schemasAt(index)) {
        if (!tables.isSelected(schema)) continue
        const told = known.get(key)
        if (told !== undefined && !isSameShape(told, schema)) {
          throw new Error(
            `at ${index}, ${key} is known as ${JSON.stringify(told)}, but was ${JSON.stringify(schema)}`,
          )
        }
      }
    }
    return new SimulatedLog(simulated, positionOf(start), tables)
  }

  async openTable(schema: TableSchema): Promise<TableReader & AsyncDisposable> {
    if (this.#simulated.isAway) throw away()
    return new SimulatedReader(this.#simulated, schema)
  }

  async health(): Promise<LogHealth> {
    return { behindBytes: 0, keptBytesMax: undefined, expiresInMs: undefined, slotStatus: undefined }
  }

  async heartbeat(): Promise<void> {}

  async close(): Promise<void> {}
}

class SimulatedLog implements LogReader {
  readonly #simulated: SimulatedDatabase
  readonly #tables: LogTables
  #place: Place
  #isClosed = false

  constructor(simulated: SimulatedDatabase, place: Place, tables: LogTables) {
    this.#simulated = simulated
    this.#place = place
    this.#tables = tables
  }

  async read(_maxBytes: number, signal: AbortSignal): Promise<LogBatch> {
    const simulated = this.#simulated
    const { random, batchEvents } = simulated.options
    const from = this.#place
    await simulated.step(8, signal)
    for (let waits = 0; simulated.logLength <= this.#place.index || simulated.isAway; waits++) {
      if (signal.aborted || this.#isClosed || (waits > 20 && !simulated.isAway)) break
      await simulated.step(20, signal)
    }
    if (signal.aborted || this.#isClosed) return batchOf([], [], from, undefined, false)
    simulated.assertReachable(this.#place.index)
    const events: LogEvent[] = []
    const places: Place[] = []
    let { index, taken } = this.#place
    let left = 1 + random.below(batchEvents)
    let timeUs: number | undefined
    for (; left > 0; left--) {
      const logged = simulated.log(index)
      if (logged === undefined) break
      const event = logged.events[taken]
      if (event === undefined) {
        index++
        taken = 0
        continue
      }
      timeUs = logged.transaction.commitTimeUs
      taken++
      if (taken >= logged.events.length) {
        index++
        taken = 0
      }
      if (!this.#isSelected(event)) continue
      events.push(event)
      places.push({ index, taken })
    }
    this.#place = { index, taken }
    return batchOf(events, places, this.#place, timeUs, index >= simulated.logLength)
  }

  acknowledge(): void {}

  async close(): Promise<void> {
    this.#isClosed = true
  }

  #isSelected(event: LogEvent): boolean {
    if (this.#tables.isSelected(event.table)) return true
    return event.kind === 'schema' && event.after !== undefined && this.#tables.isSelected(event.after)
  }
}

class SimulatedReader implements TableReader, AsyncDisposable {
  readonly #simulated: SimulatedDatabase
  readonly #name: TableName

  constructor(simulated: SimulatedDatabase, name: TableName) {
    this.#simulated = simulated
    this.#name = { schema: name.schema, table: name.table }
  }

  async readChunk(
    after: KeyValues | undefined,
    { rowsMax }: { rowsMax: number },
    signal: AbortSignal,
  ): Promise<Chunk> {
    const simulated = this.#simulated
    const { random, failures } = simulated.options
    await simulated.step(15, signal)
    const startVisible = Math.max(0, simulated.visiblePrefix() - random.below(3))
    await simulated.step(5, signal)
    if (random.next() < failures || simulated.isAway) throw away()
    const stored = simulated.stored(this.#name)
    if (stored === undefined) throw new CdcError('CDC_TABLE_MISSING', `there is no ${this.#name.table}`)
    const { schema } = stored
    const keys = (row: Row) => schema.key.map((index) => row[index])
    const rows = Array.from(stored.rows.values(), ({ row }) => row)
      .filter((row) => after === undefined || compareKeys(keys(row), after) > 0)
      .sort((a, b) => compareKeys(keys(a), keys(b)))
    const taken = rows.slice(0, rowsMax)
    const final = taken.at(-1)
    const isEnd = taken.length === rows.length
    const view = simulated.view(startVisible)
    await simulated.step(15, signal)
    // What is committed while the answer travels may be in it, as far as MySQL can tell.
    const later = simulated.options.temperament === 'mysql' ? simulated.view(startVisible) : view
    if (random.next() < failures) throw away()
    return { schema, rows: taken, last: isEnd || final === undefined ? undefined : keys(final), view: later }
  }

  async *readWhole({ rowsMax }: { rowsMax: number }, signal: AbortSignal): AsyncIterable<Chunk> {
    const simulated = this.#simulated
    await simulated.step(15, signal)
    const stored = simulated.stored(this.#name)
    if (stored === undefined) throw new CdcError('CDC_TABLE_MISSING', `there is no ${this.#name.table}`)
    // A short lock makes it exact in MySQL too.
    if (simulated.options.temperament === 'mysql') simulated.settleAll()
    const { schema } = stored
    const rows = Array.from(stored.rows.values(), ({ row }) => row)
    const view = simulated.view(simulated.logLength)
    for (let at = 0; at === 0 || at < rows.length; at += rowsMax) {
      await simulated.step(10, signal)
      if (simulated.options.random.next() < simulated.options.failures / 4) throw away()
      yield { schema, rows: rows.slice(at, at + rowsMax), last: undefined, view }
    }
  }

  async areAtMost(
    keys: readonly KeyValues[],
    bound: KeyValues,
    signal: AbortSignal,
  ): Promise<readonly boolean[]> {
    await this.#simulated.step(2, signal)
    if (this.#simulated.isDropped(this.#name))
      throw new CdcError('CDC_TABLE_MISSING', `there is no ${this.#name.table}`)
    if (this.#simulated.options.random.next() < this.#simulated.options.failures) throw away()
    return keys.map((key) => compareKeys(key, bound) <= 0)
  }

  async estimateRows(): Promise<number | undefined> {
    return this.#simulated.stored(this.#name)?.rows.size
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}

function batchOf(
  events: readonly LogEvent[],
  places: readonly Place[],
  position: Place,
  sourceTimeUs: number | undefined,
  isCaughtUp: boolean,
): LogBatch {
  return {
    events,
    positionAfter: (index) => ({ ...places[index]! }),
    position: { ...position },
    sourceTimeUs,
    isCaughtUp,
  }
}

function away(): CdcError {
  return new CdcError('CDC_CONNECT', 'The connection was lost.')
}

/**
 * A database for tests, in memory and under virtual time: transactions, a log of them, reads that see commits late, changes of
 * tables. Two temperaments:
 *
 *   postgres  commits become visible in any order, views are exact, the log has no before images, leaves out large values that did
 *             not change, and tells of columns that came or went only when the next row comes
 *   mysql     commits become visible in their order, views know 'maybe', the log has full images and every statement
 *
 * What takes time in a real database takes virtual time here, so that a seed decides how chunks, the log and the workload interleave.
 */
import type { Clock, Random } from '@millrace/values'
import type { DatabaseKind } from '../database/database.ts'
import { CdcError } from '../errors.ts'
import type { LogPosition } from '../log/log-reader.ts'
import type { Row } from '../model/column-value.ts'
import type { LogEvent, SchemaOperation, Transaction } from '../model/log-event.ts'
import type { TableName, TableSchema } from '../model/table-schema.ts'
import type { ChunkView } from '../snapshot/table-reader.ts'
import { nameKey } from './simulated-keys.ts'
import { Draft, type RowEdit, type TransactionHost } from './simulated-transaction.ts'

export type Temperament = 'postgres' | 'mysql'

export interface SimulatedOptions {
  readonly temperament: Temperament
  readonly clock: Clock
  readonly random: Random
  /** Most time between a commit in the log and reads that see it. */
  readonly lagMs?: number
  /** How often a chunk breaks off, 0 to 1. */
  readonly failures?: number
  /** Events of one batch of the log, at most. */
  readonly batchEvents?: number
}

/** A row by a number that no user sees, since tables may have no key. */
interface StoredRow {
  readonly id: number
  row: Row
}

interface StoredTable {
  schema: TableSchema
  readonly rows: Map<number, StoredRow>
}

interface Logged {
  readonly transaction: Transaction
  readonly events: LogEvent[]
  /** What becomes visible, and when. */
  readonly effects: (() => void)[]
  readonly locked: readonly number[]
  visibleAtMs: number
  isVisible: boolean
  /** Schemas after it, by table. */
  readonly schemas: ReadonlyMap<string, TableSchema>
}

export class SimulatedDatabase implements TransactionHost {
  readonly options: Required<SimulatedOptions>
  readonly #tables = new Map<string, StoredTable>()
  readonly #log: Logged[] = []
  readonly #dropped = new Set<string>()
  #rowId = 0
  #purgedTo = 0
  /** Rows of transactions that are not visible yet. */
  readonly #locks = new Set<number>()
  /** Of texts that are inserted and not visible yet, by table and key. */
  readonly #newKeys = new Set<string>()
  isAway = false
  /** Called wherever time passes: the workload. */
  onStep: () => void = () => {}

  constructor(options: SimulatedOptions) {
    this.options = { lagMs: 40, failures: 0, batchEvents: 30, ...options }
  }

  get kind(): DatabaseKind {
    return this.options.temperament === 'postgres' ? 'postgres' : 'mysql'
  }

  get logLength(): number {
    return this.#log.length
  }

  names(): TableName[] {
    return Array.from(this.#tables.values(), ({ schema }) => ({ schema: schema.schema, table: schema.table }))
  }

  schema(name: TableName): TableSchema | undefined {
    return this.#tables.get(nameKey(name))?.schema
  }

  /** What readers see when everything is visible. */
  rows(name: TableName): Row[] {
    return Array.from(this.#stored(name).rows.values(), ({ row }) => row)
  }

  create(schema: TableSchema, isLogged = true): void {
    this.settleAll()
    this.#tables.set(nameKey(schema), { schema, rows: new Map() })
    if (isLogged) this.#alter('create-table', schema, undefined, schema)
  }

  /** Changes of rows, committed together. Changes of rows that an invisible transaction has locked are left out. */
  commit(changes: readonly RowEdit[]): void {
    this.settle()
    const draft = new Draft(this, changes)
    const { events, effects, locked, newKeys } = draft
    if (events.length === 0) return
    for (const id of locked) this.#locks.add(id)
    for (const key of newKeys) this.#newKeys.add(key)
    const { clock, random, lagMs } = this.options
    const logged = this.#append(events, [
      ...effects,
      () => {
        for (const id of locked) this.#locks.delete(id)
        for (const key of newKeys) this.#newKeys.delete(key)
      },
    ])
    logged.visibleAtMs = clock.now() + random.next() * lagMs
    this.settle()
  }

  truncate(name: TableName): void {
    this.settleAll()
    const stored = this.#stored(name)
    stored.rows.clear()
    const transaction = this.#transaction()
    this.#append([{ kind: 'truncate', table: stored.schema, transaction, order: 0 }], [], transaction)
    this.settleAll()
  }

  /** Other columns, or another key; `convert` makes the rows. */
  alter(name: TableName, operation: SchemaOperation, after: TableSchema, convert: (row: Row) => Row): void {
    this.settleAll()
    const stored = this.#stored(name)
    const before = stored.schema
    stored.schema = after
    for (const each of stored.rows.values()) each.row = convert(each.row)
    this.#alter(operation, name, before, after)
  }

  drop(name: TableName): void {
    this.settleAll()
    const { schema } = this.#stored(name)
    this.#tables.delete(nameKey(name))
    this.#dropped.add(nameKey(name))
    this.#alter('drop-table', name, schema, undefined)
  }

  /** All of one statement, as MySQL does it. */
  rename(pairs: readonly (readonly [TableName, TableName])[]): void {
    this.settleAll()
    const transaction = this.#transaction()
    const events: LogEvent[] = pairs.map(([from, to], order) => {
      const stored = this.#stored(from)
      const before = stored.schema
      const after = { ...before, ...to }
      stored.schema = after
      this.#tables.delete(nameKey(from))
      this.#tables.set(nameKey(to), stored)
      return {
        kind: 'schema',
        operation: 'rename-table',
        table: from,
        before,
        after,
        statement: 'RENAME TABLE',
        transaction,
        order,
      }
    })
    this.#append(events, [], transaction)
    this.settleAll()
  }

  /** No table has this name, and the last one that had it was not renamed. */
  isDropped(name: TableName): boolean {
    return !this.#tables.has(nameKey(name)) && this.#dropped.has(nameKey(name))
  }

  /** The log before this place is gone. */
  purge(): void {
    this.#purgedTo = this.#log.length
  }

  /** What is due becomes visible. */
  settle(): void {
    const now = this.options.clock.now()
    for (const logged of this.#log.slice(-500)) {
      if (logged.isVisible) continue
      if (logged.visibleAtMs <= now) this.#show(logged)
      // MySQL commits in the order of its log.
      else if (this.options.temperament === 'mysql') break
    }
  }

  settleAll(): void {
    for (const logged of this.#log) if (!logged.isVisible) this.#show(logged)
  }

  /** The log has full images. */
  get hasFullImages(): boolean {
    return this.options.temperament === 'mysql'
  }

  isLocked(row: number): boolean {
    return this.#locks.has(row)
  }

  isNewKey(key: string): boolean {
    return this.#newKeys.has(key)
  }

  nextRowId(): number {
    return ++this.#rowId
  }

  stored(name: TableName): { schema: TableSchema; rows: ReadonlyMap<number, { row: Row }> } | undefined {
    return this.#tables.get(nameKey(name))
  }

  put(name: TableName, id: number, row: Row | undefined): void {
    const stored = this.#tables.get(nameKey(name))
    if (stored === undefined) return
    if (row === undefined) stored.rows.delete(id)
    else stored.rows.set(id, { id, row })
  }

  /** Where time passes: a little, and the workload goes on. */
  async step(maxMs: number, signal?: AbortSignal): Promise<void> {
    const { clock, random } = this.options
    await clock.sleep(random.next() * maxMs, signal)
    this.onStep()
    this.settle()
  }

  log(index: number): Logged | undefined {
    return this.#log[index]
  }

  assertReachable(position: number): void {
    if (position < this.#purgedTo) {
      throw new CdcError('CDC_POSITION_LOST', `The log begins at ${this.#purgedTo}, not at ${position}.`)
    }
  }

  /** Schemas that were in force at a place of the log. */
  schemasAt(position: number): ReadonlyMap<string, TableSchema> {
    return this.#log[position - 1]?.schemas ?? new Map()
  }

  /** A view of what reads see now. */
  view(startVisible: number): ChunkView {
    const { temperament } = this.options
    const end = this.#log.length
    const visible = new Set<Transaction>()
    for (const { transaction, isVisible } of this.#log) if (isVisible) visible.add(transaction)
    return {
      contains: (transaction) => {
        if (temperament === 'postgres') return visible.has(transaction) ? 'yes' : 'no'
        const index = transaction.number
        return index < startVisible ? 'yes' : index >= end ? 'no' : 'maybe'
      },
      isPassedBy: (position) => positionOf(position).index >= end,
    }
  }

  visiblePrefix(): number {
    const first = this.#log.findIndex(({ isVisible }) => !isVisible)
    return first === -1 ? this.#log.length : first
  }

  #alter(
    operation: SchemaOperation,
    table: TableName,
    before: TableSchema | undefined,
    after: TableSchema | undefined,
  ): void {
    const transaction = this.#transaction()
    const isTold =
      this.options.temperament === 'mysql' || operation === 'drop-table' || operation === 'rename-column'
    const event: LogEvent = {
      kind: 'schema',
      operation,
      table: { schema: table.schema, table: table.table },
      before,
      after,
      statement: `ALTER ${table.table}`,
      transaction,
      order: 0,
    }
    this.#append(isTold ? [event] : [], [], transaction)
    this.settleAll()
  }

  #append(events: LogEvent[], effects: (() => void)[], known?: Transaction): Logged {
    const transaction = known ?? this.#transaction()
    const logged: Logged = {
      transaction,
      events: events.map((event) => ({ ...event, transaction })),
      effects,
      locked: [],
      visibleAtMs: this.options.clock.now(),
      isVisible: false,
      schemas: new Map(Array.from(this.#tables, ([key, { schema }]) => [key, schema])),
    }
    this.#log.push(logged)
    return logged
  }

  #transaction(): Transaction {
    const number = this.#log.length
    return {
      id: `0-1-${number}`,
      number,
      commitTimeUs: Math.round(this.options.clock.now() * 1000),
      place: `log:${number}`,
    }
  }

  #show(logged: Logged): void {
    logged.isVisible = true
    for (const effect of logged.effects) effect()
  }

  #stored(name: TableName): StoredTable {
    const stored = this.#tables.get(nameKey(name))
    if (stored === undefined) throw new Error(`there is no table ${name.table}`)
    return stored
  }
}

export interface Place {
  readonly index: number
  readonly taken: number
}

export function positionOf(position: LogPosition): Place {
  // As `SimulatedLog` gives them.
  return position as unknown as Place
}

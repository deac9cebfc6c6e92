/** One transaction of a simulated database: what it sees and does, and what its log says of it. */
import type { Row } from '../model/column-value.ts'
import type { LogEvent } from '../model/log-event.ts'
import type { TableName, TableSchema } from '../model/table-schema.ts'
import { nameKey, rowKey } from './simulated-keys.ts'

export interface TransactionHost {
  readonly hasFullImages: boolean
  stored(name: TableName): { schema: TableSchema; rows: ReadonlyMap<number, { row: Row }> } | undefined
  /** Of a transaction that is not visible yet. */
  isLocked(row: number): boolean
  isNewKey(key: string): boolean
  nextRowId(): number
  put(name: TableName, id: number, row: Row | undefined): void
}

export type RowEdit =
  | { readonly kind: 'insert'; readonly table: TableName; readonly row: Row }
  /** `pick`: any number, by which a row is chosen; `change` may change its key. */
  | { readonly kind: 'update'; readonly table: TableName; readonly pick: number; change(row: Row): Row }
  | { readonly kind: 'delete'; readonly table: TableName; readonly pick: number }

/** What a transaction sees and does. */
export class Draft {
  readonly events: LogEvent[] = []
  readonly effects: (() => void)[] = []
  readonly locked = new Set<number>()
  readonly newKeys = new Set<string>()
  readonly #database: TransactionHost
  /** Rows that the transaction has changed; undefined: deleted. */
  readonly #own = new Map<number, { table: TableName; row: Row | undefined }>()

  constructor(database: TransactionHost, edits: readonly RowEdit[]) {
    this.#database = database
    for (const edit of edits) this.#edit(edit)
    for (const [id, { table, row }] of this.#own) this.effects.push(() => database.put(table, id, row))
  }

  #edit(edit: RowEdit): void {
    const database = this.#database
    const stored = database.stored(edit.table)
    if (stored === undefined) return
    const { schema } = stored
    if (edit.kind === 'insert') {
      if (!this.#isFree(schema, edit.row)) return
      this.#put(schema, database.nextRowId(), edit.row)
      this.#log('insert', schema, undefined, edit.row)
      return
    }
    const rows = this.#rows(schema).filter(([id]) => !database.isLocked(id))
    const picked = rows[edit.pick % Math.max(1, rows.length)]
    if (picked === undefined) return
    const [id, row] = picked
    if (edit.kind === 'delete') {
      this.#put(schema, id, undefined, row)
      this.#log('delete', schema, row, undefined)
      return
    }
    const after = edit.change(row)
    const isMoved = schema.key.length > 0 && rowKey(schema, after) !== rowKey(schema, row)
    if (isMoved && !this.#isFree(schema, after)) return
    this.#put(schema, id, after, row)
    this.#log('update', schema, row, after)
  }

  /** A key that an open transaction has deleted is taken until that is visible, as the lock of its row says. */
  #isFree(schema: TableSchema, row: Row): boolean {
    if (schema.key.length === 0) return true
    const key = rowKey(schema, row)
    if (this.#database.isNewKey(key)) return false
    const seen = this.#database.stored(schema)
    for (const [id, other] of seen?.rows ?? []) {
      if (rowKey(schema, other.row) === key && (!this.#own.has(id) || this.#database.isLocked(id)))
        return false
    }
    return !this.#rows(schema).some(([, other]) => rowKey(schema, other) === key)
  }

  #rows(schema: TableSchema): [number, Row][] {
    const rows: [number, Row][] = []
    for (const [id, { row }] of this.#database.stored(schema)?.rows ?? []) {
      if (!this.#own.has(id)) rows.push([id, row])
    }
    for (const [id, { table, row }] of this.#own) {
      if (row !== undefined && nameKey(table) === nameKey(schema)) rows.push([id, row])
    }
    return rows
  }

  #put(schema: TableSchema, id: number, row: Row | undefined, before?: Row): void {
    this.#own.set(id, { table: { schema: schema.schema, table: schema.table }, row })
    this.locked.add(id)
    if (schema.key.length === 0) return
    if (row !== undefined) this.newKeys.add(rowKey(schema, row))
    if (before !== undefined) this.newKeys.add(rowKey(schema, before))
  }

  #log(
    operation: 'insert' | 'update' | 'delete',
    table: TableSchema,
    before: Row | undefined,
    after: Row | undefined,
  ) {
    const isFull = this.#database.hasFullImages || table.key.length === 0
    const order = this.events.length
    const event = { kind: 'row', operation, table, transaction: undefined, order } as const
    if (isFull || operation === 'insert' || before === undefined) {
      this.events.push({ ...event, before, after })
      return
    }
    const keyOnly = before.map((value, i) => (table.key.includes(i) ? value : undefined))
    if (after === undefined) this.events.push({ ...event, before: keyOnly, after })
    else {
      const isMoved = table.key.some((index) => before[index] !== after[index])
      const known = after.map((value, i) =>
        table.columns[i]?.type.isLarge === true && value === before[i] ? undefined : value,
      )
      this.events.push({ ...event, before: isMoved ? keyOnly : undefined, after: known })
    }
  }
}

/**
 * One table of a source: what is known of it at the place that the log has reached, how far its load is, and what its policy made of
 * it. Everything that a restart needs is in `save`, which is kept together with the position.
 */
import type { TableName, TableSchema } from '../model/table-schema.ts'
import type { KeyValues } from '../snapshot/table-reader.ts'
import type { TablePhase } from './cdc-status.ts'
import { keyText, restoreKey, type SavedValue, saveKey } from './key-values.ts'
import type { ShownColumns } from './shown-columns.ts'

/**
 * Rows of the table that consumers have: 'none' before a first load; 'current' when they have followed every change, so that a load
 * only repeats what they know; 'stale' when changes are missing, so that a load begins with a truncate.
 */
export type Known = 'none' | 'current' | 'stale'

export interface SavedTable {
  readonly schema: string
  readonly table: string
  readonly phase: TablePhase
  readonly isBegun: boolean
  readonly known: Known
  readonly cursor?: readonly SavedValue[]
  readonly ahead?: readonly (readonly SavedValue[])[]
  readonly loadedRows: number
  readonly estimatedRows?: number
  readonly changes: number
  readonly reason?: string
  readonly resume?: 'waiting' | 'following'
  readonly shown?: ShownColumns
}

export class FollowedTable {
  /** As the database names it now. */
  name: TableName
  /** At the place that the log has reached. */
  schema: TableSchema
  phase: TablePhase = 'waiting'
  /** Its control records are out. */
  isBegun = false
  known: Known = 'none'
  /** Of the last row that was loaded; undefined: none yet. Only while it waits or loads. */
  cursor: KeyValues | undefined
  /** Rows behind the cursor that were loaded nevertheless, by the text of their key: inserted while their chunk was read. */
  ahead = new Map<string, KeyValues>()
  loadedRows = 0
  estimatedRows: number | undefined
  changes = 0
  /** Why it is quarantined, and what it was before. */
  reason: string | undefined
  resume: 'waiting' | 'following' | undefined
  /** What is shown of it, after a change was ignored. */
  shown: ShownColumns | undefined

  constructor(schema: TableSchema) {
    this.name = { schema: schema.schema, table: schema.table }
    this.schema = schema
  }

  static restore(saved: SavedTable, schema: TableSchema): FollowedTable {
    const table = new FollowedTable(schema)
    table.name = { schema: saved.schema, table: saved.table }
    table.phase = saved.phase === 'loading' ? 'waiting' : saved.phase
    table.isBegun = saved.isBegun
    table.known = saved.known
    table.cursor = saved.cursor === undefined ? undefined : restoreKey(saved.cursor)
    for (const key of saved.ahead ?? []) {
      const values = restoreKey(key)
      table.ahead.set(keyText(values), values)
    }
    table.loadedRows = saved.loadedRows
    table.estimatedRows = saved.estimatedRows
    table.changes = saved.changes
    table.reason = saved.reason
    table.resume = saved.resume
    table.shown = saved.shown
    return table
  }

  /** Some of its rows were loaded by a load that is not at its end; changes of those are emitted. */
  get isPartlyLoaded(): boolean {
    return this.cursor !== undefined || this.ahead.size > 0
  }

  save(): SavedTable {
    const { cursor, estimatedRows, reason, resume, shown } = this
    return {
      ...this.name,
      phase: this.phase,
      isBegun: this.isBegun,
      known: this.known,
      loadedRows: this.loadedRows,
      changes: this.changes,
      ...(cursor === undefined ? {} : { cursor: saveKey(cursor) }),
      ...(this.ahead.size === 0 ? {} : { ahead: Array.from(this.ahead.values(), saveKey) }),
      ...(estimatedRows === undefined ? {} : { estimatedRows }),
      ...(reason === undefined ? {} : { reason }),
      ...(resume === undefined ? {} : { resume }),
      ...(shown === undefined ? {} : { shown }),
    }
  }

  /** It will be loaded from its first row on. */
  loadAgain(): void {
    this.phase = 'waiting'
    this.cursor = undefined
    this.ahead.clear()
    this.loadedRows = 0
    this.reason = undefined
    this.resume = undefined
  }

  loaded(): void {
    this.phase = 'following'
    this.known = 'current'
    this.cursor = undefined
    this.ahead.clear()
  }

  quarantine(reason: string): void {
    if (this.phase === 'quarantined') return
    this.resume = this.phase === 'waiting' || this.phase === 'loading' ? 'waiting' : 'following'
    this.phase = 'quarantined'
    this.reason = reason
  }

  release(): void {
    this.phase = this.resume ?? 'following'
    // A load that repeats what consumers know needs every change: it begins again.
    if (this.phase === 'waiting' && this.known === 'current') this.loadAgain()
    // What became dead letters is missing.
    if (this.known === 'current' || this.isPartlyLoaded) this.known = 'stale'
    this.reason = undefined
    this.resume = undefined
  }
}

/**
 * Schemas of tables by the place in the log from which they hold, kept beside the position: a log that is read from an older place is
 * decoded with the columns of that time.
 *
 * Kept as `schemas/<table>`: a list, oldest first, of at most `entriesMax` schemas. A change of a table writes that table's list only.
 */
import type { LogPosition } from '../log/log-reader.ts'
import type { TableName, TableSchema } from '../model/table-schema.ts'

interface Entry {
  /** The schema holds for what comes after this place. */
  readonly position: LogPosition
  readonly schema: TableSchema
}

export type ComparePositions = (a: LogPosition, b: LogPosition) => number | undefined

const entriesMax = 16

export class SchemaHistory {
  readonly #tables = new Map<string, Entry[]>()
  /** Tables whose list is to be written. */
  readonly #changed = new Set<string>()

  restore(table: TableName, saved: unknown): void {
    // Written by `changes` below, in the same commit as the position.
    if (Array.isArray(saved)) this.#tables.set(tableKey(table), saved as Entry[])
  }

  /** Undefined: nothing is known of the table. */
  schemaAt(table: TableName, position: LogPosition, compare: ComparePositions): TableSchema | undefined {
    const entries = this.#tables.get(tableKey(table)) ?? []
    const held = entries.findLast((entry) => (compare(entry.position, position) ?? 0) <= 0)
    // Before everything that is known: the oldest is nearest.
    return (held ?? entries[0])?.schema
  }

  add(table: TableName, position: LogPosition, schema: TableSchema): void {
    const key = tableKey(table)
    const entries = this.#tables.get(key) ?? []
    this.#tables.set(key, [...entries, { position, schema }].slice(-entriesMax))
    this.#changed.add(key)
  }

  rename(from: TableName, to: TableName): void {
    const entries = this.#tables.get(tableKey(from))
    if (entries === undefined) return
    this.drop(from)
    this.#tables.set(tableKey(to), entries)
    this.#changed.add(tableKey(to))
  }

  drop(table: TableName): void {
    const key = tableKey(table)
    if (this.#tables.delete(key)) this.#changed.add(key)
  }

  /** What is to be kept, by key; undefined: removed. Given once. */
  changes(into: Map<string, unknown>): void {
    for (const key of this.#changed) into.set(`schemas/${key}`, this.#tables.get(key))
    this.#changed.clear()
  }
}

/** Text by which a table is kept; no two tables share one. */
export function tableKey({ schema, table }: TableName): string {
  return `${encodeURIComponent(schema)}/${encodeURIComponent(table)}`
}

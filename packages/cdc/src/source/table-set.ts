/**
 * The tables of a source by name, with what was compiled for each schema that their rows come in; and which of them are to be kept.
 */
import type { TableName, TableSchema } from '../model/table-schema.ts'
import type { TableRules } from '../rules/table-rules.ts'
import type { FollowedTable, SavedTable } from './followed-table.ts'
import type { ChangeRoute } from './record-output.ts'
import { tableKey } from './schema-history.ts'
import { ShownTable } from './shown-columns.ts'

export interface TableRoute extends ChangeRoute {
  readonly table: FollowedTable
  /** Of the rows, as the log or the load gives them. */
  readonly schema: TableSchema
}

const keptPrefix = 'tables/'

export class TableSet {
  readonly rules: TableRules
  readonly #byKey = new Map<string, FollowedTable>()
  #routes = new Map<TableSchema, TableRoute>()
  readonly #changed = new Set<string>()

  constructor(rules: TableRules) {
    this.rules = rules
  }

  /** Tables that were kept, without their schemas. */
  static *saved(kept: { keys(): Iterable<string>; get(key: string): unknown }): Iterable<SavedTable> {
    for (const key of kept.keys()) {
      // Written by `changes` below, in the same commit as the position.
      if (key.startsWith(keptPrefix)) yield kept.get(key) as SavedTable
    }
  }

  get size(): number {
    return this.#byKey.size
  }

  all(): Iterable<FollowedTable> {
    return this.#byKey.values()
  }

  get(name: TableName): FollowedTable | undefined {
    return this.#byKey.get(tableKey(name))
  }

  add(table: FollowedTable): void {
    this.#byKey.set(tableKey(table.name), table)
    this.changed(table)
  }

  /** As `add`, of one that is kept already. */
  restore(table: FollowedTable): void {
    this.#byKey.set(tableKey(table.name), table)
  }

  remove(table: FollowedTable): void {
    const key = tableKey(table.name)
    this.#byKey.delete(key)
    this.#changed.add(key)
    this.forgetRoutes()
  }

  rename(table: FollowedTable, name: TableName): void {
    this.remove(table)
    table.name = { schema: name.schema, table: name.table }
    this.add(table)
  }

  /** One that was kept is not wanted any more. */
  forget(name: TableName): void {
    this.#changed.add(tableKey(name))
  }

  /** It is written with the next commit. */
  changed(table: FollowedTable): void {
    this.#changed.add(tableKey(table.name))
  }

  get hasChanges(): boolean {
    return this.#changed.size > 0
  }

  changes(into: Map<string, unknown>): void {
    for (const key of this.#changed) into.set(`${keptPrefix}${key}`, this.#byKey.get(key)?.save())
    this.#changed.clear()
  }

  /** How rows of this schema are written; the schema has the shape that the table has now. */
  routeFor(table: FollowedTable, schema: TableSchema): TableRoute {
    const known = this.#routes.get(schema)
    if (known !== undefined && known.table === table) return known
    const shown = table.shown === undefined ? undefined : new ShownTable(table.shown, schema)
    const route = { table, schema, shown, transform: this.rules.forTable(shown?.schema ?? schema) }
    this.#routes.set(schema, route)
    return route
  }

  route(schema: TableSchema): TableRoute | undefined {
    return this.#routes.get(schema)
  }

  /** After a table has changed; schemas are compiled anew as they come. */
  forgetRoutes(): void {
    this.#routes = new Map()
  }
}

/** What an envelope has compiled for each schema, kept as long as the schema itself is: equal schemas are one object. */
import type { TableSchema } from '../model/table-schema.ts'

export class CompiledTables<T> {
  readonly #compile: (schema: TableSchema) => T
  readonly #compiled = new WeakMap<TableSchema, T>()
  /** Changes of one table come in runs. */
  #last: { readonly schema: TableSchema; readonly table: T } | undefined

  constructor(compile: (schema: TableSchema) => T) {
    this.#compile = compile
  }

  of(schema: TableSchema): T {
    if (this.#last?.schema === schema) return this.#last.table
    let table = this.#compiled.get(schema)
    if (table === undefined) {
      table = this.#compile(schema)
      this.#compiled.set(schema, table)
    }
    this.#last = { schema, table }
    return table
  }
}

/** Tables put together again from the events of a log: what a consumer without any mistake would hold. */
import type { ColumnValue, Row } from '../../model/column-value.ts'
import type { LogEvent } from '../../model/log-event.ts'
import type { TableSchema } from '../../model/table-schema.ts'

interface RebuiltTable {
  schema: TableSchema
  /** By the key's text, or by the whole row's; keyless rows may be there several times. */
  rows: { readonly key: string; row: Row }[]
}

export class RebuiltTables {
  readonly tables = new Map<string, RebuiltTable>()

  constructor(schemas: Iterable<TableSchema>) {
    for (const schema of schemas) this.tables.set(schema.table, { schema, rows: [] })
  }

  schemas(): TableSchema[] {
    return [...this.tables.values()].map(({ schema }) => schema)
  }

  apply(event: LogEvent): void {
    const table = this.tables.get(event.table.table)
    if (event.kind === 'schema') {
      if (table === undefined || event.before === undefined || event.after === undefined)
        throw new Error(event.operation)
      this.#reshape(table, event.before, event.after)
      return
    }
    if (table === undefined) throw new Error(`no table ${event.table.table}`)
    if (event.kind === 'truncate') {
      table.rows = []
      return
    }
    if (
      event.table !== table.schema &&
      JSON.stringify(event.table.columns) !== JSON.stringify(table.schema.columns)
    ) {
      throw new Error(`a row of ${event.table.table} in a shape that nobody told`)
    }
    const { before, after } = event
    if (event.operation === 'insert') {
      table.rows.push({ key: keyText(table.schema, after!), row: after! })
      return
    }
    const key = keyText(table.schema, before ?? after!)
    const index = table.rows.findIndex((row) => row.key === key)
    if (index < 0)
      throw new Error(`${event.operation} of a row of ${event.table.table} that is not there: ${key}`)
    if (event.operation === 'delete') table.rows.splice(index, 1)
    else {
      const old = table.rows[index]!.row
      const row = after!.map((value, i): ColumnValue => (value === undefined ? old[i] : value))
      table.rows[index] = { key: keyText(table.schema, row), row }
    }
  }

  /** As sets of texts, without order. */
  content(table: string): string[] {
    return contentText(this.tables.get(table)?.rows.map(({ row }) => row) ?? [])
  }

  /** Values of a column that is added are the default, which the log does not tell: they are put to a word that `content` knows. */
  #reshape(table: RebuiltTable, before: TableSchema, after: TableSchema): void {
    const attributes = (schema: TableSchema) => schema.details?.attributes as readonly (number | null)[]
    const [old, now] = [attributes(before), attributes(after)]
    table.schema = after
    table.rows = table.rows.map(({ row }) => {
      const next = after.columns.map((column, i): ColumnValue => {
        const place = old.indexOf(now[i]!)
        if (place < 0) return column.type.kind === 'text' ? 'd' : null
        const value = row[place]
        return column.type.kind === 'decimal' && typeof value === 'string'
          ? rescaled(value, column.type.scale)
          : value
      })
      return { key: keyText(after, next), row: next }
    })
  }
}

/** What ALTER TYPE does to a numeric with fewer digits behind the point than the new scale. */
function rescaled(value: string, scale: number | undefined): string {
  if (scale === undefined || !/^-?\d/.test(value)) return value
  const [whole, fraction = ''] = value.split('.')
  if (fraction.length > scale) throw new Error(`${value} would be rounded`)
  return `${whole}.${fraction.padEnd(scale, '0')}`
}

function keyText(schema: TableSchema, row: Row): string {
  const values = schema.key.length === 0 ? row : schema.key.map((index) => row[index])
  return JSON.stringify(values)
}

export function contentText(rows: readonly Row[]): string[] {
  return rows.map((row) => JSON.stringify(row)).sort()
}

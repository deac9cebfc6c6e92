/** Texts with `${column}` in them, as object mappings of DMS have: each is replaced by the text of the row's value, null by nothing. */
import type { ColumnValue, Row } from '../model/column-value.ts'
import type { ColumnType, TableSchema } from '../model/table-schema.ts'
import { valueText } from '../model/value-text.ts'

const hole = /\$\{([^}]*)\}/g

/** Names of columns in a template, in order. */
export function templateColumns(template: string): string[] {
  return [...template.matchAll(hole)].map((match) => match[1]!)
}

/**
 * The text of a row; undefined where the log did not tell one of the columns that it needs. Names that are no column stand as they
 * are: rules are checked against the schema before.
 */
export function compileTemplate(schema: TableSchema, template: string): (row: Row) => string | undefined {
  const parts: ((row: Row) => string | undefined)[] = []
  let end = 0
  for (const match of template.matchAll(hole)) {
    const text = template.slice(end, match.index)
    if (text !== '') parts.push(() => text)
    end = match.index + match[0].length
    const index = schema.columns.findIndex(({ name }) => name === match[1])
    const column = schema.columns[index]
    parts.push(column === undefined ? () => match[0] : (row) => textOf(row[index], column.type))
  }
  const rest = template.slice(end)
  if (rest !== '') parts.push(() => rest)
  return (row) => {
    let text = ''
    for (const part of parts) {
      const piece = part(row)
      if (piece === undefined) return undefined
      text += piece
    }
    return text
  }
}

function textOf(value: ColumnValue, type: ColumnType): string | undefined {
  if (value === undefined) return undefined
  return value === null ? '' : valueText(value, type)
}

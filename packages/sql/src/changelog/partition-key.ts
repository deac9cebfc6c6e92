/**
 * The option 'partition-key' of a table: the columns whose text is the partition key of the records of the table's stream, and so
 * decides in which shard a row lies. Several columns are separated by ';' and their texts joined by '|'.
 *
 * Only types that write equal values as equal texts can be keys: whole numbers, STRING and BOOLEAN. NULL is written as
 * nothing, and a key of nothing as '-', since a record has to have one.
 */
import type { SqlType } from '@millrace/values'
import type { TableInfo } from './plan.ts'
import type { Row } from './row.ts'

/** As the log allows them. */
const keyCharactersMax = 256

/** Names of the columns, in order; none if the option is not set. */
export function partitionKeyNames(options: TableInfo['options']): readonly string[] {
  const text = options['partition-key']
  if (text === undefined || text.trim() === '') return []
  return text.split(';').map((name) => name.trim())
}

/** The partition key of a row. `columns`: where its parts stand. */
export function partitionKeyText(row: Row, columns: readonly number[]): string {
  let text = ''
  for (let i = 0; i < columns.length; i++) {
    if (i > 0) text += '|'
    const value = row[columns[i]!]
    if (value !== null && value !== undefined) text += String(value)
  }
  if (text === '') return '-'
  return text.length > keyCharactersMax ? text.slice(0, keyCharactersMax) : text
}

/** Types of one class write equal values alike. Undefined: a value may have several texts, so it cannot be a key. */
export function keyTextClass({ kind }: SqlType): 'whole' | 'text' | 'boolean' | undefined {
  switch (kind) {
    case 'TINYINT':
    case 'SMALLINT':
    case 'INTEGER':
    case 'BIGINT':
      return 'whole'
    case 'VARCHAR':
      return 'text'
    case 'BOOLEAN':
      return 'boolean'
    default:
      return undefined
  }
}

/**
 * Keys of state: from some columns of a row, a string or number that two rows share if and only if the columns are equal
 * (NULL equals NULL). One numeric or text column is its own key; everything else is spelled out (value.ts).
 */
import type { SqlType } from '@millrace/values'
import type { SqlValue } from '../../plan.ts'
import type { Row } from '../row.ts'
import { valueKey } from '../value.ts'
import type { Key } from './state-store.ts'

export function makeKey(columns: readonly number[], types: readonly SqlType[]): (row: Row) => Key {
  if (columns.length === 0) return () => 0
  if (columns.length === 1) {
    const column = columns[0]!
    return isText(types[0]!) ? (row) => textKey(row[column]!) : (row) => plainKey(row[column]!)
  }
  return (row) => {
    let key = ''
    for (const column of columns) key += valueKey(row[column]!)
    return key
  }
}

/** NULL is '~'; a text that starts with it gets another in front. */
function textKey(value: SqlValue): Key {
  if (value === null) return '~'
  return typeof value === 'string' && value.startsWith('~') ? `~${value}x` : (value as string)
}

function plainKey(value: SqlValue): Key {
  return typeof value === 'number' && !Number.isNaN(value) ? value : valueKey(value)
}

function isText(type: SqlType): boolean {
  return type.kind === 'CHAR' || type.kind === 'VARCHAR'
}

/** What became of a table, in DMS' words, from its schemas before and after. Columns are the same by number, else by name. */
import type { SchemaOperation } from '../../model/log-event.ts'
import type { Column, TableSchema } from '../../model/table-schema.ts'
import { attributeOf } from './schema-details.ts'

/** Undefined: nothing that shows in rows. Renames of the table are not looked at. */
export function schemaDifference(before: TableSchema, after: TableSchema): SchemaOperation | undefined {
  const found = new Set<SchemaOperation>()
  const places = after.columns.map((_, i) =>
    before.columns.findIndex((_, old) => isSame(before, old, after, i)),
  )
  let last = -1
  places.forEach((place, i) => {
    const [previous, column] = [before.columns[place], after.columns[i]!]
    if (previous === undefined) {
      found.add('add-column')
      return
    }
    if (previous.name !== column.name) found.add('rename-column')
    if (!isSameType(previous, column)) found.add('column-type-change')
    if (place < last) found.add('change-columns')
    last = place
  })
  if (before.columns.some((_, old) => !places.includes(old))) found.add('drop-column')
  const isSameKey =
    before.key.length === after.key.length &&
    before.key.every((index, i) => isSame(before, index, after, after.key[i]!))
  if (!isSameKey) found.add('change-columns')
  return found.size > 1 ? 'change-columns' : [...found][0]
}

function isSame(before: TableSchema, old: number, after: TableSchema, now: number): boolean {
  const [a, b] = [attributeOf(before, old), attributeOf(after, now)]
  if (a !== undefined && b !== undefined) return a === b
  return before.columns[old]?.name === after.columns[now]?.name
}

function isSameType(a: Column, b: Column): boolean {
  if (a.type.native !== b.type.native) return false
  // Labels of an enum that were added or renamed.
  const [left, right] = [a.type.labels, b.type.labels]
  if (left === undefined || right === undefined) return left === right
  return left.length === right.length && left.every((label, i) => label === right[i])
}

/** What kind of change lies between two schemas of a table. */
import type { SchemaOperation } from '../../model/log-event.ts'
import type { TableSchema } from '../../model/table-schema.ts'
import { foldColumn, sameColumn } from '../schema/mysql-table.ts'

/** `renamed`: new names of columns by their old ones. Undefined: what rows and keys depend on is the same. */
export function schemaOperation(
  before: TableSchema,
  after: TableSchema,
  renamed: ReadonlyMap<string, string> = new Map(),
): SchemaOperation | undefined {
  const kinds = new Set<SchemaOperation>()
  const newNames = before.columns.map(({ name }) => renamed.get(foldColumn(name)) ?? name)
  const afterAt = new Map(after.columns.map(({ name }, i) => [foldColumn(name), i]))
  const kept: number[] = []
  for (const [i, column] of before.columns.entries()) {
    const at = afterAt.get(foldColumn(newNames[i]!))
    const now = at === undefined ? undefined : after.columns[at]
    if (at === undefined || now === undefined) {
      kinds.add('drop-column')
      continue
    }
    kept.push(at)
    if (now.name !== column.name) kinds.add('rename-column')
    if (!sameColumn({ ...column, name: now.name }, now)) kinds.add('column-type-change')
  }
  if (kept.length < after.columns.length) kinds.add('add-column')
  if (kept.some((at, i) => i > 0 && at < kept[i - 1]!)) kinds.add('change-columns')
  if (!sameKey(before, after, newNames)) kinds.add('change-columns')
  if (kinds.size === 0) return undefined
  const [only] = kinds
  return kinds.size === 1 ? only : 'change-columns'
}

function sameKey(before: TableSchema, after: TableSchema, newNames: readonly string[]): boolean {
  const was = before.key.map((i) => foldColumn(newNames[i] ?? ''))
  const is = after.key.map((i) => foldColumn(after.columns[i]?.name ?? ''))
  return was.length === is.length && was.every((name, i) => name === is[i])
}

/**
 * What is equal and what differs between two schemas of a table, as far as rows can show it. Used where nobody says what has changed:
 * a chunk that was read from a newer table, rows of a log without statements.
 */
import type { SchemaChange, SchemaOperation } from '../model/log-event.ts'
import type { ColumnType, TableSchema } from '../model/table-schema.ts'
import type { schemaChangeKinds } from './cdc-settings.ts'

export type SchemaChangeKind = (typeof schemaChangeKinds)[number]

/** Whether rows of both are read alike: columns in equal order, of equal types, with an equal key. */
export function isSameShape(a: TableSchema, b: TableSchema): boolean {
  if (a === b) return true
  return (
    a.columns.length === b.columns.length &&
    a.columns.every((column, i) => {
      const other = b.columns[i]!
      return column.name === other.name && isSameType(column.type, other.type)
    }) &&
    a.key.length === b.key.length &&
    a.key.every((column, i) => column === b.key[i])
  )
}

/** Whether rows are told apart by the same columns; then keys of rows that were loaded stay what they are. */
export function isSameKey(
  before: TableSchema,
  after: TableSchema,
  rename: ColumnRename | undefined,
): boolean {
  return (
    before.key.length === after.key.length &&
    before.key.every((index, i) => {
      const column = before.columns[index]
      const now = after.columns[after.key[i]!]
      const name = column?.name === rename?.from ? rename?.to : column?.name
      return now?.name === name && now?.type.kind === column?.type.kind
    })
  )
}

/** What has to be said of a change that nobody has named. A column under another name is one dropped and one added, as far as can be seen. */
export function operationBetween(before: TableSchema, after: TableSchema): SchemaOperation {
  const [first, ...others] = kindsBetween(before, after)
  if (first === undefined || others.length > 0) return 'change-columns'
  const operations: { readonly [kind in SchemaChangeKind]?: SchemaOperation } = {
    add: 'add-column',
    'drop-column': 'drop-column',
    retype: 'column-type-change',
  }
  return operations[first] ?? 'change-columns'
}

/** The kinds of change that policies name; none where only the order of columns or the key differs. */
export function kindsBetween(before: TableSchema, after: TableSchema): SchemaChangeKind[] {
  const old = new Map(before.columns.map((column) => [column.name, column]))
  const now = new Map(after.columns.map((column) => [column.name, column]))
  const added = after.columns.filter(({ name }) => !old.has(name))
  const dropped = before.columns.filter(({ name }) => !now.has(name))
  const kinds: SchemaChangeKind[] = []
  if (added.length > 0) kinds.push('add')
  if (dropped.length > 0) kinds.push('drop-column')
  const isRetyped = after.columns.some((column) => {
    const was = old.get(column.name)
    return was !== undefined && (!isSameType(was.type, column.type) || was.type.native !== column.type.native)
  })
  if (isRetyped) kinds.push('retype')
  return kinds
}

export interface ColumnRename {
  readonly from: string
  readonly to: string
}

/** The column that has got another name, where the log says that this is what happened. */
export function renamedColumn({ operation, before, after }: SchemaChange): ColumnRename | undefined {
  if (operation !== 'rename-column' || before === undefined || after === undefined) return undefined
  const old = new Set(before.columns.map(({ name }) => name))
  const now = new Set(after.columns.map(({ name }) => name))
  const from = before.columns.find(({ name }) => !now.has(name))
  const to = after.columns.find(({ name }) => !old.has(name))
  return from === undefined || to === undefined ? undefined : { from: from.name, to: to.name }
}

/** How the database writes a type is no matter: catalog and log may write it differently. */
function isSameType(a: ColumnType, b: ColumnType): boolean {
  return (
    a.kind === b.kind &&
    a.bits === b.bits &&
    (a.isUnsigned ?? false) === (b.isUnsigned ?? false) &&
    a.scale === b.scale &&
    (a.labels === b.labels || JSON.stringify(a.labels) === JSON.stringify(b.labels)) &&
    (a.element === b.element ||
      (a.element !== undefined && b.element !== undefined && isSameType(a.element, b.element)))
  )
}

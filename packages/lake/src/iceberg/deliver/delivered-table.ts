/** The table that a delivery writes to: made when it is not there, with columns that follow the delivery as far as it is told to. */
import type { Clock } from '@millrace/values'
import type { CatalogTable } from '../../catalog/catalog-port.ts'
import type { IcebergDestination } from '../../delivery/delivery-settings.ts'
import { LakeError } from '../../errors.ts'
import type { ObjectStore } from '../../objects/object-store.ts'
import { duckTypeText } from '../../schema/duck-type.ts'
import type { LakeColumn, LakeType } from '../../schema/lake-type.ts'
import { canWiden, sameType } from '../../schema/widen-type.ts'
import { newTableUpdates } from '../catalog/create-table.ts'
import { openTable, type Table } from '../table/open-table.ts'
import type { TableCatalog, TableName } from '../table-catalog.ts'
import type { SchemaChange } from '../table-port.ts'

/** Those that the delivery names, then those that the catalog has beside them where it is followed. */
export function deliveredColumns(
  { columns, evolution }: IcebergDestination,
  table: CatalogTable | undefined,
): readonly LakeColumn[] {
  if (evolution !== 'catalog' || table === undefined) return columns
  const names = new Set(columns.map(({ name }) => name.toLowerCase()))
  return [...columns, ...table.columns.filter(({ name }) => !names.has(name.toLowerCase()))]
}

/** Errors: those of a table's columns and partitions, and of the catalog. */
export async function openDeliveredTable(
  catalog: TableCatalog,
  {
    columns,
    destination,
    store,
    clock,
  }: {
    readonly columns: readonly LakeColumn[]
    readonly destination: IcebergDestination
    readonly store: ObjectStore
    readonly clock: Clock
  },
): Promise<Table> {
  const { database, name: short } = destination.table
  const name: TableName = { namespace: [database], name: short }
  if ((await catalog.loadTable(name)) === undefined) {
    await tolerating('NAMESPACE_EXISTS', () => catalog.createNamespace(name.namespace))
    const isKey = (column: LakeColumn) => destination.key.includes(column.name)
    const updates = newTableUpdates({
      schema: { columns: columns.map((column) => withoutIds(column, isKey(column))) },
      partitionBy: destination.partitionBy,
      identifier: destination.key,
      location: `${store.url}/${database}/${short}`,
    })
    // Somebody else may make it at the same time.
    await tolerating('ICEBERG_TABLE_EXISTS', () => catalog.createTable(name, updates))
  }
  return openTable(catalog, name, { store, clock })
}

/** Gives the table the columns that it lacks. Error: UPSERT_INVALID where it may not, or where a type cannot hold the values. */
export async function evolveDeliveredTable(
  table: Table,
  columns: readonly LakeColumn[],
  { evolution = 'none' }: IcebergDestination,
): Promise<void> {
  if (missingChanges(table, columns, evolution).length === 0) return
  // By what the table is now: another delivery may have added them.
  await table.refresh()
  const changes = missingChanges(table, columns, evolution)
  if (changes.length > 0) await table.evolveSchema(changes)
}

function missingChanges(
  table: Table,
  columns: readonly LakeColumn[],
  evolution: NonNullable<IcebergDestination['evolution']>,
): SchemaChange[] {
  const known = new Map(table.schema.columns.map((column) => [column.name, column]))
  const title = [...table.name.namespace, table.name.name].join('.')
  const changes: SchemaChange[] = []
  for (const column of columns) {
    const there = known.get(column.name)
    if (there === undefined) {
      if (evolution === 'none') {
        throw new LakeError(
          'UPSERT_INVALID',
          `Table ${title} has no column ${JSON.stringify(column.name)}, which the delivery brings. ` +
            "Leave it out, or let the table follow: evolution: 'declared'.",
        )
      }
      changes.push({ kind: 'add', column: withoutIds(column, false) })
    } else if (!sameType(there.type, column.type) && !canWiden(column.type, there.type)) {
      if (evolution === 'none' || !mayBecome(there.type, column.type)) {
        throw new LakeError(
          'UPSERT_INVALID',
          `Column ${JSON.stringify(column.name)} of table ${title} is ${duckTypeText(there.type)}, and the delivery brings ` +
            `${duckTypeText(column.type)}, which it cannot hold. Give the delivery the table's type, or a column of another name.`,
        )
      }
      changes.push({ kind: 'widen', column: column.name, type: column.type })
    }
  }
  const brought = new Set(columns.map(({ name }) => name))
  for (const { name, isRequired } of table.schema.columns) {
    if (isRequired === true && !brought.has(name)) {
      throw new LakeError(
        'UPSERT_INVALID',
        `Table ${title} needs a value for ${JSON.stringify(name)} in each row, and the delivery brings none. Add the column to the delivery.`,
      )
    }
  }
  return changes
}

/** What the format lets a column become (format/spec.md, "Schema evolution"). */
function mayBecome(from: LakeType, to: LakeType): boolean {
  if (from.kind === 'int') return to.kind === 'long'
  if (from.kind === 'float') return to.kind === 'double'
  return (
    from.kind === 'decimal' &&
    to.kind === 'decimal' &&
    from.scale === to.scale &&
    from.precision < to.precision
  )
}

/** Ids are given out by the table. */
function withoutIds({ name, type, comment }: LakeColumn, isRequired: boolean): LakeColumn {
  return { name, type, isRequired, ...(comment === undefined ? {} : { comment }) }
}

async function tolerating(code: string, act: () => Promise<unknown>): Promise<void> {
  try {
    await act()
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === code)) throw error
  }
}

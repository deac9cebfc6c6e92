/** The updates that make a new table, from columns and partitions by name. */
import { randomUUID } from 'node:crypto'
import type { LakeSchema } from '../../schema/lake-type.ts'
import { toIcebergSchema } from '../format/iceberg-schema.ts'
import { partitionFields } from '../format/partition-by.ts'
import type { TableUpdate } from '../metadata.ts'
import type { PartitionBy } from '../table-port.ts'

export interface NewTable {
  /** Ids of columns are assigned where there are none. */
  readonly schema: LakeSchema
  readonly partitionBy?: readonly PartitionBy[]
  /** Columns that tell rows apart, for other engines to know; they must be required. */
  readonly identifier?: readonly string[]
  /** URL of the table's folder; the catalog chooses unless given. */
  readonly location?: string
  readonly properties?: Readonly<Record<string, string>>
  readonly uuid?: string
}

/** What every new table is told, unless its properties say otherwise. */
const propertiesDefault: Readonly<Record<string, string>> = {
  'write.format.default': 'parquet',
  'write.delete.mode': 'merge-on-read',
  'write.update.mode': 'merge-on-read',
  'write.merge.mode': 'merge-on-read',
  // One metadata file is made for each commit; without this a table that is written each second has 86,400 of them after a day.
  'write.metadata.delete-after-commit.enabled': 'true',
  'write.metadata.previous-versions-max': '100',
}

/** For `TableCatalog.createTable`. Errors: ICEBERG_SCHEMA_INVALID, ICEBERG_PARTITION_INVALID. */
export function newTableUpdates(table: NewTable): TableUpdate[] {
  const schema = toIcebergSchema(table.schema, { identifier: table.identifier ?? [] })
  const fields = partitionFields(schema, table.partitionBy ?? [], [])
  return [
    { action: 'assign-uuid', uuid: table.uuid ?? randomUUID() },
    { action: 'upgrade-format-version', 'format-version': 2 },
    { action: 'add-schema', schema },
    { action: 'set-current-schema', 'schema-id': -1 },
    { action: 'add-spec', spec: { 'spec-id': 0, fields } },
    { action: 'set-default-spec', 'spec-id': -1 },
    { action: 'add-sort-order', 'sort-order': { 'order-id': 0, fields: [] } },
    { action: 'set-default-sort-order', 'sort-order-id': -1 },
    ...(table.location === undefined
      ? []
      : [{ action: 'set-location', location: table.location } satisfies TableUpdate]),
    { action: 'set-properties', updates: { ...propertiesDefault, ...table.properties } },
  ]
}

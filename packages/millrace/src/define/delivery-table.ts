/** The table of the catalog that a delivery's objects are part of, where the app declares its columns. */
import { type CatalogTable, type DeliverySettings, type LakeColumn, openCatalog } from '@millrace/lake'
import type { Store } from '@millrace/store'
import { compactParameters } from './compact.ts'
import { type DeliveryFormatSettings, lakeColumns, tableName } from './delivery-format.ts'

/** Makes it, or a new version of it where the declaration has changed. */
export function putDeliveryTable(
  store: Store,
  what: string,
  { output, settings }: { readonly output: DeliveryFormatSettings; readonly settings: DeliverySettings },
): void {
  const { destination } = settings
  const table = tableName(what, output.table)
  const columns = lakeColumns(what, output)
  if (table === undefined || columns === undefined || destination.kind !== 'files') return
  const { bucket, prefix } = destination
  const { format = 'json', header = true } = output
  // Such tables are shown once they are made.
  if (format === 'iceberg') return
  const definition: Omit<CatalogTable, 'version' | 'createdAt' | 'updatedAt'> = {
    ...table,
    format: format === 'raw' ? 'json' : format,
    bucket,
    location: locationOf(prefix),
    columns,
    partitionKeys: partitionKeysOf(prefix),
    kind: 'managed',
    parameters: {
      ...(format === 'csv' ? { header: String(header) } : {}),
      ...compactParameters(what, output.compact, format === 'parquet'),
    },
  }
  openCatalog({ store }).write((writer) => {
    writer.putDatabase(table.database)
    writer.putTable(definition)
  })
}

/** The folders before the first expression. */
export function locationOf(prefix = ''): string {
  const fixed = prefix.split('!{', 1)[0]!
  return fixed.slice(0, fixed.lastIndexOf('/') + 1)
}

/** Folders of the form `name=!{...}` are columns, as in Hive. */
export function partitionKeysOf(prefix = ''): LakeColumn[] {
  const names = [...prefix.matchAll(/(?:^|\/)([A-Za-z0-9_]+)=!\{/g)].map((match) => match[1]!.toLowerCase())
  return names.map((name) => ({ name, type: { kind: 'string' } }))
}

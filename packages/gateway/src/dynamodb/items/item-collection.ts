/** Item collections: all items of one partition key, in tables with local indexes. Their size is estimated, as on AWS. */
import { attributeOf, type TypedItem } from '@millrace/tables'
import type { DynamoTable } from '../tables/table-directory.ts'

/** In GB: collections are taken for small ones, and have no limit here. */
const sizeEstimate = [0, 1]

/** Undefined unless they are asked for and the table has collections. */
export function itemCollectionMetrics(
  { info }: DynamoTable,
  item: TypedItem,
  how: 'SIZE' | 'NONE' | undefined,
): object | undefined {
  if (how !== 'SIZE' || !info.settings.indexes.some(({ kind }) => kind === 'local')) return undefined
  const { name } = info.partitionKey
  return {
    ItemCollectionKey: { [name]: attributeOf(item, name) },
    SizeEstimateRangeGB: sizeEstimate,
  }
}

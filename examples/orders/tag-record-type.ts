/**
 * Tells the rows of the two tables apart: `recordType` is what the SQL program filters on.
 * Control records of the replication, rows of other schemas and deletions are left out: what was sold stays in the table. A row of this schema that is of neither
 * table is not understood, so it goes to the error stream instead of vanishing.
 */
import { dropped, type Preprocess } from 'millrace'

export const tagRecordType: Preprocess = (record) => {
  const table = record.get('$.metadata.table-name')
  if (record.get('$.metadata.record-type') === 'control') return dropped
  if (record.get('$.metadata.operation') === 'delete') return dropped
  if (table === 'order' || table === 'order_item') return record.set('recordType', table)
  const schema = record.get('$.metadata.schema-name')
  if (typeof schema === 'string' && schema !== 'orders') return dropped
  throw new Error(`metadata.table-name must be "order" or "order_item", but is ${JSON.stringify(table)}`)
}

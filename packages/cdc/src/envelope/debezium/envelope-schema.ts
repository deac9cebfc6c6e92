/** The member `schema` of Debezium's records with `schemasEnable`: the envelope of one table as a Connect schema. */
import type { TableSchema } from '../../model/table-schema.ts'
import type { EnvelopeSource } from '../envelope.ts'
import { type ConnectSchema, connectJson } from './connect-schema.ts'
import type { DebeziumColumn } from './debezium-column.ts'
import { sourceSchema } from './debezium-source.ts'

const transactionSchema: ConnectSchema = {
  type: 'struct',
  name: 'event.block',
  version: 1,
  optional: true,
  fields: [
    { type: 'string', field: 'id' },
    { type: 'int64', field: 'total_order' },
    { type: 'int64', field: 'data_collection_order' },
  ],
}

/** `name`: prefix, schema and table. */
export function envelopeSchemaText(
  source: EnvelopeSource,
  name: string,
  table: TableSchema,
  columns: readonly DebeziumColumn[],
): string {
  const row: ConnectSchema = {
    type: 'struct',
    optional: true,
    name: `${name}.Value`,
    fields: columns.map(({ schema }, i) => ({
      ...schema,
      optional: table.columns[i]!.isNullable,
      field: table.columns[i]!.name,
    })),
  }
  const schema: ConnectSchema = {
    type: 'struct',
    name: `${name}.Envelope`,
    version: 2,
    fields: [
      { ...row, field: 'before' },
      { ...row, field: 'after' },
      { ...sourceSchema(source), field: 'source' },
      { ...transactionSchema, field: 'transaction' },
      { type: 'string', field: 'op' },
      { type: 'int64', optional: true, field: 'ts_ms' },
      { type: 'int64', optional: true, field: 'ts_us' },
      { type: 'int64', optional: true, field: 'ts_ns' },
    ],
  }
  return JSON.stringify(connectJson(schema))
}

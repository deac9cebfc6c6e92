/**
 * Metadata columns of input streams (spec 2.4): names that resolve on an input stream without being mapped, and that `*`
 * leaves out. A stream has only those that the program's text mentions, so that nobody fills what is not read; a mapped
 * column of the same name stands in the place of the metadata.
 */
import type { Field, Schema, SqlType } from '@millrace/values'

const text: SqlType = { kind: 'VARCHAR', length: 256 }

const metadata: readonly Field[] = [
  { name: 'APPROXIMATE_ARRIVAL_TIME', type: { kind: 'TIMESTAMP' }, nullable: true },
  { name: 'SHARD_ID', type: text, nullable: true },
  { name: 'PARTITION_KEY', type: text, nullable: true },
  { name: 'SEQUENCE_NUMBER', type: text, nullable: true },
]

export function metadataColumns(programText: string, schema: Schema): readonly Field[] {
  const upper = programText.toUpperCase()
  return metadata.filter(
    ({ name }) => upper.includes(name) && !schema.fields.some((field) => field.name === name),
  )
}

/** Rows for people, in errors and on the `late` output: JSON by column name where the columns are known. */
import type { Schema } from '@millrace/values'
import { toJson } from './format/json-value.ts'
import type { Row } from './row.ts'
import { valueKey } from './value.ts'

export function rowText(row: Row, schemas: readonly Schema[]): string {
  const schema = schemas.find(({ fields }) => fields.length === row.length)
  if (schema === undefined) return JSON.stringify(row.map((value) => valueKey(value)))
  const members = schema.fields.map(
    ({ name, type }, i) => `${JSON.stringify(name)}:${toJson(row[i]!, type, { timestamps: 'SQL' })}`,
  )
  return `{${members.join(',')}}`
}

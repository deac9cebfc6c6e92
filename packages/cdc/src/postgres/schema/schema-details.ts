/** What a schema of Postgres carries beside its columns: what names table and columns for good, also after renames. */
import type { TableSchema } from '../../model/table-schema.ts'

/** The table's OID; undefined where the schema was not made here. */
export function oidOf({ details }: TableSchema): number | undefined {
  return typeof details?.oid === 'number' ? details.oid : undefined
}

/** attnum of the column with this index; undefined where it is not known. */
export function attributeOf({ details }: TableSchema, index: number): number | undefined {
  const numbers = details?.attributes
  const number: unknown = Array.isArray(numbers) ? numbers[index] : undefined
  return typeof number === 'number' ? number : undefined
}

/** null: not known. */
export function schemaDetails(oid: number, attributes: readonly (number | null)[]) {
  return { oid, attributes }
}

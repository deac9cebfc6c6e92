/**
 * The schema of a table at a place of the log: from what the log says there (names, types, which columns are the replica identity), what
 * was known before, and what the catalog says now, which may be later than the log.
 *
 * The log does not number columns, so a renamed one looks like one that was dropped and one that was added. A rename keeps its place in
 * the row, while an added column comes last: so a new name in the place of an old one, of its type and with known columns behind it,
 * is a rename. At the end of the row the numbers of the catalog decide: the old column's number is alive, or it was dropped.
 */
import type { Column, TableSchema } from '../../model/table-schema.ts'
import type { RelationMessage } from '../pgoutput/messages.ts'
import type { PostgresType } from '../values/postgres-type.ts'
import { attributeOf, oidOf, schemaDetails } from './schema-details.ts'

/** `types` are those of the relation's columns; `catalog` is the table of the same OID as it is now. */
export function relationSchema(
  relation: RelationMessage,
  types: readonly PostgresType[],
  known: TableSchema | undefined,
  catalog: TableSchema | undefined,
): TableSchema {
  if (known !== undefined && fits(known, relation, types)) return known
  if (catalog !== undefined && fits(catalog, relation, types)) return catalog
  const attributes: (number | null)[] = []
  const columns = relation.columns.map((column, i): Column => {
    const old = sameColumn(relation, types, i, known, catalog)
    const now = catalog?.columns.findIndex((other) => other.name === column.name) ?? -1
    const [schema, index] = old >= 0 ? [known, old] : [catalog, now]
    attributes.push((schema !== undefined && attributeOf(schema, index)) || null)
    return {
      name: column.name,
      type: types[i]!.type,
      // Of a full identity every column is said to be of the key.
      isNullable: schema?.columns[index]?.isNullable ?? (relation.identity === 'f' || !column.isKey),
    }
  })
  return {
    schema: relation.schema,
    table: relation.table,
    columns,
    key: keyOf(relation, known, catalog),
    details: schemaDetails(relation.id, attributes),
  }
}

/** Whether the schema is the one of the relation, its name too. Nullability is not in the log. */
function fits(schema: TableSchema, relation: RelationMessage, types: readonly PostgresType[]): boolean {
  if (schema.schema !== relation.schema || schema.table !== relation.table) return false
  const oid = oidOf(schema)
  if (oid !== undefined && oid !== relation.id) return false
  if (schema.columns.length !== relation.columns.length) return false
  for (let i = 0; i < schema.columns.length; i++) {
    const [column, logged] = [schema.columns[i]!, relation.columns[i]!]
    if (column.name !== logged.name || column.type.native !== types[i]!.type.native) return false
  }
  if (relation.identity === 'f' || relation.identity === 'n') return true
  const logged = relation.columns.flatMap((column, i) => (column.isKey ? [i] : []))
  return logged.length === schema.key.length && logged.every((i) => schema.key.includes(i))
}

/** Index of the column of the known schema that this one is, also under another name; -1: it is new. */
function sameColumn(
  relation: RelationMessage,
  types: readonly PostgresType[],
  index: number,
  known: TableSchema | undefined,
  catalog: TableSchema | undefined,
): number {
  if (known === undefined) return -1
  const { name } = relation.columns[index]!
  const byName = known.columns.findIndex((column) => column.name === name)
  if (byName >= 0) return byName
  const inPlace = known.columns[index]
  if (
    inPlace === undefined ||
    relation.columns.some((column) => column.name === inPlace.name) ||
    inPlace.type.native !== types[index]!.type.native
  ) {
    return -1
  }
  const isFollowed = relation.columns
    .slice(index + 1)
    .some((later) => known.columns.findIndex((column) => column.name === later.name) > index)
  if (isFollowed) return index
  const attribute = attributeOf(known, index)
  const places = catalog?.columns.map((_, i) => i) ?? []
  const numberOf = (i: number) => (catalog === undefined ? undefined : attributeOf(catalog, i))
  const isAlive = attribute !== undefined && places.some((i) => numberOf(i) === attribute)
  const isAnother = places.some((i) => catalog?.columns[i]?.name === name && numberOf(i) !== attribute)
  return isAlive && !isAnother ? index : -1
}

function keyOf(
  relation: RelationMessage,
  known: TableSchema | undefined,
  catalog: TableSchema | undefined,
): readonly number[] {
  const logged = relation.columns.flatMap((column, i) => (column.isKey ? [i] : []))
  const hasIdentity = relation.identity === 'd' || relation.identity === 'i'
  for (const schema of [known, catalog]) {
    if (schema === undefined || schema.key.length === 0) continue
    const named = schema.key.map((i) =>
      relation.columns.findIndex((column) => column.name === schema.columns[i]?.name),
    )
    if (named.includes(-1)) continue
    // The log has the key's columns, but not their order.
    if (!hasIdentity || (named.length === logged.length && named.every((i) => logged.includes(i))))
      return named
  }
  return hasIdentity ? logged : []
}

/**
 * From what a client says of a new table to the updates that make it. Clients number columns as they like; a table numbers them from
 * 1, the columns of a level before those below them, as Iceberg's own library does (TypeUtil.assignFreshIds), and what refers to
 * columns (partitions, sort order, identifier) follows.
 */
import { randomUUID } from 'node:crypto'
import type { IcebergField, IcebergSchema, IcebergType, PartitionSpec, TableUpdate } from '@millrace/lake'
import { badRequest } from './rest-problem.ts'

export interface Creation {
  readonly name: string
  readonly location: string
  readonly schema: IcebergSchema
  readonly spec: PartitionSpec | undefined
  readonly order: { readonly fields: readonly SortField[] } | undefined
  readonly properties: Readonly<Record<string, string>>
}

export interface SortField {
  readonly 'source-id': number
  readonly [member: string]: unknown
}

const firstPartitionId = 1000

export function creationUpdates(creation: Creation): readonly TableUpdate[] {
  const { ids, schema, last } = freshSchema(creation.schema)
  const idOf = (old: number, what: string): number => {
    const id = ids.get(old)
    if (id === undefined) throw badRequest(`${what} names column ${old}, which the schema does not have`)
    return id
  }
  const specFields = (creation.spec?.fields ?? []).map((field, i) => ({
    ...field,
    'source-id': idOf(field['source-id'], `partition field ${JSON.stringify(field.name)}`),
    'field-id': firstPartitionId + i,
  }))
  const orderFields = (creation.order?.fields ?? []).map((field) => ({
    ...field,
    'source-id': idOf(field['source-id'], 'the sort order'),
  }))
  return [
    { action: 'assign-uuid', uuid: randomUUID() },
    { action: 'upgrade-format-version', 'format-version': 2 },
    { action: 'add-schema', schema, 'last-column-id': last },
    { action: 'set-current-schema', 'schema-id': -1 },
    { action: 'add-spec', spec: { 'spec-id': 0, fields: specFields } },
    { action: 'set-default-spec', 'spec-id': -1 },
    {
      action: 'add-sort-order',
      'sort-order': { 'order-id': orderFields.length === 0 ? 0 : 1, fields: orderFields },
    },
    { action: 'set-default-sort-order', 'sort-order-id': -1 },
    { action: 'set-location', location: creation.location },
    ...(Object.keys(creation.properties).length === 0
      ? []
      : [{ action: 'set-properties' as const, updates: creation.properties }]),
  ]
}

function freshSchema(schema: IcebergSchema) {
  const ids = new Map<number, number>()
  let last = 0
  const next = (old: number): number => {
    last += 1
    ids.set(old, last)
    return last
  }
  const freshFields = (fields: readonly IcebergField[]): readonly IcebergField[] => {
    // All of this level first.
    const numbered = fields.map((field) => ({ ...field, id: next(field.id) }))
    return numbered.map((field) => ({ ...field, type: freshType(field.type) }))
  }
  const freshType = (type: IcebergType): IcebergType => {
    if (typeof type === 'string') return type
    switch (type.type) {
      case 'struct':
        return { ...type, fields: freshFields(type.fields) }
      case 'list': {
        const elementId = next(type['element-id'])
        return { ...type, 'element-id': elementId, element: freshType(type.element) }
      }
      case 'map': {
        const keyId = next(type['key-id'])
        const valueId = next(type['value-id'])
        return {
          ...type,
          'key-id': keyId,
          'value-id': valueId,
          key: freshType(type.key),
          value: freshType(type.value),
        }
      }
    }
  }
  const fields = freshFields(schema.fields)
  const identifiers = (schema['identifier-field-ids'] ?? []).map((old) => {
    const id = ids.get(old)
    if (id === undefined)
      throw badRequest(`identifier-field-ids names column ${old}, which the schema does not have`)
    return id
  })
  const fresh: IcebergSchema = {
    type: 'struct',
    'schema-id': 0,
    ...(identifiers.length === 0 ? {} : { 'identifier-field-ids': identifiers }),
    fields,
  }
  return { ids, schema: fresh, last }
}

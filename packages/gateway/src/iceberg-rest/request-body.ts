/** Bodies of the REST catalog protocol, parsed once into what the table catalog takes; what does not fit is a BadRequestException. */
import {
  type IcebergField,
  type IcebergSchema,
  type IcebergType,
  type PartitionSpec,
  parseExactJson,
  type TableName,
  type TableRequirement,
  type TableUpdate,
} from '@millrace/lake'
import type { SortField } from './fresh-ids.ts'
import { badRequest } from './rest-problem.ts'

export type JsonObject = Readonly<Record<string, unknown>>

const decoder = new TextDecoder('utf-8', { fatal: true })

export function parseBody(body: Uint8Array): JsonObject {
  let text: string
  try {
    text = decoder.decode(body)
  } catch {
    throw badRequest('the body is not UTF-8')
  }
  const value = parseExactJson(text, 'the body')
  if (!isObject(value)) throw badRequest('the body has to be a JSON object')
  return value
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

export function textOf(object: JsonObject, name: string): string {
  const value = object[name]
  if (typeof value === 'string' && value !== '') return value
  throw badRequest(`${JSON.stringify(name)} has to be a text that is not empty`)
}

export function namespaceOf(value: unknown, name: string): readonly string[] {
  if (
    Array.isArray(value) &&
    value.length > 0 &&
    value.every((level) => typeof level === 'string' && level !== '')
  )
    return value
  throw badRequest(`${JSON.stringify(name)} has to be a list of texts, one for each level`)
}

export function tableNameOf(value: unknown, name: string): TableName {
  if (!isObject(value))
    throw badRequest(`${JSON.stringify(name)} has to be {"namespace": [...], "name": ...}`)
  return { namespace: namespaceOf(value.namespace, 'namespace'), name: textOf(value, 'name') }
}

export function textsOf(value: unknown, name: string): Readonly<Record<string, string>> {
  if (value === undefined || value === null) return {}
  if (isObject(value) && Object.values(value).every((entry) => typeof entry === 'string')) {
    // Just checked.
    return value as Readonly<Record<string, string>>
  }
  throw badRequest(`${JSON.stringify(name)} has to be an object of texts`)
}

export function schemaOf(value: unknown): IcebergSchema {
  if (!isObject(value) || !Array.isArray(value.fields))
    throw badRequest('"schema" has to be a struct with "fields"')
  const identifiers = value['identifier-field-ids']
  if (identifiers !== undefined && !(Array.isArray(identifiers) && identifiers.every(isId)))
    throw badRequest('"identifier-field-ids" has to be a list of numbers')
  return {
    type: 'struct',
    'schema-id': typeof value['schema-id'] === 'number' ? value['schema-id'] : 0,
    ...(Array.isArray(identifiers) ? { 'identifier-field-ids': identifiers } : {}),
    fields: value.fields.map(fieldOf),
  }
}

function fieldOf(value: unknown): IcebergField {
  if (!isObject(value) || !isId(value.id) || typeof value.name !== 'string')
    throw badRequest('each field of a schema needs an "id" and a "name"')
  const { id, name, required, doc } = value
  return {
    id,
    name,
    required: required === true,
    type: typeOf(value.type, name),
    ...(typeof doc === 'string' ? { doc } : {}),
  }
}

function typeOf(value: unknown, column: string): IcebergType {
  if (typeof value === 'string') return value
  if (isObject(value)) {
    switch (value.type) {
      case 'struct':
        if (Array.isArray(value.fields)) return { type: 'struct', fields: value.fields.map(fieldOf) }
        break
      case 'list':
        if (isId(value['element-id'])) {
          return {
            type: 'list',
            'element-id': value['element-id'],
            element: typeOf(value.element, column),
            'element-required': value['element-required'] === true,
          }
        }
        break
      case 'map':
        if (isId(value['key-id']) && isId(value['value-id'])) {
          return {
            type: 'map',
            'key-id': value['key-id'],
            key: typeOf(value.key, column),
            'value-id': value['value-id'],
            value: typeOf(value.value, column),
            'value-required': value['value-required'] === true,
          }
        }
        break
      default:
    }
  }
  throw badRequest(`the type of column ${JSON.stringify(column)} is none of the format`)
}

export function specOf(value: unknown): PartitionSpec | undefined {
  if (value === undefined || value === null) return undefined
  if (!isObject(value) || !Array.isArray(value.fields))
    throw badRequest('"partition-spec" has to have "fields"')
  const fields = value.fields.map((field, i) => {
    if (
      !isObject(field) ||
      !isId(field['source-id']) ||
      typeof field.name !== 'string' ||
      typeof field.transform !== 'string'
    )
      throw badRequest('each field of a partition spec needs "source-id", "name" and "transform"')
    const id = isId(field['field-id']) ? field['field-id'] : 1000 + i
    return { 'source-id': field['source-id'], 'field-id': id, name: field.name, transform: field.transform }
  })
  return { 'spec-id': typeof value['spec-id'] === 'number' ? value['spec-id'] : 0, fields }
}

export function orderOf(value: unknown): { readonly fields: readonly SortField[] } | undefined {
  if (value === undefined || value === null) return undefined
  if (!isObject(value) || !Array.isArray(value.fields)) throw badRequest('"write-order" has to have "fields"')
  const fields = value.fields.map((field) => {
    if (!isObject(field) || !isId(field['source-id']))
      throw badRequest('each field of a sort order needs a "source-id"')
    return { ...field, 'source-id': field['source-id'] }
  })
  return { fields }
}

/** Members beside `type` as the format names them; each has to be there. */
const requirementMembers: Readonly<Record<TableRequirement['type'], readonly string[]>> = {
  'assert-create': [],
  'assert-table-uuid': ['uuid'],
  'assert-ref-snapshot-id': ['ref'],
  'assert-last-assigned-field-id': ['last-assigned-field-id'],
  'assert-current-schema-id': ['current-schema-id'],
  'assert-last-assigned-partition-id': ['last-assigned-partition-id'],
  'assert-default-spec-id': ['default-spec-id'],
  'assert-default-sort-order-id': ['default-sort-order-id'],
}

const updateMembers: Readonly<Record<TableUpdate['action'], readonly string[]>> = {
  'assign-uuid': ['uuid'],
  'upgrade-format-version': ['format-version'],
  'add-schema': ['schema'],
  'set-current-schema': ['schema-id'],
  'add-spec': ['spec'],
  'set-default-spec': ['spec-id'],
  'add-sort-order': ['sort-order'],
  'set-default-sort-order': ['sort-order-id'],
  'add-snapshot': ['snapshot'],
  'set-snapshot-ref': ['ref-name', 'type', 'snapshot-id'],
  'remove-snapshot-ref': ['ref-name'],
  'remove-snapshots': ['snapshot-ids'],
  'set-location': ['location'],
  'set-properties': ['updates'],
  'remove-properties': ['removals'],
}

export function requirementsOf(value: unknown): readonly TableRequirement[] {
  return listOf(value, { what: 'requirements', kindMember: 'type', members: requirementMembers }).map(
    (entry) =>
      // Kind and members were checked by the list.
      ('ref' in entry && entry['snapshot-id'] === undefined
        ? { ...entry, 'snapshot-id': null }
        : entry) as unknown as TableRequirement,
  )
}

export function updatesOf(value: unknown): readonly TableUpdate[] {
  return listOf(value, { what: 'updates', kindMember: 'action', members: updateMembers }).map((entry) => {
    return entry.action === 'add-schema' ? { ...entry, schema: schemaOf(entry.schema) } : entry
    // Kind and members were checked by the list; the catalog checks what the values mean.
  }) as unknown as readonly TableUpdate[]
}

function listOf(
  value: unknown,
  {
    what,
    kindMember,
    members,
  }: { what: string; kindMember: string; members: Readonly<Record<string, readonly string[]>> },
): readonly JsonObject[] {
  if (!Array.isArray(value)) throw badRequest(`${JSON.stringify(what)} has to be a list`)
  return value.map((entry) => {
    if (!isObject(entry)) throw badRequest(`each of the ${what} has to be an object`)
    const kind = entry[kindMember]
    const needed = typeof kind === 'string' && Object.hasOwn(members, kind) ? members[kind] : undefined
    if (needed === undefined)
      throw badRequest(
        `${what} of ${kindMember} ${JSON.stringify(kind)} are not known here; known are ${Object.keys(members).join(', ')}`,
      )
    const missing = needed.filter((name) => entry[name] === undefined || entry[name] === null)
    if (missing.length > 0)
      throw badRequest(`${JSON.stringify(kind)} among the ${what} lacks ${missing.join(', ')}`)
    return entry
  })
}

function isId(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value)
}

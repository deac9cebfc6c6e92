/**
 * Schemas of the format and of the lake, one into the other; finding fields; giving out field ids. Ids are those of the schema where it
 * has them; new ones go to the columns of a level before those inside of them, as other writers do, so that the first columns of a
 * table are 1, 2, 3. Elements of lists and values of maps are optional in what we write.
 */
import { LakeError } from '../../errors.ts'
import type { LakeColumn, LakeSchema, LakeType } from '../../schema/lake-type.ts'
import type { IcebergField, IcebergSchema, IcebergType } from '../metadata.ts'
import { parseValueType, type ValueType, valueTypeText } from './value-type.ts'

/** Ids that are missing begin after `lastId`. Error: ICEBERG_SCHEMA_INVALID where an id is given twice. */
export function toIcebergSchema(
  schema: LakeSchema,
  options: {
    readonly schemaId?: number
    readonly lastId?: number
    readonly identifier?: readonly string[]
  } = {},
): IcebergSchema {
  const ids = new IdSource(Math.max(options.lastId ?? 0, highestGivenId(schema.columns)))
  const fields = toFields(schema.columns, ids)
  const result: IcebergSchema = { type: 'struct', 'schema-id': options.schemaId ?? 0, fields }
  checkSchema(result)
  if (options.identifier === undefined || options.identifier.length === 0) return result
  return {
    ...result,
    'identifier-field-ids': options.identifier.map((name) => mustFindField(result, name).field.id),
  }
}

/** Error: ICEBERG_SCHEMA_INVALID for types that the lake has not (`uuid`, `fixed`). */
export function toLakeSchema(schema: { readonly fields: readonly IcebergField[] }): LakeSchema {
  return { columns: schema.fields.map((field) => toColumn(field, field.name)) }
}

/** The field's type and everything below it with new ids; the field's own id is the first. */
export function toIcebergField(column: LakeColumn, ids: IdSource): IcebergField {
  const id = ids.take(column.fieldId)
  return fieldOf(column, id, toType(column.type, ids))
}

export function toValueType(type: LakeType): ValueType | undefined {
  return type.kind === 'struct' || type.kind === 'list' || type.kind === 'map' ? undefined : type
}

export class IdSource {
  #last: number

  constructor(last: number) {
    this.#last = last
  }

  get last(): number {
    return this.#last
  }

  take(given?: number): number {
    if (given === undefined) return ++this.#last
    if (given > this.#last) this.#last = given
    return given
  }
}

export interface FoundField {
  readonly field: IcebergField
  /** Names from the top: `address.city`; `tags.element`, `prices.key`, `prices.value` below lists and maps. */
  readonly path: string
  /** Inside of a list or map, where partitions and bounds do not reach. */
  readonly isRepeated: boolean
  /** This or something above it may be missing in a row. */
  readonly isOptional: boolean
}

/** Every field with an id, parents first. */
export function* walkFields(schema: { readonly fields: readonly IcebergField[] }): Generator<FoundField> {
  yield* walk(schema.fields, '', false, false)
}

/** By names; a name that holds a dot is found as well. */
export function findField(schema: { readonly fields: readonly IcebergField[] }, path: string) {
  for (const found of walkFields(schema)) if (found.path === path) return found
  return undefined
}

export function findFieldById(schema: { readonly fields: readonly IcebergField[] }, id: number) {
  for (const found of walkFields(schema)) if (found.field.id === id) return found
  return undefined
}

/** Error: ICEBERG_SCHEMA_INVALID. */
export function mustFindField(
  schema: { readonly fields: readonly IcebergField[] },
  path: string,
): FoundField {
  const found = findField(schema, path)
  if (found !== undefined) return found
  const names = [...walkFields(schema)].map((each) => each.path).join(', ')
  throw new LakeError(
    'ICEBERG_SCHEMA_INVALID',
    `There is no column ${JSON.stringify(path)}; there are ${names}.`,
  )
}

/** Of fields that hold single values; undefined of lists, maps and structs. */
export function valueTypeOf(field: IcebergField): ValueType | undefined {
  return typeof field.type === 'string' ? parseValueType(field.type, `column "${field.name}"`) : undefined
}

export function highestId(schema: { readonly fields: readonly IcebergField[] }): number {
  let highest = 0
  for (const { field } of walkFields(schema)) if (field.id > highest) highest = field.id
  return highest
}

/** Ids are positive and unique, names of one level differ, types are known. Error: ICEBERG_SCHEMA_INVALID. */
export function checkSchema(schema: { readonly fields: readonly IcebergField[] }): void {
  const paths = new Map<number, string>()
  const names = new Set<string>()
  for (const { field, path } of walkFields(schema)) {
    const other = paths.get(field.id)
    const problem =
      !Number.isInteger(field.id) || field.id <= 0 || field.id > 0x7fff_ffff
        ? `column "${path}" has the id ${field.id}; an id is a number from 1`
        : other !== undefined
          ? `columns "${other}" and "${path}" have the same id ${field.id}`
          : field.name === ''
            ? 'a column has no name'
            : names.has(path)
              ? `there are two columns "${path}"`
              : undefined
    if (problem !== undefined) throw new LakeError('ICEBERG_SCHEMA_INVALID', `In a schema ${problem}.`)
    paths.set(field.id, path)
    names.add(path)
    if (typeof field.type === 'string') parseValueType(field.type, `column "${path}"`)
  }
}

/** Equal but for their schema ids. */
export function isSameSchema(a: IcebergSchema, b: IcebergSchema): boolean {
  const text = (schema: IcebergSchema) =>
    JSON.stringify([schema.fields.map(canonicalField), [...(schema['identifier-field-ids'] ?? [])].sort()])
  return text(a) === text(b)
}

function canonicalField(field: IcebergField): unknown {
  return [field.id, field.name, field.required, canonicalType(field.type), field.doc ?? null]
}

function canonicalType(type: IcebergType): unknown {
  if (typeof type === 'string') return valueTypeText(parseValueType(type, 'a column'))
  if (type.type === 'struct') return type.fields.map(canonicalField)
  if (type.type === 'list') return [type['element-id'], type['element-required'], canonicalType(type.element)]
  return [
    type['key-id'],
    type['value-id'],
    type['value-required'],
    canonicalType(type.key),
    canonicalType(type.value),
  ]
}

function* walk(
  fields: readonly IcebergField[],
  prefix: string,
  isRepeated: boolean,
  isOptional: boolean,
): Generator<FoundField> {
  for (const field of fields) {
    const found = { field, path: prefix + field.name, isRepeated, isOptional: isOptional || !field.required }
    yield found
    const { type } = field
    if (typeof type === 'string') continue
    if (type.type === 'struct') yield* walk(type.fields, `${found.path}.`, isRepeated, found.isOptional)
    else yield* walk(partsOf(type), `${found.path}.`, true, found.isOptional)
  }
}

/** Elements, keys and values as fields with the names that Parquet and the format give them. */
export function partsOf(type: Exclude<IcebergType, string | { type: 'struct' }>): IcebergField[] {
  if (type.type === 'list') {
    return [
      { id: type['element-id'], name: 'element', required: type['element-required'], type: type.element },
    ]
  }
  return [
    { id: type['key-id'], name: 'key', required: true, type: type.key },
    { id: type['value-id'], name: 'value', required: type['value-required'], type: type.value },
  ]
}

function toFields(columns: readonly LakeColumn[], ids: IdSource): IcebergField[] {
  const own = columns.map((column) => ids.take(column.fieldId))
  return columns.map((column, i) => fieldOf(column, own[i]!, toType(column.type, ids)))
}

function fieldOf(column: LakeColumn, id: number, type: IcebergType): IcebergField {
  const field = { id, name: column.name, required: column.isRequired === true, type }
  return column.comment === undefined ? field : { ...field, doc: column.comment }
}

function toType(type: LakeType, ids: IdSource): IcebergType {
  switch (type.kind) {
    case 'struct':
      return { type: 'struct', fields: toFields(type.fields, ids) }
    case 'list': {
      const elementId = ids.take(type.elementId)
      return {
        type: 'list',
        'element-id': elementId,
        element: toType(type.element, ids),
        'element-required': false,
      }
    }
    case 'map': {
      const keyId = ids.take(type.keyId)
      const valueId = ids.take(type.valueId)
      return {
        type: 'map',
        'key-id': keyId,
        key: toType(type.key, ids),
        'value-id': valueId,
        value: toType(type.value, ids),
        'value-required': false,
      }
    }
    default:
      return valueTypeText(type)
  }
}

function toColumn(field: IcebergField, path: string): LakeColumn {
  const column = {
    name: field.name,
    type: toLakeType(field.type, path),
    fieldId: field.id,
    isRequired: field.required,
  }
  return field.doc === undefined ? column : { ...column, comment: field.doc }
}

function toLakeType(type: IcebergType, path: string): LakeType {
  if (typeof type !== 'string') {
    switch (type.type) {
      case 'struct':
        return {
          kind: 'struct',
          fields: type.fields.map((field) => toColumn(field, `${path}.${field.name}`)),
        }
      case 'list':
        return {
          kind: 'list',
          element: toLakeType(type.element, `${path}.element`),
          elementId: type['element-id'],
        }
      case 'map':
        return {
          kind: 'map',
          key: toLakeType(type.key, `${path}.key`),
          value: toLakeType(type.value, `${path}.value`),
          keyId: type['key-id'],
          valueId: type['value-id'],
        }
    }
  }
  const parsed = parseValueType(type, `column "${path}"`)
  if (parsed.kind === 'uuid' || parsed.kind === 'fixed') {
    throw new LakeError(
      'ICEBERG_SCHEMA_INVALID',
      `Column "${path}" has the type ${type}, which tables of the lake do not have. ` +
        'Other engines may keep such a column as text or binary.',
    )
  }
  return parsed.kind === 'decimal' ? parsed : { kind: parsed.kind }
}

function highestGivenId(columns: readonly LakeColumn[]): number {
  let highest = 0
  for (const column of columns) {
    highest = Math.max(highest, column.fieldId ?? 0, highestGivenIdOf(column.type))
  }
  return highest
}

function highestGivenIdOf(type: LakeType): number {
  switch (type.kind) {
    case 'struct':
      return highestGivenId(type.fields)
    case 'list':
      return Math.max(type.elementId ?? 0, highestGivenIdOf(type.element))
    case 'map':
      return Math.max(
        type.keyId ?? 0,
        type.valueId ?? 0,
        highestGivenIdOf(type.key),
        highestGivenIdOf(type.value),
      )
    default:
      return 0
  }
}

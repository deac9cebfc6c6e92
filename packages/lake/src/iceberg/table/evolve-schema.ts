/**
 * Changes of a schema by names (Apache Iceberg, format/spec.md, "Schema evolution"). Columns keep their ids whatever becomes of their
 * names and places, so that older files are read right; ids are never given out twice. What older files could not be read by is
 * refused: new required columns, types that are no widening, keys of maps, columns that partitions are made from.
 */
import { LakeError } from '../../errors.ts'
import type { LakeType } from '../../schema/lake-type.ts'
import {
  findFieldById,
  IdSource,
  isSameSchema,
  toIcebergField,
  walkFields,
} from '../format/iceberg-schema.ts'
import { parseValueType, type ValueType, valueTypeText } from '../format/value-type.ts'
import type { IcebergField, IcebergSchema, IcebergType, TableMetadata } from '../metadata.ts'
import type { ColumnPlace, SchemaChange } from '../table-port.ts'
import { currentSchemaOf, currentSpecOf } from './table-files.ts'

type Fields = readonly IcebergField[]

/** Undefined: nothing differs. Error: ICEBERG_SCHEMA_INVALID. */
export function evolvedSchema(
  metadata: TableMetadata,
  changes: readonly SchemaChange[],
): IcebergSchema | undefined {
  const current = currentSchemaOf(metadata)
  const ids = new IdSource(metadata['last-column-id'])
  let fields: Fields = current.fields
  for (const change of changes) fields = applied(fields, change, ids, metadata)
  const identifier = current['identifier-field-ids'] ?? []
  for (const id of identifier) {
    const found = findFieldById({ fields }, id)
    if (found === undefined || found.isOptional) {
      const name = found?.path ?? findFieldById(current, id)?.path ?? String(id)
      throw invalid(`Column "${name}" tells the table's rows apart, so it stays and stays required.`)
    }
  }
  const next = { ...current, fields }
  return isSameSchema(current, next) ? undefined : next
}

function applied(fields: Fields, change: SchemaChange, ids: IdSource, metadata: TableMetadata): Fields {
  switch (change.kind) {
    case 'add':
      return inside(fields, change.parent, (siblings) => {
        if (change.column.isRequired === true) {
          throw invalid(
            `Column "${change.column.name}" cannot be required: rows that are there already have no value for it.`,
          )
        }
        refuseName(siblings, change.column.name)
        // Ids that the column brings were given out for something else.
        const field = toIcebergField(withoutIds(change.column), ids)
        return placed([...siblings, field], field.name, change.at)
      })
    case 'drop':
      refusePartitionSource(fields, change.column, metadata, 'dropped')
      return atColumn(fields, change.column, (siblings, field) => siblings.filter((each) => each !== field))
    case 'rename':
      return atColumn(fields, change.column, (siblings, field) => {
        const others = siblings.filter((each) => each !== field)
        refuseName(others, change.name)
        return siblings.map((each) => (each === field ? { ...field, name: change.name } : each))
      })
    case 'move':
      return atColumn(fields, change.column, (siblings, field) => placed(siblings, field.name, change.at))
    case 'widen':
      return replaced(fields, change.column, (field) => ({ ...field, type: widened(field, change.type) }))
    case 'make-optional':
      return replaced(fields, change.column, (field) => ({ ...field, required: false }))
    case 'comment':
      return replaced(fields, change.column, ({ doc: _, ...field }) =>
        change.comment === undefined ? field : { ...field, doc: change.comment },
      )
  }
}

function widened(field: IcebergField, to: LakeType): IcebergType {
  const refuse = (what: string) => {
    throw invalid(
      `Column "${field.name}" cannot become ${what}: int becomes long, float becomes double, and decimals get more digits.`,
    )
  }
  if (typeof field.type !== 'string' || to.kind === 'struct' || to.kind === 'list' || to.kind === 'map') {
    return refuse(to.kind) ?? field.type
  }
  const from = parseValueType(field.type, `column "${field.name}"`)
  const target: ValueType = to
  const isSame = valueTypeText(from) === valueTypeText(target)
  const isWider =
    (from.kind === 'int' && target.kind === 'long') ||
    (from.kind === 'float' && target.kind === 'double') ||
    (from.kind === 'decimal' &&
      target.kind === 'decimal' &&
      from.scale === target.scale &&
      from.precision < target.precision)
  if (!isSame && !isWider) refuse(valueTypeText(target))
  return valueTypeText(target)
}

/** Calls for the fields among which new ones go: the top, or those of a struct, also inside of lists and maps. */
function inside(fields: Fields, parent: string | undefined, change: (siblings: Fields) => Fields): Fields {
  if (parent === undefined) return change(fields)
  return replaced(fields, parent, (field) => {
    if (typeof field.type === 'string' || field.type.type !== 'struct') {
      throw invalid(`Column "${parent}" is no struct, so nothing can be added to it.`)
    }
    return { ...field, type: { ...field.type, fields: change(field.type.fields) } }
  })
}

/** Calls for the fields that the named one stands among. */
function atColumn(
  fields: Fields,
  path: string,
  change: (siblings: Fields, field: IcebergField) => Fields,
): Fields {
  const found = mustFind(fields, path)
  const rewrite = (siblings: Fields): Fields => {
    const own = siblings.find((each) => each.id === found.id)
    if (own !== undefined) return change(siblings, own)
    return siblings.map((each) => ({ ...each, type: belowStructs(each.type, rewrite) }))
  }
  const next = rewrite(fields)
  if (next.length === 0) throw invalid(`Column "${path}" is the last one, and a table has at least one.`)
  return next
}

function replaced(fields: Fields, path: string, change: (field: IcebergField) => IcebergField): Fields {
  const found = mustFind(fields, path)
  const rewriteField = (field: IcebergField): IcebergField =>
    field.id === found.id ? change(field) : { ...field, type: below(field.type, rewriteField) }
  return fields.map(rewriteField)
}

/** The type with its parts changed as if they were fields. */
function below(type: IcebergType, change: (field: IcebergField) => IcebergField): IcebergType {
  if (typeof type === 'string') return type
  if (type.type === 'struct') {
    const fields = type.fields.map(change)
    return { ...type, fields }
  }
  if (type.type === 'list') {
    const element = change({
      id: type['element-id'],
      name: 'element',
      required: type['element-required'],
      type: type.element,
    })
    return { ...type, element: element.type, 'element-required': element.required }
  }
  const key = change({ id: type['key-id'], name: 'key', required: true, type: type.key })
  if (JSON.stringify(key.type) !== JSON.stringify(type.key) || !key.required) {
    throw invalid('Keys of maps cannot be changed: older rows could not be told apart any more.')
  }
  const value = change({
    id: type['value-id'],
    name: 'value',
    required: type['value-required'],
    type: type.value,
  })
  return { ...type, value: value.type, 'value-required': value.required }
}

function belowStructs(type: IcebergType, change: (fields: Fields) => Fields): IcebergType {
  if (typeof type === 'string') return type
  if (type.type === 'struct') {
    const fields = change(type.fields)
    if (fields.length === 0) throw invalid('A struct has at least one field; drop the struct itself.')
    return { ...type, fields }
  }
  return below(type, (field) => ({ ...field, type: belowStructs(field.type, change) }))
}

function placed(siblings: Fields, name: string, at: ColumnPlace | undefined): Fields {
  if (at === undefined) return siblings
  const field = siblings.find((each) => each.name === name)!
  const others = siblings.filter((each) => each !== field)
  if (at === 'first') return [field, ...others]
  const besides = 'after' in at ? at.after : at.before
  // Among its siblings a column is known by its last name.
  const index = others.findIndex((each) => each.name === besides || besides.endsWith(`.${each.name}`))
  if (index < 0) {
    throw invalid(`Column "${name}" cannot be moved beside "${besides}", which does not stand beside it.`)
  }
  const place = 'after' in at ? index + 1 : index
  return [...others.slice(0, place), field, ...others.slice(place)]
}

function mustFind(fields: Fields, path: string): IcebergField {
  const all = [...walkFields({ fields })]
  const found = all.find((each) => each.path === path)
  if (found !== undefined) return found.field
  throw invalid(`There is no column "${path}"; there are ${all.map((each) => each.path).join(', ')}.`)
}

function refuseName(siblings: Fields, name: string): void {
  const known = siblings.find((each) => each.name.toLowerCase() === name.toLowerCase())
  if (known !== undefined) throw invalid(`There is a column "${known.name}" already.`)
  if (name === '') throw invalid('A column needs a name.')
}

/** New files could not be partitioned any more; older specs may name columns that are gone. */
function refusePartitionSource(fields: Fields, path: string, metadata: TableMetadata, what: string): void {
  const { id } = mustFind(fields, path)
  const gone = new Set<number>()
  for (const { field, path: each } of walkFields({ fields })) {
    if (field.id === id || each.startsWith(`${path}.`)) gone.add(field.id)
  }
  const used = currentSpecOf(metadata).fields.find(
    (field) => field.transform !== 'void' && gone.has(field['source-id']),
  )
  if (used === undefined) return
  throw invalid(
    `Column "${path}" cannot be ${what}: the table is partitioned by "${used.name}", which is made from it. ` +
      'Change the partitions first.',
  )
}

function withoutIds<T extends { readonly type: LakeType }>(column: T): T {
  const { fieldId: _, ...plain } = column as T & { readonly fieldId?: number }
  // The same column without its number; ids are optional everywhere.
  return { ...plain, type: typeWithoutIds(column.type) } as unknown as T
}

function typeWithoutIds(type: LakeType): LakeType {
  switch (type.kind) {
    case 'struct':
      return { kind: 'struct', fields: type.fields.map(withoutIds) }
    case 'list':
      return { kind: 'list', element: typeWithoutIds(type.element) }
    case 'map':
      return { kind: 'map', key: typeWithoutIds(type.key), value: typeWithoutIds(type.value) }
    default:
      return type
  }
}

function invalid(message: string): LakeError {
  return new LakeError('ICEBERG_SCHEMA_INVALID', message)
}

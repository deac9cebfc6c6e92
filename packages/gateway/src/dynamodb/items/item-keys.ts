/**
 * Keys of items as requests give them, and what an item must have to be stored under them. The engine checks each write
 * anew; these checks come first where several writes stand or fall together.
 */
import type { KeyDefinition, KeyValue } from '@millrace/store'
import {
  attributeOf,
  type ItemKey,
  keyAttributeType,
  keyValueOf,
  type TableSpec,
  type TypedItem,
  typeOf,
} from '@millrace/tables'
import { invalidParameters, validation } from '../faults.ts'

const PARTITION_BYTES_MAX = 2048
const SORT_BYTES_MAX = 1024

export const schemaMismatch = 'The provided key element does not match the schema'

export interface Keys {
  readonly partitionKey: KeyDefinition
  readonly sortKey?: KeyDefinition
}

/** Of `Key`, for a table or an index. Errors: ValidationException. */
export function itemKey({ partitionKey, sortKey }: Keys, given: TypedItem): ItemKey {
  if (Object.keys(given).length !== (sortKey === undefined ? 1 : 2)) throw validation(schemaMismatch)
  const partition = keyPart(partitionKey, given, 'partition')
  return sortKey === undefined
    ? { partitionKey: partition }
    : { partitionKey: partition, sortKey: keyPart(sortKey, given, 'sort') }
}

export function keyPart(definition: KeyDefinition, given: TypedItem, part: 'partition' | 'sort'): KeyValue {
  const value = attributeOf(given, definition.name)
  const key = value === undefined ? undefined : keyValueOf(value, definition.type)
  if (key === undefined) throw validation(schemaMismatch)
  if (isEmpty(key)) {
    throw invalidParameters(
      `The AttributeValue for a key attribute cannot contain an empty ${definition.type} value. Key: ${definition.name}`,
    )
  }
  checkSize(key, definition, part)
  return key
}

/** What the engine would say to a put of this item, its size left aside. Errors: ValidationException. */
export function checkItemKeys(table: TableSpec, item: TypedItem): ItemKey {
  const { partitionKey, sortKey } = table
  const partition = ownKey(partitionKey, item, 'partition')
  const key =
    sortKey === undefined
      ? { partitionKey: partition }
      : { partitionKey: partition, sortKey: ownKey(sortKey, item, 'sort') }
  for (const { name, partitionKey: hash, sortKey: range } of table.settings.indexes) {
    checkIndexKey(name, hash, item, 'partition')
    if (range !== undefined) checkIndexKey(name, range, item, 'sort')
  }
  return key
}

function ownKey(definition: KeyDefinition, item: TypedItem, part: 'partition' | 'sort'): KeyValue {
  const { name, type } = definition
  const value = attributeOf(item, name)
  if (value === undefined) throw invalidParameters(`Missing the key ${name} in the item`)
  const key = keyValueOf(value, type)
  if (key === undefined) {
    throw invalidParameters(
      `Type mismatch for key ${name} expected: ${keyAttributeType[type]} actual: ${typeOf(value)}`,
    )
  }
  if (isEmpty(key)) {
    throw validation(
      `One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty ${type} value. Key: ${name}`,
    )
  }
  checkSize(key, definition, part)
  return key
}

function checkIndexKey(
  index: string,
  { name, type }: KeyDefinition,
  item: TypedItem,
  part: 'partition' | 'sort',
): void {
  const value = attributeOf(item, name)
  if (value === undefined) return
  const key = keyValueOf(value, type)
  if (key === undefined) {
    throw invalidParameters(
      `Type mismatch for Index Key ${name} Expected: ${keyAttributeType[type]} Actual: ${typeOf(value)} IndexName: ${index}`,
    )
  }
  if (isEmpty(key)) {
    throw validation(
      'One or more parameter values are not valid. A value specified for a secondary index key is not supported. ' +
        `The AttributeValue for a key attribute cannot contain an empty ${type} value. IndexName: ${index}, IndexKey: ${name}`,
    )
  }
  checkSize(key, { name, type }, part)
}

function checkSize(key: KeyValue, { type }: KeyDefinition, part: 'partition' | 'sort'): void {
  if (type === 'number') return
  // Keys of these types are texts and bytes.
  const length = (key as string | Uint8Array).length
  const max = part === 'partition' ? PARTITION_BYTES_MAX : SORT_BYTES_MAX
  if (length * 3 <= max) return
  if ((typeof key === 'string' ? Buffer.byteLength(key) : length) <= max) return
  throw invalidParameters(
    part === 'partition'
      ? `Size of hashkey has exceeded the maximum size limit of${max} bytes`
      : `Aggregated size of all range keys has exceeded the size limit of ${max} bytes`,
  )
}

function isEmpty(key: KeyValue): boolean {
  return (typeof key === 'string' || key instanceof Uint8Array) && key.length === 0
}

/** One text for each key, to find doubles. Keys of one table only. */
export function keyText({ partitionKey, sortKey }: ItemKey): string {
  return JSON.stringify([partText(partitionKey), sortKey === undefined ? null : partText(sortKey)])
}

function partText(value: KeyValue): string {
  return value instanceof Uint8Array ? Buffer.from(value).toString('base64') : String(value)
}

/**
 * Keys of items: read from their attributes and checked, and back. Limits are DynamoDB's: 2,048 bytes for a partition key,
 * 1,024 for a sort key, neither empty.
 */
import type { KeyDefinition, KeyValue } from '@millrace/store'
import type { AttributeValue, TypedItem } from './attribute-value.ts'
import { TableError } from './errors.ts'
import type { ItemKey } from './port.ts'
import type { TablePlan } from './table-plan.ts'
import { attributeOf, setMember, typeOf } from './values/attribute-type.ts'
import { attributeOfKey, keyAttributeType, keyValueOf } from './values/key-value.ts'

const partitionKeyBytesMax = 2_048
const sortKeyBytesMax = 1_024
/** With the flag u, a pair is one character and only half of one is in this class. */
const surrogate = /\p{Surrogate}/u

/** Which key of which index, for messages; a key of the table itself without it. */
type KeyPlace = { readonly part: 'partition' | 'sort'; readonly index?: string }

/** The key of an item. Error: TABLE_KEY_INVALID. */
export function keyOfItem(plan: TablePlan, item: TypedItem): ItemKey {
  const { partitionKey, sortKey } = plan.entry
  const partition = keyAttribute(plan, partitionKey, item, 'partition')
  if (sortKey === undefined) return { partitionKey: partition }
  return { partitionKey: partition, sortKey: keyAttribute(plan, sortKey, item, 'sort') }
}

/** A key given as values. Error: TABLE_KEY_INVALID. */
export function checkKey(plan: TablePlan, key: ItemKey): void {
  const { partitionKey, sortKey } = plan.entry
  checkGiven(plan, partitionKey, key.partitionKey, 'partition')
  if (sortKey !== undefined) checkGiven(plan, sortKey, key.sortKey, 'sort')
  else if (key.sortKey !== undefined) {
    throw new TableError(
      'TABLE_KEY_INVALID',
      `table "${plan.name}" has no sort key, but ${shown(key.sortKey)} was given as one. Leave it out.`,
      'The provided key element does not match the schema',
    )
  }
}

/** The key as attributes of its item. */
export function keyAttributes(plan: TablePlan, key: ItemKey): TypedItem {
  const { partitionKey, sortKey } = plan.entry
  const item: Record<string, AttributeValue> = {}
  setMember(item, partitionKey.name, attributeOfKey(key.partitionKey, partitionKey.type))
  if (sortKey !== undefined && key.sortKey !== undefined)
    setMember(item, sortKey.name, attributeOfKey(key.sortKey, sortKey.type))
  return item
}

/**
 * The item's value for a key of an index; undefined if it has none, and is not in the index therefore. Error:
 * TABLE_KEY_INVALID where the attribute is there and cannot be a key.
 */
export function indexKeyValue(
  plan: TablePlan,
  index: string,
  definition: KeyDefinition,
  item: TypedItem,
  part: 'partition' | 'sort',
): KeyValue | undefined {
  const value = attributeOf(item, definition.name)
  if (value === undefined) return undefined
  const key = keyValueOf(value, definition.type)
  if (key === undefined) {
    const [expected, actual] = [keyAttributeType[definition.type], typeOf(value)]
    throw new TableError(
      'TABLE_KEY_INVALID',
      `table "${plan.name}": attribute "${definition.name}" is a key of index "${index}" and has to be a ${definition.type}, ` +
        `but has type ${actual}. Give it a ${definition.type}, or leave it out: then the item is not in the index.`,
      `One or more parameter values were invalid: Type mismatch for Index Key ${definition.name} Expected: ${expected} ` +
        `Actual: ${actual} IndexName: ${index}`,
    )
  }
  checkSize(plan, definition, key, { part, index })
  return key
}

function keyAttribute(
  plan: TablePlan,
  definition: KeyDefinition,
  item: TypedItem,
  part: 'partition' | 'sort',
): KeyValue {
  const value = attributeOf(item, definition.name)
  const { name, type } = definition
  if (value === undefined) {
    throw new TableError(
      'TABLE_KEY_INVALID',
      `table "${plan.name}": the item has no attribute "${name}", which is the ${part} key. Give it a ${type}.`,
      `One or more parameter values were invalid: Missing the key ${name} in the item`,
    )
  }
  const key = keyValueOf(value, type)
  if (key === undefined) {
    const [expected, actual] = [keyAttributeType[type], typeOf(value)]
    throw new TableError(
      'TABLE_KEY_INVALID',
      `table "${plan.name}": the ${part} key "${name}" has type ${actual}, allowed is a ${type} (${expected}).`,
      `One or more parameter values were invalid: Type mismatch for key ${name} expected: ${expected} actual: ${actual}`,
    )
  }
  checkSize(plan, definition, key, { part })
  return key
}

function checkGiven(
  plan: TablePlan,
  definition: KeyDefinition,
  value: KeyValue | undefined,
  part: 'partition' | 'sort',
): void {
  if (!isOfType(definition.type, value)) {
    throw new TableError(
      'TABLE_KEY_INVALID',
      `table "${plan.name}": the ${part} key "${definition.name}" is ${shown(value)}, allowed is a ${definition.type}.`,
      'The provided key element does not match the schema',
    )
  }
  // Just seen not to be undefined.
  checkSize(plan, definition, value as KeyValue, { part })
}

function isOfType(type: KeyDefinition['type'], value: KeyValue | undefined): boolean {
  if (type === 'string') return typeof value === 'string'
  if (type === 'binary') return value instanceof Uint8Array
  return typeof value === 'number' || typeof value === 'bigint' || typeof value === 'string'
}

function checkSize(plan: TablePlan, definition: KeyDefinition, value: KeyValue, place: KeyPlace): void {
  if (definition.type === 'number') return
  const bytesMax = place.part === 'partition' ? partitionKeyBytesMax : sortKeyBytesMax
  // Three bytes for each UTF-16 unit are the most; a number given as text was dealt with before.
  const length = (value as string | Uint8Array).length
  if (typeof value === 'string' && surrogate.test(value)) {
    throw new TableError(
      'TABLE_KEY_INVALID',
      `table "${plan.name}": ${keyPlace(place)} "${definition.name}" holds half of a surrogate pair, which has no UTF-8 form. ` +
        'Clean the text with toWellFormed().',
    )
  }
  if (length > 0 && length * 3 <= bytesMax) return
  const bytes = typeof value === 'string' ? Buffer.byteLength(value) : length
  if (bytes > 0 && bytes <= bytesMax) return
  const { name } = definition
  const { index, part } = place
  throw new TableError(
    'TABLE_KEY_INVALID',
    `table "${plan.name}": ${keyPlace(place)} "${name}" has ${bytes} bytes, allowed are 1 to ${bytesMax}.`,
    bytes === 0
      ? emptyReason(name, index, definition.type)
      : part === 'partition'
        ? `One or more parameter values were invalid: Size of hashkey has exceeded the maximum size limit of${bytesMax} bytes`
        : `One or more parameter values were invalid: Aggregated size of all range keys has exceeded the size limit of ${bytesMax} bytes`,
  )
}

function keyPlace({ index, part }: KeyPlace): string {
  return index === undefined ? `the ${part} key` : `the ${part} key of index "${index}",`
}

function emptyReason(key: string, index: string | undefined, type: KeyDefinition['type']): string {
  const empty = `cannot contain an empty ${type} value.`
  return index === undefined
    ? `One or more parameter values are not valid. The AttributeValue for a key attribute ${empty} Key: ${key}`
    : 'One or more parameter values are not valid. A value specified for a secondary index key is not supported. ' +
        `The AttributeValue for a key attribute ${empty} IndexName: ${index}, IndexKey: ${key}`
}

function shown(value: KeyValue | undefined): string {
  if (value === undefined) return 'missing'
  if (value instanceof Uint8Array) return `${value.length} bytes`
  return typeof value === 'string' ? JSON.stringify(value.slice(0, 80)) : String(value)
}

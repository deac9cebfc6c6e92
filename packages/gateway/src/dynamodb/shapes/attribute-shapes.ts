/**
 * Attribute values as they come in. Their JSON types are looked at with the rest of the input; what they hold is checked by
 * the operations (readItem), since the service does so after it has looked at all other members.
 */
import { assertAttributeShape, assertItemShape, type JsonObject } from '@millrace/tables'
import { serializationError } from '../../wire/serialization-error.ts'
import { castText, type ItemShape, mustStructure, unchecked } from './value-shapes.ts'

/** Of one value, of a right form. */
export type RawValue = JsonObject
/** Of an item or a key. */
export type RawItem = JsonObject

export const attributeValue: ItemShape<RawValue> = unchecked((value) => {
  mustStructure(value, 'AttributeValue', 'Unexpected field type')
  return readValue(value)
}, readValue)

/** `Item`, `Key` and the like. */
export const attributeMap: ItemShape<RawItem> = unchecked(readItem)

/** An item in a list: `Keys` of a batch. */
export const parameterizedAttributeMap: ItemShape<RawItem> = unchecked((value) => {
  if (typeof value !== 'object') throw serializationError(castText)
  return readItem(value)
})

function readValue(value: unknown): RawValue {
  assertAttributeShape(value)
  return value
}

function readItem(value: unknown): RawItem {
  assertItemShape(value)
  return value
}

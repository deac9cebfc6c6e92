export type * from './attribute-value.ts'
export type { ChangeRecord } from './change-record.ts'
export * from './errors.ts'
export { openTables, type TablesOptions } from './open-tables.ts'
export * from './port.ts'
export { segmentOf } from './read-items.ts'
export { assertAttributeShape, assertItemShape } from './values/attribute-shape.ts'
export { attributeOf, attributeTypes, isAttributeType, setMember, typeOf } from './values/attribute-type.ts'
export { compareStrings, compareValues, equalItems, equalValues } from './values/compare.ts'
export { ITEM_BYTES_MAX, itemSize, valueSize } from './values/item-size.ts'
export { attributeOfKey, keyAttributeType, keyValueOf } from './values/key-value.ts'
export {
  marshalItem,
  marshalValue,
  type PlainItem,
  type PlainValue,
  unmarshalItem,
  unmarshalValue,
} from './values/marshal.ts'
export { addNumbers, canonicalNumber, compareNumbers, subtractNumbers } from './values/number-text.ts'
export { isPlain, itemFromJson, itemToJson, valueToJson } from './values/plain-json.ts'
export { NESTING_LEVELS_MAX, readAttributeValue, readItem } from './values/read-attribute-value.ts'
export * from './values/request-error.ts'

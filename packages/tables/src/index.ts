export type * from './attribute-value.ts'
export { changeKey } from './change-log.ts'
export type { ChangeRecord } from './change-record.ts'
export * from './errors.ts'
export { type ExportOptions, exportTable, type TableExport } from './export/export-table.ts'
export type { DocumentPath } from './expression/document-path.ts'
export {
  assertOneForm,
  type CompiledExpressions,
  compileCondition,
  compileExpressions,
  compileKeyCondition,
  compileProjection,
  compileUpdate,
  type ExpressionParameters,
  type RequestExpressions,
} from './expression/expressions.ts'
export { ItemCondition } from './expression/item-condition.ts'
export { ItemProjection } from './expression/item-projection.ts'
export type { KeyCondition, KeyRange, KeySchema } from './expression/key-condition.ts'
export { type PlaceholderInput, Placeholders } from './expression/placeholders.ts'
export type { Assignment, Update } from './expression/update.ts'
export { plainJson } from './item-text.ts'
export {
  itemKeyFromText,
  keyFromText,
  type QueriedKeys,
  queriedKeys,
  sortRangeFromText,
  type TextBound,
  type TextRange,
} from './key-text.ts'
export { legacyUpdate } from './legacy/attribute-updates.ts'
export { legacyProjection } from './legacy/attributes-to-get.ts'
export {
  expectedCondition,
  type FilterParameter,
  filterCondition,
  legacyKeyCondition,
} from './legacy/legacy-conditions.ts'
export { openTables, type TablesOptions } from './open-tables.ts'
export * from './port.ts'
export { segmentOf } from './read-items.ts'
export { checkSettings } from './settings.ts'
export { tableOfChanges } from './table-of-changes.ts'
export { isEntryTable } from './table-plan.ts'
export {
  assertAttributeShape,
  assertItemShape,
  type JsonObject,
  readBoolean,
} from './values/attribute-shape.ts'
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

/** What expressions may say of key attributes. Errors: ValidationException. */
import type { KeyDefinition } from '@millrace/store'
import {
  attributeOf,
  keyAttributeType,
  type TableSpec,
  type TypedItem,
  typeOf,
  type Update,
} from '@millrace/tables'
import { invalidParameters, validation } from '../faults.ts'

function keysOf({
  partitionKey,
  sortKey,
}: {
  partitionKey: KeyDefinition
  sortKey?: KeyDefinition
}): KeyDefinition[] {
  return sortKey === undefined ? [partitionKey] : [partitionKey, sortKey]
}

/** Keys have no parts. `nested`: attributes of which an expression names parts. */
export function checkNested(table: TableSpec, nested: ReadonlySet<string> | undefined): void {
  if (nested === undefined || nested.size === 0) return
  const fault = (kind: string, name: string): Error =>
    validation(
      `Key attributes must be scalars; list random access '[]' and map lookup '.' are not allowed: ${kind}: ${name}`,
    )
  for (const { name } of keysOf(table)) if (nested.has(name)) throw fault('Key', name)
  for (const index of table.settings.indexes) {
    for (const { name } of keysOf(index)) if (nested.has(name)) throw fault('IndexKey', name)
  }
}

/** An update leaves the item's key alone, and gives keys of indexes the type that they have. */
export function checkUpdate(table: TableSpec, update: Update): void {
  for (const { name } of keysOf(table)) {
    if (!update.attributes.has(name)) continue
    throw invalidParameters(`Cannot update attribute ${name}. This attribute is part of the key`)
  }
  for (const index of table.settings.indexes) {
    for (const { name, type } of keysOf(index)) {
      const assigned = update.assignments.find(({ attribute }) => attribute === name)?.type
      const expected = keyAttributeType[type]
      if (assigned === undefined || assigned === expected) continue
      throw invalidParameters(
        `Type mismatch for Index Key ${name} Expected: ${expected} Actual: ${assigned} IndexName: ${index.name}`,
      )
    }
  }
  checkNested(table, update.nested)
}

/** After an update: what it took from other attributes may be of any type. */
export function checkUpdatedKeys(table: TableSpec, update: Update, after: TypedItem): void {
  for (const index of table.settings.indexes) {
    for (const { name, type } of keysOf(index)) {
      if (!update.attributes.has(name)) continue
      const value = attributeOf(after, name)
      if (value === undefined || typeOf(value) === keyAttributeType[type]) continue
      throw validation(
        'The update expression attempted to update the secondary index key to unsupported type',
      )
    }
  }
}

/** Filters come after keys. `name`: how the parameter is called in the text. */
export function checkFilter(
  keys: { readonly partitionKey: KeyDefinition; readonly sortKey?: KeyDefinition },
  attributes: ReadonlySet<string> | undefined,
  name: 'Filter Expression' | 'QueryFilter',
): void {
  for (const key of keysOf(keys)) {
    if (attributes?.has(key.name) !== true) continue
    throw validation(
      `${name} can only contain non-primary key attributes: Primary key attribute: ${key.name}`,
    )
  }
}

/**
 * Items between the text in the store and their typed form. What was written typed is stored typed, and what app code wrote
 * as plain JSON is stored as that: each side reads what it wrote without a conversion, and the other's with one.
 *
 * Plain JSON has key attributes of type binary as base64 text; other texts stay strings.
 */
import type { EncodedItem } from '@millrace/store'
import type { TypedItem } from './attribute-value.ts'
import type { TablePlan } from './table-plan.ts'
import { attributeOf } from './values/attribute-type.ts'
import { itemFromJson, itemToJson } from './values/plain-json.ts'

const encoder = new TextEncoder()

export function typedItem(plan: TablePlan, { encoding, json }: EncodedItem): TypedItem {
  if (encoding === 'json') return typedFromJson(plan, json)
  // Items are stored typed by writeTyped alone.
  return JSON.parse(textOf(json)) as TypedItem
}

export function typedFromJson(plan: TablePlan, json: Uint8Array): TypedItem {
  const item = itemFromJson(textOf(json))
  if (!plan.hasBinaryKey) return item
  const keys: Record<string, TypedItem[string]> = {}
  for (const { name, type } of plan.keys) {
    const value = attributeOf(item, name)
    if (type === 'binary' && value !== undefined && 'S' in value) keys[name] = { B: value.S }
  }
  return { ...item, ...keys }
}

export function plainJson({ encoding, json }: EncodedItem): Uint8Array {
  // JSON.parse as in typedItem.
  return encoding === 'json' ? json : encoder.encode(itemToJson(JSON.parse(textOf(json)) as TypedItem))
}

export function typedText(item: TypedItem): Uint8Array {
  return encoder.encode(JSON.stringify(item))
}

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8')
}

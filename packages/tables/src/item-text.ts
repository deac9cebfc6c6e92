/**
 * Items between the text in the store and their typed form. What was written typed is stored typed, and what app code wrote
 * as plain JSON is stored as that: each side reads what it wrote without a conversion, and the other's with one.
 *
 * Plain JSON has key attributes of type binary as base64 text; other texts stay strings.
 *
 * Items that are to be written have to be items as DynamoDB has them wherever somebody looks. One that is in the store
 * already is read in any case: app code may have put plain JSON into a table that nobody observed then, or with an
 * older version, and one such item must not make its table unreadable.
 */
import type { EncodedItem } from '@millrace/store'
import type { TypedItem } from './attribute-value.ts'
import type { TablePlan } from './table-plan.ts'
import { attributeOf, setMember } from './values/attribute-type.ts'
import { itemFromJson, itemToJson, storedItemFromJson } from './values/plain-json.ts'

const encoder = new TextEncoder()
const scratch = Buffer.allocUnsafeSlow(1 << 16)

export function typedItem(plan: TablePlan, { encoding, json }: EncodedItem): TypedItem {
  if (encoding === 'json') return withBinaryKeys(plan, storedItemFromJson(textOf(json)))
  // Items are stored typed by writeTyped alone.
  return JSON.parse(textOf(json)) as TypedItem
}

/** Error: TableRequestError. */
export function typedFromJson(plan: TablePlan, json: Uint8Array): TypedItem {
  return withBinaryKeys(plan, itemFromJson(textOf(json)))
}

function withBinaryKeys(plan: TablePlan, item: TypedItem): TypedItem {
  if (!plan.hasBinaryKey) return item
  const keys: Record<string, TypedItem[string]> = {}
  for (const { name, type } of plan.keys) {
    const value = attributeOf(item, name)
    if (type !== 'binary' || value === undefined || !('S' in value)) continue
    // Texts that differ in bits that mean nothing are one key, which has one text.
    setMember(keys, name, { B: Buffer.from(value.S, 'base64').toString('base64') })
  }
  return { ...item, ...keys }
}

export function plainJson({ encoding, json }: EncodedItem): Uint8Array {
  // JSON.parse as in typedItem.
  return encoding === 'json' ? json : encoder.encode(itemToJson(JSON.parse(textOf(json)) as TypedItem))
}

/**
 * The bytes are valid until the next call, since they lie in one buffer: the store copies what it is given, and a fresh buffer
 * for each item costs as much as its text.
 */
export function typedText(item: TypedItem): Uint8Array {
  const text = JSON.stringify(item)
  // A character has at most three bytes in UTF-8 for each of its units.
  if (text.length * 3 > scratch.length) return encoder.encode(text)
  return new Uint8Array(scratch.buffer, 0, scratch.write(text, 'utf8'))
}

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8')
}

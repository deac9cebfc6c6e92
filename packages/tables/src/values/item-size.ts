/**
 * Sizes as DynamoDB counts them, for limits and capacity: names and strings in UTF-8, binaries by their bytes, numbers two
 * digits to a byte, 1 for true, false and null, 3 for a list or map and 1 more for each of its members.
 */
import type { AttributeValue, TypedItem } from '../attribute-value.ts'
import { numberSize } from './number-text.ts'

/** An item may not be larger. */
export const ITEM_BYTES_MAX = 400 * 1024

export function itemSize(item: TypedItem): number {
  let size = 0
  for (const name in item) size += utf8Length(name) + valueSize(item[name]!)
  return size
}

export function valueSize(value: AttributeValue): number {
  if ('S' in value) return utf8Length(value.S)
  if ('N' in value) return numberSize(value.N)
  if ('BOOL' in value || 'NULL' in value) return 1
  if ('B' in value) return base64Length(value.B)
  if ('M' in value) {
    let size = 3
    for (const name in value.M) size += 1 + utf8Length(name) + valueSize(value.M[name]!)
    return size
  }
  if ('L' in value) return value.L.reduce((size, member) => size + 1 + valueSize(member), 3)
  if ('SS' in value) return value.SS.reduce((size, member) => size + utf8Length(member), 0)
  if ('NS' in value) return value.NS.reduce((size, member) => size + numberSize(member), 0)
  return value.BS.reduce((size, member) => size + base64Length(member), 0)
}

function utf8Length(text: string): number {
  return Buffer.byteLength(text)
}

/** Bytes of a padded base64 text. */
export function base64Length(text: string): number {
  const length = (text.length / 4) * 3
  return text.endsWith('==') ? length - 2 : text.endsWith('=') ? length - 1 : length
}

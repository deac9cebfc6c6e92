/**
 * JSON values as jq orders, names and prints them. Objects are plain objects without a prototype as far as jq makes them, so a
 * key `__proto__` is a key; keys that are whole numbers come first in an object's order, as JavaScript has it.
 */

export type Json = null | boolean | number | string | readonly Json[] | JsonObject
export interface JsonObject {
  readonly [key: string]: Json
}

export type TypeName = 'null' | 'boolean' | 'number' | 'string' | 'array' | 'object'

export function isArray(value: Json): value is readonly Json[] {
  return Array.isArray(value)
}

export function isObject(value: Json): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** false and null are not; everything else is. */
export function isTrue(value: Json): boolean {
  return value !== false && value !== null
}

export function typeName(value: Json): TypeName {
  if (value === null) return 'null'
  if (typeof value === 'object') return Array.isArray(value) ? 'array' : 'object'
  // typeof of the other values is their name.
  return typeof value as 'boolean' | 'number' | 'string'
}

/** A new object to be filled; any key is a plain one. */
export function emptyObject(): Record<string, Json> {
  return Object.create(null) as Record<string, Json>
}

export function copyObject(value: JsonObject): Record<string, Json> {
  return Object.assign(emptyObject(), value)
}

/** The value under an own key; null where there is none. */
export function member(value: JsonObject, key: string): Json {
  return Object.hasOwn(value, key) ? (value[key] ?? null) : null
}

/** In the order of code points, as jq sorts them. */
export function sortedKeys(value: JsonObject): string[] {
  return Object.keys(value).sort(compareText)
}

/** By code points: UTF-16 units agree with them except where surrogates meet the characters above them. */
export function compareText(a: string, b: string): number {
  if (a === b) return 0
  const length = Math.min(a.length, b.length)
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i)
    const y = b.charCodeAt(i)
    if (x === y) continue
    const isSurrogateX = x >= 0xd800 && x < 0xe000
    const isSurrogateY = y >= 0xd800 && y < 0xe000
    if (isSurrogateX !== isSurrogateY) return isSurrogateX ? 1 : -1
    return x - y
  }
  return a.length - b.length
}

const ranks: Readonly<Record<TypeName, number>> = {
  null: 0,
  boolean: 1,
  number: 3,
  string: 4,
  array: 5,
  object: 6,
}

/** null, false, true, numbers (nan first), strings, arrays, objects. `spend` is called for each pair of values. */
export function compare(a: Json, b: Json, spend: (steps: number) => void): number {
  spend(1)
  const type = typeName(a)
  const rank = ranks[type] - ranks[typeName(b)]
  if (rank !== 0) return rank
  if (type === 'null') return 0
  if (type === 'boolean') return Number(a) - Number(b)
  // Both are of the type in question, from here on.
  if (type === 'number') return compareNumbers(a as number, b as number)
  if (type === 'string') return compareText(a as string, b as string)
  if (type === 'array') return compareArrays(a as readonly Json[], b as readonly Json[], spend)
  return compareObjects(a as JsonObject, b as JsonObject, spend)
}

/** nan is below every number, itself included. */
function compareNumbers(a: number, b: number): number {
  if (Number.isNaN(a)) return -1
  return a < b ? -1 : a === b ? 0 : 1
}

function compareArrays(a: readonly Json[], b: readonly Json[], spend: (steps: number) => void): number {
  for (let i = 0; i < a.length && i < b.length; i++) {
    // Below both lengths.
    const order = compare(a[i]!, b[i]!, spend)
    if (order !== 0) return order
  }
  return a.length - b.length
}

/** First by their sorted keys, then by the values in the order of the keys. */
function compareObjects(a: JsonObject, b: JsonObject, spend: (steps: number) => void): number {
  const keys = sortedKeys(a)
  const order = compareArrays(keys, sortedKeys(b), spend)
  if (order !== 0) return order
  for (const key of keys) {
    const byValue = compare(member(a, key), member(b, key), spend)
    if (byValue !== 0) return byValue
  }
  return 0
}

/** As jq 1.6 prints JSON on one line: nan is null, infinities are the largest numbers, 17 digits at most. */
export function jsonText(value: Json, spend: (steps: number) => void): string {
  spend(1)
  if (value === null) return 'null'
  switch (typeof value) {
    case 'boolean':
      return value ? 'true' : 'false'
    case 'number':
      return numberText(value)
    case 'string':
      spend(value.length >> 4)
      return JSON.stringify(value).replaceAll('\u007f', '\\u007f')
  }
  if (isArray(value)) {
    let text = '['
    for (const item of value) text += (text === '[' ? '' : ',') + jsonText(item, spend)
    return `${text}]`
  }
  let text = '{'
  for (const key of Object.keys(value)) {
    text += `${text === '{' ? '' : ','}${jsonText(key, spend)}:${jsonText(member(value, key), spend)}`
  }
  return `${text}}`
}

/** Shortest digits that are the number; with an exponent below 1e-4 and where more than 15 zeros would follow the digits. */
export function numberText(value: number): string {
  if (Number.isNaN(value)) return 'null'
  if (value === Number.POSITIVE_INFINITY) return numberText(Number.MAX_VALUE)
  if (value === Number.NEGATIVE_INFINITY) return numberText(-Number.MAX_VALUE)
  if (value === 0) return Object.is(value, -0) ? '-0' : '0'
  const sign = value < 0 ? '-' : ''
  const [mantissa = '', exponentText = '0'] = Math.abs(value).toExponential().split('e')
  const digits = mantissa.replace('.', '')
  // Digits before the point.
  const point = Number(exponentText) + 1
  if (point <= -4 || point > digits.length + 15) {
    const tail = digits.length > 1 ? `.${digits.slice(1)}` : ''
    const size = String(Math.abs(point - 1)).padStart(2, '0')
    return `${sign}${digits[0]}${tail}e${point - 1 < 0 ? '-' : '+'}${size}`
  }
  if (point <= 0) return `${sign}0.${'0'.repeat(-point)}${digits}`
  if (point >= digits.length) return sign + digits + '0'.repeat(point - digits.length)
  return `${sign}${digits.slice(0, point)}.${digits.slice(point)}`
}

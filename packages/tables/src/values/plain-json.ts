/**
 * Items as plain JSON text, in which no digit of a number is lost: {"id":"a","total":12.5} for {id: {S: 'a'}, total: {N:
 * '12.5'}}. Reading takes numbers from their text, never through binary64 where that would change them.
 *
 * Plain JSON has no binaries and no sets: written, they become base64 texts and arrays, and do not come back as what they
 * were. `isPlain` tells whether the text says all.
 *
 * Cost: JSON.parse and one pass, where no number of the text has more than 15 digits; else one pass over the text.
 */
import type { AttributeValue, TypedItem } from '../attribute-value.ts'
import { setMember } from './attribute-type.ts'
import { marshalItem } from './marshal.ts'
import { canonicalNumber } from './number-text.ts'
import { NESTING_LEVELS_MAX } from './read-attribute-value.ts'
import { TableRequestError } from './request-error.ts'

/** Numbers that JSON.parse could change. Texts inside of strings may match as well, which only costs time. */
const needsCare = /[0-9][0-9.]{15,}|[0-9][eE][+-]?[0-9]/

/** Whether plain JSON text holds the item as it is. */
export function isPlain(item: TypedItem): boolean {
  for (const name in item) if (!isPlainValue(item[name]!)) return false
  return true
}

function isPlainValue(value: AttributeValue): boolean {
  if ('M' in value) return isPlain(value.M)
  if ('L' in value) return value.L.every(isPlainValue)
  return 'S' in value || 'N' in value || 'BOOL' in value || 'NULL' in value
}

export function itemToJson(item: TypedItem): string {
  let text = '{'
  for (const name in item) {
    if (text.length > 1) text += ','
    text += `${JSON.stringify(name)}:${valueToJson(item[name]!)}`
  }
  return `${text}}`
}

export function valueToJson(value: AttributeValue): string {
  if ('S' in value) return JSON.stringify(value.S)
  if ('N' in value) return value.N
  if ('BOOL' in value) return value.BOOL ? 'true' : 'false'
  if ('NULL' in value) return 'null'
  if ('M' in value) return itemToJson(value.M)
  if ('L' in value) return `[${value.L.map(valueToJson).join(',')}]`
  if ('B' in value) return `"${value.B}"`
  if ('SS' in value) return JSON.stringify(value.SS)
  if ('NS' in value) return `[${value.NS.join(',')}]`
  return JSON.stringify(value.BS)
}

/** The item that a JSON text of one object says. Throws TableRequestError: TABLE_VALUE_INVALID. */
export function itemFromJson(text: string): TypedItem {
  const parsed: unknown = parse(text)
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
    throw new TableRequestError(
      'TABLE_VALUE_INVALID',
      `an item is a JSON object, but the text is ${start(text)}.`,
    )
  }
  return needsCare.test(text) ? new ExactReader(text).item() : marshalItem(parsed)
}

/**
 * The same for a text that was stored without a look into it. What no attribute can hold (a number beyond range or
 * digits, what lies deeper than the levels allowed) is read as the text of its JSON.
 */
export function storedItemFromJson(text: string): TypedItem {
  try {
    return itemFromJson(text)
  } catch (error) {
    if (!(error instanceof TableRequestError)) throw error
    return new ExactReader(text, { isStored: true }).item()
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new TableRequestError('TABLE_VALUE_INVALID', `an item is not JSON: ${String(error)}.`)
  }
}

function start(text: string): string {
  return text.length > 40 ? `${text.slice(0, 40)}...` : text
}

/** Reads JSON that JSON.parse has accepted, so that it need not be checked again. */
class ExactReader {
  readonly #text: string
  readonly #isStored: boolean
  #at = 0

  constructor(text: string, { isStored = false }: { readonly isStored?: boolean } = {}) {
    this.#text = text
    this.#isStored = isStored
  }

  item(): TypedItem {
    return this.#members(1)
  }

  #members(depth: number): TypedItem {
    const members: Record<string, AttributeValue> = {}
    this.#next()
    this.#at++
    while (this.#next() !== '}') {
      const name = this.#string()
      if (name === '' && !this.#isStored)
        throw new TableRequestError('TABLE_VALUE_INVALID', 'a member has no name.')
      this.#next()
      this.#at++
      setMember(members, name, this.#value(depth))
      if (this.#next() === ',') this.#at++
    }
    this.#at++
    return members
  }

  #value(depth: number): AttributeValue {
    switch (this.#next()) {
      case '{':
        if (this.#isTooDeep(depth)) return { S: this.#nested() }
        return { M: this.#members(depth + 1) }
      case '[':
        if (this.#isTooDeep(depth)) return { S: this.#nested() }
        return { L: this.#list(depth + 1) }
      case '"':
        return { S: this.#string() }
      case 't':
        this.#at += 4
        return { BOOL: true }
      case 'f':
        this.#at += 5
        return { BOOL: false }
      case 'n':
        this.#at += 4
        return { NULL: true }
      default:
        return this.#number()
    }
  }

  #isTooDeep(depth: number): boolean {
    if (depth <= NESTING_LEVELS_MAX) return false
    if (this.#isStored) return true
    throw new TableRequestError(
      'TABLE_VALUE_INVALID',
      `an attribute is nested deeper than ${NESTING_LEVELS_MAX} levels. Store it as a text of JSON.`,
    )
  }

  /** The text of a map or list. */
  #nested(): string {
    const from = this.#at
    let open = 0
    do {
      const next = this.#text.charAt(this.#at)
      if (next === '"') this.#string()
      else this.#at++
      if (next === '{' || next === '[') open++
      else if (next === '}' || next === ']') open--
    } while (open > 0)
    return this.#text.slice(from, this.#at)
  }

  #list(depth: number): AttributeValue[] {
    const members: AttributeValue[] = []
    this.#at++
    while (this.#next() !== ']') {
      members.push(this.#value(depth))
      if (this.#next() === ',') this.#at++
    }
    this.#at++
    return members
  }

  #string(): string {
    const from = this.#at
    let end = from + 1
    for (; this.#text.charCodeAt(end) !== 0x22; end++) if (this.#text.charCodeAt(end) === 0x5c) end++
    this.#at = end + 1
    // A JSON string token gives a string.
    return JSON.parse(this.#text.slice(from, end + 1)) as string
  }

  #number(): AttributeValue {
    const from = this.#at
    while (isNumberPart(this.#text.charCodeAt(this.#at))) this.#at++
    const text = this.#text.slice(from, this.#at)
    try {
      return { N: canonicalNumber(text) }
    } catch (error) {
      if (!this.#isStored || !(error instanceof TableRequestError)) throw error
      return { S: text }
    }
  }

  /** The character at the next token. */
  #next(): string {
    while (isSpace(this.#text.charCodeAt(this.#at))) this.#at++
    return this.#text.charAt(this.#at)
  }
}

/** Digits, sign, point, exponent. */
function isNumberPart(code: number): boolean {
  return (
    (code >= 0x30 && code <= 0x39) || code === 0x2d || code === 0x2b || code === 0x2e || (code | 32) === 0x65
  )
}

function isSpace(code: number): boolean {
  return code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09
}

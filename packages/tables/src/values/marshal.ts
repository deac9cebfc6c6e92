/**
 * Values of JavaScript to attribute values and back.
 *
 * string S; number and bigint N; boolean BOOL; null NULL; Uint8Array B; Set SS, NS or BS; array L; other objects M. As in
 * JSON, `toJSON` is honoured (a Date is its ISO text), members that are undefined are left out, and undefined in an array
 * is null. Back, a number is the nearest binary64: one that needs more digits is exact only in its typed form and as JSON
 * text (plain-json.ts).
 */
import type { AttributeValue, TypedItem } from '../attribute-value.ts'
import { setMember } from './attribute-type.ts'
import { canonicalNumber } from './number-text.ts'
import { NESTING_LEVELS_MAX } from './read-attribute-value.ts'
import { TableRequestError } from './request-error.ts'

/** What unmarshal gives. */
export type PlainValue =
  | string
  | number
  | boolean
  | null
  | Uint8Array
  | ReadonlySet<string>
  | ReadonlySet<number>
  | ReadonlySet<Uint8Array>
  | readonly PlainValue[]
  | PlainItem

export interface PlainItem {
  readonly [attribute: string]: PlainValue
}

/** Throws TableRequestError: TABLE_VALUE_INVALID, which names the place of what cannot be stored. */
export function marshalItem(item: object): TypedItem {
  return marshalMembers(item, '', 1)
}

/** Undefined for undefined and functions, which JSON has no form for. */
export function marshalValue(value: unknown, place = 'value'): AttributeValue | undefined {
  return marshal(value, place, 1)
}

function marshal(value: unknown, place: string, depth: number): AttributeValue | undefined {
  switch (typeof value) {
    case 'string':
      return { S: value }
    case 'number':
    case 'bigint':
      return { N: numberText(value, place) }
    case 'boolean':
      return { BOOL: value }
    case 'object':
      return value === null ? { NULL: true } : marshalObject(value, place, depth)
    default:
      return undefined
  }
}

function marshalObject(value: object, place: string, depth: number): AttributeValue | undefined {
  if (depth > NESTING_LEVELS_MAX) {
    throw unfit(place, `is nested deeper than ${NESTING_LEVELS_MAX} levels. Store it as a text of JSON`)
  }
  if (Array.isArray(value)) {
    const members: AttributeValue[] = []
    for (let i = 0; i < value.length; i++) {
      members.push(marshal(value[i], `${place}[${i}]`, depth + 1) ?? { NULL: true })
    }
    return { L: members }
  }
  if (value instanceof Uint8Array) return { B: base64(value) }
  if (value instanceof Set) return marshalSet([...value], place)
  if ('toJSON' in value && typeof value.toJSON === 'function') {
    // As in JSON, what toJSON gives is taken as it is, so that one that returns itself cannot loop.
    const replaced: unknown = value.toJSON()
    if (typeof replaced !== 'object' || replaced === null) return marshal(replaced, place, depth)
    return Array.isArray(replaced)
      ? marshalObject(replaced, place, depth)
      : { M: marshalMembers(replaced, place, depth + 1) }
  }
  if (value instanceof Map) throw unfit(place, 'is a Map. Use Object.fromEntries(map)')
  return { M: marshalMembers(value, place, depth + 1) }
}

function marshalMembers(value: object, place: string, depth: number): TypedItem {
  const members: Record<string, AttributeValue> = {}
  for (const [name, member] of Object.entries(value)) {
    if (name === '') throw unfit(place === '' ? 'the item' : place, 'has a member without a name')
    const marshalled = marshal(member, place === '' ? name : `${place}.${name}`, depth)
    if (marshalled !== undefined) setMember(members, name, marshalled)
  }
  return members
}

function marshalSet(members: readonly unknown[], place: string): AttributeValue {
  if (members.length === 0) throw unfit(place, 'is an empty set, which has no type. Leave the attribute out')
  if (members.every((member) => typeof member === 'string')) return { SS: members }
  if (members.every((member) => typeof member === 'number' || typeof member === 'bigint')) {
    return { NS: [...new Set(members.map((member) => numberText(member, place)))] }
  }
  if (members.every((member) => member instanceof Uint8Array)) {
    return { BS: [...new Set(members.map(base64))] }
  }
  throw unfit(place, 'is a set of mixed types. A set holds only strings, only numbers or only Uint8Arrays')
}

function numberText(value: number | bigint, place: string): string {
  const text = String(value)
  if (Number.isSafeInteger(value)) return Object.is(value, -0) ? '0' : text
  if (typeof value === 'number' && !Number.isFinite(value)) {
    throw unfit(place, `is ${text}, which is no number of a table. Store null or a text instead`)
  }
  try {
    return canonicalNumber(text)
  } catch (error) {
    if (!(error instanceof TableRequestError)) throw error
    throw unfit(place, `is ${text}: ${error.reason}`)
  }
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64')
}

function unfit(place: string, problem: string): TableRequestError {
  return new TableRequestError('TABLE_VALUE_INVALID', `${place} ${problem}.`)
}

export function unmarshalItem(item: TypedItem): PlainItem {
  const plain: Record<string, PlainValue> = {}
  for (const name in item) {
    setMember(plain, name, unmarshalValue(item[name]!))
  }
  return plain
}

export function unmarshalValue(value: AttributeValue): PlainValue {
  if ('S' in value) return value.S
  if ('N' in value) return Number(value.N)
  if ('BOOL' in value) return value.BOOL
  if ('NULL' in value) return null
  if ('M' in value) return unmarshalItem(value.M)
  if ('L' in value) return value.L.map(unmarshalValue)
  if ('B' in value) return bytesOf(value.B)
  if ('SS' in value) return new Set(value.SS)
  if ('NS' in value) return new Set(value.NS.map(Number))
  return new Set(value.BS.map(bytesOf))
}

function bytesOf(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, 'base64'))
}

/**
 * Attribute values from a request's JSON: unknown in, typed and canonical out. Numbers become canonical text, texts of
 * booleans become booleans; everything else is passed on as it is, so a value that is canonical already is not copied.
 * What is wrong is said in the service's words and order: of one value, its contents before the number of its types.
 *
 * Members whose value is null, and those of unknown names, count as absent, as in the service.
 */
import type { AttributeValue, TypedItem } from '../attribute-value.ts'
import { assertAttributeShape, assertItemShape, type JsonObject, readBoolean } from './attribute-shape.ts'
import { isAttributeType, setMember } from './attribute-type.ts'
import { canonicalNumber } from './number-text.ts'
import { invalidParameter, invalidValue } from './request-error.ts'

/** Levels of an attribute: itself, and those of lists and maps inside. */
export const NESTING_LEVELS_MAX = 32
const NAME_BYTES_MAX = 65_535

/** In the order in which the service looks at them. */
const readOrder = ['S', 'B', 'N', 'BOOL', 'NULL', 'BS', 'NS', 'SS', 'L', 'M'] as const

/** Throws TableRequestError: TABLE_VALUE_INVALID. */
export function readAttributeValue(input: unknown): AttributeValue {
  assertAttributeShape(input)
  return readValue(input, 1)
}

/** An item, or the key of one. Throws TableRequestError: TABLE_VALUE_INVALID. */
export function readItem(input: unknown): TypedItem {
  assertItemShape(input)
  return readMembers(input, 1)
}

function readMembers(input: JsonObject, depth: number): TypedItem {
  let copy: Record<string, AttributeValue> | undefined
  for (const name in input) {
    const given = input[name]
    checkName(name)
    if (given == null) throw noType()
    // The shape was seen before: members are objects.
    const value = readValue(given as JsonObject, depth)
    if (value !== given && copy === undefined) copy = { ...(input as TypedItem) }
    if (copy !== undefined) setMember(copy, name, value)
  }
  // Without a copy every member read as itself, and is an attribute value therefore.
  return copy ?? (input as TypedItem)
}

function checkName(name: string): void {
  if (name === '') throw invalidValue('Empty attribute name')
  if (name.length > NAME_BYTES_MAX / 3 && Buffer.byteLength(name) > NAME_BYTES_MAX) {
    throw invalidValue('Attribute name is too large, must be less than 65536 bytes')
  }
}

function readValue(input: JsonObject, depth: number): AttributeValue {
  if (depth > NESTING_LEVELS_MAX) {
    throw invalidValue(
      'Nesting Levels have exceeded supported limits: Attributes in the item have nested levels beyond supported limit',
    )
  }
  const type = onlyType(input)
  if (type !== undefined) return readTyped(type, input, depth)
  let first: AttributeValue | undefined
  let types = 0
  for (const each of readOrder) {
    if (input[each] == null) continue
    types++
    first = readTyped(each, { [each]: input[each] }, depth)
  }
  if (first === undefined) throw noType()
  if (types === 1) return first
  throw invalidValue(
    'Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes',
  )
}

/** The common case: one member, of a known name. */
function onlyType(input: JsonObject): (typeof readOrder)[number] | undefined {
  let found: string | undefined
  for (const type in input) {
    if (found !== undefined) return undefined
    found = type
  }
  return found !== undefined && isAttributeType(found) && input[found] != null ? found : undefined
}

/** `input` has this member only. Casts: its shape was seen before. */
function readTyped(type: (typeof readOrder)[number], input: JsonObject, depth: number): AttributeValue {
  const content = input[type]
  switch (type) {
    case 'S':
    case 'B':
      return input as AttributeValue
    case 'N': {
      const text = canonicalNumber(content as string)
      return text === content ? (input as AttributeValue) : { N: text }
    }
    case 'BOOL':
      return typeof content === 'boolean' ? (input as AttributeValue) : { BOOL: readBoolean(content) }
    case 'NULL':
      if (!readBoolean(content)) {
        throw invalidParameter('Null attribute value types must have the value of true')
      }
      return content === true ? (input as AttributeValue) : { NULL: true }
    case 'SS':
      checkSet(content as string[], 'An string set  may not be empty', stringDuplicates)
      return input as AttributeValue
    case 'BS':
      checkSet(content as string[], 'Binary sets should not be empty', binaryDuplicates)
      return input as AttributeValue
    case 'NS':
      return readNumberSet(content as string[], input)
    case 'L':
      return readList(content as readonly (JsonObject | null)[], input, depth)
    case 'M': {
      const map = readMembers(content as JsonObject, depth + 1)
      return map === content ? (input as AttributeValue) : { M: map }
    }
  }
}

function readNumberSet(members: readonly string[], input: JsonObject): AttributeValue {
  if (members.length === 0) throw invalidParameter('An number set  may not be empty')
  const numbers = members.map((member) => canonicalNumber(member ?? ''))
  if (new Set(numbers).size < numbers.length) throw invalidValue('Input collection contains duplicates')
  return numbers.every((number, i) => number === members[i]) ? (input as AttributeValue) : { NS: numbers }
}

function readList(members: readonly (JsonObject | null)[], input: JsonObject, depth: number): AttributeValue {
  let copy: AttributeValue[] | undefined
  for (let i = 0; i < members.length; i++) {
    const member = members[i]
    if (member == null) throw noType()
    const value = readValue(member, depth + 1)
    if (value === member) continue
    // Members that were read before are attribute values already.
    copy ??= [...members] as unknown as AttributeValue[]
    copy[i] = value
  }
  return copy === undefined ? (input as AttributeValue) : { L: copy }
}

function checkSet(
  members: readonly (string | null)[],
  empty: string,
  duplicates: (shown: string) => string,
): void {
  if (members.length === 0) throw invalidParameter(empty)
  if (members.includes(null)) throw noType()
  if (new Set(members).size < members.length) {
    throw invalidParameter(duplicates(`[${members.join(', ')}]`))
  }
}

function stringDuplicates(shown: string): string {
  return `Input collection ${shown} contains duplicates.`
}

/** Without a blank, as the service has it. */
function binaryDuplicates(shown: string): string {
  return `Input collection ${shown}of type BS contains duplicates.`
}

function noType(): Error {
  return invalidValue('Supplied AttributeValue is empty, must contain exactly one of the supported datatypes')
}

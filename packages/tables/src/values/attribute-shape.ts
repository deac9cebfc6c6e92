/**
 * The form of attribute values in a request's JSON, before anything is said about what they hold: which JSON types stand
 * where. The service reads a whole request so first, and names the class of its own code that the JSON does not fit.
 *
 * Not here: what the values hold (read-attribute-value.ts).
 */
import { wrongForm } from './request-error.ts'

/** JSON objects after their shape was seen. */
export type JsonObject = { readonly [member: string]: unknown }

const attributeValueClass = 'class com.amazonaws.dynamodb.v20120810.AttributeValue'
/** Deeper values are refused by what they hold; here it bounds the recursion. */
const depthSeenMax = 64

/** Throws a SerializationException for a value that is no attribute value in JSON. Null members count as absent. */
export function assertAttributeShape(input: unknown, depth = 1): asserts input is JsonObject {
  assertObject(input, 'Unexpected value type in payload', attributeValueClass)
  if (depth > depthSeenMax) return
  for (const type in input) {
    const content = input[type]
    if (content == null) continue
    switch (type) {
      case 'S':
      case 'N':
        assertString(content)
        break
      case 'B':
        assertBlob(content)
        break
      case 'BOOL':
      case 'NULL':
        readBoolean(content)
        break
      case 'SS':
      case 'NS':
        for (const member of listOf(content)) if (member != null) assertString(member)
        break
      case 'BS':
        for (const member of listOf(content)) if (member != null) assertBlob(member)
        break
      case 'L':
        for (const member of listOf(content)) if (member != null) assertAttributeShape(member, depth + 1)
        break
      case 'M':
        assertItemShape(content, depth + 1)
        break
    }
  }
}

/** The same for a map of attribute values: an item, a key, ExpressionAttributeValues. */
export function assertItemShape(input: unknown, depth = 1): asserts input is JsonObject {
  assertObject(
    input,
    'Unexpected field type',
    'java.util.Map<java.lang.String, com.amazonaws.dynamodb.v20120810.AttributeValue>',
  )
  for (const name in input) if (input[name] != null) assertAttributeShape(input[name], depth)
}

/** `collection` is what the service's words for an array in this place end with. */
export function assertObject(
  input: unknown,
  otherwise: string,
  collection: string,
): asserts input is JsonObject {
  if (typeof input !== 'object' || input === null) throw wrongForm(otherwise)
  if (Array.isArray(input)) throw wrongForm(`Unrecognized collection type ${collection}`)
}

export function listOf(input: unknown): readonly unknown[] {
  if (Array.isArray(input)) return input
  throw wrongForm(
    typeof input === 'object'
      ? 'Start of structure or map found where not expected'
      : 'Unexpected field type',
  )
}

export function assertString(input: unknown): asserts input is string {
  if (typeof input === 'string') return
  if (typeof input === 'boolean') {
    throw wrongForm(`${input ? 'TRUE' : 'FALSE'}_VALUE cannot be converted to String`)
  }
  if (typeof input === 'number') throw wrongForm(`${numberToken(input)} cannot be converted to String`)
  throw notScalar(input, 'class java.lang.String')
}

/** Texts of true and false are taken as well. */
export function readBoolean(input: unknown): boolean {
  if (typeof input === 'boolean') return input
  if (typeof input === 'number') throw wrongForm(`${numberToken(input)} cannot be converted to Boolean`)
  if (typeof input !== 'string') throw notScalar(input, 'class java.lang.Boolean')
  const text = input.toUpperCase()
  if (text === 'TRUE' || text === 'YES' || text === '1') return true
  if (text === 'FALSE' || text === 'NO' || text === '0') return false
  throw wrongForm('Unexpected token received from parser')
}

function assertBlob(input: unknown): asserts input is string {
  if (typeof input === 'boolean' || typeof input === 'number') {
    throw wrongForm('only base-64-encoded strings are convertible to bytes')
  }
  if (typeof input !== 'string') throw notScalar(input, 'class java.nio.ByteBuffer')
  if (input.length % 4 !== 0) {
    throw wrongForm(`Base64 encoded length is expected a multiple of 4 bytes but found: ${input.length}`)
  }
  // The service spells the last word so.
  if (!isBase64(input)) throw wrongForm('Invalid last non-pad Base64 character dectected')
}

/** Whether this is the base64 text of some bytes: the one that encoding them gives. */
function isBase64(text: string): boolean {
  return Buffer.from(text, 'base64').toString('base64') === text
}

function numberToken(value: number): string {
  return Number.isInteger(value) ? 'NUMBER_VALUE' : 'DECIMAL_VALUE'
}

function notScalar(input: unknown, className: string): Error {
  return wrongForm(
    Array.isArray(input)
      ? `Unrecognized collection type ${className}`
      : 'Start of structure or map found where not expected',
  )
}

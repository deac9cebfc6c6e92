/**
 * Bodies of requests, parsed once by JSON.parse: items may be nested deeper than the house's scanner allows (32 levels of
 * attribute values are 66 of JSON), and the calls that write are hot. Who walks the tree bounds its own depth.
 *
 * Strings have to be Unicode: a lone surrogate has no bytes in UTF-8, so two keys with different ones would be stored as
 * one. Only an escape can bring it, so the tree is looked through only where there is such an escape.
 */
import { isUtf8 } from 'node:buffer'
import { scanJson } from '@millrace/values'
import { serializationError } from '../wire/serialization-error.ts'

const surrogateEscape = /\\u[dD][89a-fA-F]/

/** The members of a request. Throws SerializationException for everything that is not one whole object. */
export function parseDynamoBody(body: Uint8Array): Readonly<Record<string, unknown>> {
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength)
  if (!isUtf8(bytes)) throw serializationError('The body is not UTF-8.')
  const text = bytes.toString('utf8')
  let tree: unknown
  try {
    tree = JSON.parse(text)
  } catch {
    throw serializationError(whyNotJson(bytes))
  }
  if (typeof tree !== 'object' || tree === null || Array.isArray(tree)) {
    throw serializationError('The body has to be an object.')
  }
  if (surrogateEscape.test(text) && !isWellFormed(tree)) {
    throw serializationError('The body has a string with half of a surrogate pair.')
  }
  // Of the objects that JSON.parse makes, only records are left.
  return tree as Readonly<Record<string, unknown>>
}

function whyNotJson(bytes: Uint8Array): string {
  if (bytes.length === 0) return 'The body is empty; it has to be an object, at least {}.'
  const problem = scanJson(bytes)
  return problem === null
    ? 'The body is not JSON.'
    : `The body is not JSON: ${problem.reason}, at byte ${problem.offset}.`
}

function isWellFormed(tree: object): boolean {
  const left: unknown[] = [tree]
  while (left.length > 0) {
    const value = left.pop()
    if (typeof value === 'string') {
      if (!isText(value)) return false
    } else if (typeof value === 'object' && value !== null) {
      for (const [name, member] of Object.entries(value)) {
        if (!isText(name)) return false
        left.push(member)
      }
    }
  }
  return true
}

/** With the flag u, a pair is one character and only half of one is in this range. */
function isText(text: string): boolean {
  return !/[\ud800-\udfff]/u.test(text)
}

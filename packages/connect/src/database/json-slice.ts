/**
 * JSON values as the bytes that they cover, so that no digit of a number is lost and what is not asked for is not built. A document
 * is checked once, as a whole (RFC 8259); its slices are then known to be JSON.
 */
import {
  afterElement,
  scanJson,
  skipColon,
  skipSpace,
  skipString,
  skipValue,
  stringFromJson,
  stringHadEscape,
} from '@millrace/values'
import { Unfit } from './unfit.ts'

export interface JsonSlice {
  readonly bytes: Uint8Array
  readonly start: number
  readonly end: number
}

export type JsonType = 'null' | 'boolean' | 'number' | 'string' | 'array' | 'object'

export type JsonMembers = ReadonlyMap<string, JsonSlice>

const decoder = new TextDecoder()
const encoder = new TextEncoder()

/** Throws Unfit where the bytes are no JSON. */
export function parseSlice(bytes: Uint8Array): JsonSlice {
  const problem = scanJson(bytes)
  if (problem !== null) throw new Unfit(`The data is no JSON: ${problem.reason}, at byte ${problem.offset}.`)
  const start = skipSpace(bytes, 0, bytes.length)
  return { bytes, start, end: skipValue(bytes, start, bytes.length, 0) }
}

/** Of a value of the program. Throws Unfit where it has no JSON form. */
export function sliceOf(value: unknown): JsonSlice {
  let text: string | undefined
  try {
    text = typeof value === 'bigint' ? String(value) : JSON.stringify(value)
  } catch (cause) {
    throw new Unfit(`A value has no JSON form: ${cause instanceof Error ? cause.message : String(cause)}.`)
  }
  if (text === undefined) throw new Unfit(`A value has no JSON form: ${typeof value}.`)
  return parseSlice(encoder.encode(text))
}

export function typeOf({ bytes, start }: JsonSlice): JsonType {
  switch (bytes[start]) {
    case 0x22:
      return 'string'
    case 0x7b:
      return 'object'
    case 0x5b:
      return 'array'
    case 0x74:
    case 0x66:
      return 'boolean'
    case 0x6e:
      return 'null'
    default:
      return 'number'
  }
}

/** The JSON text as it stands. */
export function rawText({ bytes, start, end }: JsonSlice): string {
  return decoder.decode(bytes.subarray(start, end))
}

/** Of a string: what it says. */
export function stringText({ bytes, start, end }: JsonSlice): string {
  skipString(bytes, start, end)
  return stringFromJson(bytes, start + 1, end - 1, stringHadEscape())
}

/** Of an object. Throws Unfit where a member stands twice: which of the two was meant cannot be known. */
export function membersOf({ bytes, start, end }: JsonSlice): JsonMembers {
  const members = new Map<string, JsonSlice>()
  let at = skipSpace(bytes, start + 1, end)
  while (at < end && bytes[at] === 0x22) {
    const keyEnd = skipString(bytes, at, end)
    const name = stringFromJson(bytes, at + 1, keyEnd - 1, stringHadEscape())
    const from = skipColon(bytes, keyEnd, end)
    const to = skipValue(bytes, from, end, 0)
    if (members.has(name)) throw new Unfit(`The member "${name}" stands twice in one object.`)
    members.set(name, { bytes, start: from, end: to })
    // Past the comma; at the end there is a brace in its place.
    at = skipSpace(bytes, skipSpace(bytes, to, end) + 1, end)
  }
  return members
}

/** Of an array. */
export function elementsOf({ bytes, start, end }: JsonSlice): JsonSlice[] {
  const elements: JsonSlice[] = []
  let at = skipSpace(bytes, start + 1, end)
  while (at < end && bytes[at] !== 0x5d) {
    const to = skipValue(bytes, at, end, 0)
    elements.push({ bytes, start: at, end: to })
    const next = afterElement(bytes, to, end)
    if (bytes[next - 1] === 0x5d) break
    at = skipSpace(bytes, next, end)
  }
  return elements
}

/** The member at a path of names; undefined where there is none. */
export function sliceAt(slice: JsonSlice, steps: readonly string[]): JsonSlice | undefined {
  let at: JsonSlice | undefined = slice
  for (const step of steps) {
    if (at === undefined || typeOf(at) !== 'object') return undefined
    at = membersOf(at).get(step)
  }
  return at
}

/**
 * JsonField: finds one scalar member of a JSON object in its bytes, without decoding or allocating.
 *
 * The path is one of values' JSON paths, with names only (`$.data.orderId`). The scan goes from left to right over
 * objects only, and stops at the first member of each name; what follows it is not looked at, so a record that is damaged
 * later still yields the field. That is also why the readers of `values` do not serve here: they check whole documents.
 * A value that touches the end of the bytes may have been cut off and does not count. After a success the bytes before
 * the value are remembered: a record that begins with the same bytes has its value in the same place, because the scan
 * depends on nothing else. This makes a field near the front of every record (the usual envelope) cost one short comparison.
 */
import { parseJsonPath } from '@millrace/values'
import { ConnectError, shown } from '../errors.ts'

/** `text`: a string, its content without quotes. `bare`: a number, true or false. */
export type FieldKind = 'text' | 'bare' | 'none'

const PREFIX_BYTES_MAX = 64
const QUOTE = 0x22
const BACKSLASH = 0x5c
const encoder = new TextEncoder()
const decoder = new TextDecoder()

export class JsonField {
  /** Set by `find`: the value in the bytes given; of a string, what lies between the quotes. */
  start = 0
  end = 0
  /** Where the object that holds the member begins: another field can be looked for from there. */
  objectStart = 0
  /** The string holds escapes: its text is JSON.parse of the slice with its quotes. */
  isEscaped = false

  readonly #names: readonly Uint8Array[]
  readonly #prefix = new Uint8Array(PREFIX_BYTES_MAX)
  #prefixLength = 0
  /** Of the remembered bytes: where the object that holds the member begins. */
  #prefixObject = 0

  constructor(source: string, option: string, path: string) {
    this.#names = memberNames(source, option, path)
  }

  find(bytes: Uint8Array, from: number, to: number): FieldKind {
    if (this.#prefixLength > 0 && this.#beginsAlike(bytes, from, to)) {
      this.objectStart = from + this.#prefixObject
      return this.#value(bytes, from + this.#prefixLength, to)
    }
    const at = this.#seek(bytes, from, to)
    if (at < 0) return 'none'
    const length = at - from
    this.#prefixLength = length <= PREFIX_BYTES_MAX ? length : 0
    this.#prefixObject = this.objectStart - from
    for (let i = 0; i < this.#prefixLength; i++) this.#prefix[i] = bytes[from + i] as number
    return this.#value(bytes, at, to)
  }

  #beginsAlike(bytes: Uint8Array, from: number, to: number): boolean {
    const length = this.#prefixLength
    if (from + length >= to) return false
    for (let i = 0; i < length; i++) if (bytes[from + i] !== this.#prefix[i]) return false
    return true
  }

  /** Where the member's value begins, or -1. */
  #seek(bytes: Uint8Array, from: number, to: number): number {
    let at = skipBlanks(bytes, from, to)
    for (let depth = 0; ; depth++) {
      this.objectStart = at
      at = seekMember(bytes, at, to, this.#names[depth] as Uint8Array)
      if (at < 0 || depth === this.#names.length - 1) return at
    }
  }

  #value(bytes: Uint8Array, at: number, to: number): FieldKind {
    if (bytes[at] === QUOTE) {
      const close = stringEnd(bytes, at, to)
      if (close < 0) return 'none'
      this.start = at + 1
      this.end = close
      this.isEscaped = stringHadEscape
      return 'text'
    }
    const end = bareEnd(bytes, at, to)
    // null is no value; an object, an array or nonsense has no bare characters.
    if (end === to || end === at || bytes[at] === 0x6e) return 'none'
    this.start = at
    this.end = end
    this.isEscaped = false
    return 'bare'
  }
}

/** Whether a path can be looked for: member names only. */
export function isFieldPath(path: string): boolean {
  try {
    const { steps, element } = parseJsonPath(path)
    return element === undefined && steps.length > 0
  } catch {
    return false
  }
}

function memberNames(source: string, option: string, path: string): Uint8Array[] {
  let steps: readonly string[] = []
  let cause: unknown
  try {
    const parsed = parseJsonPath(path)
    // A path through an array has many values, the whole document is no scalar.
    if (parsed.element === undefined) steps = parsed.steps
  } catch (error) {
    cause = error
  }
  if (steps.length > 0) return steps.map((name) => encoder.encode(name))
  throw new ConnectError(
    'SOURCE_OPTION',
    `${source}: "${option}" must be a JSONPath of member names like "$.data.orderId" or "$['a name'].b", ` +
      `but is ${shown(path)}.`,
    { cause },
  )
}

/** In the object that begins at `at`: where the value of member `name` begins, or -1. */
function seekMember(bytes: Uint8Array, at: number, to: number, name: Uint8Array): number {
  if (at < 0 || bytes[at] !== 0x7b) return -1
  let i = skipBlanks(bytes, at + 1, to)
  for (;;) {
    if (i >= to || bytes[i] !== QUOTE) return -1
    const close = stringEnd(bytes, i, to)
    if (close < 0) return -1
    const isWanted = stringHadEscape
      ? decodedName(bytes, i, close + 1) === decoder.decode(name)
      : isPlainName(bytes, i + 1, close, name)
    i = skipBlanks(bytes, close + 1, to)
    if (bytes[i] !== 0x3a) return -1
    i = skipBlanks(bytes, i + 1, to)
    if (i >= to) return -1
    if (isWanted) return i
    i = skipBlanks(bytes, valueEnd(bytes, i, to), to)
    if (i >= to || bytes[i] !== 0x2c) return -1
    i = skipBlanks(bytes, i + 1, to)
  }
}

function isPlainName(bytes: Uint8Array, start: number, end: number, name: Uint8Array): boolean {
  if (end - start !== name.length) return false
  for (let i = 0; i < name.length; i++) if (bytes[start + i] !== name[i]) return false
  return true
}

/** The text of the quoted name in bytes[start, end), which has escapes; undefined if they are no JSON. */
function decodedName(bytes: Uint8Array, start: number, end: number): string | undefined {
  try {
    return JSON.parse(decoder.decode(bytes.subarray(start, end)))
  } catch {
    return undefined
  }
}

// Whether the last string passed had escapes: `stringEnd` has two results and must not allocate.
let stringHadEscape = false

/** The index of the quote that closes the string at `at`, or -1. */
function stringEnd(bytes: Uint8Array, at: number, to: number): number {
  stringHadEscape = false
  for (let i = at + 1; i < to; i++) {
    const byte = bytes[i]
    if (byte === QUOTE) return i
    if (byte === BACKSLASH) {
      stringHadEscape = true
      i++
    }
  }
  return -1
}

/** The index after the value at `at`; `to` if it does not end. Brackets are counted, not matched by kind. */
function valueEnd(bytes: Uint8Array, at: number, to: number): number {
  let depth = 0
  for (let i = at; i < to; i++) {
    const byte = bytes[i]
    if (byte === QUOTE) {
      const close = stringEnd(bytes, i, to)
      if (close < 0) return to
      if (depth === 0) return close + 1
      i = close
    } else if (byte === 0x7b || byte === 0x5b) {
      depth++
    } else if (byte === 0x7d || byte === 0x5d) {
      if (depth === 0) return i
      depth--
      if (depth === 0) return i + 1
    } else if (depth === 0 && byte === 0x2c) {
      return i
    }
  }
  return to
}

/** The end of a run of letters, digits and signs: a number, true, false or null. */
function bareEnd(bytes: Uint8Array, at: number, to: number): number {
  let i = at
  for (; i < to; i++) {
    const byte = bytes[i] as number
    const isDigit = byte >= 0x30 && byte <= 0x39
    const isLetter = (byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x7a
    if (!isDigit && !isLetter && byte !== 0x2b && byte !== 0x2d && byte !== 0x2e) break
  }
  return i
}

function skipBlanks(bytes: Uint8Array, at: number, to: number): number {
  let i = at
  while (i < to && (bytes[i] === 0x20 || bytes[i] === 0x09 || bytes[i] === 0x0d || bytes[i] === 0x0a)) i++
  return i
}

/**
 * The partition key of a line: a member's text, or `schema.table` of a DMS envelope (what DMS itself uses).
 *
 * A key is a view of bytes: of the line for a plain value, of a scratch buffer for one that had to be put together or
 * unescaped, or of a line without a readable key. Such a line gets the key `file:line`: it is stored like any other, and
 * its key says where it came from when it turns up on an error stream.
 * Keys are 1 to 256 characters (the log's rule); a value outside of that does not count as readable.
 */
import { JsonField } from './json-field.ts'

const KEY_CHARACTERS_MAX = 256
const DOT = 0x2e
const encoder = new TextEncoder()
const decoder = new TextDecoder()

export class RecordKey {
  /** Set by `read`. */
  bytes: Uint8Array
  start = 0
  end = 0

  /** The key of every line is its place. */
  readonly isPlace: boolean
  readonly #field: JsonField
  /** Joined to the field by a dot, and looked for in the object that holds it. */
  readonly #sibling: JsonField | undefined
  readonly #scratch = new Uint8Array(4 * KEY_CHARACTERS_MAX + 1)

  constructor(source: string, partitionKey: string) {
    this.bytes = this.#scratch
    const isJoined = partitionKey === 'schema.table'
    this.isPlace = partitionKey === 'file:line'
    const path = isJoined || this.isPlace ? '$.metadata.schema-name' : partitionKey
    this.#field = new JsonField(source, 'partitionKey', path)
    this.#sibling = isJoined ? new JsonField(source, 'partitionKey', '$.table-name') : undefined
  }

  /** Finds the key of the record in bytes[from, to). False if it has none that can be used. */
  read(bytes: Uint8Array, from: number, to: number): boolean {
    const field = this.#field
    if (this.isPlace) return false
    if (this.#sibling !== undefined) return this.#readJoined(bytes, from, to, this.#sibling)
    if (field.find(bytes, from, to) === 'none' || field.end === field.start) return false
    if (field.isEscaped) return this.#set(unescaped(bytes, field))
    this.bytes = bytes
    this.start = field.start
    this.end = field.end
    return this.#isShort()
  }

  /** The key of a line that has none of its own. */
  setFallback(fileName: string, line: number): void {
    const suffix = `:${line}`
    this.#set([...fileName].slice(-(KEY_CHARACTERS_MAX - suffix.length)).join('') + suffix)
  }

  /** A key of the caller's own. */
  set(text: string): void {
    this.#set(text)
  }

  #readJoined(bytes: Uint8Array, from: number, to: number, sibling: JsonField): boolean {
    const field = this.#field
    if (field.find(bytes, from, to) !== 'text') return false
    let at = this.#copyText(bytes, field, 0)
    if (at === 0 || sibling.find(bytes, field.objectStart, to) !== 'text') return false
    this.#scratch[at++] = DOT
    const end = this.#copyText(bytes, sibling, at)
    this.bytes = this.#scratch
    this.start = 0
    this.end = end
    return end > at && this.#isShort()
  }

  /** Copies a text value to the scratch at `at`; returns its end, or `at` if it is empty or has no room. */
  #copyText(bytes: Uint8Array, field: JsonField, at: number): number {
    const part = field.isEscaped ? encoder.encode(unescaped(bytes, field) ?? '') : bytes
    const start = field.isEscaped ? 0 : field.start
    const length = field.isEscaped ? part.length : field.end - field.start
    if (at + length >= this.#scratch.length) return at
    for (let i = 0; i < length; i++) this.#scratch[at + i] = part[start + i] as number
    return at + length
  }

  #set(text: string | undefined): boolean {
    if (text === undefined || text === '') return false
    const { read, written } = encoder.encodeInto(text, this.#scratch)
    this.bytes = this.#scratch
    this.start = 0
    this.end = written
    return read === text.length && this.#isShort()
  }

  #isShort(): boolean {
    const length = this.end - this.start
    if (length <= KEY_CHARACTERS_MAX) return true
    if (length > 4 * KEY_CHARACTERS_MAX) return false
    return [...decoder.decode(this.bytes.subarray(this.start, this.end))].length <= KEY_CHARACTERS_MAX
  }
}

function unescaped(bytes: Uint8Array, field: JsonField): string | undefined {
  const text = decoder.decode(bytes.subarray(field.start, field.end))
  if (!field.isEscaped) return text
  try {
    return JSON.parse(`"${text}"`)
  } catch {
    return undefined
  }
}

/**
 * JSON with the text of its numbers kept, which filter patterns compare (300 and 300.0 differ): the patterns themselves are
 * read with it, once. Of equal names in an object the last one counts.
 */
import { type JsonProblem, scanJson, skipColon, skipSpace, skipString, skipValue } from '@millrace/values'

export type FilterJson =
  | { readonly kind: 'object'; readonly members: ReadonlyMap<string, FilterJson> }
  | { readonly kind: 'array'; readonly items: readonly FilterJson[] }
  | { readonly kind: 'string'; readonly value: string }
  | { readonly kind: 'number' | 'word'; readonly text: string }

const OBJECT = 123
const ARRAY = 91
const STRING = 34
const BACKSLASH = 92

export function parseFilterJson(text: string): FilterJson | JsonProblem {
  const bytes = Buffer.from(text)
  return scanJson(bytes) ?? readValue(bytes, skipSpace(bytes, 0, bytes.length))
}

/** Whether text in bytes[start, end) has an escape. */
export function hasEscape(bytes: Uint8Array, start: number, end: number): boolean {
  for (let i = start; i < end; i++) if (bytes[i] === BACKSLASH) return true
  return false
}

/** `bytes` are JSON, as was checked: nothing here fails. */
function readValue(bytes: Buffer, at: number): FilterJson {
  const first = bytes[at]
  if (first === OBJECT) {
    const members = new Map<string, FilterJson>()
    for (const [name, value] of pieces(bytes, at)) members.set(JSON.parse(name), readValue(bytes, value))
    return { kind: 'object', members }
  }
  if (first === ARRAY) {
    return { kind: 'array', items: [...pieces(bytes, at)].map(([, value]) => readValue(bytes, value)) }
  }
  const text = bytes.toString('utf8', at, skipValue(bytes, at, bytes.length, 0))
  if (first === STRING) return { kind: 'string', value: JSON.parse(text) }
  return { kind: /^[tfn]/.test(text) ? 'word' : 'number', text }
}

/** Of an object or array: text of the name, and where the value begins. */
function* pieces(bytes: Buffer, start: number): Generator<readonly [name: string, value: number]> {
  const isObject = bytes[start] === OBJECT
  const close = isObject ? 125 : 93
  const end = bytes.length
  let at = skipSpace(bytes, start + 1, end)
  while (bytes[at] !== close) {
    let name = ''
    if (isObject) {
      const after = skipString(bytes, at, end)
      name = bytes.toString('utf8', at, after)
      at = skipColon(bytes, after, end)
    }
    yield [name, at]
    at = skipSpace(bytes, skipValue(bytes, at, end, 0), end)
    if (bytes[at] === 44) at = skipSpace(bytes, at + 1, end)
  }
}

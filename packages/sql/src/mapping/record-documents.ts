/**
 * Where the JSON documents of a payload begin and end, and the parts of a document that a row path names. Values are found by
 * their brackets and quotes alone; whether they are JSON is judged by the row reader, which is strict.
 */
import type { JsonPath } from '@millrace/values'

/** Bytes [start, end). */
export interface Slice {
  readonly start: number
  readonly end: number
}

const quote = 0x22
const backslash = 0x5c
const open: ReadonlySet<number> = new Set([0x7b, 0x5b])
const close: ReadonlySet<number> = new Set([0x7d, 0x5d])
const bracket = 0x5b
const brace = 0x7b
const comma = 0x2c
const colon = 0x3a

/** The documents of a payload, one after the other with white space between; a payload of white space has none. */
export function documentsOf(bytes: Uint8Array): Slice[] {
  const documents: Slice[] = []
  let at = skipSpace(bytes, 0, bytes.length)
  while (at < bytes.length) {
    const end = endOfValue(bytes, at, bytes.length)
    documents.push({ start: at, end })
    at = skipSpace(bytes, end, bytes.length)
  }
  return documents
}

/**
 * The rows of a document: what the path leads to, or each element of it if it is an array. A path that leads nowhere gives
 * one empty slice, which stands for a row of NULLs.
 */
export function rowsAt(bytes: Uint8Array, document: Slice, path: JsonPath): Slice[] {
  let at: Slice | undefined = document
  for (const step of [...path.steps]) at = at === undefined ? undefined : memberOf(bytes, at, step)
  if (at === undefined) return [{ start: document.end, end: document.end }]
  let rows = bytes[at.start] === bracket ? elementsOf(bytes, at) : [at]
  for (const step of path.element ?? [])
    rows = rows.map((row) => memberOf(bytes, row, step) ?? { start: row.end, end: row.end })
  return rows.length > 0 ? rows : [{ start: at.end, end: at.end }]
}

export function isArray(bytes: Uint8Array, { start }: Slice): boolean {
  return bytes[start] === bracket
}

export function elementsOf(bytes: Uint8Array, { start, end }: Slice): Slice[] {
  const elements: Slice[] = []
  let at = skipSpace(bytes, start + 1, end)
  while (at < end - 1) {
    const stop = endOfValue(bytes, at, end - 1)
    // Nothing but a stray sign: let the reader of the whole refuse it.
    if (stop === at) return elements
    elements.push({ start: at, end: stop })
    at = skipSpace(bytes, stop, end)
    if (bytes[at] === comma) at = skipSpace(bytes, at + 1, end)
  }
  return elements
}

function memberOf(bytes: Uint8Array, { start, end }: Slice, name: string): Slice | undefined {
  if (bytes[start] !== brace) return undefined
  let at = skipSpace(bytes, start + 1, end)
  while (at < end - 1 && bytes[at] === quote) {
    const keyEnd = endOfValue(bytes, at, end)
    const key = textOf(bytes, at, keyEnd)
    at = skipSpace(bytes, keyEnd, end)
    if (bytes[at] === colon) at = skipSpace(bytes, at + 1, end)
    const stop = endOfValue(bytes, at, end - 1)
    if (key === name) return { start: at, end: stop }
    at = skipSpace(bytes, stop, end)
    if (bytes[at] === comma) at = skipSpace(bytes, at + 1, end)
  }
  return undefined
}

function textOf(bytes: Uint8Array, start: number, end: number): string {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('utf8')
  try {
    return String(JSON.parse(text))
  } catch {
    return text
  }
}

/** A value that is cut ends where the text ends. */
function endOfValue(bytes: Uint8Array, start: number, end: number): number {
  const first = bytes[start]!
  if (first === quote) return endOfString(bytes, start, end)
  if (!open.has(first)) {
    let at = start
    while (
      at < end &&
      !isSpace(bytes[at]!) &&
      bytes[at] !== comma &&
      !open.has(bytes[at]!) &&
      !close.has(bytes[at]!)
    )
      at++
    return at === start ? start + 1 : at
  }
  let depth = 0
  let at = start
  while (at < end) {
    const byte = bytes[at]!
    if (byte === quote) {
      at = endOfString(bytes, at, end)
      continue
    }
    if (open.has(byte)) depth++
    else if (close.has(byte) && --depth === 0) return at + 1
    at++
  }
  return end
}

function endOfString(bytes: Uint8Array, start: number, end: number): number {
  let at = start + 1
  while (at < end) {
    if (bytes[at] === backslash) at += 2
    else if (bytes[at++] === quote) return at
  }
  return end
}

function skipSpace(bytes: Uint8Array, start: number, end: number): number {
  let at = start
  while (at < end && isSpace(bytes[at]!)) at++
  return at
}

function isSpace(byte: number): boolean {
  return byte === 0x20 || (byte >= 0x09 && byte <= 0x0d)
}

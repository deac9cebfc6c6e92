/**
 * Reads the file of a reference table: one JSON array of objects, or objects one after the other (JSON lines among them).
 * Rows are read with the same mapping and coercions as records of a stream. The first thing that does not fit is refused
 * with line and column, since a table that lacks rows would give wrong answers silently.
 */
import { readFileSync } from 'node:fs'
import { JsonRowReader, makeBatch, type RowBatch } from '@millrace/values'
import { messageOf, RuntimeError } from './errors.ts'
import type { MappedSchema } from './query-program.ts'

const openBracket = 91
const closeBracket = 93
const comma = 44

export function readReference(table: string, file: string, mapped: MappedSchema): RowBatch {
  const bytes = readBytes(table, file)
  const reader = new JsonRowReader(mapped.columns)
  const rows = makeBatch(mapped.schema)
  reader.page(rows, bytes)
  const refuse = (offset: number, what: string): RuntimeError => refusal(table, file, bytes, offset, what)
  // A byte order mark is no JSON, but some editors write one.
  let at = skipBlank(bytes, bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0)
  const isArray = bytes[at] === openBracket
  if (isArray) {
    at = skipBlank(bytes, at + 1)
    if (bytes[at] === closeBracket) return afterArray(bytes, at, rows, refuse)
  }
  while (at < bytes.length) {
    const next = reader.locateNext(bytes, at, bytes.length)
    if (typeof next !== 'number') throw refuse(at + next.offset, next.reason)
    if (bytes[at] !== 123) throw refuse(at, 'a row must be a JSON object')
    const problem = reader.append(rows, 0, rows.length)
    if (problem) throw refuse(at, problem.message)
    at = skipBlank(bytes, next)
    if (!isArray) continue
    if (bytes[at] === closeBracket) return afterArray(bytes, at, rows, refuse)
    if (bytes[at] !== comma) throw refuse(at, 'a comma or ] must follow a row of the array')
    at = skipBlank(bytes, at + 1)
  }
  if (isArray) throw refuse(at, 'the array does not end')
  return rows
}

function afterArray(
  bytes: Uint8Array,
  at: number,
  rows: RowBatch,
  refuse: (offset: number, what: string) => RuntimeError,
): RowBatch {
  const rest = skipBlank(bytes, at + 1)
  if (rest < bytes.length) throw refuse(rest, 'nothing may follow the array')
  return rows
}

function readBytes(table: string, file: string): Uint8Array {
  try {
    return readFileSync(file)
  } catch (cause) {
    throw new RuntimeError('REFERENCE_UNREADABLE', {
      place: `reference table "${table}", file ${file}`,
      what: `it cannot be read: ${messageOf(cause)}`,
      next: 'Correct the path, or make the file',
      cause,
    })
  }
}

function refusal(table: string, file: string, bytes: Uint8Array, offset: number, what: string): RuntimeError {
  let line = 1
  let lineStart = 0
  const end = Math.min(offset, bytes.length)
  for (let i = 0; i < end; i++) {
    if (bytes[i] !== 10) continue
    line++
    lineStart = i + 1
  }
  return new RuntimeError('REFERENCE_INVALID', {
    place: `reference table "${table}", ${file}:${line}:${end - lineStart + 1}`,
    what,
    allowed: 'one JSON array of objects, or JSON objects one after the other',
    next: 'Correct the file',
  })
}

function skipBlank(bytes: Uint8Array, from: number): number {
  let at = from
  while (at < bytes.length && (bytes[at] === 32 || bytes[at] === 10 || bytes[at] === 13 || bytes[at] === 9))
    at++
  return at
}

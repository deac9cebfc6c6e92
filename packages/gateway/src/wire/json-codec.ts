/**
 * JSON 1.1 of the AWS protocols: blobs are base64 strings, timestamps are epoch seconds with a fraction, members that are
 * undefined are left out. Reading is strict RFC 8259 with a bound on nesting; a blob stays the string that it is, because
 * only the shape of an operation knows which strings are blobs.
 * Cost: reading is one check pass over the bytes and one JSON.parse; writing builds one string.
 */
import { isUtf8 } from 'node:buffer'
import { scanJson } from '@millrace/values'
import { serializationError } from './serialization-error.ts'

/** The tree of a JSON body. Throws SerializationException. */
export function decodeJson(bytes: Uint8Array): unknown {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  // JSON.parse alone would take any depth, and the decoder below would replace bytes that are not UTF-8.
  const problem = scanJson(bytes)
  if (problem !== null)
    throw serializationError(`The body is not JSON: ${problem.reason}, at byte ${problem.offset}.`)
  if (!isUtf8(buffer)) throw serializationError('The body is not UTF-8.')
  return JSON.parse(buffer.toString('utf8'))
}

export function encodeJson(value: object): Buffer {
  return Buffer.from(jsonText(value))
}

function jsonText(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return JSON.stringify(value)
    case 'number':
      if (!Number.isFinite(value)) throw new Error(`gateway invariant: ${value} has no place in a reply`)
      return String(value)
    case 'boolean':
      return value ? 'true' : 'false'
    case 'object':
      break
    default:
      throw new Error(`gateway invariant: a ${typeof value} has no place in a reply`)
  }
  if (value === null) return 'null'
  if (Array.isArray(value)) return arrayText(value)
  if (value instanceof Uint8Array) return blobText(value)
  if (value instanceof Date) return jsonText(value.getTime() / 1000)
  // Everything else of type object is a plain record by the port's contract.
  return recordText(value as Readonly<Record<string, unknown>>)
}

function arrayText(items: readonly unknown[]): string {
  let text = '['
  for (let i = 0; i < items.length; i++) text += i === 0 ? jsonText(items[i]) : `,${jsonText(items[i])}`
  return `${text}]`
}

function blobText(bytes: Uint8Array): string {
  return `"${Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64')}"`
}

function recordText(record: Readonly<Record<string, unknown>>): string {
  let text = '{'
  for (const name of Object.keys(record)) {
    const value = record[name]
    if (value === undefined) continue
    text += `${text.length > 1 ? ',' : ''}${JSON.stringify(name)}:${jsonText(value)}`
  }
  return `${text}}`
}

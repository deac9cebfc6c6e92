/** The format raw: the whole record is the table's one physical column. Text is UTF-8; numbers are not supported. */
import type { Field } from '@millrace/values'
import { type Decoder, type Encoder, FormatError, type FormatOptions } from './format-contract.ts'

const utf8 = new TextDecoder('utf-8', { fatal: true })
const encoder = new TextEncoder()

export function rawDecoder(fields: readonly Field[], options: FormatOptions): Decoder {
  const binary = checkFields(fields, options)
  return {
    decode(bytes, emit) {
      try {
        emit([binary ? bytes.slice() : utf8.decode(bytes)], 0)
        return undefined
      } catch (error) {
        if (!(error instanceof TypeError)) throw error
        return { name: 'ParseError', message: 'the record is not text in UTF-8' }
      }
    },
  }
}

export function rawEncoder(fields: readonly Field[], options: FormatOptions): Encoder {
  checkFields(fields, options)
  return {
    takesChanges: false,
    encode([value]) {
      if (value === null || value === undefined) return new Uint8Array(0)
      return value instanceof Uint8Array ? value : encoder.encode(String(value))
    },
  }
}

/** Whether the column holds bytes. */
function checkFields(fields: readonly Field[], options: FormatOptions): boolean {
  const type = fields[0]?.type.kind
  const text = type === 'VARCHAR' || type === 'CHAR'
  const binary = type === 'VARBINARY' || type === 'BINARY'
  if (fields.length !== 1 || !(text || binary)) {
    const found = fields.map((field) => `${field.name} ${field.type.kind}`).join(', ')
    throw new FormatError(`the format raw takes one physical column of type STRING or BYTES, not (${found}).`)
  }
  const charset = options.charset?.toUpperCase() ?? 'UTF-8'
  if (charset !== 'UTF-8') throw new FormatError(`'raw.charset' is '${charset}'. Allowed: 'UTF-8'.`)
  return binary
}

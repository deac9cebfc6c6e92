/** Messages to a client, protocol 3.0: each function gives the bytes of one, type and length included. */
import type { ResultColumn } from './postgres-types.ts'

export interface ErrorFields {
  readonly severity: 'ERROR' | 'FATAL'
  /** SQLSTATE, five characters. */
  readonly state: string
  readonly message: string
  readonly hint?: string
  /** In characters of the statement, from 1. */
  readonly position?: number
}

export type TransactionStatus = 'I' | 'T' | 'E'

export const authenticationOk = message('R', int32(0))
export const parseComplete = message('1')
export const bindComplete = message('2')
export const closeComplete = message('3')
export const noData = message('n')
export const portalSuspended = message('s')
export const emptyQueryResponse = message('I')

/** The mechanisms that the client may choose from. */
export function authenticationSasl(mechanisms: readonly string[]): Buffer {
  return message('R', int32(10), ...mechanisms.map(cString), Buffer.of(0))
}

export function authenticationSaslContinue(data: string): Buffer {
  return message('R', int32(11), Buffer.from(data))
}

export function authenticationSaslFinal(data: string): Buffer {
  return message('R', int32(12), Buffer.from(data))
}

export function parameterStatus(name: string, value: string): Buffer {
  return message('S', cString(name), cString(value))
}

export function backendKeyData(id: number, secret: number): Buffer {
  return message('K', int32(id), int32(secret))
}

export function readyForQuery(status: TransactionStatus): Buffer {
  return message('Z', Buffer.from(status))
}

export function commandComplete(tag: string): Buffer {
  return message('C', cString(tag))
}

export function negotiateProtocolVersion(options: readonly string[]): Buffer {
  return message('v', int32(0), int32(options.length), ...options.map(cString))
}

/** `formats`: 0 text, 1 binary, one for each column. */
export function rowDescription(columns: readonly ResultColumn[], formats: readonly number[]): Buffer {
  const fields = columns.map(({ name, type }, i) => {
    const field = Buffer.alloc(18)
    // Of no table and no column of one.
    field.writeInt32BE(0, 0)
    field.writeInt16BE(0, 4)
    field.writeInt32BE(type.oid, 6)
    field.writeInt16BE(type.length, 10)
    field.writeInt32BE(type.modifier, 12)
    field.writeInt16BE(formats[i] ?? 0, 16)
    return Buffer.concat([cString(name), field])
  })
  return message('T', int16(columns.length), ...fields)
}

export function parameterDescription(oids: readonly number[]): Buffer {
  return message('t', int16(oids.length), ...oids.map(int32))
}

/** Null values are null. */
export function dataRow(values: readonly (Buffer | null)[]): Buffer {
  let length = 7
  for (const value of values) length += 4 + (value === null ? 0 : value.length)
  const row = Buffer.allocUnsafe(length)
  row[0] = 0x44
  row.writeInt32BE(length - 1, 1)
  row.writeInt16BE(values.length, 5)
  let at = 7
  for (const value of values) {
    row.writeInt32BE(value === null ? -1 : value.length, at)
    at += 4
    if (value === null) continue
    at += value.copy(row, at)
  }
  return row
}

export function errorResponse({ severity, state, message: text, hint, position }: ErrorFields): Buffer {
  const fields = [`S${severity}`, `V${severity}`, `C${state}`, `M${text}`]
  if (hint !== undefined) fields.push(`H${hint}`)
  if (position !== undefined) fields.push(`P${position}`)
  return message('E', ...fields.map(cString), Buffer.of(0))
}

export function noticeResponse(text: string): Buffer {
  return message('N', ...['SWARNING', 'VWARNING', 'C01000', `M${text}`].map(cString), Buffer.of(0))
}

function message(type: string, ...parts: readonly Buffer[]): Buffer {
  let length = 4
  for (const part of parts) length += part.length
  return Buffer.concat([Buffer.from(type), int32(length), ...parts])
}

function cString(text: string): Buffer {
  // A zero byte would end the text too early.
  return Buffer.from(`${text.replaceAll('\0', '')}\0`)
}

function int16(value: number): Buffer {
  const bytes = Buffer.alloc(2)
  bytes.writeInt16BE(value, 0)
  return bytes
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeInt32BE(value, 0)
  return bytes
}

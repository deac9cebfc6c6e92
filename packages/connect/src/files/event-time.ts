/** The event time of a record: ISO text, or a number of seconds or ms. */
import { parseTimestampBytes } from '@millrace/values'
import type { JsonField } from './json-field.ts'

/** A bare number below this is taken as seconds since the epoch, from it on as ms (1e11 s is the year 5138). */
const SECONDS_BELOW = 1e11

/** Ms since the epoch of the field in bytes[from, to), NaN if there is none that can be read. */
export function readEventTime(field: JsonField, bytes: Uint8Array, from: number, to: number): number {
  const kind = field.find(bytes, from, to)
  if (kind === 'text') return parseTimestampBytes(bytes, field.start, field.end)
  if (kind === 'none') return Number.NaN
  const number = Number(
    Buffer.from(bytes.buffer, bytes.byteOffset + field.start, field.end - field.start).toString('latin1'),
  )
  return number < SECONDS_BELOW ? number * 1000 : number
}

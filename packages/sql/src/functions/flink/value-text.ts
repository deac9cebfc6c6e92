/**
 * Values as CAST to STRING writes them in the Flink dialect (spec 3.11): TRUE, 1.0E7, timestamps with just the digits of
 * their type, bytes as UTF-8, [a, b], {k=v}, (f1, f2), NULL inside nested values.
 */
import { formatDate, type SqlType } from '@millrace/values'
import type { SqlValue } from '../../plan.ts'
import { booleanOf, numberOf, textOf, unscaledOf } from '../argument-values.ts'
import { dateOfTimestamp, dayMs, timeOfTimestamp, timeText } from '../civil-time.ts'
import { decimalText } from '../numbers.ts'
import { localTime } from '../zone.ts'
import { javaDoubleText, javaFloatText } from './java-number.ts'
import { precisionOf } from './types.ts'

export function flinkText(value: SqlValue, type: SqlType, zone: string): string {
  if (value === null) return 'NULL'
  switch (type.kind) {
    case 'BOOLEAN':
      return booleanOf(value) ? 'TRUE' : 'FALSE'
    case 'REAL':
      return javaFloatText(numberOf(value))
    case 'DOUBLE':
      return javaDoubleText(numberOf(value))
    case 'DECIMAL':
      return decimalText(unscaledOf(value), type.scale)
    case 'TINYINT':
    case 'SMALLINT':
    case 'INTEGER':
    case 'BIGINT':
      return String(value)
    case 'CHAR':
    case 'VARCHAR':
      return textOf(value)
    case 'BINARY':
    case 'VARBINARY':
      return decodeUtf8(bytesOf(value))
    case 'DATE':
      return formatDate(numberOf(value))
    case 'TIME':
      return timeText(numberOf(value))
    case 'TIMESTAMP':
      return flinkTimestampText(numberOf(value), precisionOf(type))
    case 'TIMESTAMP_LTZ':
      return flinkTimestampText(localTime(numberOf(value), zone), precisionOf(type))
    case 'INTERVAL_DAY':
      return dayIntervalText(numberOf(value))
    case 'INTERVAL_MONTH':
      return monthIntervalText(numberOf(value))
    case 'ARRAY':
      return `[${[...arrayLike(value)].map((element) => flinkText(element, type.element, zone)).join(', ')}]`
    case 'ROW':
      return `(${[...arrayLike(value)].map((field, i) => flinkText(field, type.fields[i]!.type, zone)).join(', ')})`
    case 'MAP':
      return mapText(value, type.key, type.value, zone)
    case 'MULTISET':
      return mapText(value, type.element, { kind: 'INTEGER' }, zone)
    case 'NULL':
      return 'NULL'
  }
}

function mapText(value: SqlValue, key: SqlType, element: SqlType, zone: string): string {
  if (!(value instanceof Map)) throw new Error('function table: a map expected')
  const entries = [...(value as ReadonlyMap<SqlValue, SqlValue>)] // Maps among values map values to values.
  return `{${entries.map(([k, v]) => `${flinkText(k, key, zone)}=${flinkText(v, element, zone)}`).join(', ')}}`
}

function arrayLike(value: SqlValue): readonly SqlValue[] {
  if (!Array.isArray(value)) throw new Error('function table: an array or a row expected')
  return value
}

export function bytesOf(value: SqlValue | undefined): Uint8Array {
  if (!(value instanceof Uint8Array)) throw new Error('function table: bytes expected')
  return value
}

export function decodeUtf8(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8')
}

/** `yyyy-MM-dd HH:mm:ss` and `precision` digits of the second, of which values hold three. */
export function flinkTimestampText(ms: number, precision: number): string {
  const time = timeOfTimestamp(ms)
  const seconds = timeText(time - (time % 1000))
  const text = `${formatDate(dateOfTimestamp(ms))} ${seconds}`
  if (precision === 0) return text
  return `${text}.${String(time % 1000)
    .padStart(3, '0')
    .padEnd(precision, '0')
    .slice(0, precision)}`
}

/** `+1 02:03:04.500` */
function dayIntervalText(ms: number): string {
  const size = Math.abs(ms)
  const time = size % dayMs
  const clock = timeText(time - (time % 1000))
  return `${ms < 0 ? '-' : '+'}${Math.floor(size / dayMs)} ${clock}.${String(time % 1000).padStart(3, '0')}`
}

/** `+1-02` */
function monthIntervalText(months: number): string {
  const size = Math.abs(months)
  return `${months < 0 ? '-' : '+'}${Math.floor(size / 12)}-${String(size % 12).padStart(2, '0')}`
}

/**
 * Columns in Debezium's JSON: for each the Connect schema and how a value is written (Debezium's pages on the MySQL and Postgres
 * connectors, "data type mappings"). A writer gives undefined where Debezium has null though the database has a value: MySQL's
 * zero dates in columns that may be null (in others they are the epoch).
 */
import type { DatabaseKind } from '../../database/database.ts'
import { CdcError } from '../../errors.ts'
import type { ColumnValue } from '../../model/column-value.ts'
import type { Column, ColumnType } from '../../model/table-schema.ts'
import { timeMicros } from '../../model/time-text.ts'
import { floatText, hex, valueText } from '../../model/value-text.ts'
import { numberOrQuoted, quote, quotedIso } from '../json-text.ts'
import type { ConnectSchema } from './connect-schema.ts'
import { scaleOf, unscaledBase64 } from './debezium-decimal.ts'
import { geometryColumn } from './debezium-geometry.ts'
import type { DebeziumSettings } from './debezium-options.ts'
import { epochDays, epochText, intervalMicros, type TimeUnit, zonedTimeText } from './debezium-time.ts'

export type Known = Exclude<ColumnValue, null | undefined>

export interface DebeziumColumn {
  /** Without `optional`, which is the column's. */
  readonly schema: ConnectSchema
  readonly write: (value: Known) => string | undefined
  /** What stands for a value that the log left out. */
  readonly unavailable: string
}

type Settings = Pick<
  DebeziumSettings,
  | 'decimalHandlingMode'
  | 'timePrecisionMode'
  | 'binaryHandlingMode'
  | 'intervalHandlingMode'
  | 'unavailableValuePlaceholder'
>

export function debeziumColumn(database: DatabaseKind, column: Column, settings: Settings): DebeziumColumn {
  const known = columnOf(database, column, column.type, settings)
  return { unavailable: quote(settings.unavailableValuePlaceholder), ...known }
}

type Written = Omit<DebeziumColumn, 'unavailable'> & { readonly unavailable?: string }

function columnOf(database: DatabaseKind, column: Column, type: ColumnType, settings: Settings): Written {
  switch (type.kind) {
    case 'boolean':
      return { schema: { type: 'boolean' }, write: String }
    case 'integer':
      return { schema: { type: integerType(type) }, write: String }
    case 'year':
      return { schema: named('int32', 'io.debezium.time.Year'), write: String }
    case 'float':
      return {
        schema: { type: type.bits === 32 ? 'float' : 'double' },
        write: (value) =>
          numberOrQuoted(typeof value === 'number' ? floatText(value, type.bits) : String(value)),
      }
    case 'decimal':
      return decimalColumn(column, type, settings)
    case 'bits':
      return bitsColumn(type)
    case 'date':
    case 'time':
    case 'datetime':
    case 'instant':
    case 'time-zoned':
      return timeColumn(database, column, type, settings)
    case 'interval':
      return settings.intervalHandlingMode === 'string'
        ? { schema: named('string', 'io.debezium.time.Interval'), write: text }
        : {
            schema: named('int64', 'io.debezium.time.MicroDuration'),
            write: (value) => intervalMicros(String(value)) ?? text(value),
          }
    case 'bytes':
      return bytesColumn(type, settings)
    case 'geometry':
      return geometryColumn(database, type)
    case 'json':
      return { schema: named('string', 'io.debezium.data.Json'), write: text }
    case 'uuid':
      return { schema: named('string', 'io.debezium.data.Uuid'), write: text }
    case 'enum':
    case 'set': {
      const name = type.kind === 'enum' ? 'io.debezium.data.Enum' : 'io.debezium.data.EnumSet'
      const schema = named('string', name, { allowed: (type.labels ?? []).join(',') })
      return { schema, write: text }
    }
    case 'array':
      return arrayColumn(database, column, type, settings)
    case 'text':
      return { schema: textSchema(type.native), write: text }
    case 'other':
      return { schema: textSchema(type.native), write: (value) => quote(valueText(value, type)) }
  }
}

function text(value: Known): string {
  return quote(String(value))
}

function named(
  type: ConnectSchema['type'],
  name: string,
  parameters?: { readonly [name: string]: string },
): ConnectSchema {
  return { type, name, version: 1, ...(parameters === undefined ? {} : { parameters }) }
}

/** The smallest that holds the values; Connect has no unsigned types, and int64 for MySQL's unsigned BIGINT as well. */
function integerType({ bits, isUnsigned }: ColumnType): ConnectSchema['type'] {
  if (bits === 8) return 'int16'
  if (bits === 16) return isUnsigned ? 'int32' : 'int16'
  if (bits === 24) return 'int32'
  return bits === 64 || isUnsigned ? 'int64' : 'int32'
}

function decimalColumn(column: Column, type: ColumnType, settings: Settings): Written {
  const mode = settings.decimalHandlingMode
  if (mode === 'string')
    return { schema: { type: 'string' }, write: (value) => quote(valueText(value, type)) }
  if (mode === 'double')
    return { schema: { type: 'double' }, write: (value) => numberOrQuoted(valueText(value, type)) }
  const digits = (value: Known) => finiteDigits(column, valueText(value, type))
  const { precision } = type
  if (precision !== undefined) {
    const scale = type.scale ?? 0
    const parameters = { scale: String(scale), 'connect.decimal.precision': String(precision) }
    return {
      schema: named('bytes', 'org.apache.kafka.connect.data.Decimal', parameters),
      write: (value) => `"${unscaledBase64(digits(value), scale)}"`,
    }
  }
  return {
    schema: {
      ...named('struct', 'io.debezium.data.VariableScaleDecimal'),
      fields: [
        { type: 'int32', field: 'scale' },
        { type: 'bytes', field: 'value' },
      ],
    },
    write: (value) => {
      const written = digits(value)
      const scale = scaleOf(written)
      return `{"scale":${scale},"value":"${unscaledBase64(written, scale)}"}`
    },
  }
}

function finiteDigits(column: Column, written: string): string {
  if (/\d$/.test(written)) return written
  throw new CdcError(
    'CDC_VALUE_INVALID',
    `column ${JSON.stringify(column.name)} holds ${written}, which decimalHandlingMode 'precise' has no form for. ` +
      "Set it to 'string', or to 'double', where it is written as a text.",
  )
}

/** Bits as bytes, the lowest first, as Debezium's Bits are. */
function bitsColumn(type: ColumnType): Written {
  if (type.bits === 1) return { schema: { type: 'boolean' }, write: (value) => String(value === '1') }
  const parameters = { length: String(type.bits ?? 2147483647) }
  return {
    schema: named('bytes', 'io.debezium.data.Bits', parameters),
    write: (value) => {
      const bits = String(value)
      const bytes = Buffer.alloc(Math.ceil(bits.length / 8))
      for (let i = 0; i < bits.length; i++)
        if (bits.charCodeAt(bits.length - 1 - i) === 49) bytes[i >> 3]! |= 1 << (i & 7)
      return `"${bytes.toString('base64')}"`
    },
  }
}

function bytesColumn(type: ColumnType, settings: Settings): Written {
  const placeholder = settings.unavailableValuePlaceholder
  const form = bytesText(settings.binaryHandlingMode)
  return {
    schema: { type: settings.binaryHandlingMode === 'bytes' ? 'bytes' : 'string' },
    write: (value) => (value instanceof Uint8Array ? `"${form(value)}"` : quote(valueText(value, type))),
    unavailable: `"${form(Buffer.from(placeholder, 'utf8'))}"`,
  }
}

function bytesText(mode: Settings['binaryHandlingMode']): (bytes: Uint8Array) => string {
  if (mode === 'hex') return hex
  const encoding = mode === 'base64-url-safe' ? 'base64url' : 'base64'
  const encode = (bytes: Uint8Array) =>
    Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString(encoding)
  if (mode !== 'base64-url-safe') return encode
  // Java's encoder of this alphabet pads, Node's does not.
  return (bytes) => {
    const encoded = encode(bytes)
    return encoded.padEnd(Math.ceil(encoded.length / 4) * 4, '=')
  }
}

function arrayColumn(database: DatabaseKind, column: Column, type: ColumnType, settings: Settings): Written {
  if (type.element === undefined)
    return { schema: { type: 'string' }, write: (value) => quote(valueText(value, type)) }
  const element = columnOf(database, { ...column, isNullable: true }, type.element, settings)
  const write = (value: ColumnValue): string => {
    if (value === null || value === undefined) return 'null'
    return Array.isArray(value)
      ? `[${value.map(write).join(',')}]`
      : (element.write(value as Known) ?? 'null')
  }
  return {
    schema: { type: 'array', items: { ...element.schema, optional: true } },
    write,
    unavailable: `[${element.unavailable ?? quote(settings.unavailableValuePlaceholder)}]`,
  }
}

function textSchema(native: string): ConnectSchema {
  switch (native) {
    case 'xml':
      return named('string', 'io.debezium.data.Xml')
    case 'ltree':
      return named('string', 'io.debezium.data.Ltree')
    case 'tsvector':
      return named('string', 'io.debezium.data.Tsvector')
    default:
      return { type: 'string' }
  }
}

function timeColumn(database: DatabaseKind, column: Column, type: ColumnType, settings: Settings): Written {
  const mode = settings.timePrecisionMode
  /** A text that is no time: null, or the epoch where the column cannot be null. */
  const orNone = (json: string | undefined, epoch: string) => json ?? (column.isNullable ? undefined : epoch)
  const scale = type.scale ?? (database === 'postgres' ? 6 : 0)
  switch (type.kind) {
    case 'date': {
      if (mode === 'isostring')
        return {
          schema: named('string', 'io.debezium.time.IsoDate'),
          write: (value) =>
            orNone(epochDays(String(value)) === undefined ? undefined : `"${value}Z"`, '"1970-01-01Z"'),
        }
      const name = mode === 'connect' ? 'org.apache.kafka.connect.data.Date' : 'io.debezium.time.Date'
      return {
        schema: named('int32', name),
        write: (value) => orNone(infinite(value, 'date') ?? epochDays(String(value))?.toString(), '0'),
      }
    }
    case 'time':
      return timeOfDayColumn(mode, scale)
    case 'time-zoned':
      return {
        schema: named('string', 'io.debezium.time.ZonedTime'),
        write: (value) => quote(zonedTimeText(String(value))),
      }
    case 'instant':
      return {
        schema: named('string', 'io.debezium.time.ZonedTimestamp'),
        write: (value) => orNone(isoText(String(value)), '"1970-01-01T00:00:00Z"'),
      }
    default:
      return datetimeColumn(mode, scale, orNone)
  }
}

function timeOfDayColumn(mode: Settings['timePrecisionMode'], scale: number): Written {
  const inMicros = (divisor: number) => (value: Known) => {
    const us = timeMicros(String(value))
    return us === undefined ? undefined : String(Math.trunc(us / divisor))
  }
  if (mode === 'isostring')
    return { schema: named('string', 'io.debezium.time.IsoTime'), write: (value) => quote(`${value}Z`) }
  if (mode === 'connect')
    return { schema: named('int32', 'org.apache.kafka.connect.data.Time'), write: inMicros(1000) }
  if (mode === 'adaptive' && scale <= 3)
    return { schema: named('int32', 'io.debezium.time.Time'), write: inMicros(1000) }
  if (mode !== 'nanoseconds')
    return { schema: named('int64', 'io.debezium.time.MicroTime'), write: inMicros(1) }
  return {
    schema: named('int64', 'io.debezium.time.NanoTime'),
    write: (value) => {
      const us = timeMicros(String(value))
      return us === undefined ? undefined : String(BigInt(us) * 1000n)
    },
  }
}

function datetimeColumn(
  mode: Settings['timePrecisionMode'],
  scale: number,
  orNone: (json: string | undefined, epoch: string) => string | undefined,
): Written {
  if (mode === 'isostring')
    return {
      schema: named('string', 'io.debezium.time.IsoTimestamp'),
      write: (value) => orNone(isoText(String(value)), '"1970-01-01T00:00:00Z"'),
    }
  const unit: TimeUnit =
    mode === 'nanoseconds'
      ? 'ns'
      : mode === 'connect' || (mode !== 'microseconds' && scale <= 3)
        ? 'ms'
        : 'us'
  const names = {
    ms: mode === 'connect' ? 'org.apache.kafka.connect.data.Timestamp' : 'io.debezium.time.Timestamp',
    us: 'io.debezium.time.MicroTimestamp',
    ns: 'io.debezium.time.NanoTimestamp',
  }
  return {
    schema: named('int64', names[unit]),
    write: (value) => orNone(infinite(value, unit) ?? epochText(String(value), unit), '0'),
  }
}

/** What Debezium has for Postgres' `infinity`: the driver's bounds, microseconds of timestamps and days of dates. */
function infinite(value: Known, unit: TimeUnit | 'date'): string | undefined {
  if (value !== 'infinity' && value !== '-infinity') return undefined
  const isPositive = value === 'infinity'
  if (unit === 'date') return isPositive ? '2147483647' : '-2147483648'
  if (unit === 'ms') return isPositive ? '9223372036825200' : '-9223372036832400'
  return isPositive ? '9223372036825200000' : '-9223372036832400000'
}

/** `infinity` stays what it is; dates that no calendar has are undefined. */
function isoText(value: string): string | undefined {
  return value.endsWith('infinity') || epochDays(value) !== undefined ? quotedIso(value) : undefined
}

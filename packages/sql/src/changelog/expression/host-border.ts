/**
 * Values between rows and functions of the host (host-function.ts): number for integers and floats (bigint for BIGINT beyond
 * the safe range), text for DECIMAL, Date for DATE and timestamps, ms for TIME and intervals, object by field name for ROW,
 * Map for MAP and MULTISET. A result that does not fit its declared type fails the row as HostFunctionError.
 */
import { formatFlinkType, type SqlType } from '@millrace/values'
import { decimalText, parseExact, rescale } from '../../functions/numbers.ts'
import type { SqlValue } from '../../plan.ts'
import { narrow } from '../row.ts'

/** A function of the host threw, or gave what is no value of its type. */
export class HostFunctionError extends Error {
  override readonly name = 'HostFunctionError'

  constructor(fn: string, cause: unknown) {
    super(`${fn}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause })
  }
}

const dayMs = 86_400_000
type Nested = readonly SqlValue[]

/** The form that the host sees. */
export function toHost(type: SqlType): (value: SqlValue) => unknown {
  switch (type.kind) {
    case 'DECIMAL': {
      const { scale } = type
      return (value) => (value === null ? null : decimalText(BigInt(value as number | bigint), scale))
    }
    case 'DATE':
      return (value) => (value === null ? null : new Date((value as number) * dayMs))
    case 'TIMESTAMP':
    case 'TIMESTAMP_LTZ':
      return (value) => (value === null ? null : new Date(value as number))
    case 'ARRAY': {
      const element = toHost(type.element)
      return (value) => (value === null ? null : (value as Nested).map(element))
    }
    case 'ROW': {
      const fields = type.fields.map((field) => ({ name: field.name, convert: toHost(field.type) }))
      return (value) =>
        value === null
          ? null
          : Object.fromEntries(fields.map(({ name, convert }, i) => [name, convert((value as Nested)[i]!)]))
    }
    case 'MAP': {
      const [key, element] = [toHost(type.key), toHost(type.value)]
      return (value) => (value === null ? null : mapBoth(value, key, element))
    }
    case 'MULTISET': {
      const key = toHost(type.element)
      return (value) => (value === null ? null : mapBoth(value, key, (count) => count))
    }
    default:
      return (value) => value
  }
}

function mapBoth(
  value: SqlValue,
  key: (value: SqlValue) => unknown,
  element: (value: SqlValue) => unknown,
): Map<unknown, unknown> {
  // MAP and MULTISET are held as Maps.
  const map = value as ReadonlyMap<SqlValue, SqlValue>
  return new Map([...map].map(([k, v]) => [key(k), element(v)]))
}

/** The value of what the host gave. */
export function fromHost(type: SqlType): (value: unknown, fn: string) => SqlValue {
  const convert = converter(type)
  return (value, fn) => {
    try {
      return value === null || value === undefined ? null : convert(value)
    } catch (error) {
      throw new HostFunctionError(fn, error)
    }
  }
}

type Convert = (value: unknown) => SqlValue

const integerLimits: Partial<Record<SqlType['kind'], number>> = {
  TINYINT: 0x7f,
  SMALLINT: 0x7fff,
  INTEGER: 0x7fff_ffff,
}

function converter(type: SqlType): Convert {
  const wrong = (value: unknown): never => {
    const shown = typeof value === 'bigint' ? `${value}n` : (JSON.stringify(value) ?? String(value))
    throw new Error(`the result ${shown.slice(0, 60)} is no ${formatFlinkType(type)}`)
  }
  const nullable =
    (inner: Convert): Convert =>
    (value) =>
      value === null || value === undefined ? null : inner(value)
  switch (type.kind) {
    case 'BOOLEAN':
      return (value) => (typeof value === 'boolean' ? value : wrong(value))
    case 'TINYINT':
    case 'SMALLINT':
    case 'INTEGER': {
      const limit = integerLimits[type.kind]!
      return (value) => {
        const number = typeof value === 'bigint' ? Number(value) : value
        const fits =
          Number.isInteger(number) && (number as number) <= limit && (number as number) >= -limit - 1
        return fits ? (number as number) + 0 : wrong(value)
      }
    }
    case 'BIGINT':
      return (value) => {
        if (typeof value === 'number') return Number.isSafeInteger(value) ? value + 0 : wrong(value)
        return typeof value === 'bigint' && BigInt.asIntN(64, value) === value ? narrow(value) : wrong(value)
      }
    case 'REAL':
    case 'DOUBLE':
      return (value) => {
        if (typeof value !== 'number' && typeof value !== 'bigint') return wrong(value)
        return type.kind === 'REAL' ? Math.fround(Number(value)) : Number(value)
      }
    case 'DECIMAL':
      return (value) => {
        const exact = parseExact(typeof value === 'string' ? value : String(value))
        if (exact === undefined || typeof value === 'boolean') return wrong(value)
        const unscaled = rescale(exact.unscaled, exact.scale, type.scale)
        const limit = 10n ** BigInt(type.precision)
        return unscaled < limit && unscaled > -limit ? narrow(unscaled) : wrong(value)
      }
    case 'CHAR':
    case 'VARCHAR':
      return (value) => (typeof value === 'string' ? value : wrong(value))
    case 'BINARY':
    case 'VARBINARY':
      return (value) => (value instanceof Uint8Array ? value : wrong(value))
    case 'DATE':
      return (value) => Math.floor(instant(value, wrong) / dayMs)
    case 'TIMESTAMP':
    case 'TIMESTAMP_LTZ':
      return (value) => instant(value, wrong)
    case 'TIME':
    case 'INTERVAL_DAY':
    case 'INTERVAL_MONTH':
      return (value) => (typeof value === 'number' && Number.isInteger(value) ? value : wrong(value))
    case 'ARRAY': {
      const element = nullable(converter(type.element))
      return (value) => (Array.isArray(value) ? value.map(element) : wrong(value))
    }
    case 'ROW': {
      const fields = type.fields.map((field) => ({
        name: field.name,
        convert: nullable(converter(field.type)),
      }))
      return (value) => {
        if (typeof value !== 'object' || value === null || value instanceof Map) return wrong(value)
        if (Array.isArray(value)) return fields.map(({ convert }, i) => convert(value[i]))
        const record = value as Readonly<Record<string, unknown>> // Any other object can be asked by name.
        return fields.map(({ name, convert }) => convert(record[name]))
      }
    }
    case 'MAP': {
      const [key, element] = [nullable(converter(type.key)), nullable(converter(type.value))]
      return (value) =>
        value instanceof Map ? new Map([...value].map(([k, v]) => [key(k), element(v)])) : wrong(value)
    }
    case 'MULTISET': {
      const key = nullable(converter(type.element))
      return (value) =>
        value instanceof Map ? new Map([...value].map(([k, v]) => [key(k), Number(v)])) : wrong(value)
    }
    case 'NULL':
      return () => null
  }
}

function instant(value: unknown, wrong: (value: unknown) => never): number {
  const ms = value instanceof Date ? value.getTime() : value
  return typeof ms === 'number' && Number.isInteger(ms) ? ms : wrong(value)
}

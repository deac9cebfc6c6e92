/**
 * Values at the border to aggregate functions of the host, in the plain forms of host-function.ts. A result that is no value
 * of the declared type is a HostFunctionError: a failure of the row, not of the program.
 */
import type { SqlType } from '@millrace/values'
import { decimalText, parseExact, rescale } from '../../functions/numbers.ts'
import { integerBounds, isIntegerKind, typeText } from '../../functions/types.ts'
import type { SqlValue } from '../../plan.ts'
import { narrow } from '../row.ts'

const dayMs = 86_400_000

export function toHostValue(value: SqlValue, type: SqlType): unknown {
  if (value === null) return null
  switch (type.kind) {
    case 'DECIMAL':
      return decimalText(BigInt(value as number | bigint), type.scale) // The forms of a DECIMAL.
    case 'DATE':
      return new Date((value as number) * dayMs) // Days.
    case 'TIMESTAMP':
    case 'TIMESTAMP_LTZ':
      return new Date(value as number) // ms.
    case 'ARRAY':
      return (value as readonly SqlValue[]).map((element) => toHostValue(element, type.element)) // Its form.
    case 'ROW': {
      const values = value as readonly SqlValue[] // Its form.
      return Object.fromEntries(
        type.fields.map((field, i) => [field.name, toHostValue(values[i]!, field.type)]),
      )
    }
    case 'MAP':
    case 'MULTISET': {
      const [key, element] = type.kind === 'MAP' ? [type.key, type.value] : [type.element, countType]
      const entries = [...(value as ReadonlyMap<SqlValue, SqlValue>)] // Their form.
      return new Map(entries.map(([k, v]) => [toHostValue(k, key), toHostValue(v, element)]))
    }
    default:
      return value
  }
}

const countType: SqlType = { kind: 'INTEGER' }

export function fromHostValue(value: unknown, type: SqlType, fn: string): SqlValue {
  if (value === null || value === undefined) return null
  const found = convert(value, type, fn)
  if (found !== undefined) return found
  throw hostError(
    `${fn} returned ${String(value).slice(0, 80)} (${typeof value}), which is no ${typeText(type)}. Return ${plainForm(type)} or null.`,
  )
}

export function hostError(message: string, cause?: unknown): Error {
  const error = new Error(message, { cause })
  error.name = 'HostFunctionError'
  return error
}

function convert(value: unknown, type: SqlType, fn: string): SqlValue | undefined {
  if (isIntegerKind(type.kind)) return integerOf(value, integerBounds[type.kind])
  switch (type.kind) {
    case 'BOOLEAN':
      return typeof value === 'boolean' ? value : undefined
    case 'REAL':
      return typeof value === 'number' ? Math.fround(value) : undefined
    case 'DOUBLE':
      return typeof value === 'number' ? value : undefined
    case 'DECIMAL':
      return decimalOf(value, type)
    case 'CHAR':
    case 'VARCHAR':
      return typeof value === 'string' ? value : undefined
    case 'BINARY':
    case 'VARBINARY':
      return value instanceof Uint8Array ? value : undefined
    case 'DATE':
      return value instanceof Date ? numberOf(Math.floor(value.getTime() / dayMs)) : undefined
    case 'TIMESTAMP':
    case 'TIMESTAMP_LTZ':
      return value instanceof Date ? numberOf(value.getTime()) : undefined
    case 'ARRAY':
      return Array.isArray(value)
        ? value.map((element: unknown) => fromHostValue(element, type.element, fn))
        : undefined
    case 'ROW': {
      if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
      const fields = new Map(Object.entries(value))
      return type.fields.map((field) => fromHostValue(fields.get(field.name), field.type, fn))
    }
    case 'MAP':
    case 'MULTISET': {
      if (!(value instanceof Map)) return undefined
      const [key, element] = type.kind === 'MAP' ? [type.key, type.value] : [type.element, countType]
      return new Map(
        [...value].map(([k, v]: [unknown, unknown]) => [
          fromHostValue(k, key, fn),
          fromHostValue(v, element, fn),
        ]),
      )
    }
    default:
      return typeof value === 'number' ? numberOf(value) : undefined
  }
}

function numberOf(value: number): number | undefined {
  return Number.isFinite(value) ? value : undefined
}

function integerOf(
  value: unknown,
  { min, max }: { readonly min: bigint; readonly max: bigint },
): SqlValue | undefined {
  if (typeof value !== 'bigint' && !Number.isInteger(value)) return undefined
  const exact = BigInt(value as number | bigint) // One of the two, as just tested.
  return exact >= min && exact <= max ? narrow(exact) : undefined
}

function decimalOf(value: unknown, type: SqlType & { kind: 'DECIMAL' }): SqlValue | undefined {
  if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'bigint') return undefined
  const exact = parseExact(String(value))
  if (exact === undefined) return undefined
  const unscaled = rescale(exact.unscaled, exact.scale, type.scale)
  const limit = 10n ** BigInt(type.precision)
  return unscaled < limit && unscaled > -limit ? narrow(unscaled) : undefined
}

function plainForm(type: SqlType): string {
  switch (type.kind) {
    case 'DECIMAL':
      return "a text such as '12.50'"
    case 'DATE':
    case 'TIMESTAMP':
    case 'TIMESTAMP_LTZ':
      return 'a Date'
    case 'ROW':
      return 'an object with its fields'
    case 'MAP':
    case 'MULTISET':
      return 'a Map'
    default:
      return `a value of ${typeText(type)} in range`
  }
}

/**
 * From plain values (parquet-port.ts says which) to columns: one function for each type, compiled once for a schema. A value that does
 * not suit its column is refused with PARQUET_VALUE_INVALID before anything false is stored; the caller undoes the row.
 */
import { fitsPrecision, narrow, parseDecimal, type Scaled } from '@millrace/values'
import { LakeError } from '../errors.ts'
import { duckTypeText } from '../schema/duck-type.ts'
import type { LakeColumn, LakeType } from '../schema/lake-type.ts'
import {
  type BooleanColumn,
  type ColumnBuilder,
  type DoubleColumn,
  type FloatColumn,
  type Int32Column,
  Int64Column,
  Int128Column,
  type ListColumn,
  type StructColumn,
  type TextColumn,
} from './column-builder.ts'
import type { DecimalColumn } from './make-column.ts'

export type AppendValue = (value: unknown) => void

/** Of one column; `path` is its name in messages. The builder is one that makeColumn made for the type. */
export function compileAppendValue(type: LakeType, column: ColumnBuilder, path: string): AppendValue {
  const append = compilePresent(type, column, path)
  return (value) => {
    if (value === null || value === undefined) column.addNull()
    else append(value)
  }
}

// The casts of builders below hold because makeColumn chose them by the same type.
function compilePresent(type: LakeType, column: ColumnBuilder, path: string): AppendValue {
  const refuse = (value: unknown, allowed: string): never => {
    throw new LakeError(
      'PARQUET_VALUE_INVALID',
      `Column "${path}" of type ${duckTypeText(type)} cannot hold ${shown(value)}; ${allowed}.`,
    )
  }
  switch (type.kind) {
    case 'boolean': {
      const target = column as BooleanColumn
      return (value) =>
        typeof value === 'boolean' ? target.add(value) : refuse(value, 'true and false are allowed')
    }
    case 'int':
    case 'date': {
      const target = column as Int32Column
      return (value) => {
        const whole = typeof value === 'bigint' ? Number(value) : value
        if (typeof whole !== 'number' || (whole | 0) !== whole)
          refuse(value, 'whole numbers of 32 bits are allowed')
        else target.addNumber(whole)
      }
    }
    case 'long':
    case 'time':
    case 'timestamp':
    case 'timestamptz': {
      const target = column as Int64Column
      const allowed =
        type.kind === 'time'
          ? 'microseconds of a day are allowed, 0 to 86400000000'
          : 'whole numbers of 64 bits are allowed, as bigint beyond 2^53'
      const isTime = type.kind === 'time'
      return (value) => {
        if (
          typeof value === 'number' &&
          Number.isSafeInteger(value) &&
          (!isTime || (value >= 0 && value <= 86_400_000_000))
        )
          target.addNumber(value)
        else if (
          typeof value === 'bigint' &&
          BigInt.asIntN(64, value) === value &&
          (!isTime || (value >= 0n && value <= 86_400_000_000n))
        )
          target.addBig(value)
        else refuse(value, allowed)
      }
    }
    case 'float':
    case 'double': {
      const target = column as FloatColumn | DoubleColumn
      return (value) =>
        typeof value === 'number' ? target.addNumber(value) : refuse(value, 'numbers are allowed')
    }
    case 'decimal': {
      const target = column as DecimalColumn
      const { precision, scale } = type
      return (value) => {
        const text =
          typeof value === 'string'
            ? value
            : typeof value === 'number' || typeof value === 'bigint'
              ? String(value)
              : ''
        const scaled = parseDecimal(text, scale, true)
        if (typeof scaled === 'string' || !fitsPrecision(scaled, precision))
          refuse(
            value,
            `decimals of ${precision} digits, ${scale} of them behind the point, are allowed, as text`,
          )
        else addScaled(target, scaled)
      }
    }
    case 'string': {
      const target = column as TextColumn
      return (value) =>
        typeof value === 'string' ? target.addString(value) : refuse(value, 'text is allowed')
    }
    case 'binary': {
      const target = column as TextColumn
      return (value) =>
        value instanceof Uint8Array
          ? target.addBytes(value, 0, value.length)
          : refuse(value, 'a Uint8Array is allowed')
    }
    case 'list': {
      const target = column as ListColumn
      const append = compileAppendValue(type.element, target.child, `${path}.element`)
      return (value) => {
        if (!Array.isArray(value)) return refuse(value, 'an array is allowed')
        const offset = target.child.length
        for (const element of value) append(element)
        target.addFrom(offset)
      }
    }
    case 'map': {
      const target = column as ListColumn
      const entry = target.child as StructColumn
      const appendKey = compilePresent(type.key, must(entry.fields[0]), `${path}.key`)
      const appendValue = compileAppendValue(type.value, must(entry.fields[1]), `${path}.value`)
      return (value) => {
        if (!Array.isArray(value)) return refuse(value, 'an array of [key, value] is allowed')
        const offset = entry.length
        const seen = new Set<unknown>()
        for (const pair of value) {
          if (!Array.isArray(pair) || pair.length !== 2)
            return refuse(pair, 'an array of [key, value] is allowed')
          const key: unknown = pair[0]
          if (key === null || key === undefined) return refuse(key, 'the keys of a map have values')
          const known = key instanceof Uint8Array ? Buffer.from(key).toString('latin1') : key
          if (seen.has(known)) return refuse(key, 'each key of a map is there once')
          seen.add(known)
          appendKey(key)
          appendValue(pair[1])
          entry.addRow()
        }
        target.addFrom(offset)
      }
    }
    case 'struct': {
      const target = column as StructColumn
      const fields = type.fields.map((field: LakeColumn, i) =>
        compileAppendValue(field.type, must(target.fields[i]), `${path}.${field.name}`),
      )
      return (value) => {
        if (!Array.isArray(value) || value.length !== fields.length)
          return refuse(value, `an array of the ${fields.length} values of its fields is allowed`)
        for (let i = 0; i < fields.length; i++) must(fields[i])(value[i])
        target.addRow()
      }
    }
  }
}

/** The scaled integer of a decimal, which fits the column's precision. */
export function addScaled(target: DecimalColumn, scaled: Scaled): void {
  if (typeof scaled === 'number') target.addNumber(scaled)
  else if (target instanceof Int64Column || target instanceof Int128Column) target.addBig(scaled)
  // Columns of up to 9 digits get nothing but numbers: see Scaled.
  else target.addNumber(Number(narrow(scaled)))
}

function must<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('a column is missing')
  return value
}

function shown(value: unknown): string {
  const text =
    typeof value === 'string'
      ? JSON.stringify(value)
      : value instanceof Uint8Array
        ? `${value.length} bytes`
        : Array.isArray(value)
          ? `an array of ${value.length}`
          : typeof value === 'object' && value !== null
            ? 'an object'
            : String(value)
  return text.length > 60 ? `${text.slice(0, 60)}...` : text
}

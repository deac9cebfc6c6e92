/**
 * The smallest type that holds the values of two, for schemas that are inferred or that grow:
 *
 *   int < long < decimal(19,0) where a decimal asks for it, int and float < double, decimals take the digits of both (38 at most, else
 *   double), date < timestamp, lists, maps and structs part by part (fields of either, told apart without letter case), and for whatever
 *   else has nothing in common: string.
 *
 * It is commutative but for the order and the letter case of fields, and widenType(a, a) is a. Values convert without loss, except
 * long and decimal beside float or double, where binary fractions are what the data has already.
 */
import type { LakeColumn, LakeType } from './lake-type.ts'

const text: LakeType = { kind: 'string' }

export function widenType(a: LakeType, b: LakeType): LakeType {
  if (a.kind === 'list' && b.kind === 'list') return { ...a, element: widenType(a.element, b.element) }
  if (a.kind === 'map' && b.kind === 'map')
    return { ...a, key: widenType(a.key, b.key), value: widenType(a.value, b.value) }
  if (a.kind === 'struct' && b.kind === 'struct')
    return { kind: 'struct', fields: widenColumns(a.fields, b.fields) }
  if (isNumber(a) && isNumber(b)) return widenNumber(a, b)
  if (a.kind === b.kind) return a
  const kinds = new Set([a.kind, b.kind])
  if (kinds.has('date') && kinds.has('timestamp')) return { kind: 'timestamp' }
  if ((kinds.has('date') || kinds.has('timestamp')) && kinds.has('timestamptz'))
    return { kind: 'timestamptz' }
  return text
}

/** The columns of both, those of `a` first. A column that one side lacks may be missing, so it is required no more. */
export function widenColumns(a: readonly LakeColumn[], b: readonly LakeColumn[]): LakeColumn[] {
  const others = new Map(b.map((column) => [column.name.toLowerCase(), column]))
  const columns = a.map((column): LakeColumn => {
    const other = others.get(column.name.toLowerCase())
    others.delete(column.name.toLowerCase())
    const { isRequired, ...rest } = column
    if (other === undefined) return rest
    const type = widenType(column.type, other.type)
    return isRequired && other.isRequired ? { ...rest, type, isRequired } : { ...rest, type }
  })
  for (const { isRequired: _, ...column } of others.values()) columns.push(column)
  return columns
}

/** Whether values of `from` can stand in a column of `to` as they are: what a reader of an older file relies on. */
export function canWiden(from: LakeType, to: LakeType): boolean {
  return sameType(widenType(to, from), to)
}

/** Equal but for comments and field ids. */
export function sameType(a: LakeType, b: LakeType): boolean {
  if (a.kind === 'decimal') return b.kind === 'decimal' && a.precision === b.precision && a.scale === b.scale
  if (a.kind === 'list') return b.kind === 'list' && sameType(a.element, b.element)
  if (a.kind === 'map') return b.kind === 'map' && sameType(a.key, b.key) && sameType(a.value, b.value)
  if (a.kind === 'struct') {
    return (
      b.kind === 'struct' &&
      a.fields.length === b.fields.length &&
      a.fields.every((field, i) => {
        const other = b.fields[i]
        return other !== undefined && field.name === other.name && sameType(field.type, other.type)
      })
    )
  }
  return a.kind === b.kind
}

type NumberType =
  | Extract<LakeType, { kind: 'decimal' }>
  | { readonly kind: 'int' | 'long' | 'float' | 'double' }

function isNumber(type: LakeType): type is NumberType {
  return ['int', 'long', 'float', 'double', 'decimal'].includes(type.kind)
}

function widenNumber(a: NumberType, b: NumberType): LakeType {
  if (a.kind === 'double' || b.kind === 'double') return { kind: 'double' }
  if (a.kind === 'float' || b.kind === 'float') return { kind: a.kind === b.kind ? 'float' : 'double' }
  if (a.kind !== 'decimal' && b.kind !== 'decimal') return { kind: a.kind === 'long' ? 'long' : b.kind }
  const left = digitsOf(a)
  const right = digitsOf(b)
  const scale = Math.max(left.scale, right.scale)
  const whole = Math.max(left.precision - left.scale, right.precision - right.scale)
  return whole + scale > 38 ? { kind: 'double' } : { kind: 'decimal', precision: whole + scale, scale }
}

function digitsOf(type: NumberType): { precision: number; scale: number } {
  if (type.kind === 'decimal') return type
  return { precision: type.kind === 'int' ? 10 : 19, scale: 0 }
}

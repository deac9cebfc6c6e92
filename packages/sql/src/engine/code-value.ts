/** What generated code knows of a value while its row is being evaluated: where it is, and when it is NULL. */
import type { SqlType } from '../plan.ts'
import { isTextType } from './column-values.ts'

/** Where a value is while its row is being evaluated. `nul` is a condition, the others are names or simple expressions. */
export type Value =
  | { readonly form: 'number' | 'boolean' | 'string'; readonly nul: string; readonly value: string }
  | {
      readonly form: 'slice'
      readonly nul: string
      readonly bytes: string
      readonly start: string
      readonly end: string
      readonly clean: string
    }

/** NULL of a type. */
export function nullOf(type: SqlType): Value {
  if (isTextType(type)) return { form: 'slice', nul: 'true', bytes: 'null', start: '0', end: '0', clean: '1' }
  return type.kind === 'BOOLEAN'
    ? { form: 'boolean', nul: 'true', value: 'false' }
    : { form: 'number', nul: 'true', value: '0' }
}

/** The condition that one of two conditions holds. */
export function either(a: string, b: string): string {
  if (a === 'true' || b === 'true') return 'true'
  if (a === 'false' || a === b) return b
  return b === 'false' ? a : `${a} || ${b}`
}

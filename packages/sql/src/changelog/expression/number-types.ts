/** What the generated code asks about numeric types. */
import type { SqlType } from '@millrace/values'

/** Held as a number always. */
export function isPlainInteger(type: SqlType): boolean {
  return type.kind === 'INTEGER' || type.kind === 'SMALLINT' || type.kind === 'TINYINT'
}

/** Held as a number, or as a bigint beyond the safe range. */
export function isWide(type: SqlType): boolean {
  return type.kind === 'BIGINT' || type.kind === 'DECIMAL'
}

export function isExact(type: SqlType): boolean {
  return isPlainInteger(type) || isWide(type)
}

export function isFloat(type: SqlType): boolean {
  return type.kind === 'DOUBLE' || type.kind === 'REAL'
}

export function scaleOf(type: SqlType): number {
  return type.kind === 'DECIMAL' ? type.scale : 0
}

/** 10^digits as a number's text; undefined beyond what a double holds exactly beside other digits. */
export function factorText(digits: number): string | undefined {
  return digits <= 15 ? String(10 ** digits) : undefined
}

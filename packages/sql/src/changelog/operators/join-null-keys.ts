/**
 * Keys of NOT IN. Two rows are equal, not equal, or it is unknown, because a NULL stands where it would decide. A key that is
 * `nullSafe` is never unknown. A comparison that is no key is in the rest of the condition, which is unknown likewise.
 */
import type { Expr, SqlValue } from '../../plan.ts'
import { compileExpression, type ExpressionContext } from '../expression/compile-expression.ts'
import type { Row } from '../row.ts'
import type { Key } from '../state/state-store.ts'
import { sameValue, valueKey } from '../value.ts'

/** Key of rows with a NULL that makes it unknown what they equal. */
export const unknownKey = '~'

export class NullKeys {
  readonly #values: readonly ((row: Row) => SqlValue)[]
  readonly #nullSafe: readonly boolean[]

  constructor(keys: readonly Expr[], nullSafe: readonly boolean[], context: ExpressionContext) {
    this.#values = keys.map((key) => compileExpression(key, context))
    this.#nullSafe = nullSafe
  }

  valuesOf(row: Row): SqlValue[] {
    return this.#values.map((value) => value(row))
  }

  /** Equal for rows that are equal; `unknownKey` for those that must be compared with `mayEqual`. */
  keyOf(values: readonly SqlValue[]): Key {
    // A list of one NULL that is safe would otherwise read like `unknownKey`.
    let key = '='
    for (let i = 0; i < values.length; i++) {
      if (values[i] === null && this.#nullSafe[i] !== true) return unknownKey
      key += valueKey(values[i]!)
    }
    return key
  }

  mayEqual(a: readonly SqlValue[], b: readonly SqlValue[]): boolean {
    for (let i = 0; i < a.length; i++) {
      const [x, y] = [a[i]!, b[i]!]
      if (this.#nullSafe[i] !== true && (x === null || y === null)) continue
      if (!sameValue(x, y)) return false
    }
    return true
  }
}

/** The rest of the condition of NOT IN as a test that also holds where it is unknown. */
export function unlessFalse(residual: Expr | undefined): Expr | undefined {
  if (residual === undefined) return undefined
  const { span } = residual
  return {
    kind: 'call',
    fn: 'IS NOT FALSE',
    args: [residual],
    type: { kind: 'BOOLEAN' },
    nullable: false,
    span,
  }
}

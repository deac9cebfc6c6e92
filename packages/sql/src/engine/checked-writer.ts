/**
 * Checks of results in generated code: what does not fit its type fails the row, what float64 cannot tell exactly sends the
 * row to the interpreter.
 */
import { SqlRuntimeError, typeText } from '../functions/index.ts'
import { integerBounds, isIntegerKind } from '../functions/types.ts'
import type { SqlType } from '../plan.ts'
import { CodeWriter } from './code-writer.ts'

/** Thrown by generated code: the row needs bigints. */
export const inexact: unique symbol = Symbol('inexact')

export class CheckedWriter extends CodeWriter {
  /** Whether evaluation of a row can throw. */
  canThrow = false

  checkInteger(result: string, type: SqlType): void {
    if (type.kind === 'BIGINT') {
      this.canThrow = true
      this.inexactIf(`!Number.isSafeInteger(${result})`)
      return
    }
    if (!isIntegerKind(type.kind)) return
    const { min, max } = integerBounds[type.kind]
    this.fail(`${result} < ${min} || ${result} > ${max}`, `range(${result}, ${this.constant(type)})`)
  }

  checkDecimal(result: string, type: SqlType): void {
    this.canThrow = true
    const limit =
      type.kind === 'DECIMAL' && type.precision < 16
        ? `Math.abs(${result}) < 1e${type.precision}`
        : `Number.isSafeInteger(${result})`
    // The bigint path decides between a value that only needs more digits and one that does not fit.
    this.inexactIf(`!(${limit})`)
  }

  /** The row needs the exact path when the condition holds. */
  inexactIf(condition: string): void {
    this.canThrow = true
    this.constantNamed('inexact', inexact)
    this.line(`if (${condition}) throw inexact`)
  }

  fail(when: string, error: string): void {
    this.canThrow = true
    if (error.startsWith('range(')) this.constantNamed('range', rangeError)
    this.line(`if (${when}) throw ${error}`)
  }
}

function rangeError(value: number, type: SqlType): SqlRuntimeError {
  return new SqlRuntimeError('ValueOutOfRange', `${value} does not fit ${typeText(type)}`)
}

/**
 * Arithmetic of expressions: exact for integers and decimals; with a binary float among the operands in binary floats. Integers divide
 * to integers as in SQLite, toward zero; decimals to 16 digits after the point, without zeros at the end. By zero gives null.
 */
import { atScale, type Decimal, divideHalfAway } from '../../model/decimal-text.ts'
import { type ExpressionValue, floatOf, numberOf } from './expression-value.ts'

export type ArithmeticOperator = '+' | '-' | '*' | '/' | '%'

const quotientDigits = 16

export function arithmetic(
  operator: ArithmeticOperator,
  left: Exclude<ExpressionValue, null>,
  right: Exclude<ExpressionValue, null>,
): ExpressionValue {
  const a = numberOf(left)
  const b = numberOf(right)
  if (operator === '%') return remainder(a, b)
  return typeof a === 'number' || typeof b === 'number'
    ? withFloats(operator, floatOf(a), floatOf(b))
    : exact(operator, a, b)
}

function withFloats(operator: '+' | '-' | '*' | '/', a: number, b: number): ExpressionValue {
  switch (operator) {
    case '+':
      return a + b
    case '-':
      return a - b
    case '*':
      return a * b
    case '/':
      return b === 0 ? null : a / b
  }
}

function exact(operator: '+' | '-' | '*' | '/', a: Decimal, b: Decimal): ExpressionValue {
  const scale = Math.max(a.scale, b.scale)
  switch (operator) {
    case '+':
      return { unscaled: atScale(a, scale) + atScale(b, scale), scale }
    case '-':
      return { unscaled: atScale(a, scale) - atScale(b, scale), scale }
    case '*':
      return { unscaled: a.unscaled * b.unscaled, scale: a.scale + b.scale }
    case '/': {
      if (b.unscaled === 0n) return null
      if (scale === 0) return { unscaled: a.unscaled / b.unscaled, scale: 0 }
      const dividend = a.unscaled * 10n ** BigInt(quotientDigits + b.scale)
      return shortened({
        unscaled: divideHalfAway(dividend, b.unscaled * 10n ** BigInt(a.scale)),
        scale: quotientDigits,
      })
    }
  }
}

/** Of the whole parts, with the dividend's sign. */
function remainder(a: Decimal | number, b: Decimal | number): ExpressionValue {
  const whole = (number: Decimal | number): bigint | undefined => {
    if (typeof number === 'number') return Number.isFinite(number) ? BigInt(Math.trunc(number)) : undefined
    return number.unscaled / 10n ** BigInt(number.scale)
  }
  const dividend = whole(a)
  const divisor = whole(b)
  if (dividend === undefined || divisor === undefined || divisor === 0n) return null
  return { unscaled: dividend % divisor, scale: 0 }
}

function shortened({ unscaled, scale }: Decimal): Decimal {
  let value = unscaled
  let digits = scale
  while (digits > 0 && value % 10n === 0n) {
    value /= 10n
    digits--
  }
  return { unscaled: value, scale: digits }
}

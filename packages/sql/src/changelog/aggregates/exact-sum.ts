/** Sums and averages of exact numbers in the narrow form of rows (row.ts): numbers while safe, bigints beyond. */
import { decimalToNumber, divideRounded, powerOfTen } from '../../functions/numbers.ts'

type Exact = number | bigint

/** Largest DECIMAL of this dialect: 38 digits. */
const digitsLimit = 10n ** 38n

export function addExact(a: Exact, b: Exact): Exact {
  if (typeof a === 'number' && typeof b === 'number') {
    const sum = a + b
    if (sum <= Number.MAX_SAFE_INTEGER && sum >= Number.MIN_SAFE_INTEGER) return sum
  }
  return narrowExact(BigInt(a) + BigInt(b))
}

export function subtractExact(a: Exact, b: Exact): Exact {
  if (typeof a === 'number' && typeof b === 'number') {
    const difference = a - b
    if (difference <= Number.MAX_SAFE_INTEGER && difference >= Number.MIN_SAFE_INTEGER) return difference
  }
  return narrowExact(BigInt(a) - BigInt(b))
}

/** BIGINT overflows silently. */
export function wrapBigint(value: Exact): Exact {
  return typeof value === 'number' ? value : narrowExact(BigInt.asIntN(64, value))
}

/** NULL where a DECIMAL has more than 38 digits. */
export function fitDecimal(value: Exact): Exact | null {
  return typeof value === 'number' || (value < digitsLimit && value > -digitsLimit) ? value : null
}

/** Toward zero. */
export function averageInteger(sum: Exact, count: number): Exact {
  if (typeof sum === 'number') return (sum - (sum % count)) / count + 0
  return narrowExact(sum / BigInt(count))
}

/** At a scale that has `digits` more digits than the sum, halves away from zero. */
export function averageDecimal(sum: Exact, count: number, digits: number): Exact | null {
  if (typeof sum === 'number') {
    const scaled = sum * 10 ** digits
    if (digits <= 15 && scaled <= Number.MAX_SAFE_INTEGER && scaled >= Number.MIN_SAFE_INTEGER) {
      const rest = scaled % count
      const quotient = (scaled - rest) / count
      if (2 * Math.abs(rest) < count) return quotient + 0
      return scaled < 0 ? quotient - 1 : quotient + 1
    }
  }
  return fitDecimal(narrowExact(divideRounded(BigInt(sum) * powerOfTen(digits), BigInt(count))))
}

export function exactToDouble(value: Exact, scale: number): number {
  if (scale === 0) return Number(value)
  return decimalToNumber(BigInt(value), scale)
}

function narrowExact(value: bigint): Exact {
  const near = Number(value)
  return Number.isSafeInteger(near) ? near : value
}

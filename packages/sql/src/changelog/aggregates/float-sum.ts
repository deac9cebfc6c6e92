/**
 * Sums of doubles in accumulators: exact, so that a value can be taken back and the order of adding does not show. A sum is two
 * neighbouring slots: an expansion of doubles that do not overlap (as in functions/exact-float-sum.ts, whose rounding is
 * used), and counts of +Infinity, -Infinity and NaN, or null while there were none.
 *
 * A sum of finite values that passes the largest double on the way is not finite from then on.
 */
import { ExactFloatSum } from '../../functions/exact-float-sum.ts'
import type { Accumulator } from './aggregate-program.ts'

export function addFloat(accumulator: Accumulator, slot: number, value: number): void {
  if (value - value !== 0) countSpecial(accumulator, slot + 1, value, 1)
  else addPart(accumulator[slot] as number[], value) // The slot holds the expansion.
}

export function retractFloat(accumulator: Accumulator, slot: number, value: number): void {
  if (value - value !== 0) countSpecial(accumulator, slot + 1, value, -1)
  else addPart(accumulator[slot] as number[], -value) // As above.
}

export function mergeFloat(accumulator: Accumulator, slot: number, other: Accumulator): void {
  const parts = accumulator[slot] as number[] // As above.
  for (const part of other[slot] as number[]) addPart(parts, part)
  const counts = other[slot + 1] as number[] | null // Null until a value was not finite.
  if (counts === null) return
  specials.forEach((value, i) => {
    countSpecial(accumulator, slot + 1, value, counts[i]!)
  })
}

export function floatSum(accumulator: Accumulator, slot: number): number {
  const counts = accumulator[slot + 1] as number[] | null // As above.
  if (counts !== null) {
    if (counts[2]! > 0 || (counts[0]! > 0 && counts[1]! > 0)) return Number.NaN
    if (counts[0]! > 0) return Number.POSITIVE_INFINITY
    if (counts[1]! > 0) return Number.NEGATIVE_INFINITY
  }
  return valueOfParts(accumulator[slot] as number[])
}

export function valueOfParts(parts: readonly number[]): number {
  if (parts.length === 0) return 0
  return parts.length === 1 ? parts[0]! : new ExactFloatSum(parts).value
}

/** Shewchuk's grow-expansion without zero parts. */
export function addPart(parts: number[], value: number): void {
  let x = value
  let kept = 0
  const { length } = parts
  for (let i = 0; i < length; i++) {
    const y = parts[i]!
    const high = x + y
    // The error of the sum, whichever of the two is larger (Knuth).
    const z = high - x
    const low = x - (high - z) + (y - z)
    if (low !== 0) parts[kept++] = low
    x = high
  }
  if (x !== 0) parts[kept++] = x
  if (kept !== length) parts.length = kept
}

const specials = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NaN]

function countSpecial(accumulator: Accumulator, slot: number, value: number, by: number): void {
  const counts = (accumulator[slot] ?? [0, 0, 0]) as number[] // As in floatSum.
  accumulator[slot] = counts
  const index = Number.isNaN(value) ? 2 : value > 0 ? 0 : 1
  counts[index] = counts[index]! + by
}

/** Adds value² as two doubles (Dekker's product), so that sums of squares are exact too. */
export function addSquare(accumulator: Accumulator, slot: number, value: number, sign: 1 | -1): void {
  const square = value * value
  if (square - square !== 0) {
    countSpecial(accumulator, slot + 1, square, sign)
    return
  }
  const parts = accumulator[slot] as number[] // The slot holds the expansion.
  addPart(parts, sign * square)
  const low = productError(value, value, square)
  if (low !== 0) addPart(parts, sign * low)
}

/** a * b - product, exactly, for factors below 2^996. */
function productError(a: number, b: number, product: number): number {
  const split = 134217729
  const aBig = split * a
  const aHigh = aBig - (aBig - a)
  const aLow = a - aHigh
  const bBig = split * b
  const bHigh = bBig - (bBig - b)
  const bLow = b - bHigh
  return aLow * bLow - (product - aHigh * bHigh - aLow * bHigh - aHigh * bLow)
}

/**
 * Variance of `count` values from the exact sums of the values and of their squares: the numerator count * squares - sum²
 * is computed exactly, so nothing cancels. `sample`: 1 for the SAMP forms. NULL where there are too few values.
 */
export function variance(
  count: number,
  accumulator: Accumulator,
  sums: number,
  squares: number,
  sample: number,
): number | null {
  if (count <= sample) return null
  const special = (accumulator[sums + 1] ?? accumulator[squares + 1]) as number[] | null // As in floatSum.
  if (special?.some((n) => n > 0)) return Number.NaN
  const sumParts = accumulator[sums] as number[] // Expansions, as above.
  const squareParts = accumulator[squares] as number[]
  const numerator: number[] = []
  for (const part of squareParts) addProduct(numerator, part, count, 1)
  for (const x of sumParts) for (const y of sumParts) addProduct(numerator, x, y, -1)
  return Math.max(0, valueOfParts(numerator) / count / (count - sample))
}

function addProduct(parts: number[], a: number, b: number, sign: 1 | -1): void {
  const product = a * b
  addPart(parts, sign * product)
  const low = productError(a, b, product)
  if (low !== 0) addPart(parts, sign * low)
}

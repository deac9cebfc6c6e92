/**
 * Exact sum of doubles, rounded once when it is read: the order of adding does not show, and a value can be taken back out
 * by adding its negative, as the frames of sliding windows do. Shewchuk's expansion: a list of doubles of falling
 * precision that do not overlap, whose exact sum is the sum; usually one to three of them.
 * (J. R. Shewchuk, Adaptive Precision Floating-Point Arithmetic, 1997; the rounding is that of Python's math.fsum.)
 *
 * A sum that passes the largest double on the way is NaN from then on; `isFinite` tells.
 */
export class ExactFloatSum {
  #parts: number[]

  /** From the parts of another sum. */
  constructor(parts: readonly number[] = []) {
    this.#parts = [...parts]
  }

  get parts(): readonly number[] {
    return this.#parts
  }

  get isFinite(): boolean {
    return this.#parts.every(Number.isFinite)
  }

  add(value: number): void {
    const parts = this.#parts
    let x = value
    let kept = 0
    for (let i = 0; i < parts.length; i++) {
      let y = parts[i]!
      if (Math.abs(x) < Math.abs(y)) [x, y] = [y, x]
      const high = x + y
      const low = y - (high - x)
      if (low !== 0) parts[kept++] = low
      x = high
    }
    parts.length = kept
    if (x !== 0) parts.push(x)
  }

  /** The double nearest to the sum, halves to even. */
  get value(): number {
    const parts = this.#parts
    let n = parts.length
    if (n === 0) return 0
    let high = parts[--n]!
    let low = 0
    while (n > 0) {
      const x = high
      const y = parts[--n]!
      high = x + y
      low = y - (high - x)
      if (low !== 0) break
    }
    // The rest decides a tie: without it half a unit would be rounded to even although more lies beyond it.
    if (n > 0 && ((low < 0 && parts[n - 1]! < 0) || (low > 0 && parts[n - 1]! > 0))) {
      const doubled = low * 2
      const next = high + doubled
      if (doubled === next - high) high = next
    }
    return high
  }
}

/** Choices of a random program: everything follows from one seeded generator. */
import type { Random } from '@millrace/values'

export class Dice {
  readonly #random: Random

  constructor(random: Random) {
    this.#random = random
  }

  /** 0 to bound - 1. */
  below(bound: number): number {
    return this.#random.below(bound)
  }

  /** True in `percent` of a hundred throws. */
  chance(percent: number): boolean {
    return this.#random.below(100) < percent
  }

  pick<T>(from: readonly T[]): T {
    const picked = from[this.#random.below(from.length)]
    if (picked === undefined) throw new Error('picked from nothing')
    return picked
  }

  /** One of the makers, each as often as its weight says. */
  weighted<T>(...choices: readonly (readonly [weight: number, make: () => T])[]): T {
    const total = choices.reduce((sum, [weight]) => sum + weight, 0)
    let left = this.#random.below(total)
    for (const [weight, make] of choices) {
      left -= weight
      if (left < 0) return make()
    }
    throw new Error('weights are positive integers')
  }

  times<T>(count: number, make: (index: number) => T): T[] {
    return Array.from({ length: count }, (_, i) => make(i))
  }

  /** Some of them, in their order: each with this chance. */
  some<T>(from: readonly T[], percent: number): T[] {
    return from.filter(() => this.chance(percent))
  }
}

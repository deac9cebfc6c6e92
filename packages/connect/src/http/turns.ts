/** At most so many at a time; who comes later waits for its turn, in order. */
export class Turns {
  readonly #max: number
  readonly #waiting: (() => void)[] = []
  #used = 0

  constructor(max: number) {
    this.#max = max
  }

  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#used >= this.#max) await new Promise<void>((resolve) => this.#waiting.push(resolve))
    else this.#used++
    try {
      return await work()
    } finally {
      // The turn goes over to the next one.
      const next = this.#waiting.shift()
      if (next === undefined) this.#used--
      else next()
    }
  }
}

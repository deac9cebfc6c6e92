/** The watermark of an operator with several inputs: the least of theirs. It never goes back. */
export class WatermarkMerge {
  readonly #times: number[]
  #current = Number.NEGATIVE_INFINITY

  constructor(inputs: number) {
    this.#times = new Array<number>(inputs).fill(Number.NEGATIVE_INFINITY)
  }

  get current(): number {
    return this.#current
  }

  /** An input's watermark has moved. The new watermark if that moves it too, else undefined. */
  advance(input: number, time: number): number | undefined {
    if (time <= this.#times[input]!) return undefined
    this.#times[input] = time
    let least = time
    for (const each of this.#times) if (each < least) least = each
    if (least <= this.#current) return undefined
    this.#current = least
    return least
  }
}

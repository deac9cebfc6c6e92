/**
 * Numbered items by time: the earliest first, of equal times the lower number. A binary heap in plain arrays; items that come
 * in order of time, as most do, are put in without a move. Not stored: its owner fills it again after a restart.
 */
export class TimeQueue {
  readonly #times: number[] = []
  readonly #numbers: number[] = []

  get size(): number {
    return this.#times.length
  }

  /** Infinity if there is none. */
  get firstTime(): number {
    return this.#times.length === 0 ? Number.POSITIVE_INFINITY : this.#times[0]!
  }

  push(time: number, number: number): void {
    const [times, numbers] = [this.#times, this.#numbers]
    let at = times.length
    times.push(time)
    numbers.push(number)
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (!isBefore(time, number, times[parent]!, numbers[parent]!)) break
      times[at] = times[parent]!
      numbers[at] = numbers[parent]!
      at = parent
    }
    times[at] = time
    numbers[at] = number
  }

  /** Takes the first item; there must be one. */
  pop(): number {
    const [times, numbers] = [this.#times, this.#numbers]
    const first = numbers[0]!
    const [time, number] = [times.pop()!, numbers.pop()!]
    const size = times.length
    let at = 0
    for (let child = 1; child < size; child = 2 * at + 1) {
      const other = child + 1
      if (other < size && isBefore(times[other]!, numbers[other]!, times[child]!, numbers[child]!))
        child = other
      if (!isBefore(times[child]!, numbers[child]!, time, number)) break
      times[at] = times[child]!
      numbers[at] = numbers[child]!
      at = child
    }
    if (size > 0) {
      times[at] = time
      numbers[at] = number
    }
    return first
  }
}

function isBefore(time: number, number: number, otherTime: number, otherNumber: number): boolean {
  return time < otherTime || (time === otherTime && number < otherNumber)
}

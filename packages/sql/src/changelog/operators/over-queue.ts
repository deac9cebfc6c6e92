/**
 * Rows that wait for the watermark, by time and among equal times by arrival. A list in order with a moving front: rows that
 * come nearly in order cost a look at the end, one from far behind the move of what is after it.
 */
export class OverQueue {
  readonly #times: number[] = []
  readonly #arrivals: number[] = []
  #front = 0

  /** The earliest time; Infinity if nothing waits. */
  get next(): number {
    return this.#front < this.#times.length ? this.#times[this.#front]! : Number.POSITIVE_INFINITY
  }

  /** Arrival numbers grow from call to call. */
  add(time: number, arrival: number): void {
    const times = this.#times
    const { length } = times
    if (length === this.#front || times[length - 1]! <= time) {
      times.push(time)
      this.#arrivals.push(arrival)
      return
    }
    let [low, high] = [this.#front, length]
    while (low < high) {
      const middle = (low + high) >> 1
      if (times[middle]! <= time) low = middle + 1
      else high = middle
    }
    times.splice(low, 0, time)
    this.#arrivals.splice(low, 0, arrival)
  }

  /** Takes out the arrival number of the first row. */
  take(): number {
    const arrival = this.#arrivals[this.#front++]!
    // Cut in one go now and then, since taking from the front costs the whole length.
    if (this.#front > 64 && this.#front * 2 > this.#times.length) {
      this.#times.splice(0, this.#front)
      this.#arrivals.splice(0, this.#front)
      this.#front = 0
    }
    return arrival
  }
}

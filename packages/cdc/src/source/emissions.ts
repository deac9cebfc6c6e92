/** Records that stand at one place of the log and may need several reads until all of them are written. */
import type { RecordOutput } from './record-output.ts'

export interface Emission {
  /** True when all is written; false when there is no room now. */
  run(out: RecordOutput): boolean
}

/** A few records that are written together. */
export class Once implements Emission {
  readonly #write: (out: RecordOutput) => void

  constructor(write: (out: RecordOutput) => void) {
    this.#write = write
  }

  run(out: RecordOutput): boolean {
    if (out.isFull) return false
    this.#write(out)
    return true
  }
}

export class Listed<T> implements Emission {
  readonly #items: readonly T[]
  readonly #write: (out: RecordOutput, item: T) => void
  readonly #done: () => void
  #at = 0

  constructor(items: readonly T[], write: (out: RecordOutput, item: T) => void, done: () => void) {
    this.#items = items
    this.#write = write
    this.#done = done
  }

  run(out: RecordOutput): boolean {
    while (this.#at < this.#items.length) {
      if (out.isFull) return false
      this.#write(out, this.#items[this.#at++]!)
    }
    this.#done()
    return true
  }
}

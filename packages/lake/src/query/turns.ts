/** Lets a number of queries work at the same time; others wait in the order in which they came, up to a number. */
import { LakeQueryError } from './query-error.ts'

export class Turns {
  readonly #atOnce: number
  readonly #waitingMax: number
  #busy = 0
  readonly #waiting: Waiter[] = []

  constructor({ atOnce, waitingMax }: { readonly atOnce: number; readonly waitingMax: number }) {
    this.#atOnce = atOnce
    this.#waitingMax = waitingMax
  }

  /** Resolves with what ends the turn. Errors: LAKE_QUERY_LIMIT; the signal's reason. */
  async take(signal?: AbortSignal): Promise<() => void> {
    signal?.throwIfAborted()
    if (this.#busy >= this.#atOnce) await this.#wait(signal)
    else this.#busy++
    let isOver = false
    return () => {
      if (isOver) return
      isOver = true
      const next = this.#waiting.shift()
      // The turn goes from hand to hand, so nobody who comes now gets it first.
      if (next === undefined) this.#busy--
      else next.go()
    }
  }

  #wait(signal: AbortSignal | undefined): Promise<void> {
    if (this.#waiting.length >= this.#waitingMax)
      throw new LakeQueryError(
        'LAKE_QUERY_LIMIT',
        `${this.#atOnce} queries are running and ${this.#waiting.length} wait, which is as many as may. Try again later.`,
      )
    return new Promise((resolve, reject) => {
      const waiter: Waiter = {
        go: () => {
          signal?.removeEventListener('abort', onAbort)
          resolve()
        },
      }
      const onAbort = (): void => {
        const index = this.#waiting.indexOf(waiter)
        if (index >= 0) this.#waiting.splice(index, 1)
        reject(signal?.reason)
      }
      signal?.addEventListener('abort', onAbort, { once: true })
      this.#waiting.push(waiter)
    })
  }
}

interface Waiter {
  readonly go: () => void
}

/** Lets a number of queries work at the same time; others wait in the order in which they came, up to a number and a time. */
import type { Clock } from '@millrace/values'
import { LakeQueryError } from './query-error.ts'

const waitMaxMs = 60_000

export class Turns {
  readonly #atOnce: number
  readonly #waitingMax: number
  #busy = 0
  readonly #waiting: Waiter[] = []
  readonly #clock: Clock

  constructor({
    atOnce,
    waitingMax,
    clock,
  }: { readonly atOnce: number; readonly waitingMax: number; readonly clock: Clock }) {
    this.#atOnce = atOnce
    this.#waitingMax = waitingMax
    this.#clock = clock
  }

  /** Resolves with what ends the turn. Errors: LAKE_QUERY_LIMIT; the signal's reason. */
  async take(signal?: AbortSignal, waitMs = waitMaxMs): Promise<() => void> {
    signal?.throwIfAborted()
    if (this.#busy >= this.#atOnce) await this.#wait(signal, waitMs)
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

  async #wait(signal: AbortSignal | undefined, waitMs: number): Promise<void> {
    if (this.#waiting.length >= this.#waitingMax)
      throw new LakeQueryError(
        'LAKE_QUERY_LIMIT',
        `${this.#atOnce} queries are running and ${this.#waiting.length} wait, which is as many as may. Try again later.`,
      )
    const done = new AbortController()
    let onAbort = (): void => {}
    const turn = new Promise<void>((resolve, reject) => {
      const waiter: Waiter = { go: resolve }
      const giveUp = (reason: unknown): void => {
        const index = this.#waiting.indexOf(waiter)
        if (index < 0) return
        this.#waiting.splice(index, 1)
        reject(reason)
      }
      onAbort = () => giveUp(signal?.reason)
      signal?.addEventListener('abort', onAbort, { once: true })
      this.#waiting.push(waiter)
      // Who holds a turn may never end it: who waits for it, perhaps its holder itself, is told.
      this.#clock.sleep(waitMs, done.signal).then(() => {
        if (done.signal.aborted) return
        giveUp(
          new LakeQueryError(
            'LAKE_QUERY_LIMIT',
            `${this.#atOnce} queries are running, and none of them ended within ${waitMs} ms. Read their results to the end, or try again later.`,
          ),
        )
      })
    })
    try {
      await turn
    } finally {
      done.abort()
      signal?.removeEventListener('abort', onAbort)
    }
  }
}

interface Waiter {
  readonly go: () => void
}

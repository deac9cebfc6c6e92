/**
 * Two clocks behind the port. `systemClock` is wall-clock time with fractions that never goes back. `VirtualClock`
 * stands still until a test advances it; it wakes sleepers in order of their times (equal times: in order of calls), so
 * that a day of timers runs in milliseconds and always in the same order.
 */
import type { Clock } from './ports.ts'

// The monotonic clock drifts from the wall clock (and the wall clock is set now and then): compared this often.
const compareEveryMs = 1000
const driftMaxMs = 20

class SystemClock implements Clock {
  #base = performance.timeOrigin
  #comparedAt = 0
  #last = 0

  now(): number {
    const elapsed = performance.now()
    if (elapsed - this.#comparedAt >= compareEveryMs) {
      this.#comparedAt = elapsed
      const wall = Date.now()
      if (Math.abs(wall - (this.#base + elapsed)) > driftMaxMs) this.#base = wall - elapsed
    }
    const time = this.#base + elapsed
    // After the wall clock was set back, time stands until the wall clock has caught up.
    if (time > this.#last) this.#last = time
    return this.#last
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      if (signal?.aborted) return resolve()
      const done = () => {
        clearTimeout(timer)
        signal?.removeEventListener('abort', done)
        resolve()
      }
      // Longer waits than a timer can hold wake early; callers that wait for a time look at the clock again.
      const timer = setTimeout(done, Math.min(Math.max(ms, 0), 0x7fff_ffff))
      signal?.addEventListener('abort', done, { once: true })
    })
  }
}

export const systemClock: Clock = new SystemClock()

interface Sleeper {
  readonly wakeAt: number
  readonly order: number
  readonly wake: () => void
}

export class VirtualClock implements Clock {
  #now: number
  #order = 0
  #sleepers: Sleeper[] = []

  constructor(startMs = 0) {
    this.#now = startMs
  }

  now(): number {
    return this.#now
  }

  /** Sleepers not yet woken. */
  get pending(): number {
    return this.#sleepers.length
  }

  /** When the next sleeper wakes, Infinity if there is none. */
  get nextWake(): number {
    return this.#first()?.wakeAt ?? Number.POSITIVE_INFINITY
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      if (signal?.aborted) return resolve()
      const onAbort = () => {
        this.#sleepers = this.#sleepers.filter((other) => other !== sleeper)
        resolve()
      }
      const sleeper: Sleeper = {
        wakeAt: this.#now + Math.max(ms, 0),
        order: this.#order++,
        wake: () => {
          signal?.removeEventListener('abort', onAbort)
          resolve()
        },
      }
      this.#sleepers.push(sleeper)
      signal?.addEventListener('abort', onAbort, { once: true })
    })
  }

  /**
   * Moves time on by `ms`. Each sleeper due on the way is woken at its own time, and everything it does without real
   * I/O (its continuations, new sleeps) has run before the next one wakes.
   */
  async advance(ms: number): Promise<void> {
    const target = this.#now + ms
    await macrotask()
    for (let first = this.#first(); first !== undefined && first.wakeAt <= target; first = this.#first()) {
      const due = first
      this.#now = Math.max(this.#now, due.wakeAt)
      this.#sleepers = this.#sleepers.filter((other) => other !== due)
      due.wake()
      await macrotask()
    }
    this.#now = target
  }

  #first(): Sleeper | undefined {
    let first: Sleeper | undefined
    for (const sleeper of this.#sleepers) {
      if (
        first === undefined ||
        sleeper.wakeAt < first.wakeAt ||
        (sleeper.wakeAt === first.wakeAt && sleeper.order < first.order)
      ) {
        first = sleeper
      }
    }
    return first
  }
}

/** Resolves once every continuation that is ready now, and all those that follow from them, have run. */
function macrotask(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

/**
 * Reserved concurrency: how many invocations of a function run at the same time, over all of its mappings. Mappings run in
 * threads of their own, so the count is in memory that they share.
 */

export class ConcurrencyLimit {
  readonly #max: number
  readonly #running: Int32Array

  /** `shared`: as `makeShared` gave it, in whatever thread. */
  constructor(max: number | undefined, shared: SharedArrayBuffer = ConcurrencyLimit.makeShared()) {
    this.#max = max ?? Number.POSITIVE_INFINITY
    this.#running = new Int32Array(shared)
  }

  static makeShared(): SharedArrayBuffer {
    return new SharedArrayBuffer(4)
  }

  tryAcquire(): boolean {
    if (Atomics.add(this.#running, 0, 1) < this.#max) return true
    Atomics.sub(this.#running, 0, 1)
    return false
  }

  release(): void {
    Atomics.sub(this.#running, 0, 1)
  }
}

/// <reference lib="es2024.sharedmemory" />
/**
 * News of commits: how a thread that waits for records learns that some were committed.
 *
 * Threads of one process share an Int32Array: word 0 counts commits, word 1 is the version of the catalog. A commit adds
 * one and notifies; a waiter compares the count it saw. However many waiters a thread has, it keeps at most one
 * Atomics.waitAsync open, since such a wait cannot be cancelled: timeouts and aborts only leave the list of waiters.
 * A waiter's own timer keeps the event loop alive, which waitAsync does not do by itself on Node.
 * Readers in other processes have no shared memory: they poll the commit counter.
 */
const COMMITS = 0
const CATALOG = 1
export const NEWS_BYTES = 8
/** How often a reader in another process looks for commits, ms. */
const POLL_MS = 10
const TIMEOUT_MAX = 0x7fff_ffff

export class News {
  readonly #words: Int32Array
  /** Set for readers in other processes: reads the commit counter. */
  readonly #poll: (() => number) | undefined
  readonly #waiters = new Set<() => void>()
  #armed = false
  #pollTimer: NodeJS.Timeout | undefined

  constructor(shared: SharedArrayBuffer, poll?: () => number) {
    this.#words = new Int32Array(shared)
    this.#poll = poll
  }

  get count(): number {
    return this.#poll === undefined ? Atomics.load(this.#words, COMMITS) : this.#poll()
  }

  get catalogVersion(): number {
    return Atomics.load(this.#words, CATALOG)
  }

  announce(): void {
    Atomics.add(this.#words, COMMITS, 1)
    Atomics.notify(this.#words, COMMITS)
  }

  announceCatalog(): void {
    Atomics.add(this.#words, CATALOG, 1)
    this.announce()
  }

  wait(seen: number, timeoutMs: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted || timeoutMs <= 0 || this.count !== seen) return Promise.resolve()
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer)
        signal?.removeEventListener('abort', done)
        this.#waiters.delete(done)
        if (this.#waiters.size === 0) this.#stopPolling()
        resolve()
      }
      const timer = setTimeout(done, Math.min(timeoutMs, TIMEOUT_MAX))
      signal?.addEventListener('abort', done)
      this.#waiters.add(done)
      if (this.#poll === undefined) this.#arm(seen)
      else this.#startPolling(seen)
    })
  }

  /** Ends all waits of this thread. */
  close(): void {
    this.#wake()
    this.#stopPolling()
  }

  /** Keeps one asynchronous wait open while there are waiters; `seen` older than the count wakes at once. */
  #arm(seen: number): void {
    if (this.#armed) {
      // The open wait is for the count at its start, which is not above `seen`; it wakes for any change since.
      return
    }
    const wait = Atomics.waitAsync(this.#words, COMMITS, seen)
    if (!wait.async) {
      this.#wake()
      return
    }
    this.#armed = true
    wait.value.then(() => {
      this.#armed = false
      this.#wake()
    })
  }

  #wake(): void {
    for (const waiter of [...this.#waiters]) waiter()
  }

  #startPolling(seen: number): void {
    this.#pollTimer ??= setInterval(() => {
      if (this.count !== seen) this.#wake()
    }, POLL_MS)
  }

  #stopPolling(): void {
    clearInterval(this.#pollTimer)
    this.#pollTimer = undefined
  }
}

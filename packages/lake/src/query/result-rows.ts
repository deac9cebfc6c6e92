/** Rows as they are handed to a caller, who may let go of them at any time, also before the first. */

/**
 * An iteration after whose end `end` has been called, however it ended. A generator alone does not do so: one that is returned
 * before its first row runs nothing of its text, so not even what stands in its `finally`.
 */
export function endingRows<T>(rows: AsyncGenerator<T>, end: () => Promise<void>): AsyncIterableIterator<T> {
  return {
    [Symbol.asyncIterator]() {
      return this
    },
    next: () => rows.next(),
    async return() {
      try {
        return await rows.return(undefined)
      } finally {
        await end()
      }
    },
  }
}

/** Does the work at the first call, and nothing at others. */
export function once(work: () => void): () => void {
  let isDone = false
  return () => {
    if (isDone) return
    isDone = true
    work()
  }
}

/** Small pieces of work, many of them, on a thread that has others to serve: after each of them others may have their turn. */
export async function inTurns<T, R>(items: readonly T[], work: (item: T) => R): Promise<R[]> {
  const results: R[] = []
  for (const item of items) {
    results.push(work(item))
    await new Promise((resolve) => setImmediate(resolve))
  }
  return results
}

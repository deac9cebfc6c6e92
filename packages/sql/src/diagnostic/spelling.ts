/**
 * Spelling suggestions: the candidate nearest to a name, if it is near enough to be meant. Case and underscores are
 * ignored first, because an unquoted name that was declared quoted is the most common slip. Cost: O(candidates * n * m),
 * paid only when a name was not found.
 */

/** ' Did you mean "x"?' or the empty text. */
export function didYouMean(name: string, candidates: Iterable<string>): string {
  const near = nearest(name, candidates)
  return near === undefined ? '' : ` Did you mean "${near}"?`
}

export function nearest(name: string, candidates: Iterable<string>): string | undefined {
  const wanted = plain(name)
  const limit = Math.max(1, Math.floor(wanted.length / 3))
  let best: string | undefined
  let bestDistance = limit + 1
  for (const candidate of candidates) {
    if (candidate === name) continue
    const distance = editDistance(wanted, plain(candidate), bestDistance)
    if (distance < bestDistance) {
      best = candidate
      bestDistance = distance
    }
  }
  return best
}

function plain(name: string): string {
  return name.toLowerCase().replaceAll('_', '')
}

/** Number of insertions, deletions, replacements and swaps of neighbours between a and b; `limit` if it is not below. */
function editDistance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) >= limit) return limit
  let before: number[] = []
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1]
      let cost = Math.min(previous[j]! + 1, row[j - 1]! + 1, previous[j - 1]! + (same ? 0 : 1))
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        cost = Math.min(cost, before[j - 2]! + 1)
      row.push(cost)
    }
    before = previous
    previous = row
  }
  return Math.min(previous[b.length]!, limit)
}

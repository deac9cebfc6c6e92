/**
 * What one page wishes of the next: that a notebook runs when it is opened, say. It is in memory alone and not in the address, which
 * anybody could make: a link from elsewhere must never run something.
 */
let wish: string | undefined

export function wishFor(what: string): void {
  wish = what
}

/** True once for what was wished last. */
export function takeWish(what: string): boolean {
  if (wish !== what) return false
  wish = undefined
  return true
}

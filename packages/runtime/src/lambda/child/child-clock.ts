/** Time as a handler's process sees it: the machine's, also where the host of a test lives in virtual time. */

export function nowMs(): number {
  return performance.now()
}

/** `2026-01-01T00:00:00.000Z` */
export function timeText(): string {
  return new Date().toISOString()
}

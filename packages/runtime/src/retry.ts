/**
 * How long to wait before a retry: exponential with full jitter in the upper half, so that lanes that failed together
 * (their table is down) do not come back together, and yet no retry comes at once.
 */
import type { Random } from '@millrace/values'

export interface RetryPolicy {
  readonly retryDelayMs: number
  readonly retryDelayMaxMs: number
}

/** Wait in ms before attempt `attempt` (2 for the first retry): between half of and all of base * 2^(attempt - 2). */
export function retryDelayMs(attempt: number, policy: RetryPolicy, random: Random): number {
  const full = Math.min(policy.retryDelayMaxMs, policy.retryDelayMs * 2 ** Math.min(attempt - 2, 40))
  return full / 2 + (full / 2) * random.next()
}

/** Waiting for a point of a clock's time. */
import type { Clock } from '@millrace/values'

/** Timers of the platform hold at most 2^31 - 1 ms; a longer wait is made of several. */
const SLEEP_MS_MAX = 86_400_000

/** Resolves when the clock has reached `time` (at once if it has), or when the signal aborts. */
export async function sleepUntil(clock: Clock, time: number, signal: AbortSignal): Promise<void> {
  let wait = time - clock.now()
  while (wait > 0 && !signal.aborted) {
    await clock.sleep(Math.min(wait, SLEEP_MS_MAX), signal)
    wait = time - clock.now()
  }
}

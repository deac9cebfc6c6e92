/**
 * The loop around one stage under the machine's clock: step while there is work, then wait for news of the store, for the
 * stage's own time, or for a handler to end. No polling: an idle stage costs nothing until a commit wakes it.
 */
import type { Store } from '@millrace/store'
import type { Clock } from '@millrace/values'
import type { Stage } from './stage.ts'

/** A timer that is too far away is looked at again after this; it also bounds the harm of any missed wake-up. */
const waitMaxMs = 30_000

export interface LoopHooks {
  /** Called between steps; returns ms until it wants to be called again, though nothing happens. */
  between(): number
  /** Of the stage, if it is not the machine's. */
  readonly clock?: Clock
}

export async function runStage(
  stage: Stage,
  store: Store,
  stopping: AbortSignal,
  hooks: LoopHooks,
): Promise<void> {
  for (;;) {
    // Before the step: a commit that comes while it runs must not be slept over.
    const seen = store.news()
    const result = await stage.step()
    if (result === 'done') return
    const callAgainMs = hooks.between()
    if (result === 'worked') await turn()
    else {
      const timeoutMs = Math.min(stage.dueInMs(), callAgainMs, waitMaxMs)
      await wait(stage, store, { seen, timeoutMs, clock: hooks.clock }, stopping)
    }
  }
}

async function wait(
  stage: Stage,
  store: Store,
  {
    seen,
    timeoutMs,
    clock,
  }: { readonly seen: number; readonly timeoutMs: number; readonly clock: Clock | undefined },
  stopping: AbortSignal,
): Promise<void> {
  const woken = new AbortController()
  const wake = (): void => woken.abort()
  if (clock !== undefined) void clock.sleep(timeoutMs, woken.signal).then(wake)
  // Once stopping, only the stage itself (a handler that ends) is waited for, besides time.
  if (!stopping.aborted) stopping.addEventListener('abort', wake, { once: true })
  stage.onReady(wake)
  if (!woken.signal.aborted) await store.waitForNews(seen, timeoutMs, woken.signal)
  stopping.removeEventListener('abort', wake)
  wake()
}

/** Lets messages and timers in between two steps. */
function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

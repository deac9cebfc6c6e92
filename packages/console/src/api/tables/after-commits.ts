/**
 * Looks at something after commits, at most once each `everyMs`, and tells what it finds as events. However many commits there are,
 * the work is one look a turn; where there are none it costs nothing but a comment now and then, by which a client that is gone is
 * noticed.
 */
import type { AdminEvent } from '@millrace/gateway'
import type { Store } from '@millrace/store'
import type { Clock } from '@millrace/values'

const quietMs = 15_000

export interface CommitWatch {
  readonly store: Store
  readonly clock: Clock
  readonly signal: AbortSignal
  readonly everyMs: number
  /** Undefined: nothing is to be told. */
  look(): AdminEvent | undefined | Promise<AdminEvent | undefined>
}

export async function* afterCommits({ store, clock, signal, everyMs, look }: CommitWatch) {
  let toldAt = clock.now()
  while (!signal.aborted) {
    // Before the look, so that a commit during it is news.
    const seen = store.news()
    const event = await look()
    if (signal.aborted) return
    if (event !== undefined) yield event
    else if (clock.now() - toldAt >= quietMs) yield {}
    if (event !== undefined || clock.now() - toldAt >= quietMs) toldAt = clock.now()
    await clock.sleep(everyMs, signal)
    await store.waitForNews(seen, quietMs, signal)
  }
}

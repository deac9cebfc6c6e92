/** The lag that a source shows. */
import { VirtualClock } from '@millrace/values'
import { expect, test } from 'vitest'
import type { LogEvent } from '../model/log-event.ts'
import { Progress } from './progress.ts'

const head = { source: 's', database: 'd', phase: 'following', position: 'p' } as const
const truncate: LogEvent = {
  kind: 'truncate',
  table: { schema: 'shop', table: 'orders', columns: [], key: [] },
  transaction: undefined,
  order: 0,
}

function lagOf(progress: Progress): number | undefined {
  return progress.status(head, []).lagMs
}

test('the lag is that of the newest change, and none once the log has said that nothing follows', async () => {
  const clock = new VirtualClock(10_000)
  const progress = new Progress(clock)
  expect(lagOf(progress)).toBeUndefined()
  progress.took({ events: [], sourceTimeUs: undefined, isCaughtUp: true })
  expect(lagOf(progress)).toBeUndefined()
  progress.took({ events: [truncate], sourceTimeUs: 7_000_000, isCaughtUp: false })
  await clock.advance(60_000)
  expect([lagOf(progress), lagOf(progress)]).toEqual([3000, 3000])
  // The last change and the word that it is the last may come in one batch, and no other after it.
  progress.took({ events: [truncate], sourceTimeUs: 69_000_000, isCaughtUp: true })
  expect([lagOf(progress), lagOf(progress)]).toEqual([1000, 0])
  progress.took({ events: [truncate], sourceTimeUs: 68_000_000, isCaughtUp: false })
  progress.took({ events: [], sourceTimeUs: 68_000_000, isCaughtUp: true })
  expect(lagOf(progress)).toBe(0)
})

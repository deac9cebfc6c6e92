/** Pages under a clock that says how much work was done. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openStore } from '@millrace/store'
import { systemClock } from '@millrace/values'
import { expect, test } from 'vitest'
import { readPositionToken } from './position-token.ts'
import { recordPage } from './record-page.ts'

test('a page ends after its time, however slow its records are, and the next one goes on there', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'millrace-page-'))
  const store = await openStore({ dir, clock: systemClock })
  store.defineStream({ name: 's', shards: 2, retentionMs: 3_600_000 })
  const keys = Array.from({ length: 40 }, (_, i) => `k${i}`)
  for (const key of keys)
    store.commit((transaction) =>
      transaction.append('s', [{ key: Buffer.from(key), data: Buffer.from('x') }]),
    )
  const info = store.stream('s')!
  // Each look at the clock takes longer than a page may.
  let now = 0
  const clock = { ...systemClock, now: () => (now += 1_000) }
  const seen: string[] = []
  let positions = [0, 0]
  for (let pages = 0; pages < 100; pages++) {
    const options = { limit: 30, filter: undefined, shard: undefined, clock }
    const page = store.snapshot(() => recordPage(store, info, positions, options))
    expect(page.lookedAt).toBeLessThanOrEqual(1)
    seen.push(...page.records.map(({ partitionKey }) => partitionKey))
    positions = readPositionToken(info, page.next) ?? []
    if (page.isAtEnd) break
  }
  expect(seen).toEqual(keys)
  await store.close()
  rmSync(dir, { recursive: true })
})

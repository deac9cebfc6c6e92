import { expect, test } from 'vitest'
import { NEWS_BYTES, News } from './news.ts'

const HOUR_MS = 3_600_000

test('a wait with an old count ends at once, one with the present count at the next commit', async () => {
  const shared = new SharedArrayBuffer(NEWS_BYTES)
  const waiter = new News(shared)
  const other = new News(shared)
  const seen = waiter.count
  let woken = 0
  const waits = Array.from({ length: 100 }, () => waiter.wait(seen, HOUR_MS).then(() => woken++))
  await new Promise((resolve) => setImmediate(resolve))
  expect(woken).toBe(0)
  other.announce()
  await Promise.all(waits)
  await waiter.wait(seen, HOUR_MS)
  expect(waiter.count).toBe(seen + 1)
})

test('a wait that begins while an older one is open is woken by the next commit only', async () => {
  const shared = new SharedArrayBuffer(NEWS_BYTES)
  const news = new News(shared)
  const aborted = new AbortController()
  // Leaves its asynchronous wait open behind it.
  const first = news.wait(news.count, HOUR_MS, aborted.signal)
  aborted.abort()
  await first
  for (let i = 0; i < 50; i++) {
    const wait = news.wait(news.count, HOUR_MS)
    news.announce()
    await wait
  }
})

test('a wait ends by its time, by its signal and by close, and leaves no timer behind', async () => {
  const news = new News(new SharedArrayBuffer(NEWS_BYTES))
  await news.wait(0, 1)
  const controller = new AbortController()
  const aborted = news.wait(0, HOUR_MS, controller.signal)
  controller.abort()
  await aborted
  await news.wait(0, HOUR_MS, controller.signal)
  const closed = news.wait(0, HOUR_MS)
  news.close()
  await closed
  const timers = process.getActiveResourcesInfo().filter((name) => name === 'Timeout')
  const before = timers.length
  const last = news.wait(0, HOUR_MS)
  expect(process.getActiveResourcesInfo().filter((name) => name === 'Timeout')).toHaveLength(before + 1)
  news.announce()
  await last
  expect(process.getActiveResourcesInfo().filter((name) => name === 'Timeout')).toHaveLength(before)
})

test('a reader without shared memory learns of commits by looking', async () => {
  let commits = 0
  const news = new News(new SharedArrayBuffer(NEWS_BYTES), () => commits)
  const wait = news.wait(0, HOUR_MS)
  commits = 1
  await wait
  expect(news.count).toBe(1)
})

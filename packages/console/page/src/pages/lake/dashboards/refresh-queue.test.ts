/** Under a clock of the test: how often each chart is asked, and how many at a time. */
import { expect, test } from 'vitest'
import { atOnceMax, RefreshQueue } from './refresh-queue.ts'

/** Each answer takes `takesMs`; gives the times at which each chart was asked. */
function simulate(
  queue: RefreshQueue,
  {
    untilMs,
    takesMs,
    isPaused = () => false,
  }: { untilMs: number; takesMs: number; isPaused?: (at: number) => boolean },
): Map<string, number[]> {
  const asked = new Map<string, number[]>()
  const running: { readonly name: string; readonly until: number }[] = []
  for (let at = 0; at <= untilMs; at += 100) {
    for (const each of running.splice(0)) {
      if (each.until > at) running.push(each)
      else queue.ended(each.name, at)
    }
    if (isPaused(at)) continue
    for (const name of queue.tick(at)) {
      asked.set(name, [...(asked.get(name) ?? []), at])
      running.push({ name, until: at + takesMs })
    }
    expect(running.length).toBeLessThanOrEqual(atOnceMax)
  }
  return asked
}

test('all are asked once, few at a time, then each at its interval from its last answer; without one never again', () => {
  const queue = new RefreshQueue()
  queue.set(
    [
      { name: 'a', everyMs: 5_000 },
      { name: 'b', everyMs: 10_000 },
      { name: 'c', everyMs: null },
    ],
    0,
  )
  expect(Object.fromEntries(simulate(queue, { untilMs: 20_000, takesMs: 200 }))).toEqual({
    a: [0, 5_200, 10_400, 15_600],
    b: [0, 10_200],
    c: [200],
  })
})

test('answers that take longer than the interval are not asked on top of each other, and nobody starves', () => {
  const queue = new RefreshQueue()
  const names = ['a', 'b', 'c', 'd', 'e']
  queue.set(
    names.map((name) => ({ name, everyMs: 5_000 })),
    0,
  )
  const asked = simulate(queue, { untilMs: 120_000, takesMs: 10_000 })
  const counts = names.map((name) => asked.get(name)?.length ?? 0)
  expect(Math.min(...counts)).toBeGreaterThanOrEqual(4)
  expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1)
})

test('after a pause each is asked once, not once for every time that it missed', () => {
  const queue = new RefreshQueue()
  queue.set([{ name: 'a', everyMs: 5_000 }], 0)
  const isPaused = (at: number) => at > 6_000 && at < 60_000
  expect(simulate(queue, { untilMs: 66_000, takesMs: 100, isPaused }).get('a')).toEqual([
    0, 5_100, 60_000, 65_100,
  ])
})

test('what is asked by hand is asked at once, and a changed interval holds from then on', () => {
  const queue = new RefreshQueue()
  queue.set([{ name: 'a', everyMs: null }], 0)
  expect(queue.tick(0)).toEqual(['a'])
  queue.ended('a', 50)
  expect(queue.tick(1_000_000)).toEqual([])
  queue.now(1_000_000)
  expect(queue.tick(1_000_000)).toEqual(['a'])
  queue.ended('a', 1_000_100)
  queue.set([{ name: 'a', everyMs: 5_000 }], 1_000_200)
  expect(queue.tick(1_000_200)).toEqual(['a'])
  queue.set([], 1_000_300)
  queue.ended('a', 1_000_400)
  expect(queue.tick(2_000_000)).toEqual([])
})

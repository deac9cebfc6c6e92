import fc from 'fast-check'
import { expect, test } from 'vitest'
import { systemClock, VirtualClock } from './clock.ts'
import { randomAt, seededRandom } from './random.ts'

test('the system clock never goes back and starts at the wall clock', () => {
  let last = performance.timeOrigin
  for (let i = 0; i < 10_000; i++) {
    const now = systemClock.now()
    expect(now).toBeGreaterThanOrEqual(last)
    last = now
  }
})

test('sleepers of a virtual clock wake in order of their times, equal times in order of their calls', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat(20), { maxLength: 12 }), fc.nat(25), async (delays, step) => {
      const clock = new VirtualClock(1000)
      const woken: [number, number][] = []
      delays.forEach((ms, i) => {
        void clock.sleep(ms).then(() => woken.push([clock.now(), i]))
      })
      await clock.advance(step)
      const due = delays
        .map((ms, i) => [1000 + ms, i] as [number, number])
        .filter(([at]) => at <= 1000 + step)
      expect(woken).toEqual(due.sort((a, b) => a[0] - b[0] || a[1] - b[1]))
      expect(clock.pending).toBe(delays.length - due.length)
      expect(clock.now()).toBe(1000 + step)
    }),
    { numRuns: 30 },
  )
})

test('what a woken sleeper does, further sleeps too, happens at its own virtual time', async () => {
  const clock = new VirtualClock()
  const ticks: number[] = []
  const ticker = (async () => {
    while (ticks.length < 1000) {
      await clock.sleep(60_000)
      ticks.push(clock.now())
    }
  })()
  await clock.advance(1000 * 60_000)
  await ticker
  expect(ticks).toEqual(Array.from({ length: 1000 }, (_, i) => (i + 1) * 60_000))
})

test('an aborted sleep resolves at once and leaves nothing behind', async () => {
  const clock = new VirtualClock()
  const control = new AbortController()
  const sleeping = clock.sleep(1e9, control.signal)
  control.abort()
  await sleeping
  await clock.sleep(5, control.signal)
  await systemClock.sleep(1e9, control.signal)
  expect(clock.pending).toBe(0)
})

test('a seed gives one sequence for ever', () => {
  const random = seededRandom(42)
  expect([random.next(), random.next(), random.below(1000)]).toMatchInlineSnapshot(`
    [
      0.20693103313002992,
      0.8663763012049593,
      219,
    ]
  `)
  expect(randomAt(42, 7).next()).toMatchInlineSnapshot(`0.9879929867993128`)
})

test('equal seeds agree, neighbouring seeds and indexes differ', () => {
  fc.assert(
    fc.property(fc.integer(), fc.nat(), (seed, index) => {
      const take = (r: { next(): number }) => [r.next(), r.next()]
      expect(take(seededRandom(seed))).toEqual(take(seededRandom(seed)))
      expect(take(seededRandom(seed))).not.toEqual(take(seededRandom(seed + 1)))
      expect(take(randomAt(seed, index))).not.toEqual(take(randomAt(seed, index + 1)))
      expect(take(randomAt(seed, index))).toEqual(take(randomAt(seed, index)))
    }),
  )
})

test('values are uniform over steps and over indexes: 64 cells within six standard deviations', () => {
  const samples = 64_000
  for (const draw of [
    (
      (r) => () =>
        r.below(64)
    )(seededRandom('uniform')),
    (
      (i) => () =>
        randomAt('uniform', i++).below(64)
    )(0),
  ]) {
    const cells = new Array<number>(64).fill(0)
    for (let i = 0; i < samples; i++) cells[draw()]!++
    for (const count of cells) expect(Math.abs(count - 1000)).toBeLessThan(6 * Math.sqrt(1000))
  }
})

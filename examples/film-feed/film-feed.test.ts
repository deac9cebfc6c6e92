/** The feed around the end of a month: when files come, what is in them, and in which shares. */
import { type TestedApp, testApp } from 'millrace/testing'
import { afterEach, describe, expect, test } from 'vitest'
import filmFeed from './film-feed.app.ts'

const startMs = Date.UTC(2026, 10, 30, 23, 58)

let app: TestedApp
afterEach(() => app.close())

interface FilmEvent {
  readonly timestamp: string
  readonly eventType: string
  readonly film_id: number
  readonly distributor: string
  readonly platform: string
  readonly state: string
}

async function files(prefix: string) {
  const bucket = app.bucket('films')
  const { objects } = await bucket.list(prefix)
  return Promise.all(
    objects.map(async ({ key, bytes }) => ({
      key,
      bytes,
      lines: Buffer.from((await bucket.get(key)) ?? [])
        .toString()
        .trimEnd()
        .split('\n'),
    })),
  )
}

const eventsOf = async (prefix: string) =>
  // Lines of the template.
  (await files(prefix)).flatMap(({ lines }) => lines.map((line) => JSON.parse(line) as FilmEvent))

describe('the film feed', () => {
  test('a file comes a minute after its first event, under the month of that event', async () => {
    app = await testApp(filmFeed, { startMs, options: { events: 1500 } })
    await app.advance(55_000)
    expect(await files('')).toEqual([])
    await app.advance(7_000)
    const [first, ...others] = await files('')
    expect(others).toEqual([])
    expect(first?.key).toMatch(/^streaming\/2026\/11\/film-feed-1-2026-11-30-23-58-\d\d-[0-9a-f-]{36}$/)
    // Ten a second, for a minute, and what came while the first ones were on their way.
    expect(first?.lines.length).toBeGreaterThanOrEqual(580)
    expect(first?.lines.length).toBeLessThanOrEqual(620)

    await app.advance(180_000)
    expect(await files('streaming/2026/11/')).toHaveLength(2)
    expect(await files('streaming/2026/12/')).toHaveLength(1)
    const events = await eventsOf('')
    expect(events).toHaveLength(1500)
    const times = events.map(({ timestamp }) => Date.parse(timestamp))
    expect(Math.max(...times) - Math.min(...times)).toBe(149_000)
    expect(app.report().ledgerBalanced).toBe(true)
  })

  test('three of ten events are rents, one is a purchase, six are trailers, over a thousand films', async () => {
    app = await testApp(filmFeed, { startMs, options: { events: 12_000, rate: 1000 } })
    await app.advance(80_000)
    const events = await eventsOf('streaming/')
    expect(events).toHaveLength(12_000)
    const counts: Record<string, number> = {}
    for (const { eventType } of events) counts[eventType] = (counts[eventType] ?? 0) + 1
    const expected: Record<string, number> = { rent: 3600, buy: 1200, trailer: 7200 }
    const chiSquare = Object.entries(expected).reduce(
      (sum, [type, count]) => sum + ((counts[type] ?? 0) - count) ** 2 / count,
      0,
    )
    // Above this once in a thousand seeds.
    expect(chiSquare, JSON.stringify(counts)).toBeLessThan(13.8)
    const films = events.map(({ film_id }) => film_id)
    expect([Math.min(...films), Math.max(...films)]).toEqual([1, 1000])
    expect(new Set(events.map(({ distributor }) => distributor)).size).toBe(7)
    expect(new Set(events.map(({ platform }) => platform)).size).toBe(6)
    expect(new Set(events.map(({ state }) => state)).size).toBe(50)
  })

  test('at a thousand a second files go when they have a megabyte', async () => {
    app = await testApp(filmFeed, { startMs, options: { events: 30_000, rate: 1000 } })
    await app.advance(31_000)
    const full = await files('streaming/')
    expect(full.length).toBeGreaterThanOrEqual(4)
    for (const { bytes } of full) {
      expect(bytes).toBeGreaterThanOrEqual(1_000_000)
      expect(bytes).toBeLessThan(1_001_000)
    }
    await app.advance(90_000)
    expect(await eventsOf('streaming/')).toHaveLength(30_000)
  })

  test('what is no event of a film of ours is kept by its type of error', async () => {
    app = await testApp(filmFeed, { startMs, options: { events: 10 } })
    app.put('events', 'k', '{"film_id": 4711}\n')
    await app.advance(80_000)
    const errors = await files('processing-failed/2026/11/')
    expect(errors).toHaveLength(1)
    const lines = errors[0]?.lines ?? []
    expect(lines).toHaveLength(1)
    // Error objects are JSON of the delivery.
    const { rawData, errorMessage } = JSON.parse(lines[0] ?? '') as { rawData: string; errorMessage: string }
    expect(Buffer.from(rawData, 'base64').toString()).toBe('{"film_id": 4711}\n')
    expect(errorMessage).toContain('there is no film 4711')
    expect(await eventsOf('streaming/')).toHaveLength(10)
  })
})

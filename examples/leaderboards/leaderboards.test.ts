/** A race of a thousand, against what its messages say: live results, what was published, final scores, and the query API. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestedApp, testApp } from 'millrace/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import leaderboards from './leaderboards.app.ts'
import { type QueryApi, startQueryApi } from './query-api.ts'
import { totalOf } from './race.ts'

const racers = 1_000
const seconds = 75
const windowSeconds = 15
const startMs = Date.UTC(2026, 0, 1, 12, 0, 0)

let app: TestedApp
let api: QueryApi
beforeAll(async () => {
  app = await testApp(leaderboards, { options: { racers, seconds }, startMs })
  // The race, and the end of its last window.
  await app.advance((seconds + windowSeconds + 5) * 1_000)
  const { url } = await app.gateway()
  api = await startQueryApi({ endpoint: url })
}, 180_000)
afterAll(async () => {
  await api.close()
  await app.close()
})

const numberOf = (racerId: string) => Number(racerId.slice('racer-'.length))
const scoreOf = (racer: number) => totalOf(racer, seconds) / 100
const ask = async (path: string) => {
  const response = await fetch(`${api.url}${path}`)
  return { status: response.status, body: await response.json() }
}

/** Best first; where scores are equal any order is right. */
function ranked(second: number): [racerId: string, total: number][] {
  return Array.from({ length: racers }, (_, racer): [string, number] => [
    `racer-${racer}`,
    totalOf(racer, second) / 100,
  ]).sort(([, a], [, b]) => b - a)
}

describe('a race of a thousand over 75 seconds', () => {
  test('every message was processed, in one window each', () => {
    const report = app.report()
    const stage = (name: string) => report.stages.find((each) => each.name === name)
    expect(stage('results')).toMatchObject({ in: racers * seconds, out: racers * seconds, dead: 0 })
    expect(report.ledgerBalanced).toBe(true)
  })

  test('every 15 seconds the results were published: all racers, the leaders first', () => {
    const published = app
      .records('live')
      .map((record) =>
        record.json<{ raceId: string; second: number; racers: number; leaders: [string, number][] }>(),
      )
    expect(published.map(({ second }) => second)).toEqual([14, 29, 44, 59, 74])
    for (const { raceId, second, racers: count, leaders } of published) {
      expect([raceId, count]).toEqual(['race-1', racers])
      expect(leaders.map(([, total]) => total)).toEqual(
        ranked(second + 1)
          .slice(0, 10)
          .map(([, total]) => total),
      )
      for (const [racerId, total] of leaders) expect(total).toBe(totalOf(numberOf(racerId), second + 1) / 100)
    }
  })

  test('the table holds the results of the last window, and a score for each racer', () => {
    const items = app.items<{ PK: string; SK: string; score?: number; second?: number; results?: object }>(
      'Leaderboard',
    )
    expect(items).toHaveLength(racers + 1)
    const results = items.find(({ SK }) => SK === 'results')
    expect(results).toMatchObject({ PK: 'race-1', second: 74, isOver: true, window: '2026-01-01T12:01:00Z' })
    expect(results?.results).toEqual(
      Object.fromEntries(Array.from({ length: racers }, (_, racer) => [`racer-${racer}`, scoreOf(racer)])),
    )
    for (const { SK, score } of items) if (SK !== 'results') expect(score).toBe(scoreOf(numberOf(SK)))
  })

  test('the query API gives the top thousand by score, and fewer if asked', async () => {
    const { status, body } = await ask('/races/race-1/top')
    expect(status).toBe(200)
    const { places } = body as { places: { place: number; racer: string; score: number }[] }
    expect(places).toHaveLength(1_000)
    expect(new Set(places.map(({ racer }) => racer)).size).toBe(1_000)
    expect(places.map(({ score }) => score)).toEqual(ranked(seconds).map(([, total]) => total))
    expect(places.map(({ place }) => place)).toEqual(places.map((_, i) => i + 1))
    for (const { racer, score } of places) expect(score).toBe(scoreOf(numberOf(racer)))
    const ten = await ask('/races/race-1/top?limit=10')
    expect((ten.body as { places: unknown[] }).places).toEqual(places.slice(0, 10))
    expect(await ask('/races/race-2/top')).toEqual({ status: 200, body: { race: 'race-2', places: [] } })
  })

  test('the query API gives the live totals, and says what cannot be asked', async () => {
    expect(await ask('/races/race-1/live')).toMatchObject({ status: 200, body: { second: 74, isOver: true } })
    expect(await ask('/races/race-2/live')).toMatchObject({ status: 404 })
    expect(await ask('/races/race-1/top?limit=1001')).toMatchObject({ status: 400 })
    expect(await ask('/nothing')).toMatchObject({ status: 404 })
  })

  test('as the README shows it', async () => {
    const readme = readFileSync(join(import.meta.dirname, 'README.md'), 'utf8')
    const { body } = await ask('/races/race-1/top?limit=3')
    for (const place of (body as { places: object[] }).places) expect(readme).toContain(JSON.stringify(place))
  })
})

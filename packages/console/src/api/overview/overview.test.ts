import { describe, expect, it } from 'vitest'
import { namesOf, type OverviewDoor, type OverviewPlaces, overviewOf } from './overview.ts'

const definition: OverviewDoor['definition'] = {
  name: 'shop',
  streams: [{ name: 'orders' }, { name: 'enriched' }],
  stages: [
    { name: 'feed', kind: 'source' },
    { name: 'enrich', kind: 'query' },
    { name: 'count', kind: 'query' },
  ],
}

function running(
  live: { name: string; kind: 'query'; state: 'running' | 'failed' }[],
  ledgerBalanced = true,
) {
  return { snapshot: () => ({ live, ledgerBalanced }) }
}

function places(change: Partial<OverviewPlaces> = {}): OverviewPlaces {
  return {
    dir: '/data',
    app: { definition, file: '/shop.app.ts', app: running([]) },
    alarms: () => [],
    deadLetters: () => 0,
    streams: () => ['orders', 'enriched', 'enrich.late'],
    tables: () => ['Orders'],
    datasets: () => ['lake.orders'],
    notebooks: () => ['first', 'shop'],
    ...change,
  }
}

describe('the overview', () => {
  it('says who runs where, and counts what waits', () => {
    expect(overviewOf(places({ deadLetters: () => 3, alarms: () => ['lag'] }))).toMatchObject({
      dataDir: '/data',
      version: expect.stringMatching(/^\d+\.\d+\.\d+/),
      app: { name: 'shop', file: '/shop.app.ts', isStarted: true },
      counts: { streams: 3, tables: 1, deadLetters: 3, alarms: 1 },
    })
  })

  it('has no app where none runs, and one that is not started while it starts', () => {
    expect(overviewOf(places({ app: undefined }))).toMatchObject({ app: null, story: {}, troubles: [] })
    const starting = { definition, file: '/shop.app.ts', app: undefined }
    expect(overviewOf(places({ app: starting })).app).toMatchObject({ isStarted: false })
  })

  it('names what is wrong, a failed stage before an alarm', () => {
    const stages = [
      { name: 'enrich', kind: 'query', state: 'failed' } as const,
      { name: 'count', kind: 'query', state: 'running' } as const,
    ]
    const app = { definition, file: '', app: running(stages, false) }
    const { troubles } = overviewOf(places({ app, alarms: () => ['lag'] }))
    expect(troubles.map(({ tone, stage }) => [tone, stage])).toEqual([
      ['bad', 'enrich'],
      ['bad', undefined],
      ['warn', undefined],
    ])
    expect(troubles[0]?.text).toContain('"enrich" has failed')
    expect(overviewOf(places()).troubles).toEqual([])
  })

  it('tells the story by the first query and the notebook of the name of the app', () => {
    expect(overviewOf(places()).story).toEqual({ query: 'enrich', notebook: 'shop' })
    expect(overviewOf(places({ notebooks: () => ['first'] })).story.notebook).toBe('first')
    const plain = { ...definition, stages: [] }
    const app = { definition: plain, file: '', app: undefined }
    expect(overviewOf(places({ app, notebooks: () => [] })).story).toEqual({})
  })
})

describe('names', () => {
  it("are everything, the app's own before what comes of it", () => {
    expect(namesOf(places()).names.map(({ kind, name }) => `${kind} ${name}`)).toEqual([
      'stage feed',
      'stage enrich',
      'stage count',
      'notebook first',
      'notebook shop',
      'stream orders',
      'stream enriched',
      'table Orders',
      'dataset lake.orders',
      'stream enrich.late',
    ])
  })

  it('are bounded', () => {
    const streams = Array.from({ length: 6_000 }, (_, i) => `s${i}`)
    expect(namesOf(places({ streams: () => streams })).names).toHaveLength(5_000)
  })
})

/**
 * Leaderboards of a race: live ones every 15 seconds, and the final one.
 *
 *   race source -> messages -> results (Lambda handler, windows of 15 s) -> Leaderboard, item race-1/results
 *                  changes of Leaderboard -> publish      -> live
 *                                         -> final-scores -> Leaderboard, an item for each racer, indexed by score
 *
 * The query API (query-api.ts) is a client of the app's endpoint like any other.
 */
import { defineApp, tableChange } from 'millrace'
import { raceSource } from './race.ts'

/** The item `results` of a race. */
interface Results {
  readonly [attribute: string]: unknown
  readonly PK: string
  readonly SK: string
  readonly window: string
  readonly second: number
  readonly isOver: boolean
  /** Total of each racer. */
  readonly results: { readonly [racerId: string]: number }
}

interface Standing {
  readonly raceId: string
  readonly second: number
  readonly racers: number
  /** The first ten, best first. */
  readonly leaders: readonly (readonly [racerId: string, total: number])[]
}

export default defineApp('leaderboards', (app) => {
  const racers = app.option.integer('racers', { default: 1_000, min: 1, max: 10_000, help: 'how many ride' })
  const seconds = app.option.integer('seconds', {
    default: 300,
    min: 1,
    max: 3_600,
    help: 'how long it takes',
  })

  const messages = app.stream('messages', { shards: 2 })
  const live = app.stream<Standing>('live')
  const board = app.table('Leaderboard', {
    partitionKey: 'PK',
    sortKey: 'SK',
    // The item `results` has no score, so it is not in the index.
    indexes: { 'by-score': { partitionKey: 'PK', sortKey: { score: 'number' } } },
    changes: 'NEW_IMAGE',
  })

  app.source(raceSource({ raceId: 'race-1', racers, seconds }), { into: messages })

  app.lambda('results', {
    from: messages,
    code: 'handlers',
    handler: 'results.handler',
    environment: { BOARD: board.name },
    timeout: 15,
    memory: 256,
    batchSize: 1_000,
    tumblingWindowInSeconds: 15,
  })

  const ofResults = { SK: { S: ['results'] } }

  app.each(
    'publish',
    { from: board.changes, filters: [{ dynamodb: { NewImage: ofResults } }] },
    (record, context) => {
      const { PK: raceId, second, results } = mustHave(tableChange<Results>(record).after)
      const ranked = Object.entries(results).sort(([, a], [, b]) => b - a)
      context.emit(
        live,
        { raceId, second, racers: ranked.length, leaders: ranked.slice(0, 10) },
        { partitionKey: raceId },
      )
    },
  )

  app.each(
    'final-scores',
    {
      from: board.changes,
      filters: [{ dynamodb: { NewImage: { ...ofResults, isOver: { BOOL: [true] } } } }],
    },
    async (record) => {
      const { PK, results } = mustHave(tableChange<Results>(record).after)
      // All racers or none: what a call writes is one commit.
      await board.put(Object.entries(results).map(([SK, score]) => ({ PK, SK, score })))
    },
  )
})

/** The filters let through what has a new image. */
function mustHave(results: Results | undefined): Results {
  if (results === undefined) throw new Error('a change without a new image')
  return results
}

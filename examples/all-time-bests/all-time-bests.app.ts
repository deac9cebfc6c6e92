/**
 * The best of all time in races on training bikes, kept by the files of a delivery: nobody waits for them within a race, and of a
 * minute's messages few are records.
 *
 *   ride source -> messages -> delivery: add-output (Lambda handler), 60 s or 1 MB, GZIP -> bucket rides
 *                              news of rides -> keep-bests -> bucket history, class-N.gz
 */
import { createdObject, defineApp, objectKeys } from 'millrace'
import { addRides, bestsKey, readBests, ridesByClass, writeBests } from './bests.ts'
import { type RideMessage, rideSource } from './ride-source.ts'

export default defineApp('all-time-bests', (app) => {
  const number = (name: string, standard: number, help: string) =>
    app.option.integer(name, { default: standard, min: 1, max: 10_000, help })
  const classes = number('classes', 6, 'classes, each with a race at any time')
  const racers = number('racers', 20, 'racers of each class')
  const races = number('races', 2, 'races of each class, one after the other')
  const seconds = number('seconds', 90, 'how long a race takes')

  const messages = app.stream<RideMessage>('messages')
  const rides = app.bucket('rides')
  const history = app.bucket('history')

  app.source(rideSource({ classes, racers, races, seconds }), { into: messages })

  app.delivery('rides', {
    from: messages,
    to: rides,
    prefix: 'rides/',
    errorPrefix: 'failed/',
    // The handler ends each line itself, as it did before.
    format: 'raw',
    transform: { code: 'handlers', handler: 'add-output.handler', buffer: { seconds: 1 } },
    buffer: { bytes: 1024 * 1024, seconds: 60 },
    compression: 'gzip',
  })

  // One object at a time, so that no two calls change the file of a class.
  app.function(
    'keep-bests',
    { from: rides.created, filters: [objectKeys({ prefix: 'rides/', suffix: '.gz' })] },
    async (records) => {
      for (const record of records) {
        const file = await rides.get(createdObject(record).key)
        // Somebody has deleted it since: there is nothing to learn from it.
        if (file === undefined) continue
        for (const [classId, ofClass] of ridesByClass(file)) {
          const key = bestsKey(classId)
          const bests = readBests(await history.get(key))
          if (addRides(bests, ofClass) > 0) await history.put(key, writeBests(bests))
        }
      }
    },
  )
})

/**
 * What people watch on the platforms of distribution partners, as files by month.
 *
 *   template, 10 a second -> events -> delivery: is it a film of ours?  60 s or 1 MB -> bucket films, streaming/yyyy/MM/
 *                                                                       errors       -> TYPE/yyyy/MM/
 */
import { defineApp, templateSource } from 'millrace'

interface StreamingEvent {
  readonly timestamp: string
  readonly eventType: 'rent' | 'buy' | 'trailer'
  readonly film_id: number
}

const filmsOfOurs = 1000

export default defineApp('film-feed', (app) => {
  const rate = app.option.integer('rate', { default: 10, min: 1, max: 10_000, help: 'events a second' })
  const count = app.option.integer('events', {
    default: 6000,
    min: 1,
    max: 10_000_000,
    help: 'events in all',
  })

  const events = app.stream<StreamingEvent>('events')
  app.source(
    templateSource({ file: new URL('film.txt', import.meta.url), rate, count, seed: 7, timeZone: 'UTC' }),
    { into: events },
  )

  app.delivery('film-feed', {
    from: events,
    to: app.bucket('films'),
    prefix: 'streaming/!{timestamp:yyyy/MM/}',
    errorPrefix: '!{firehose:error-output-type}/!{timestamp:yyyy/MM/}',
    // Records of the template end their lines themselves.
    format: 'raw',
    buffer: { bytes: 1_000_000, seconds: 60 },
    transform: (records) =>
      records.map((record) => {
        const { film_id: film } = record.json()
        const isOurs = Number.isInteger(film) && film >= 1 && film <= filmsOfOurs
        return isOurs ? record.data : new Error(`there is no film ${film}`)
      }),
  })
})

/**
 * Sensors to be looked at in a notebook: readings come in as one stream, and the notebook beside this file asks them questions.
 * A cell that is worth keeping becomes a query of the app, as a file in queries/.
 */
import { defineApp } from 'millrace'
import { type Reading, sensorSource } from './sensor-source.ts'

export default defineApp('sensor-studio', (app) => {
  const rate = app.option.integer('rate', {
    default: 10,
    min: 1,
    max: 10_000,
    help: 'readings each second',
  })
  const seed = app.option.string('seed', { default: 'sensors', help: 'another seed, other readings' })

  const readings = app.stream<Reading>('sensor-readings')
  app.source(sensorSource({ seed, rate }), { into: readings })
  app.queries('./queries')
})

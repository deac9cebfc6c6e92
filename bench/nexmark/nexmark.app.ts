/** The events of Nexmark in a log (`--phase fill`), and one query that reads it from its beginning (`--phase query`). */
import { readFileSync } from 'node:fs'
import { defineApp, nexmark } from 'millrace'

export default defineApp('nexmark', (app) => {
  const phase = app.option.string('phase', { default: 'fill', help: 'fill the log, or run a query over it' })
  const events = app.stream('events')
  if (phase === 'fill') {
    app.source(nexmark({ eventRate: 1000, events: app.option.integer('events', { default: 1_000_000 }) }), {
      into: events,
    })
    return
  }
  app.query('query', {
    dialect: 'flink',
    sql: readFileSync(app.option.path('program', { default: 'program.sql' }), 'utf8'),
    tables: { events },
  })
})

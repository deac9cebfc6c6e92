/**
 * Who may be written to: each change of a user in the database of the shop becomes a call of the service that sends campaigns.
 *
 *   campaigns.optin_status (MySQL) -> changes, in the form of DMS -> sync -> PUT or DELETE /endpoints/<user>
 *
 * A call says how things are, not what changed, and makes what is missing: so it does no harm when it comes twice.
 */
import { defineApp, httpSink, mysql } from 'millrace'

interface Change {
  readonly data: { readonly userid: string; readonly phone?: string; readonly optin: number }
  readonly metadata: { readonly operation: 'load' | 'insert' | 'update' | 'delete' }
}

export default defineApp('opt-in-sync', (app) => {
  const changes = app.stream<Change>('changes', { shards: 2 })
  const service = app.option.string('service', {
    default: 'http://127.0.0.1:8086',
    help: 'where the endpoints are',
  })
  const database = app.option.string('database', { help: 'mysql://user:password@host:3306/', default: '' })

  app.source(mysql({ url: database || app.env('DATABASE_URL'), tables: ['campaigns.optin_status'] }), {
    into: changes,
  })

  app.function(
    'sync',
    // Control records tell of the table, not of a user.
    { from: changes, parallelization: 4, filters: [{ data: { metadata: { 'record-type': ['data'] } } }] },
    httpSink({
      url: `${service}/endpoints/{$.data.userid}`,
      method: (record) => (record.json<Change>().metadata.operation === 'delete' ? 'DELETE' : 'PUT'),
      body: (record) => {
        const { data, metadata } = record.json<Change>()
        if (metadata.operation === 'delete') return undefined
        return { channel: 'SMS', address: data.phone ?? null, optOut: data.optin === 1 ? 'NONE' : 'ALL' }
      },
      auth: { secret: app.env('SERVICE_TOKEN', { default: 'try-me' }) },
      rate: { perSecond: 200 },
    }),
  )
})

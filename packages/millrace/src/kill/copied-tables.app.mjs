/** A table of a MariaDB, copied into a Postgres: its rows, and a history with one row for each change. */
import { defineApp, mysql, postgresSink } from 'millrace'

export default defineApp('copied-tables', (app) => {
  const changes = app.stream('changes', { shards: 2 })
  const url = app.option.string('to')
  const positions = { table: 'millrace_positions' }
  app.source(mysql({ url: app.option.string('from'), tables: ['shop.items'], load: { chunkRows: 50 } }), {
    into: changes,
  })
  app.function(
    'copy',
    { from: changes, batchSize: 20, parallelization: 3 },
    postgresSink({ url, format: 'dms', table: 'items', positions }),
  )
  app.function(
    'history',
    {
      from: changes,
      batchSize: 20,
      parallelization: 3,
      filters: [{ data: { metadata: { 'record-type': ['data'] } } }],
    },
    postgresSink({
      url,
      table: 'history',
      mode: 'append',
      positions,
      columns: {
        shard: (record) => record.shard,
        sequence: (record) => record.sequence,
        id: '$.data.id',
        operation: '$.metadata.operation',
      },
    }),
  )
})

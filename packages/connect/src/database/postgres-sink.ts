/**
 * Sink `postgresSink`: a handler for `app.function` that writes the records of its stream into tables of a Postgres
 * (docs/database-sinks.md). See database-sink.ts for what it promises.
 */
import type { FunctionHandler } from '@millrace/runtime'
import { databaseSink } from './database-sink.ts'
import { postgresDialect } from './postgres/postgres-dialect.ts'
import { type DatabaseSinkOptions, readSinkOptions } from './sink-options.ts'

/**
 * Tables that are named without a schema are in `public`. Errors: DATABASE_OPTION and CDC_URL here; of its calls SINK_ITEMS_FAILED (a
 * SinkError), DATABASE_TABLE, DATABASE_CALL, SINK_POSITIONS and CDC_DRIVER_MISSING.
 */
export function postgresSink(options: DatabaseSinkOptions): FunctionHandler {
  const settings = readSinkOptions('postgresSink', options)
  const dialect = postgresDialect(options.url, settings.statementBytes)
  return databaseSink({
    sink: 'postgresSink',
    dialect,
    settings,
    clock: options.clock,
    random: options.random,
  })
}

/**
 * Sink `mysqlSink`: a handler for `app.function` that writes the records of its stream into tables of a MySQL or MariaDB
 * (docs/database-sinks.md). See database-sink.ts for what it promises.
 */
import type { FunctionHandler } from '@millrace/runtime'
import { databaseSink } from './database-sink.ts'
import { mysqlDialect } from './mysql/mysql-dialect.ts'
import { type DatabaseSinkOptions, readSinkOptions } from './sink-options.ts'

/**
 * Errors: DATABASE_OPTION and CDC_URL here; of its calls SINK_ITEMS_FAILED (a SinkError), DATABASE_TABLE, DATABASE_CALL,
 * SINK_POSITIONS and CDC_DRIVER_MISSING.
 */
export function mysqlSink(options: DatabaseSinkOptions): FunctionHandler {
  const settings = readSinkOptions('mysqlSink', options)
  const dialect = mysqlDialect(options.url, settings.statementBytes)
  return databaseSink({ sink: 'mysqlSink', dialect, settings, clock: options.clock, random: options.random })
}

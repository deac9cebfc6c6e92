/** Streams: shards, records, a live tail, puts, changes of the shard count. */
import type { Routes } from '@millrace/gateway'
import type { ConsoleOptions } from '../../console-options.ts'

export function streamRoutes(_options: ConsoleOptions): Routes {
  return new Map()
}

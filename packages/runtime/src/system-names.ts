/** Streams and tables that the runtime itself keeps for an app, beside those that the app declares. */
import type { StreamDefinition, TableDefinition } from '@millrace/store'
import { changeStreamName } from '@millrace/tables'
import type { AppDefinition } from './app-model.ts'
import { objectStreamName } from './bucket-directory.ts'
import { isFirstPart, queryNameOf } from './query-parts.ts'

export { redriveStreamName } from './redrive-stream-name.ts'

const day = 24 * 3_600_000
const week = 7 * day

/** Records that no stage could process, whole, with the reason. Sort key: where the record stood, so a repeat replaces. */
export const deadLetterTable: TableDefinition = {
  name: 'dead-letters',
  partitionKey: { name: 'stage', type: 'string' },
  sortKey: { name: 'id', type: 'string' },
}

/** How many letters each stage has, had redriven and had dropped (dead-letters/letter-counts.ts). */
export const letterCountsTable: TableDefinition = {
  name: 'system.dead-letter-counts',
  partitionKey: { name: 'stage', type: 'string' },
}

export function errorStreamName(query: string): string {
  return `${query}.error_stream`
}

export function lateStreamName(query: string): string {
  return `${query}.late`
}

/**
 * All streams of an app: its own, those of its tables' changes, of its buckets' objects and of its deliveries, then an error stream
 * and a late stream for each query. One shard: they are read by people.
 */
export function allStreams(app: AppDefinition): StreamDefinition[] {
  const streams = [...app.streams]
  for (const { name, changes } of app.tables)
    if (changes !== undefined) streams.push({ name: changeStreamName(name), shards: 1, retentionMs: day })
  for (const { name } of app.buckets ?? [])
    streams.push({ name: objectStreamName(name), shards: 1, retentionMs: day })
  // Stages of one delivery share some.
  for (const stage of app.stages) {
    if (stage.kind !== 'delivery') continue
    for (const stream of stage.streams)
      if (streams.every(({ name }) => name !== stream.name)) streams.push(stream)
  }
  for (const stage of app.stages) {
    if (stage.kind !== 'query' || !isFirstPart(stage)) continue
    const query = queryNameOf(stage)
    streams.push({ name: errorStreamName(query), shards: 1, retentionMs: week })
    streams.push({ name: lateStreamName(query), shards: 1, retentionMs: week })
  }
  return streams
}

/** Tables for counts and the like, also of a gateway or a consumer: nothing that a report of the app is about. */
export function isSystemTable(name: string): boolean {
  return name.startsWith('system.')
}

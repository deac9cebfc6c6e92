/** Picks the events for what a mapping reads. */
import type { NumberedStream } from '@millrace/values'
import { KinesisShardEvents } from './kinesis-event.ts'
import type { EventSource, ShardEvents } from './shard-events.ts'
import { TableShardEvents } from './table-event.ts'

/** `stream` has to know the shard; numbers of shards that are made later need a newer snapshot. */
export function makeShardEvents(source: EventSource, stream: NumberedStream, shard: number): ShardEvents {
  return source.kind === 'stream'
    ? new KinesisShardEvents(source, stream, shard)
    : new TableShardEvents(source, stream, shard)
}

/** Picks the events for what a mapping reads. */
import type { NumberedStream } from '@millrace/values'
import { BucketShardEvents } from './bucket-event.ts'
import { KinesisShardEvents } from './kinesis-event.ts'
import type { EventSource, ShardEvents } from './shard-events.ts'
import { TableShardEvents } from './table-event.ts'

/** `stream` has to know the shard; numbers of shards that are made later need a newer snapshot. */
export function makeShardEvents(source: EventSource, stream: NumberedStream, shard: number): ShardEvents {
  switch (source.kind) {
    case 'stream':
      return new KinesisShardEvents(source, stream, shard)
    case 'table':
      return new TableShardEvents(source, stream, shard)
    case 'bucket':
      return new BucketShardEvents(source, stream, shard)
  }
}

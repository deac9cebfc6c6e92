/**
 * The data plane of the Kinesis API: the operations that move records, and the state that they share (the running
 * group of puts, rates of shards, the seal of iterators, the watch over shards, metric handles). Made once per service.
 */
import { ShardLimits } from '../../limits/shard-limits.ts'
import { PutGroups } from '../../puts/put-group.ts'
import { StreamLayouts } from '../../puts/stream-layouts.ts'
import type { KinesisContext } from '../kinesis-context.ts'
import { FanOutHub } from './fan-out-hub.ts'
import { getRecords } from './get-records.ts'
import { getShardIterator } from './get-shard-iterator.ts'
import { IteratorSeal } from './iterator.ts'
import { putRecord } from './put-record.ts'
import { putRecords } from './put-records.ts'
import { putRecordsFast } from './put-records-fast.ts'
import { StreamMeters } from './stream-meters.ts'
import { subscribeToShard } from './subscribe-to-shard.ts'

export type DataPlane = ReturnType<typeof makeDataPlane>

export function makeDataPlane(context: KinesisContext) {
  const hub = new FanOutHub(context.store, context.clock)
  const groups = new PutGroups(context.store, (stream, shards) => hub.committed(stream, shards))
  const limits = new ShardLimits(context.limits)
  const meters = new StreamMeters(context.meter)
  const seal = new IteratorSeal(context.store)
  const layouts = new StreamLayouts(context.store)
  const writing = { context, groups, layouts, limits, meters }
  const subscribe = subscribeToShard({ hub, meters }, context)
  return {
    operations: {
      PutRecord: putRecord(writing),
      PutRecords: putRecords(writing),
      GetShardIterator: getShardIterator({ seal, limits }),
      GetRecords: getRecords({ seal, limits, meters, layouts }),
      SubscribeToShard: subscribe,
    },
    fast: [putRecordsFast(writing)],
    /** Commits what puts are waiting for and ends subscriptions. To be called before the store is closed. */
    close(): void {
      groups.flush()
      subscribe.close()
      hub.close()
    },
  }
}

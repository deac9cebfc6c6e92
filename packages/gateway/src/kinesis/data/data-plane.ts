/**
 * The data plane of the Kinesis API: the operations that move records, and the state that they share (the running
 * group of puts, rates of shards, the seal of iterators, metric handles). Made once per service.
 */
import { ShardLimits } from '../../limits/shard-limits.ts'
import type { KinesisContext } from '../kinesis-context.ts'
import { getRecords } from './get-records.ts'
import { getShardIterator } from './get-shard-iterator.ts'
import { IteratorSeal } from './iterator.ts'
import { PutGroups } from './put-group.ts'
import { putRecord } from './put-record.ts'
import { putRecords } from './put-records.ts'
import { StreamMeters } from './stream-meters.ts'

export type DataPlane = ReturnType<typeof makeDataPlane>

export function makeDataPlane(context: KinesisContext) {
  const groups = new PutGroups(context.store)
  const limits = new ShardLimits(context.limits)
  const meters = new StreamMeters(context.meter)
  const seal = new IteratorSeal(context.store)
  const writerParts = { context, groups, limits, meters }
  return {
    putRecord: putRecord(writerParts),
    putRecords: putRecords(writerParts),
    getShardIterator: getShardIterator({ seal, limits }),
    getRecords: getRecords({ seal, limits, meters }),
    /** Commits what puts are waiting for. Before the store is closed. */
    close(): void {
      groups.flush()
    },
  }
}

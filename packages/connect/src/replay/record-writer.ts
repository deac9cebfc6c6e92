/** What happens to records between reader and sink: aggregates are taken apart if wished, and everything is counted. */
import type { HashRange } from '@millrace/values'
import type { ReplayProgress } from './replay-progress.ts'
import type { SliceSink } from './replay-sink.ts'
import type { ReplayRecord, ReplayShard } from './replay-source.ts'
import { userRecords } from './user-records.ts'

export class RecordWriter {
  readonly #progress: ReplayProgress
  readonly #deaggregate: boolean
  readonly #ranges = new Map<string, HashRange>()

  constructor({ progress, deaggregate }: { progress: ReplayProgress; deaggregate: boolean }) {
    this.#progress = progress
    this.#deaggregate = deaggregate
  }

  /** Tells the range of a shard, which its aggregates must keep to. */
  meet({ shardId, range }: ReplayShard): void {
    this.#ranges.set(shardId, range)
  }

  async write(shardId: string, records: readonly ReplayRecord[], out: SliceSink): Promise<void> {
    const progress = this.#progress
    const range = this.#ranges.get(shardId)
    let whole = records
    if (this.#deaggregate && range !== undefined) {
      const taken = userRecords(records, range)
      whole = taken.records
      progress.foreignAggregates += taken.foreign
    }
    if (whole.length > 0) await out.write(shardId, whole)
    progress.records += whole.length
    for (const { data, partitionKey } of whole)
      progress.bytes += data.length + Buffer.byteLength(partitionKey)
  }
}

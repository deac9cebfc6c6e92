/**
 * Records of a replay put to a stream. Each slice has a putter of its own, so what a slice puts is in its order; slices go
 * side by side, and only with a single one a key's records come in the order in which they were first put.
 * What was put stays, also when the replay is stopped.
 */
import type { PutCounts, RecordPutter, ReplaySink, SliceSink } from '@millrace/connect'

export class PutSink implements ReplaySink {
  readonly #open: () => RecordPutter
  readonly #putters: RecordPutter[] = []

  constructor(open: () => RecordPutter) {
    this.#open = open
  }

  /** Of all putters. */
  get counts(): PutCounts {
    const sum: PutCounts = { records: 0, bytes: 0, calls: 0, entries: 0, retries: 0, throttles: 0 }
    for (const { counts } of this.#putters) {
      sum.records += counts.records
      sum.bytes += counts.bytes
      sum.calls += counts.calls
      sum.entries += counts.entries
      sum.retries += counts.retries
      sum.throttles += counts.throttles
    }
    return sum
  }

  slice(): SliceSink {
    const putter = this.#open()
    this.#putters.push(putter)
    return {
      async write(_shardId, records) {
        for (const { partitionKey, data, explicitHashKey } of records) {
          if (putter.isFull) await putter.room()
          const record = { partitionKey, data }
          putter.add(explicitHashKey === undefined ? record : { ...record, explicitHashKey })
        }
      },
      end: () => putter.flush(),
    }
  }

  async complete(): Promise<void> {}

  /** Lets what is on its way arrive, so that the counts say what is there. */
  async discard(): Promise<void> {
    await Promise.allSettled(this.#putters.map((putter) => putter.flush()))
  }

  live(): SliceSink {
    return this.slice()
  }
}

/**
 * How places in a stream of the store are written as sequence numbers. The port lets whoever serves the stream to others
 * say how, so that checkpoints of a consumer here and of clients of the Kinesis API are the same texts. By default they
 * are the store's own sequences, plus one so that 0 is the place before the first record.
 */
import type { StreamInfo } from '@millrace/store'

export interface LocalSequences {
  /** Sequence -1 stands for the place before the first record. */
  format(stream: StreamInfo, shard: number, sequence: number, arrivalTimeMs: number): string
  /** How many records of the shard are at or before the number; undefined if it is none of this shard. */
  countUpTo(stream: StreamInfo, shard: number, sequenceNumber: string): number | undefined
}

export const plainSequences: LocalSequences = {
  format: (_stream, _shard, sequence) => String(sequence + 1),
  countUpTo: (stream, shard, sequenceNumber) => {
    const count = /^\d{1,15}$/.test(sequenceNumber) ? Number(sequenceNumber) : undefined
    const next = stream.shardInfos[shard]?.next ?? 0
    return count === undefined || count > next ? undefined : count
  },
}

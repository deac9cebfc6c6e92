/**
 * Sequence numbers for readers that work on the store directly: the same texts that clients of the API see, so that a
 * checkpoint of the one is a checkpoint of the other.
 */
import type { LocalSequences } from '@millrace/connect'
import { formatSequenceNumber, parseSequenceNumber, startingSequenceNumber } from '@millrace/values'

export const kinesisSequences: LocalSequences = {
  format: (stream, shard, sequence, arrivalTimeMs) =>
    sequence < 0
      ? startingSequenceNumber(stream, shard)
      : formatSequenceNumber(stream, shard, sequence, arrivalTimeMs),
  countUpTo(stream, shard, sequenceNumber) {
    const place = parseSequenceNumber(sequenceNumber, stream)
    if (place.kind !== 'place' || place.shard !== shard) return undefined
    return Math.min(place.counter, stream.shardInfos[shard]?.next ?? 0)
  },
}

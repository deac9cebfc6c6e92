/**
 * Sequence numbers for readers that work on the store directly: the same texts that clients of the API see, so that a
 * checkpoint of the one is a checkpoint of the other.
 */
import type { LocalSequences } from '@millrace/connect'
import { formatSequenceNumber, parseSequenceNumber } from './sequence-number.ts'

export const kinesisSequences: LocalSequences = {
  format: formatSequenceNumber,
  countUpTo(stream, shard, sequenceNumber) {
    const place = parseSequenceNumber(sequenceNumber, stream)
    if (place.kind !== 'place' || place.shard !== shard) return undefined
    return Math.min(place.counter, stream.shardInfos[shard]?.next ?? 0)
  },
}

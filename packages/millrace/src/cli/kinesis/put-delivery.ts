/** Puts records to a delivery behind an endpoint that speaks Firehose. Its calls are smaller than those of Kinesis. */
import type { PutOutcome, PutPort } from '@millrace/connect'
import type { KinesisClient } from './kinesis-client.ts'
import { listMember, textMember } from './reply-fields.ts'

/** Bytes of the records of one call, before base64. */
const callBytesMax = 4 * 1024 * 1024

export function putDelivery(client: KinesisClient, delivery: string): PutPort {
  return {
    async put(entries) {
      const outcomes: PutOutcome[] = []
      for (let from = 0; from < entries.length; ) {
        let bytes = 0
        let to = from
        for (; to < entries.length; to++) {
          bytes += entries[to]?.data.length ?? 0
          if (to > from && bytes > callBytesMax) break
        }
        const reply = await client.call('PutRecordBatch', {
          DeliveryStreamName: delivery,
          Records: entries.slice(from, to).map(({ data }) => ({
            Data: Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('base64'),
          })),
        })
        outcomes.push(...listMember(reply, 'RequestResponses').map(outcomeOf))
        from = to
      }
      return outcomes
    },
    // Records of a delivery have no keys, so nothing is packed for a shard.
    openShards: async () => [],
  }
}

function outcomeOf(entry: unknown): PutOutcome {
  const code = textMember(entry, 'ErrorCode')
  if (code === undefined) return { isAccepted: true, shardId: '' }
  return {
    isAccepted: false,
    isThrottle: code === 'ServiceUnavailableException',
    message: textMember(entry, 'ErrorMessage') ?? code,
  }
}

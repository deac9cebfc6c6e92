/** Puts records to a stream behind an endpoint. */
import type { PutOutcome, PutPort, PutShard } from '@millrace/connect'
import type { KinesisClient } from './kinesis-client.ts'
import { listMember, mustText, textMember } from './reply-fields.ts'
import { listShards, rangeOf } from './shard-list.ts'

export function putEndpoint(client: KinesisClient, stream: string): PutPort {
  return {
    async put(entries) {
      const reply = await client.call('PutRecords', {
        StreamName: stream,
        Records: entries.map(({ data, partitionKey, explicitHashKey }) => ({
          Data: Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('base64'),
          PartitionKey: partitionKey,
          ExplicitHashKey: explicitHashKey,
        })),
      })
      return listMember(reply, 'Records').map(outcomeOf)
    },
    async openShards(): Promise<readonly PutShard[]> {
      const shards = await listShards(client, stream, { Type: 'AT_LATEST' })
      return shards.map((shard) => ({ shardId: mustText(shard, 'ShardId'), range: rangeOf(shard) }))
    },
  }
}

function outcomeOf(entry: unknown): PutOutcome {
  const code = textMember(entry, 'ErrorCode')
  if (code === undefined) return { isAccepted: true, shardId: mustText(entry, 'ShardId') }
  return {
    isAccepted: false,
    isThrottle: code === 'ProvisionedThroughputExceededException',
    message: textMember(entry, 'ErrorMessage') ?? code,
  }
}

/** The whole change stream of a table, in the form in which two servers can be compared: for each item its changes in order. */
import { canonicalNumber } from '@millrace/tables'
import { canonical } from './compare-replies.ts'
import { mapMembers } from './oracle.ts'
import { type Json, type JsonObject, memberObject, type Peer } from './table-peer.ts'

/** By the text of the key. */
export type Changes = { readonly [key: string]: readonly JsonObject[] }

export async function readChanges(peer: Peer, table: string): Promise<Changes> {
  const described = memberObject(await ask(peer, 'DescribeTable', { TableName: table }), 'Table')
  const StreamArn = described.LatestStreamArn ?? null
  const changes: Record<string, JsonObject[]> = {}
  const stream = memberObject(await ask(peer, 'DescribeStream', { StreamArn }), 'StreamDescription')
  for (const { ShardId } of stream.Shards as readonly JsonObject[]) {
    const start = { StreamArn, ShardId: ShardId ?? null, ShardIteratorType: 'TRIM_HORIZON' }
    let iterator = (await ask(peer, 'GetShardIterator', start)).ShardIterator
    // An open shard has no end: an empty reply says that it has been read.
    while (iterator !== undefined) {
      const reply = await ask(peer, 'GetRecords', { ShardIterator: iterator })
      const records = reply.Records as readonly JsonObject[]
      for (const record of records) {
        const { Keys, NewImage, OldImage, SizeBytes, StreamViewType } = memberObject(record, 'dynamodb')
        const key = keyText(Keys ?? null)
        changes[key] ??= []
        changes[key].push({
          eventName: record.eventName ?? null,
          eventSource: record.eventSource ?? null,
          eventVersion: record.eventVersion ?? null,
          NewImage: NewImage ?? null,
          OldImage: OldImage ?? null,
          SizeBytes: SizeBytes ?? null,
          StreamViewType: StreamViewType ?? null,
        })
      }
      if (records.length === 0) break
      iterator = reply.NextShardIterator
    }
  }
  return changes
}

function keyText(keys: Json): string {
  return canonical(mapMembers(keys, (name, value) => (name === 'N' ? canonicalNumber(String(value)) : value)))
}

async function ask(peer: Peer, operation: string, input: JsonObject): Promise<JsonObject> {
  const { status, body } = await peer.call(operation, input)
  if (status !== 200)
    throw new Error(`${peer.name} refuses ${operation} ${JSON.stringify(input)}: ${JSON.stringify(body)}`)
  return body
}

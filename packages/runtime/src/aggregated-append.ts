/**
 * Appends records packed into aggregates, as producers of Kinesis do: one record of the stream holds many user records. An
 * aggregate holds records of one shard only, so that a reader who checks the hash range finds all of them in place; those of
 * a key stay in order.
 */
import type { AppendRecord, Transaction } from '@millrace/store'
import { AggregateBuilder, bigIntToHash, md5Words, type UserRecord } from '@millrace/values'

const encoder = new TextEncoder()
const hash = new Uint32Array(4)

/** `bytesMax`: of an aggregate. */
export function appendAggregated(
  transaction: Transaction,
  {
    stream,
    originTime,
    bytesMax,
  }: { readonly stream: string; readonly originTime: number; readonly bytesMax: number },
  records: readonly UserRecord[],
): void {
  const builders = new Map<number, AggregateBuilder>()
  const packed: AppendRecord[] = []
  const flush = (builder: AggregateBuilder): void => {
    const record = builder.build()
    if (record === undefined) return
    packed.push({
      key: encoder.encode(record.partitionKey),
      data: record.data,
      originTime,
      ...(record.explicitHashKey === undefined ? {} : { hash: hashOf(record, new Uint32Array(4)) }),
    })
  }
  for (const record of records) {
    const shard = transaction.routeHash(stream, hashOf(record, hash))
    let builder = builders.get(shard)
    if (builder === undefined) {
      builder = new AggregateBuilder({ bytesMax })
      builders.set(shard, builder)
    }
    if (builder.add(record)) continue
    flush(builder)
    builder.add(record)
  }
  for (const builder of builders.values()) flush(builder)
  transaction.append(stream, packed)
}

function hashOf({ partitionKey, explicitHashKey }: UserRecord, out: Uint32Array): Uint32Array {
  if (explicitHashKey !== undefined) {
    bigIntToHash(BigInt(explicitHashKey), out)
    return out
  }
  const key = encoder.encode(partitionKey)
  md5Words(key, 0, key.length, out)
  return out
}

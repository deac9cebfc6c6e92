/**
 * Puts records into a stream with PutRecords until each is accepted or refused for good. A call may be accepted in part,
 * and then "a failed entry does not stop later ones": so a call never holds two entries whose order matters, and an entry
 * whose turn has not come waits for the one before it. Only what failed is sent again.
 *
 * Entries whose order matters are those of one partition key; of aggregates, those of one shard. A call that is refused as
 * a whole is halved until the entry that causes it stands alone.
 */
import { AggregateBuilder, type PackedRecord } from '@millrace/values'
import type { AwsKinesis } from './aws-kinesis.ts'
import { awsErrorName, isPassing } from './aws-sdk.ts'
import type { ShardMap } from './shard-map.ts'
import { messageOf } from './shard-processor.ts'

export interface PutItem {
  readonly partitionKey: string
  readonly hash: bigint
  readonly data: Uint8Array
}

export interface PutFailure<Item> {
  readonly item: Item
  readonly code: string
  readonly message: string
}

export interface PutResult<Item> {
  /** Refused for a reason that does not pass. */
  readonly refused: readonly PutFailure<Item>[]
  /** Not accepted in all attempts, or before the signal aborted. */
  readonly left: readonly PutFailure<Item>[]
}

export interface RecordPutterOptions {
  readonly isOrdered: boolean
  /** Bytes of an aggregate; undefined: records go one by one. */
  readonly aggregateBytes: number | undefined
  /** Calls in a row of which nothing is accepted. */
  readonly attemptsMax: number
}

const callRecordsMax = 500
const callBytesMax = 10 * 1024 * 1024
const rejections: ReadonlySet<string> = new Set([
  'InvalidArgumentException',
  'RequestEntityTooLargeException',
  'SerializationException',
  'ValidationException',
])

interface Entry<Item> {
  readonly record: PackedRecord
  readonly items: readonly Item[]
  /** Where an aggregate should go. */
  readonly shardId: string | undefined
}

export class RecordPutter<Item extends PutItem> {
  readonly #kinesis: AwsKinesis
  readonly #shards: ShardMap
  readonly #options: RecordPutterOptions

  constructor(kinesis: AwsKinesis, shards: ShardMap, options: RecordPutterOptions) {
    this.#kinesis = kinesis
    this.#shards = shards
    this.#options = options
  }

  /** `accepted` is told of each item at once. Fails only when the stream cannot be written at all. */
  async put(
    items: readonly Item[],
    accepted: (item: Item) => void,
    signal: AbortSignal,
  ): Promise<PutResult<Item>> {
    const left = new Set(items)
    const refused: PutFailure<Item>[] = []
    const backoff = this.#kinesis.backoff()
    let last = { code: 'ABORTED', message: 'The stage stopped before the record was accepted.' }
    let entriesMax = callRecordsMax
    while (left.size > 0 && !signal.aborted) {
      const entries = await this.#entriesOf(left, entriesMax)
      let failed: PutFailure<Entry<Item>>[]
      try {
        failed = await this.#send(entries)
        entriesMax = Math.min(callRecordsMax, entriesMax * 2)
      } catch (error) {
        const problem = { code: awsErrorName(error), message: messageOf(error) }
        if (isRejection(error)) {
          entriesMax = Math.ceil(entries.length / 2)
          if (entries.length > 1) continue
          for (const item of entries[0]!.items) {
            left.delete(item)
            refused.push({ item, ...problem })
          }
          entriesMax = callRecordsMax
          continue
        }
        if (!isPassing(error)) throw error
        failed = entries.map((item) => ({ item, ...problem }))
      }
      const isFailed = new Set(failed.map((one) => one.item))
      for (const entry of entries) {
        if (isFailed.has(entry)) continue
        for (const item of entry.items) {
          left.delete(item)
          accepted(item)
        }
      }
      if (failed.length < entries.length) backoff.succeeded()
      if (failed.length === 0) continue
      last = failed[0]!
      if (backoff.failures + 1 >= this.#options.attemptsMax) break
      await backoff.wait(signal)
    }
    const { code, message } = last
    return { refused, left: Array.from(left, (item) => ({ item, code, message })) }
  }

  async #entriesOf(left: ReadonlySet<Item>, entriesMax: number): Promise<Entry<Item>[]> {
    const { aggregateBytes, isOrdered } = this.#options
    if (aggregateBytes === undefined) return singleEntries(left, entriesMax, isOrdered)
    if (this.#shards.isEmpty) await this.#shards.refresh()
    return this.#aggregates(left, entriesMax, aggregateBytes)
  }

  /** One aggregate for each shard, of the first records that go there. */
  #aggregates(left: ReadonlySet<Item>, entriesMax: number, bytesMax: number): Entry<Item>[] {
    const groups = new Map<string, { builder: AggregateBuilder; items: Item[]; isFull: boolean }>()
    let bytes = 0
    let entries = 0
    for (const item of left) {
      const shardId = this.#shards.shardOf(item.hash) ?? ''
      let group = groups.get(shardId)
      if (group === undefined) {
        group = { builder: new AggregateBuilder({ bytesMax }), items: [], isFull: entries === entriesMax }
        groups.set(shardId, group)
      }
      // What comes after a record that has no room must not overtake it.
      if (group.isFull) continue
      const isRoom = bytes === 0 || bytes + sizeOf(item) <= callBytesMax
      if (!isRoom || !group.builder.add(item)) {
        group.isFull = true
        continue
      }
      if (group.items.length === 0) entries++
      group.items.push(item)
      bytes += sizeOf(item)
    }
    const built: Entry<Item>[] = []
    for (const [shardId, { builder, items }] of groups) {
      const record = builder.build()
      if (record !== undefined) built.push({ record, items, shardId })
    }
    return built
  }

  /** The entries that were not accepted. */
  async #send(entries: readonly Entry<Item>[]): Promise<PutFailure<Entry<Item>>[]> {
    const answer = await this.#kinesis.once((sdk, client) =>
      client.send(
        new sdk.PutRecordsCommand({
          ...this.#kinesis.reference,
          Records: entries.map(({ record }) => ({
            Data: record.data,
            PartitionKey: record.partitionKey,
            ...(record.explicitHashKey === undefined ? {} : { ExplicitHashKey: record.explicitHashKey }),
          })),
        }),
      ),
    )
    const failed: PutFailure<Entry<Item>>[] = []
    let isMapOld = false
    for (const [i, entry] of entries.entries()) {
      const result = answer.Records?.[i]
      if (!result?.SequenceNumber) {
        const code = result?.ErrorCode ?? 'NoAnswer'
        failed.push({
          item: entry,
          code,
          message: result?.ErrorMessage ?? 'The answer does not name the record.',
        })
      } else if (entry.items.length > 1 && result.ShardId !== entry.shardId) {
        if (!isMapOld) await this.#shards.refresh()
        isMapOld = true
        // Readers discard an aggregate with a record of another shard; then all of it has to come again.
        const { ShardId = '' } = result
        if (entry.items.every((item) => this.#shards.holds(ShardId, item.hash))) continue
        const message = `The aggregate went to ${ShardId}, which is not the shard of all its records.`
        failed.push({ item: entry, code: 'WrongShard', message })
      }
    }
    return failed
  }
}

function singleEntries<Item extends PutItem>(
  left: ReadonlySet<Item>,
  entriesMax: number,
  isOrdered: boolean,
): Entry<Item>[] {
  const entries: Entry<Item>[] = []
  const keys = new Set<string>()
  let bytes = 0
  for (const item of left) {
    if (isOrdered && keys.has(item.partitionKey)) continue
    if (entries.length > 0 && bytes + sizeOf(item) > callBytesMax) break
    keys.add(item.partitionKey)
    bytes += sizeOf(item)
    entries.push({ record: item, items: [item], shardId: undefined })
    if (entries.length === entriesMax) break
  }
  return entries
}

function sizeOf({ partitionKey, data }: PutItem): number {
  return Buffer.byteLength(partitionKey) + data.length
}

function isRejection(error: unknown): boolean {
  if (rejections.has(awsErrorName(error))) return true
  const { $metadata } = error as { $metadata?: { httpStatusCode?: unknown } }
  return $metadata?.httpStatusCode === 413
}

/** Record batches made by hand, for tests of what reads them. */
import type { RecordBatch } from '@millrace/store'
import type { NumberedShard, NumberedStream } from '@millrace/values'
import { BatchRecord } from '../stream-record.ts'

export interface MadeRecord {
  readonly key: string | Uint8Array
  readonly data: string | Uint8Array
}

export interface MadeBatch {
  readonly stream?: string
  readonly shard?: number
  readonly firstSequence?: number
  readonly arrivalTime?: number
}

export const madeTimeMs = 1_763_700_000_123

/** Keys first, then data, some bytes into their buffer, as in the store. */
export function makeBatch(records: readonly MadeRecord[], made: MadeBatch = {}): RecordBatch {
  const keys = records.map(({ key }) => Buffer.from(key))
  const data = records.map((record) => Buffer.from(record.data))
  const start = 40
  const { keyStart, end } = offsets(keys, start)
  const { keyStart: dataStart } = offsets(data, end)
  return {
    stream: made.stream ?? 'orders',
    shard: made.shard ?? 0,
    commit: 1,
    firstSequence: made.firstSequence ?? 0,
    count: records.length,
    arrivalTime: made.arrivalTime ?? madeTimeMs,
    bytes: Buffer.concat([Buffer.alloc(start, 0xff), ...keys, ...data, Buffer.alloc(8, 0xff)]),
    keyStart,
    dataStart,
    originTime: () => made.arrivalTime ?? madeTimeMs,
  }
}

export function makeRecords(records: readonly MadeRecord[], made: MadeBatch = {}): BatchRecord[] {
  const batch = makeBatch(records, made)
  return records.map((_, index) => new BatchRecord(batch, index))
}

export function makeStream(
  name = 'orders',
  shards: readonly Partial<NumberedShard>[] = [{}],
): NumberedStream {
  return {
    name,
    shardInfos: shards.map((shard, i) => ({
      shard: i,
      next: 1_000_000,
      parents: [],
      createdAt: madeTimeMs,
      closedAt: undefined,
      ...shard,
    })),
  }
}

function offsets(parts: readonly Uint8Array[], start: number): { keyStart: Uint32Array; end: number } {
  const keyStart = new Uint32Array(parts.length + 1)
  let at = start
  for (const [i, part] of parts.entries()) {
    keyStart[i] = at
    at += part.length
  }
  keyStart[parts.length] = at
  return { keyStart, end: at }
}

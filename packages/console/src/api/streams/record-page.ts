/**
 * A page of records from positions on, in the order of their commits, of all shards or of one. It is of one moment of the store, and of
 * one turn of the thread: it ends after so many records looked at and after so much time, too; then it may be short or empty, and `next`
 * goes on.
 */
import { MergedInput, type RecordFilter } from '@millrace/runtime'
import type { Store, StreamInfo } from '@millrace/store'
import type { Clock } from '@millrace/values'
import type { LostStretch, RecordsAnswer, StreamRecord } from '../../protocol/streams.ts'
import { positionToken } from './position-token.ts'
import { recordView } from './record-view.ts'

export interface PageOptions {
  readonly limit: number
  readonly filter: RecordFilter | undefined
  /** Undefined: all. */
  readonly shard: number | undefined
  readonly clock: Clock
}

export const pageRecordsMax = 1_000
/** In one call, which holds up everything else on its thread. */
export const pageLookMax = 20_000
const lookBytesMax = 16 * 1024 * 1024
/** Of a thousand small records that are packed each may be megabytes unpacked. */
const pageMs = 250
const payloadBytesMax = 16 * 1024
const pageBytesMax = 1024 * 1024
const step = { records: 500, bytes: 1024 * 1024 }

/** To be called inside of a snapshot of the store, of which `info` and `positions` are. */
export function recordPage(
  store: Store,
  info: StreamInfo,
  positions: readonly number[],
  options: PageOptions,
): RecordsAnswer {
  const { limit, filter, shard, clock } = options
  const endsAt = clock.now() + pageMs
  const reached = [...positions]
  const input = new MergedInput(store, [
    {
      stream: info.name,
      positions: positions.map((position, i) => (shard === undefined || shard === i ? position : undefined)),
    },
  ])
  const records: StreamRecord[] = []
  const lost: LostStretch[] = []
  let lookedAt = 0
  let lookedBytes = 0
  let bytes = 0
  const answer = (isAtEnd: boolean): RecordsAnswer => ({
    records,
    next: positionToken(info, reached),
    isAtEnd,
    lookedAt,
    lost,
  })
  while (lookedAt < pageLookMax && lookedBytes < lookBytesMax) {
    const taken = input.take(filter === undefined ? Math.min(limit, step.records) : step.records, step.bytes)
    for (const piece of taken.pieces) {
      if (piece.kind === 'stretch') {
        const { from, to, reason } = piece
        lost.push({ shard: piece.shard, from, to, reason })
        reached[piece.shard] = to
        continue
      }
      const { batch } = piece
      for (let i = piece.from; i < piece.to; i++) {
        // Full: the rest of what was taken is for the next page.
        if (records.length === limit || bytes >= pageBytesMax) return answer(false)
        if (lookedAt > 0 && clock.now() >= endsAt) return answer(false)
        lookedAt++
        reached[batch.shard] = batch.firstSequence + i + 1
        if (filter !== undefined && !filter.matches(batch, i)) continue
        records.push(recordView(info, batch, i, { bytesMax: payloadBytesMax, filter }))
        bytes += Math.min(batch.dataStart[i + 1]! - batch.dataStart[i]!, payloadBytesMax)
      }
    }
    lookedBytes += taken.bytes
    if (!taken.full) return answer(true)
  }
  return answer(false)
}

/**
 * GetRecords: a page of a shard from an iterator on. A reply has either `NextShardIterator` or, at the end of a closed
 * shard, `ChildShards`; never both, never neither. Replies are bytes made straight from the log's batches.
 *
 * Encryption: records are marked as the stream is now; whether it was when they were written is not kept.
 */
import type { StreamInfo } from '@millrace/store'
import { formatShardId } from '@millrace/values'
import type { ShardLimits } from '../../limits/shard-limits.ts'
import type { StreamLayouts } from '../../puts/stream-layouts.ts'
import { encodeCbor } from '../../wire/cbor-encode.ts'
import { WireError } from '../../wire/wire-error.ts'
import type { WireReply } from '../../wire/wire-service.ts'
import type { KinesisStream } from '../kinesis-context.ts'
import type { ReplyOperation } from '../operation.ts'
import type { IteratorPosition, IteratorSeal } from './iterator.ts'
import { type RecordPage, readPage } from './record-page.ts'
import { childShards } from './record-values.ts'
import { encodeRecordsCbor } from './records-cbor.ts'
import { encodeRecordsJson, type RecordsOptions } from './records-json.ts'
import { isShardMetricOn, type StreamMeters } from './stream-meters.ts'
import { encryptionType, mustBeThere, mustBeUsable } from './stream-state.ts'

export interface GetRecordsInput {
  readonly ShardIterator: string
  readonly Limit?: number | undefined
  readonly StreamARN?: string | undefined
}

export const PAGE_RECORDS_MAX = 10_000
export const PAGE_BYTES_MAX = 10 * 1024 * 1024

export function getRecords(parts: {
  readonly seal: IteratorSeal
  readonly limits: ShardLimits
  readonly meters: StreamMeters
  readonly layouts: StreamLayouts
}): ReplyOperation<GetRecordsInput> {
  return {
    name: 'GetRecords',
    open(input, call, { clock, store, streams }) {
      const now = clock.now()
      const at = parts.seal.open(input.ShardIterator, now)
      const reference = { StreamName: at.stream, StreamARN: input.StreamARN }
      const stream = streams.resolve(reference, call.caller, 'kinesis:GetRecords')
      const meter = parts.meters.of(stream.name)
      try {
        mustBeUsable(stream)
        const info = mustBeThere(parts.layouts.of(stream.name), stream)
        checkIsSame(at, info, stream)
        const { shard } = at
        const rates = parts.limits.of(info, shard, (name) => streams.settings(name) !== undefined)
        if (!rates.takeRead(now)) {
          meter.observe('ReadProvisionedThroughputExceeded', 1)
          if (isShardMetricOn(stream.settings, 'ReadProvisionedThroughputExceeded'))
            meter.observeShard('ReadProvisionedThroughputExceeded', shard, 1)
          throw new WireError(
            'ProvisionedThroughputExceededException',
            `Rate exceeded for shard ${formatShardId(shard)} in stream ${stream.name} under account ${stream.account}.`,
          )
        }
        const bounds = { maxRecords: input.Limit ?? PAGE_RECORDS_MAX, maxBytes: PAGE_BYTES_MAX }
        const place = {
          stream: stream.name,
          info: store.shard(stream.name, shard),
          position: at.position,
          nowMs: now,
          horizonMs: Math.max(now - store.retentionMs(stream.name), stream.settings.expiredBefore),
        }
        const page = readPage(store, place, bounds)
        rates.spendRead(page.bytes, now)
        const next = page.isEnd ? undefined : parts.seal.seal({ ...at, position: page.position }, now)
        const reply = replyOf(page, { info, encryptionType: encryptionType(stream) }, next, call.encoding)
        observe(parts, stream, page, clock.now() - now)
        return reply
      } catch (error) {
        meter.observe('GetRecords.Success', 0)
        throw error
      }
    },
  }
}

/** An iterator of a stream that has been deleted since, under whose name there is another one now. */
function checkIsSame(at: IteratorPosition, info: StreamInfo, stream: KinesisStream): void {
  if (at.streamCreatedAt === info.createdAt) return
  throw new WireError(
    'ResourceNotFoundException',
    `Stream ${stream.name} under account ${stream.account} was made anew after this iterator.`,
  )
}

function replyOf(
  page: RecordPage,
  options: RecordsOptions,
  next: string | undefined,
  encoding: 'json' | 'cbor',
): WireReply {
  const rest = {
    NextShardIterator: next,
    MillisBehindLatest: page.millisBehindLatest,
    ChildShards: page.isEnd ? childShards(options.info, page.shard) : undefined,
  }
  if (encoding === 'cbor') {
    const members = Object.values(rest).filter((value) => value !== undefined).length
    // The map's head is one byte; its members follow those of the records.
    const tail = encodeCbor(rest).subarray(1)
    return { kind: 'bytes', bytes: encodeRecordsCbor(page, options, { members, tail }) }
  }
  const tail = `,${JSON.stringify(rest).slice(1)}`
  return { kind: 'bytes', bytes: encodeRecordsJson(page, options, tail) }
}

function observe(
  parts: { readonly meters: StreamMeters },
  stream: KinesisStream,
  page: RecordPage,
  latencyMs: number,
): void {
  const meter = parts.meters.of(stream.name)
  meter.observe('GetRecords.Bytes', page.bytes)
  meter.observe('GetRecords.Records', page.records)
  meter.observe('GetRecords.Latency', latencyMs)
  meter.observe('GetRecords.Success', 1)
  meter.observe('GetRecords.IteratorAgeMilliseconds', page.millisBehindLatest)
  if (page.corrupt > 0) meter.observe('CorruptRecords', page.corrupt)
  const { settings } = stream
  if (isShardMetricOn(settings, 'OutgoingBytes')) meter.observeShard('OutgoingBytes', page.shard, page.bytes)
  if (isShardMetricOn(settings, 'OutgoingRecords'))
    meter.observeShard('OutgoingRecords', page.shard, page.records)
  if (isShardMetricOn(settings, 'IteratorAgeMilliseconds'))
    meter.observeShard('IteratorAgeMilliseconds', page.shard, page.millisBehindLatest)
}

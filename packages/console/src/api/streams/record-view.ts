/**
 * A record as pages see it: its payload decoded (gzip unpacked, aggregates taken apart), JSON and text as text, other bytes as base64,
 * cut where it is longer than asked for. Cost: a look at the whole payload, to know what it is.
 */
import { isUtf8 } from 'node:buffer'
import { kinesisSequences } from '@millrace/gateway'
import { type RecordFilter, recordContent } from '@millrace/runtime'
import type { RecordBatch, StreamInfo } from '@millrace/store'
import { formatShardId, keyText, scanJson } from '@millrace/values'
import type { AggregatePayload, RecordPayload, StreamRecord, TextPayload } from '../../protocol/streams.ts'

export interface ViewOptions {
  /** Of a payload; of an aggregate all of its payloads together. */
  readonly bytesMax: number
  /** Of an aggregate those user records are shown that meet it. */
  readonly filter?: RecordFilter | undefined
}

const aggregateRecordsMax = 100

export function recordView(
  info: StreamInfo,
  batch: RecordBatch,
  index: number,
  options: ViewOptions,
): StreamRecord {
  const { bytes, keyStart, dataStart, shard, arrivalTime } = batch
  const sequence = batch.firstSequence + index
  const data = bytes.subarray(dataStart[index], dataStart[index + 1])
  return {
    shard,
    shardId: formatShardId(shard),
    sequence,
    sequenceNumber: kinesisSequences.format(info, shard, sequence, arrivalTime),
    partitionKey: keyText(bytes, keyStart[index]!, keyStart[index + 1]!),
    arrivalTime,
    bytes: data.length,
    payload: payloadView(data, options),
  }
}

function payloadView(data: Uint8Array, options: ViewOptions): RecordPayload {
  const content = recordContent(data)
  if (content.kind === 'plain')
    return {
      ...textPayload(content.data, options.bytesMax),
      ...(content.isGzip ? ({ isGzip: true } as const) : {}),
    }
  const records: AggregatePayload['records'][number][] = []
  let left = options.bytesMax
  for (const [subSequence, { partitionKey, data: own }] of content.records.entries()) {
    if (records.length === aggregateRecordsMax || left <= 0) break
    if (options.filter?.matchesRecord(Buffer.from(partitionKey), own) === false) continue
    const payload = textPayload(own, left)
    left -= payload.text.length
    records.push({ subSequence, partitionKey, payload })
  }
  return { kind: 'aggregate', count: content.records.length, records }
}

function textPayload(data: Uint8Array, bytesMax: number): TextPayload {
  const isCut = data.length > bytesMax ? ({ isCut: true } as const) : {}
  const shown = data.subarray(0, bytesMax)
  if (!isUtf8(data)) return { kind: 'base64', text: Buffer.from(shown).toString('base64'), ...isCut }
  // With `stream` the decoder keeps back a character that the cut went through.
  const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(shown, { stream: true })
  return { kind: scanJson(data, 0, data.length) === null ? 'json' : 'text', text, ...isCut }
}

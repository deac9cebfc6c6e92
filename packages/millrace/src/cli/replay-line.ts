/**
 * A replayed record as one line of a file: its payload alone, or with its place an object {shardId, sequenceNumber,
 * subSequenceNumber?, arrivalTime, partitionKey} with the payload under "data", "text" or "base64".
 */
import type { ReplayRecord } from '@millrace/connect'
import { payloadLine, payloadOf } from './record-line.ts'

export function replayLine(shardId: string, record: ReplayRecord, withPlace: boolean): Uint8Array {
  if (!withPlace) return payloadLine(record.data)
  const { sequenceNumber, subSequenceNumber, arrivalTimeMs, partitionKey } = record
  const arrivalTime = new Date(arrivalTimeMs).toISOString()
  // Members that are undefined are left out.
  const head = { shardId, sequenceNumber, subSequenceNumber, arrivalTime, partitionKey }
  const payload = payloadOf(record.data)
  const start = `${JSON.stringify(head).slice(0, -1)},"${payload.kind}":`
  return Buffer.concat([Buffer.from(start), payload.bytes, closing])
}

const closing = Buffer.from('}')

/** One record as one line of JSON; the forms are described in stream-read.ts. */
import type { RecordBatch } from '@millrace/store'
import { oneLine } from './json-line.ts'

const strictText = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
const encoder = new TextEncoder()

export function recordLine(batch: RecordBatch, index: number, form: { readonly json: boolean }): Uint8Array {
  const data = batch.bytes.subarray(batch.dataStart[index], batch.dataStart[index + 1])
  if (!form.json) return payloadLine(data)
  const payload = payloadOf(data)
  const key = Buffer.from(batch.bytes.subarray(batch.keyStart[index], batch.keyStart[index + 1])).toString(
    'utf8',
  )
  const head = {
    shard: batch.shard,
    sequence: batch.firstSequence + index,
    arrivalTime: new Date(batch.arrivalTime).toISOString(),
    partitionKey: key,
  }
  const start = `${JSON.stringify(head).slice(0, -1)},"${payload.kind}":`
  return Buffer.concat([encoder.encode(start), payload.bytes, encoder.encode('}')])
}

/** The payload alone: any bytes as one JSON value. */
export function payloadLine(data: Uint8Array): Uint8Array {
  const payload = payloadOf(data)
  return payload.kind === 'base64' ? encoder.encode(`{"base64":${payload.json}}`) : payload.bytes
}

export interface Payload {
  readonly kind: 'data' | 'text' | 'base64'
  /** A JSON value on one line. */
  readonly bytes: Uint8Array
  readonly json: string
}

/** The payload as one JSON value, and under which name it stands in an object. */
export function payloadOf(data: Uint8Array): Payload {
  let text: string
  try {
    text = strictText.decode(data)
  } catch {
    const json = JSON.stringify(Buffer.from(data).toString('base64'))
    return { kind: 'base64', bytes: encoder.encode(json), json }
  }
  try {
    // Only checked: printing the parsed value would change numbers beyond 53 bits.
    JSON.parse(text)
    return { kind: 'data', bytes: oneLine(data), json: text }
  } catch {
    const json = JSON.stringify(text)
    return { kind: 'text', bytes: encoder.encode(json), json }
  }
}

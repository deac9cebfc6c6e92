/**
 * A dead letter on its way back to its stage: one record of the stream `STAGE.redrive`, which the stage reads beside its own
 * input. The record's key is the original key; its data hold the original record and what had happened to it before:
 *
 *   magic 'MRrd' | version u8 (1) | header length u32, little-endian | header, UTF-8 JSON | the original data
 *
 * The original comes out as a view: nothing of its data is copied or parsed. A record of that stream which does not begin so
 * was put there by hand, and is for the stage as it is.
 */
import type { RecordBatch } from '@millrace/store'
import { BatchRecord } from '../stream-record.ts'

/** What a letter carries from one death to the next. */
export interface LetterHistory {
  /** Attempts of all lives so far. */
  readonly attempts: number
  /** ISO time of the very first attempt. */
  readonly firstTime: string
  /** How often it was redriven. */
  readonly redrives: number
  /** How it died before, newest last; old ones are dropped beyond `failuresMax`. */
  readonly failures: readonly EarlierFailure[]
  /** The payload before the first edit. */
  readonly original?: OriginalPayload
}

export interface EarlierFailure {
  readonly code: string
  readonly message: string
  readonly codeVersion: string
  readonly attempts: number
  readonly lastTime: string
  readonly redrivenTime: string
}

export interface OriginalPayload {
  /** base64 */
  readonly data: string
  /** ISO time of the first edit. */
  readonly editedTime: string
}

export const failuresMax = 10

/** Where the record stood first. */
export interface OriginalPlace {
  readonly stream: string
  readonly shard: number
  readonly sequence: number
  /** ms */
  readonly arrivalTime: number
}

export interface Redriven {
  /** Stream, shard, sequence, key, arrival time and data of the original. Its origin time is that of the redrive. */
  readonly record: BatchRecord
  /** Goes into the next letter (`DeadRecord.history`) if it fails again. */
  readonly history: LetterHistory
}

interface Header extends OriginalPlace {
  readonly history: LetterHistory
}

const magic = Buffer.from('MRrd')
const version = 1
const headerStart = magic.length + 1 + 4
const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { fatal: true })

export function writeRedriven(place: OriginalPlace, history: LetterHistory, data: Uint8Array): Uint8Array {
  const { stream, shard, sequence, arrivalTime } = place
  const header = encoder.encode(JSON.stringify({ stream, shard, sequence, arrivalTime, history }))
  const bytes = new Uint8Array(headerStart + header.length + data.length)
  bytes.set(magic)
  bytes[magic.length] = version
  new DataView(bytes.buffer).setUint32(magic.length + 1, header.length, true)
  bytes.set(header, headerStart)
  bytes.set(data, headerStart + header.length)
  return bytes
}

/** The original of a record of a redrive stream; undefined if the record is none of ours, and stands for itself. */
export function redriven(record: BatchRecord): Redriven | undefined {
  const { batch, index } = record
  const from = batch.dataStart[index]!
  const to = batch.dataStart[index + 1]!
  const { bytes } = batch
  if (to - from < headerStart) return undefined
  for (let i = 0; i < magic.length; i++) if (bytes[from + i] !== magic[i]) return undefined
  if (bytes[from + magic.length] !== version) return undefined
  const view = new DataView(bytes.buffer, bytes.byteOffset + from, headerStart)
  const dataFrom = from + headerStart + view.getUint32(magic.length + 1, true)
  if (dataFrom > to) return undefined
  const header = headerOf(bytes.subarray(from + headerStart, dataFrom))
  if (header === undefined) return undefined
  const original: RecordBatch = {
    stream: header.stream,
    shard: header.shard,
    commit: batch.commit,
    firstSequence: header.sequence,
    count: 1,
    arrivalTime: header.arrivalTime,
    bytes,
    keyStart: Uint32Array.of(batch.keyStart[index]!, batch.keyStart[index + 1]!),
    dataStart: Uint32Array.of(dataFrom, to),
    originTime: () => batch.originTime(index),
  }
  return { record: new BatchRecord(original, 0), history: header.history }
}

function headerOf(bytes: Uint8Array): Header | undefined {
  let value: unknown
  try {
    value = JSON.parse(decoder.decode(bytes))
  } catch {
    return undefined
  }
  if (typeof value !== 'object' || value === null) return undefined
  const { stream, shard, sequence, arrivalTime, history } = value as { readonly [name: string]: unknown }
  const isPlace =
    typeof stream === 'string' &&
    Number.isSafeInteger(shard) &&
    Number.isSafeInteger(sequence) &&
    Number.isFinite(arrivalTime)
  if (!isPlace || typeof history !== 'object' || history === null) return undefined
  // The place was just checked; histories under this magic and version are written by writeRedriven alone.
  return value as Header
}

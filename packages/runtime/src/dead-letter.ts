/**
 * Dead letters: records that could not be processed, kept whole as items of the table `dead-letters`, with the error, the
 * stage, its code version and where the record stood. The sort key is that place, so writing one twice changes nothing.
 *
 * Item: { stage, id, error: { code, name, message, stack }, attempts, codeVersion, firstTime, lastTime,
 *         stream, shard, sequence, partitionKey, arrivalTime, data (base64), text (if the data is UTF-8),
 *         redrives and failures (of a record that was redriven and died again), original (the payload before an edit) }
 * A stretch of the log that cannot be read has `nextSequence` and `records`, and no data.
 */
import { createHash } from 'node:crypto'
import type { Transaction } from '@millrace/store'
import { addToCounts } from './dead-letters/letter-counts.ts'
import type { LetterHistory } from './dead-letters/redrive-record.ts'
import { codeOf, messageOf } from './errors.ts'
import type { Stretch } from './shard-cursor.ts'
import { deadLetterTable } from './system-names.ts'

export interface DeadRecord {
  readonly stage: string
  readonly codeVersion: string
  /** Where the record stood: unique within the stage. */
  readonly id: string
  readonly data: Uint8Array
  readonly error: ErrorReport
  /** Of this life. */
  readonly attempts: number
  /** Wall-clock times in ms of the first and the last attempt of this life. */
  readonly firstTime: number
  readonly lastTime: number
  readonly origin: Readonly<Record<string, string | number>>
  /** Of a record that was redriven. */
  readonly history?: LetterHistory | undefined
}

export interface ErrorReport {
  readonly code: string
  readonly name: string
  readonly message: string
  readonly stack: string | undefined
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
const encoder = new TextEncoder()
/** Errors may quote whole payloads; the letter holds the payload already. */
const codeLengthMax = 128
const messageLengthMax = 8_192
const stackLengthMax = 16_384

export function errorReport(error: unknown): ErrorReport {
  return {
    code: cut(codeOf(error), codeLengthMax),
    name: error instanceof Error ? cut(error.name, codeLengthMax) : typeof error,
    message: cut(messageOf(error), messageLengthMax),
    stack: error instanceof Error && error.stack !== undefined ? cut(error.stack, stackLengthMax) : undefined,
  }
}

function cut(text: string, lengthMax: number): string {
  return text.length <= lengthMax ? text : `${text.slice(0, lengthMax)}… (${text.length} characters)`
}

/** Place of a record in a stream, as a sort key: zero-padded, so that scans give stream order. */
export function recordId(stream: string, shard: number, sequence: number): string {
  return `${stream}/${String(shard).padStart(4, '0')}/${String(sequence).padStart(16, '0')}`
}

export function putDeadRecord(transaction: Transaction, record: DeadRecord): void {
  const { stage, id, error, data, history } = record
  const text = textOf(data)
  const item = {
    stage,
    id,
    error,
    attempts: record.attempts + (history?.attempts ?? 0),
    codeVersion: record.codeVersion,
    firstTime: history?.firstTime ?? isoTime(record.firstTime),
    lastTime: isoTime(record.lastTime),
    ...record.origin,
    ...(history === undefined ? {} : { redrives: history.redrives, failures: history.failures }),
    ...(history?.original === undefined ? {} : { original: history.original }),
    data: Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('base64'),
    ...(text === undefined ? {} : { text }),
  }
  putLetter(transaction, stage, id, item, 1)
}

/** Says that a stretch of the log was stepped over: its records count as dead, though nothing of them is left to keep. */
export function putDeadStretch(
  transaction: Transaction,
  stage: string,
  stretch: Stretch,
  nowMs: number,
): void {
  const place = recordId(stretch.stream, stretch.shard, stretch.from)
  const id = stretch.isCount ? freeId(transaction, stage, place) : place
  const item = {
    stage,
    id,
    error: {
      code: stretch.cause === 'corrupt' ? 'RECORDS_CORRUPT' : 'RECORDS_LOST',
      name: 'Unreadable',
      message: stretch.reason,
    },
    firstTime: isoTime(nowMs),
    lastTime: isoTime(nowMs),
    stream: stretch.stream,
    shard: stretch.shard,
    sequence: stretch.from,
    nextSequence: stretch.to,
    records: stretch.to - stretch.from,
  }
  putLetter(transaction, stage, id, item, item.records)
}

/** Where the records of a mere count stood there may be letters of records, or of a count before. */
function freeId(transaction: Transaction, stage: string, place: string): string {
  for (let n = 1; ; n++) {
    const id = `${place}+${n}`
    if (transaction.getItem(deadLetterTable.name, stage, id) === undefined) return id
  }
}

function putLetter(
  transaction: Transaction,
  stage: string,
  id: string,
  item: { readonly data?: string; readonly records?: number },
  records: number,
): void {
  const isNew = transaction.getItem(deadLetterTable.name, stage, id) === undefined
  transaction.putItem(deadLetterTable.name, stage, id, encoder.encode(JSON.stringify(item)))
  if (isNew) addToCounts(transaction, stage, { letters: 1, records })
}

/** Which code saw the record: a hash of the text of what runs. Code that it imports is not covered. */
export function codeVersion(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 16)
}

export function isoTime(ms: number): string {
  return new Date(ms).toISOString()
}

function textOf(data: Uint8Array): string | undefined {
  try {
    return utf8.decode(data)
  } catch {
    return undefined
  }
}

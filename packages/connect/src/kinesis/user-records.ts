/**
 * Records as they were put, turned into user records: aggregates are taken apart, and what a checkpoint covers is left
 * out. Data stay views on the given bytes.
 */
import { AggregateReader, compareSequences, type HashRange, hasAggregateMagic } from '@millrace/values'
import type { UserRecord } from './consumer-options.ts'
import type { KinesisRecord } from './kinesis-stream-port.ts'
import type { Checkpoint } from './lease.ts'

export interface UserRecordsOptions {
  readonly deaggregate: boolean
  /** Hash range of the shard: aggregates that do not belong there are discarded, since their producer sends them again. */
  readonly range: HashRange | undefined
  /** Records up to this place, inclusive, are left out. */
  readonly after: Checkpoint | undefined
  readonly say: (code: 'AGGREGATE_DISCARDED' | 'AGGREGATE_CUT', message: string) => void
}

export class UserRecords {
  readonly #options: UserRecordsOptions
  readonly #reader = new AggregateReader()
  #after: Checkpoint | undefined

  constructor(options: UserRecordsOptions) {
    this.#options = options
    this.#after = options.after
  }

  /** The user records of what a shard's reader gave, in order. */
  of(records: readonly KinesisRecord[]): UserRecord[] {
    const users: UserRecord[] = []
    for (const record of records) {
      const from = this.#firstOf(record.sequenceNumber)
      if (from === undefined) continue
      if (this.#options.deaggregate && hasAggregateMagic(record.data, 0, record.data.length)) {
        this.#addAggregate(record, from, users)
      } else if (from === 0) users.push(plain(record))
    }
    return users
  }

  /** The sub-sequence number from which the record's user records are wanted; undefined: none of them. */
  #firstOf(sequenceNumber: string): number | undefined {
    const after = this.#after
    if (after === undefined) return 0
    const order = compareSequences(sequenceNumber, after.sequenceNumber)
    if (order < 0) return undefined
    if (order === 0) return after.subSequence + 1
    // Numbers rise: from here on nothing is covered.
    this.#after = undefined
    return 0
  }

  #addAggregate(record: KinesisRecord, from: number, users: UserRecord[]): void {
    const { range, say } = this.#options
    const reader = this.#reader
    const { data, sequenceNumber, arrivalTimeMs } = record
    const outcome = reader.read(data, 0, data.length, range)
    if (outcome === 'plain') {
      if (from === 0) users.push(plain(record))
      return
    }
    if (outcome === 'foreign') {
      say(
        'AGGREGATE_DISCARDED',
        `The aggregate ${sequenceNumber} holds a record of another shard and was discarded: its producer used an old map ` +
          'of the shards, notices it and sends the records again.',
      )
    } else if (outcome === 'cut') {
      say(
        'AGGREGATE_CUT',
        `The aggregate ${sequenceNumber} names a key that it does not hold: ${reader.count} records before that were taken.`,
      )
    }
    const text = Buffer.from(data.buffer, data.byteOffset, data.byteLength)
    for (let i = from; i < reader.count; i++) {
      users.push({
        sequenceNumber,
        subSequenceNumber: i,
        partitionKey: text.toString('utf8', reader.keyStart(i), reader.keyEnd(i)),
        explicitHashKey: reader.explicitHashKey(i),
        data: data.subarray(reader.dataStart(i), reader.dataEnd(i)),
        arrivalTimeMs,
      })
    }
  }
}

function plain({ sequenceNumber, partitionKey, data, arrivalTimeMs }: KinesisRecord): UserRecord {
  return {
    sequenceNumber,
    subSequenceNumber: 0,
    partitionKey,
    explicitHashKey: undefined,
    data,
    arrivalTimeMs,
  }
}

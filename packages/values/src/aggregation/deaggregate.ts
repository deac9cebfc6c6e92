/** Aggregates and user records as values, for code that is not hot: the same rules, with copies. */
import type { HashRange } from '../hash-range.ts'
import {
  AggregateBuilder,
  type AggregateBuilderOptions,
  type PackedRecord,
  type UserRecord,
} from './aggregate-builder.ts'
import { type AggregateOutcome, AggregateReader } from './aggregate-reader.ts'

export interface Deaggregated {
  readonly outcome: AggregateOutcome
  /** User records in order; their index is their sub-sequence number. For `plain` the given record itself. */
  readonly records: readonly UserRecord[]
}

const reader = new AggregateReader()

/** Takes a record apart. Never throws. User records do not share memory with the given record, a plain one does. */
export function deaggregate(record: UserRecord, range?: HashRange): Deaggregated {
  const { data } = record
  const outcome = reader.read(data, 0, data.length, range)
  if (outcome === 'plain') return { outcome, records: [record] }
  const text = Buffer.from(data.buffer, data.byteOffset, data.byteLength)
  const records = Array.from({ length: reader.count }, (_, i): UserRecord => {
    const partitionKey = text.toString('utf8', reader.keyStart(i), reader.keyEnd(i))
    const explicitHashKey = reader.explicitHashKey(i)
    const own = { partitionKey, data: new Uint8Array(data.subarray(reader.dataStart(i), reader.dataEnd(i))) }
    return explicitHashKey === undefined ? own : { ...own, explicitHashKey }
  })
  return { outcome, records }
}

/** Packs records in their order into as few records as their sizes allow. Error: VAL1202. */
export function aggregate(records: Iterable<UserRecord>, options?: AggregateBuilderOptions): PackedRecord[] {
  const builder = new AggregateBuilder(options)
  const packed: PackedRecord[] = []
  const flush = () => {
    const record = builder.build()
    if (record !== undefined) packed.push(record)
  }
  for (const record of records) {
    if (builder.add(record)) continue
    flush()
    builder.add(record)
  }
  flush()
  return packed
}

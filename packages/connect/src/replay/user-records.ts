/** Takes aggregates among a shard's records apart, as consumers of Kinesis do. */
import { deaggregate, type HashRange, hasAggregateMagic } from '@millrace/values'
import type { ReplayRecord } from './replay-source.ts'

export interface UserRecords {
  readonly records: readonly ReplayRecord[]
  /** Aggregates with a record of another shard: their producer has sent them again, so they count as nothing. */
  readonly foreign: number
}

export function userRecords(records: readonly ReplayRecord[], range: HashRange): UserRecords {
  if (!records.some(({ data }) => hasAggregateMagic(data, 0, data.length))) return { records, foreign: 0 }
  const all: ReplayRecord[] = []
  let foreign = 0
  for (const record of records) {
    const { outcome, records: users } = deaggregate(record, range)
    if (outcome === 'plain') all.push(record)
    else if (outcome === 'foreign') foreign++
    else {
      const { sequenceNumber, arrivalTimeMs } = record
      for (const [i, user] of users.entries())
        all.push({ ...user, sequenceNumber, arrivalTimeMs, subSequenceNumber: i })
    }
  }
  return { records: all, foreign }
}

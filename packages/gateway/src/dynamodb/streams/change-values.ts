/** Records of change streams as the Streams API shows them: what the log holds, and what follows from their place. */
import type { RecordBatch } from '@millrace/store'
import type { ChangeRecord } from '@millrace/tables'
import { changeEventId, changeSequenceNumber } from '@millrace/values'
import type { RecordPage } from '../../kinesis/data/record-page.ts'
import type { ChangeStream } from './change-streams.ts'

export function changeValues(page: RecordPage, stream: ChangeStream, region: string): object[] {
  const records: object[] = []
  for (const { batch, from, to } of page.slices) {
    for (let i = from; i < to; i++) {
      const number = changeSequenceNumber(stream.info, page.shard, batch.firstSequence + i)
      records.push(changeValue(changeAt(batch, i), number, { stream: stream.changes.stream, region }))
    }
  }
  return records
}

function changeValue(
  { eventName, dynamodb, userIdentity }: ChangeRecord,
  sequenceNumber: string,
  { stream, region }: { readonly stream: string; readonly region: string },
): object {
  return {
    eventID: changeEventId(stream, sequenceNumber),
    eventName,
    eventVersion: '1.1',
    eventSource: 'aws:dynamodb',
    awsRegion: region,
    dynamodb: { ...dynamodb, SequenceNumber: sequenceNumber },
    // The API spells its members with capitals, unlike the events that functions get.
    userIdentity:
      userIdentity === undefined
        ? undefined
        : { PrincipalId: userIdentity.principalId, Type: userIdentity.type },
  }
}

/** Only the tables' engine appends to change streams. */
function changeAt({ bytes, dataStart }: RecordBatch, i: number): ChangeRecord {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset + dataStart[i]!, dataStart[i + 1]! - dataStart[i]!)
  return JSON.parse(text.toString('utf8')) as ChangeRecord
}

/**
 * Events are what AWS documents, member by member: parsed, and compared with a tree that is built from the records in the
 * plain way. Property tests print their seed.
 */
import type { ChangeRecord } from '@millrace/tables'
import {
  changeSequenceNumber,
  formatChangeShardId,
  formatSequenceNumber,
  formatShardId,
} from '@millrace/values'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { codeOf } from '../errors.ts'
import type { BatchRecord } from '../stream-record.ts'
import { madeTimeMs, makeRecords, makeStream } from '../testing/record-batch.ts'
import { makeShardEvents } from './make-shard-events.ts'
import { type EventSource, eventOverheadBytes } from './shard-events.ts'

const orders: EventSource = {
  kind: 'stream',
  arn: 'arn:aws:kinesis:eu-central-1:123456789012:stream/orders',
  region: 'eu-central-1',
  account: '123456789012',
}
const changes: EventSource = {
  kind: 'table',
  arn: 'arn:aws:dynamodb:eu-central-1:123456789012:table/orders/stream/2026-01-01T00:00:00.000',
  region: 'eu-central-1',
  account: '123456789012',
}
const stream = makeStream('orders', [{ closedAt: madeTimeMs }, {}, { parents: [0] }])
const changeStream = makeStream('orders.changes')

const shapes = fc.array(
  fc.record({
    key: fc.oneof(fc.string({ minLength: 1, maxLength: 20 }), fc.string({ unit: 'binary', minLength: 1 })),
    data: fc.uint8Array({ maxLength: 300 }),
    gap: fc.integer({ min: 0, max: 3 }),
    newBatch: fc.boolean(),
  }),
  { maxLength: 20 },
)

/** Records with gaps between them, in batches of several commits. */
const runs = fc.tuple(shapes, fc.nat(100_000)).map(([records, first]): BatchRecord[] => {
  const all: BatchRecord[] = []
  let sequence = first
  let time = madeTimeMs
  const filler = { key: 'x', data: 'y' }
  let batch: { key: string; data: string | Uint8Array }[] = []
  let wanted: number[] = []
  const flush = (): void => {
    const made = makeRecords(batch, { shard: 2, firstSequence: sequence, arrivalTime: time })
    all.push(...wanted.map((i) => made[i]!))
    sequence += batch.length
    time += 777
    batch = []
    wanted = []
  }
  for (const { key, data, gap, newBatch } of records) {
    if (newBatch) flush()
    for (let i = 0; i < gap; i++) batch.push(filler)
    wanted.push(batch.length)
    batch.push({ key, data })
  }
  flush()
  return all
})

describe('events of stream records', () => {
  it('are those of Kinesis', () => {
    fc.assert(
      fc.property(runs, (records) => {
        const events = makeShardEvents(orders, stream, 2)
        const text = events.event(records)
        expect(JSON.parse(text)).toEqual({
          Records: records.map((record) => {
            const number = formatSequenceNumber(stream, 2, record.sequence, record.arrivalTimeMs)
            expect(events.sequenceNumber(record)).toBe(number)
            return {
              kinesis: {
                kinesisSchemaVersion: '1.0',
                partitionKey: record.partitionKey,
                sequenceNumber: number,
                data: Buffer.from(record.data).toString('base64'),
                approximateArrivalTimestamp: record.arrivalTimeMs / 1000,
              },
              eventSource: 'aws:kinesis',
              eventVersion: '1.0',
              eventID: `shardId-000000000002:${number}`,
              eventName: 'aws:kinesis:record',
              invokeIdentityArn: 'arn:aws:iam::123456789012:role/millrace',
              awsRegion: 'eu-central-1',
              eventSourceARN: orders.arn,
            }
          }),
        })
        const counted = records.reduce((sum, record) => sum + events.recordBytes(record), eventOverheadBytes)
        expect(Buffer.byteLength(text)).toBeLessThanOrEqual(counted)
        for (const [i, record] of records.entries()) {
          // Also one by one, as filters see them.
          const one: unknown = JSON.parse(Buffer.from(events.recordJson(record)).toString())
          expect(one).toEqual(JSON.parse(text).Records[i])
        }
      }),
    )
  })

  it('count no more bytes than there are where keys are plain', () => {
    const events = makeShardEvents(orders, stream, 1)
    const records = makeRecords([{ key: 'customer-12', data: 'x'.repeat(1000) }], { shard: 1 })
    const record = JSON.stringify(JSON.parse(events.event(records)).Records[0])
    expect(events.recordBytes(records[0]!)).toBe(record.length + 1)
  })

  it('of a window say which, and with what state', () => {
    const events = makeShardEvents(orders, stream, 1)
    const window = {
      start: Date.UTC(2020, 6, 30, 17, 0, 0),
      end: Date.UTC(2020, 6, 30, 17, 5, 0),
      state: '{"total":"Größe ☃"}',
      isFinal: false,
      isTerminatedEarly: false,
    }
    const records = makeRecords([{ key: 'a', data: 'b' }], { shard: 1 })
    const { Records, ...rest } = JSON.parse(events.event(records, window))
    expect(Records).toHaveLength(1)
    expect(rest).toEqual({
      window: { start: '2020-07-30T17:00:00Z', end: '2020-07-30T17:05:00Z' },
      state: { total: 'Größe ☃' },
      shardId: formatShardId(1),
      eventSourceARN: orders.arn,
      isFinalInvokeForWindow: false,
      isWindowTerminatedEarly: false,
    })
    const final = JSON.parse(events.event([], { ...window, isFinal: true, isTerminatedEarly: true }))
    expect(final).toMatchObject({ Records: [], isFinalInvokeForWindow: true, isWindowTerminatedEarly: true })
  })
})

describe('events of table changes', () => {
  const change: ChangeRecord = {
    eventName: 'MODIFY',
    tableName: 'orders "1"',
    dynamodb: {
      ApproximateCreationDateTime: 1_763_700_000,
      Keys: { id: { S: 'ä' } },
      NewImage: { id: { S: 'ä' }, n: { N: '1' } },
      SizeBytes: 12,
      StreamViewType: 'NEW_IMAGE',
    },
  }
  const userIdentity = { type: 'Service', principalId: 'dynamodb.amazonaws.com' } as const
  const stored: ChangeRecord[] = [
    change,
    { ...change, eventName: 'INSERT' },
    { ...change, eventName: 'REMOVE', userIdentity },
    change,
  ]
  const made = (texts: readonly string[]): BatchRecord[] =>
    makeRecords(
      texts.map((data) => ({ key: 'ä', data })),
      { stream: 'orders.changes', firstSequence: 41 },
    )

  it('are those of DynamoDB streams', () => {
    const records = made(stored.map((record) => JSON.stringify(record)))
    const events = makeShardEvents(changes, changeStream, 0)
    const text = events.event(records)
    const parsed = JSON.parse(text)
    const ids = parsed.Records.map((record: { eventID: string }) => record.eventID)
    for (const id of ids) expect(id).toMatch(/^[0-9a-f]{32}$/)
    expect(new Set(ids).size).toBe(4)
    expect(parsed).toEqual({
      Records: stored.map(({ tableName, dynamodb, ...rest }, i) => ({
        ...rest,
        eventID: ids[i],
        eventVersion: '1.1',
        eventSource: 'aws:dynamodb',
        awsRegion: 'eu-central-1',
        eventSourceARN: changes.arn,
        dynamodb: { ...dynamodb, SequenceNumber: changeSequenceNumber(changeStream, 0, 41 + i) },
      })),
    })
    const counted = records.reduce((sum, record) => sum + events.recordBytes(record), eventOverheadBytes)
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(counted)
    expect(events.shardId).toBe(formatChangeShardId(changeStream, 0))
    // The same ids at the next reading.
    expect(JSON.parse(makeShardEvents(changes, changeStream, 0).event(records.slice(1))).Records[0]).toEqual(
      parsed.Records[1],
    )
  })

  it('of something else are refused, naming the record', () => {
    const events = makeShardEvents(changes, changeStream, 0)
    for (const text of [
      '',
      '{',
      'null',
      '{}',
      '{"tableName":"t"}',
      '{"tableName":"t","eventName":"INSERT"}',
    ]) {
      const [record] = made([text])
      let thrown: unknown
      try {
        events.event([record!])
      } catch (error) {
        thrown = error
      }
      expect(codeOf(thrown), text).toBe('CHANGE_RECORD_INVALID')
      expect(thrown).toMatchObject({ records: [{ stream: 'orders.changes', shard: 0, sequence: 41 }] })
    }
  })
})

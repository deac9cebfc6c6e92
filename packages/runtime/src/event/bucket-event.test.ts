import { describe, expect, it } from 'vitest'
import { codeOf } from '../errors.ts'
import { makeRecords, makeStream } from '../testing/record-batch.ts'
import { compileFilters } from './filter-pattern.ts'
import { makeShardEvents } from './make-shard-events.ts'
import { type EventSource, eventOverheadBytes } from './shard-events.ts'

const lake: EventSource = {
  kind: 'bucket',
  arn: 'arn:aws:s3:::lake',
  region: 'eu-central-1',
  account: '123456789012',
}
const events = makeShardEvents(lake, makeStream('lake.objects'), 0)
const record = (key: string) => ({ eventSource: 'aws:s3', s3: { object: { key, size: 3 } } })
const records = (...keys: string[]) =>
  makeRecords(
    keys.map((key) => ({ key, data: JSON.stringify(record(key)) })),
    { shard: 0 },
  )

describe('events of stored objects', () => {
  it('hold the records as they are in the log', () => {
    const batch = records('a', 'ä/b+c')
    const text = events.event(batch)
    expect(JSON.parse(text)).toEqual({ Records: [record('a'), record('ä/b+c')] })
    const estimate = batch.reduce((bytes, one) => bytes + events.recordBytes(one), eventOverheadBytes)
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(estimate)
  })

  it('of a tumbling window say the window and the bucket', () => {
    const window = { start: 0, end: 60_000, state: '{}', isFinal: false, isTerminatedEarly: false }
    expect(JSON.parse(events.event(records('a'), window))).toMatchObject({
      window: { start: '1970-01-01T00:00:00Z' },
      eventSourceARN: 'arn:aws:s3:::lake',
    })
  })

  it('a record that is not JSON is refused by name, and blamed alone', () => {
    const [bad] = makeRecords([{ key: 'k', data: 'oops' }], { shard: 0 })
    try {
      events.event([bad!])
      expect.unreachable()
    } catch (error) {
      expect(codeOf(error)).toBe('OBJECT_RECORD_INVALID')
      expect(error).toMatchObject({ records: [{ stream: bad!.stream, shard: 0 }] })
    }
  })

  it('are filtered as they are shown', () => {
    const filter = compileFilters(['{"s3":{"object":{"key":[{"prefix":"in/"}],"size":[3]}}}'], 'bucket', 'f')!
    expect(records('in/a', 'out/a').map((one) => filter.matches(one, events))).toEqual([true, false])
    const [bad] = makeRecords([{ key: 'k', data: 'oops' }], { shard: 0 })
    expect(filter.matches(bad!, events)).toBe(true)
  })
})

import { describe, expect, it } from 'vitest'
import { BatchRecord } from '../stream-record.ts'
import { type LetterHistory, redriven, writeRedriven } from './redrive-record.ts'

const history: LetterHistory = {
  attempts: 3,
  firstTime: '2026-01-01T00:00:00.000Z',
  redrives: 1,
  failures: [],
}

/** A batch of two records, of which the second is the one that is looked at. */
function recordOf(key: string, data: Uint8Array): BatchRecord {
  const parts = [Buffer.from('other'), Buffer.from(key), Buffer.from('xyz'), Buffer.from(data)]
  const ends = [0]
  for (const part of parts) ends.push(ends.at(-1)! + part.length)
  return new BatchRecord(
    {
      stream: 'f.redrive',
      shard: 0,
      commit: 9,
      firstSequence: 4,
      count: 2,
      arrivalTime: 77,
      bytes: Buffer.concat(parts),
      keyStart: Uint32Array.of(0, ends[1]!, ends[2]!),
      dataStart: Uint32Array.of(ends[2]!, ends[3]!, ends[4]!),
      originTime: () => 70,
    },
    1,
  )
}

describe('a redriven record', () => {
  const place = { stream: 'orders', shard: 2, sequence: 12_345_678_901, arrivalTime: 55.5 }

  it('is the original: place, key, data and history', () => {
    const data = Buffer.from([0, 255, 10, 13, 200])
    const found = redriven(recordOf('ключ', writeRedriven(place, history, data)))
    const record = found!.record
    expect(record).toMatchObject({
      stream: 'orders',
      shard: 2,
      sequence: 12_345_678_901,
      arrivalTimeMs: 55.5,
    })
    expect(record.partitionKey).toBe('ключ')
    expect(Buffer.from(record.data)).toEqual(data)
    expect(record.batch.originTime(0)).toBe(70)
    expect(found!.history).toEqual(history)
  })

  it('may be empty', () => {
    const found = redriven(recordOf('k', writeRedriven(place, history, new Uint8Array(0))))
    expect(found!.record.byteLength).toBe(0)
  })

  it('is not taken for one when it was put by hand, nor when it is cut', () => {
    expect(redriven(recordOf('k', Buffer.from('{"a":1}')))).toBeUndefined()
    const whole = writeRedriven(place, history, new Uint8Array(0))
    for (let length = 0; length < whole.length; length++)
      expect(redriven(recordOf('k', whole.subarray(0, length)))).toBeUndefined()
  })
})

import { seededRandom } from '@millrace/values'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { BatchSize } from './batch-size.ts'
import { blamedRecords, codeOf, RuntimeError, runtimeErrorCodes } from './errors.ts'
import { Latency } from './latency.ts'
import { emptyLedger } from './ledger.ts'
import { defaultLimits, resolveLimits } from './limits.ts'
import { laneOf } from './mapping/lanes.ts'
import { retryDelayMs } from './retry.ts'
import { readStageRecord, readStageRecordOf, type StageRecord, writeStageRecord } from './stage-record.ts'

describe('lanes', () => {
  test('the lane of a key is one of the lanes, and depends on the key alone', () => {
    fc.assert(
      fc.property(fc.string(), fc.integer({ min: 1, max: 10 }), fc.nat(9), (key, count, shift) => {
        const bytes = Buffer.from(key)
        const shifted = Buffer.concat([Buffer.alloc(shift, 7), bytes, Buffer.from('tail')])
        const lane = laneOf(bytes, 0, bytes.length, count)
        expect(lane).toBeGreaterThanOrEqual(0)
        expect(lane).toBeLessThan(count)
        expect(laneOf(shifted, shift, shift + bytes.length, count)).toBe(lane)
      }),
    )
  })

  test('keys spread over the lanes', () => {
    const counts = new Array<number>(5).fill(0)
    for (let n = 0; n < 10_000; n++) {
      const key = Buffer.from(String(n))
      counts[laneOf(key, 0, key.length, 5)]!++
    }
    for (const count of counts) expect(Math.abs(count - 2_000)).toBeLessThan(200)
  })

  test('the hash is part of what is stored, so it never changes', () => {
    const lanes = ['', 'a', 'order-1', '15', 'ключ'].map((key) =>
      laneOf(Buffer.from(key), 0, Buffer.byteLength(key), 10),
    )
    expect(lanes).toMatchInlineSnapshot(`
      [
        3,
        5,
        2,
        5,
        4,
      ]
    `)
  })
})

test('latency: percentiles of merged histograms are those of all values, the maximum exact', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 1, max: 10_000_000 }), { minLength: 1, maxLength: 200 }),
      (micros) => {
        const whole = new Latency()
        const parts = [new Latency(), new Latency()]
        micros.forEach((us, i) => {
          whole.record(us / 1000)
          parts[i % 2]!.record(us / 1000)
        })
        const merged = new Latency()
        for (const part of parts) merged.addMessage(part.toMessage())
        expect(merged.summary()).toEqual(whole.summary())
        const sorted = [...micros].sort((a, b) => a - b)
        const median = sorted[Math.ceil(sorted.length / 2) - 1]! / 1000
        const { count, p50, p99, max } = merged.summary()
        expect(count).toBe(micros.length)
        expect(Math.abs(p50 - median)).toBeLessThanOrEqual(median * 0.002 + 0.001)
        expect(max).toBe(sorted.at(-1)! / 1000)
        expect(p99).toBeLessThanOrEqual(max)
      },
    ),
    { numRuns: 20 },
  )
})

test('latency: nothing recorded is all zero; a clock that stepped back counts as no time', () => {
  const latency = new Latency()
  expect(latency.summary()).toEqual({ count: 0, p50: 0, p90: 0, p99: 0, max: 0 })
  latency.record(-5)
  latency.record(Number.NaN)
  expect(latency.summary()).toEqual({ count: 1, p50: 0, p90: 0, p99: 0, max: 0 })
})

test('retries wait twice as long each time, with jitter, up to a bound', () => {
  const policy = { retryDelayMs: 100, retryDelayMaxMs: 1_000 }
  const random = seededRandom(3)
  for (let attempt = 2; attempt < 60; attempt++) {
    const full = Math.min(1_000, 100 * 2 ** (attempt - 2))
    const delay = retryDelayMs(attempt, policy, random)
    expect(delay).toBeGreaterThanOrEqual(full / 2)
    expect(delay).toBeLessThanOrEqual(full)
  }
})

test('micro-batches grow while a stage is behind, up to their bounds, and begin small again at the head', () => {
  const size = new BatchSize(defaultLimits)
  for (let i = 0; i < 20; i++) size.adapt(true)
  expect([size.records, size.bytes]).toEqual([defaultLimits.batchRecordsMax, defaultLimits.batchBytesMax])
  size.adapt(false)
  expect([size.records, size.bytes]).toEqual([defaultLimits.batchRecords, defaultLimits.batchBytes])
  expect(resolveLimits({ batchRecords: 20_000 }).batchRecordsMax).toBe(20_000)
})

describe('the record of a stage', () => {
  const records: StageRecord[] = [
    { kind: 'source', ledger: emptyLedger, taken: 3, position: { line: 7 }, done: false },
    { kind: 'query', ledger: emptyLedger, shards: [{ start: 0, position: 9 }], matched: ['a'] },
    { kind: 'function', ledger: emptyLedger, shards: [{ start: 1, read: 9, lanes: [4, 9], inFlight: 3 }] },
  ]
  test('is read as it was written', () => {
    for (const record of records) expect(readStageRecord('s', writeStageRecord(record))).toEqual(record)
    expect(readStageRecord('s', undefined)).toBeUndefined()
  })
  test('is refused when another kind, a newer version or damage is found', () => {
    const code = (work: () => unknown): unknown => {
      try {
        return work()
      } catch (error) {
        return codeOf(error)
      }
    }
    const bytes = writeStageRecord(records[0]!)
    expect(code(() => readStageRecordOf('query', 's', bytes))).toBe('STAGE_KIND_CHANGED')
    expect(code(() => readStageRecord('s', Buffer.from('{"v":2,"kind":"source"}')))).toBe(
      'STAGE_RECORD_NEWER',
    )
    for (let cut = 0; cut < bytes.length; cut++) {
      expect(code(() => readStageRecord('s', bytes.subarray(0, cut)))).toBe('STAGE_RECORD_INVALID')
    }
  })
})

test('an error says what, where, which value, what is allowed and the next step; its code is a field', () => {
  const error = new RuntimeError('TABLE_KEY_TYPE', {
    place: 'table "t"',
    what: 'the key is wrong',
    value: '7',
    allowed: 'a string',
    next: 'Mend it',
    records: [{ stream: 's', shard: 0, sequence: 4 }],
  })
  expect(error.message).toBe('TABLE_KEY_TYPE table "t": the key is wrong, got 7. Allowed: a string. Mend it.')
  expect([codeOf(error), error.domain]).toEqual(['TABLE_KEY_TYPE', 'user'])
  expect(blamedRecords(error)).toEqual([{ stream: 's', shard: 0, sequence: 4 }])
  expect(blamedRecords({ records: 'no' })).toEqual([])
  for (const { about } of Object.values(runtimeErrorCodes)) expect(about).not.toBe('')
})

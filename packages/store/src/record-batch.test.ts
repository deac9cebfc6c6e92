import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { BatchBuilder } from './batch-builder.ts'
import { logKey } from './layout.ts'
import { RECORD_KEY_BYTES_MAX, STORED_DATA_BYTES_MAX } from './limits.ts'
import { batchBytes, batchFault, encodeBatch, StoredBatch } from './record-batch.ts'

interface Record {
  key: Uint8Array
  data: Uint8Array
  origin: number
}

const records = fc.array(
  fc.record({
    key: fc.uint8Array({ maxLength: 70 }),
    data: fc.uint8Array({ maxLength: 200 }),
    origin: fc.constantFrom(0, 1_700_000_000_000.125, 1_699_999_999_000, 1_700_000_000_001, 5),
  }),
  { minLength: 1, maxLength: 20 },
)
const stamp = { commit: 7, arrivalTime: 1_700_000_000_000.5 }
const key = logKey(3, 1, 0x1_2345_6789)

function build(list: readonly Record[]): BatchBuilder {
  const builder = new BatchBuilder()
  for (const { key, data, origin } of list) {
    const padded = Uint8Array.of(1, 2, ...data, 3)
    builder.add(key, 0, key.length, padded, 2, padded.length - 1, origin)
  }
  return builder
}

function encode(builder: BatchBuilder, from: number, to: number): Uint8Array {
  const target = new Uint8Array(batchBytes(builder, from, to))
  return target.slice(0, encodeBatch(target, key, builder, { from, to }, stamp))
}

describe('record batch', () => {
  test('any range of a builder reads back as the same keys, data and origin times', () => {
    fc.assert(
      fc.property(records, fc.nat(), fc.nat(), (list, x, y) => {
        const from = x % list.length
        const to = from + 1 + (y % (list.length - from))
        const value = encode(build(list), from, to)
        expect(batchFault(key, value)).toBeUndefined()
        const batch = new StoredBatch('s', 1, 9, value)
        expect([batch.count, batch.commit, batch.arrivalTime]).toEqual([to - from, 7, stamp.arrivalTime])
        list.slice(from, to).forEach((record, i) => {
          const slice = (starts: Uint32Array): Uint8Array => value.slice(starts[i], starts[i + 1])
          expect(slice(batch.keyStart)).toEqual(record.key)
          expect(slice(batch.dataStart)).toEqual(record.data)
          const age = record.origin === 0 ? 0 : stamp.arrivalTime - record.origin
          const exact = Math.round(Math.min(Math.max(age, 0), 0xffff_ffff / 1000) * 1000) / 1000
          expect(batch.originTime(i)).toBeCloseTo(stamp.arrivalTime - exact, 3)
        })
      }),
    )
  })

  test('every flipped bit, every cut and every other key is detected', () => {
    const value = encode(build([{ key: Uint8Array.of(1, 2), data: Uint8Array.of(3, 4, 5), origin: 9 }]), 0, 1)
    for (let bit = 0; bit < value.length * 8; bit++) {
      const changed = value.slice()
      changed[bit >> 3]! ^= 1 << (bit & 7)
      expect(batchFault(key, changed), `bit ${bit}`).toBeDefined()
    }
    for (let length = 0; length < value.length; length++) {
      expect(batchFault(key, value.slice(0, length)), `length ${length}`).toBeDefined()
    }
    expect(batchFault(logKey(3, 1, 1), value)).toMatch(/checksum/)
  })

  test('a record at the limits passes, one byte more is refused', () => {
    const builder = new BatchBuilder()
    const data = new Uint8Array(STORED_DATA_BYTES_MAX + 1)
    builder.add(data, 0, RECORD_KEY_BYTES_MAX, data, 0, STORED_DATA_BYTES_MAX, 0)
    expect(() => builder.add(data, 0, 0, data, 0, STORED_DATA_BYTES_MAX + 1, 0)).toThrow(
      /STORE_RECORD_TOO_LARGE/,
    )
    expect(() => builder.add(data, 0, RECORD_KEY_BYTES_MAX + 1, data, 0, 0, 0)).toThrow(
      /STORE_RECORD_TOO_LARGE/,
    )
    expect(builder.count).toBe(1)
  })
})

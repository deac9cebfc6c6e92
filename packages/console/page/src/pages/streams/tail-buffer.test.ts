import { expect, it } from 'vitest'
import type { StreamRecord, TailMessage } from '../../../../src/protocol/streams.ts'
import { TailBuffer, tailRowsMax } from './tail-buffer.ts'

function message(sequences: readonly number[], more: Partial<TailMessage> = {}): TailMessage {
  // What else a record has is not looked at.
  const records = sequences.map((sequence) => ({ shard: 0, sequence }) as StreamRecord)
  return {
    records,
    lookedAt: records.length,
    matched: records.length,
    notShown: 0,
    skipped: 0,
    lost: 0,
    spanMs: 100,
    ...more,
  }
}

it('holds the newest rows first, so many at most, and counts all', () => {
  const buffer = new TailBuffer()
  for (let i = 0; i < 40; i++) {
    const sequences = Array.from({ length: 50 }, (_, k) => i * 50 + k)
    buffer.add(message(sequences, { lookedAt: 70, matched: 60, notShown: 10, skipped: 3 }), 1_000 + i * 100)
  }
  expect(buffer.rows).toHaveLength(tailRowsMax)
  expect(buffer.rows.map(({ sequence }) => sequence)).toEqual(
    Array.from({ length: tailRowsMax }, (_, i) => 1_999 - i),
  )
  expect(buffer.counts).toEqual({ lookedAt: 2_800, matched: 2_400, notShown: 400, skipped: 120, lost: 0 })
})

it('rates are those of the last seconds, and end when nothing comes', () => {
  const buffer = new TailBuffer()
  for (let at = 0; at <= 20_000; at += 100) buffer.add(message([1, 2], { lookedAt: 10, matched: 2 }), at)
  expect(buffer.rates(20_000).seen).toBeCloseTo(102, 0)
  expect(buffer.rates(20_000).matched).toBeCloseTo(20.4, 0)
  expect(buffer.rates(30_000)).toEqual({ seen: 0, matched: 0 })
  buffer.clear()
  expect(buffer.rows).toEqual([])
  buffer.add(message([1], { lookedAt: 30, spanMs: 1_000 }), 40_000)
  expect(buffer.rates(40_000).seen).toBe(30)
})

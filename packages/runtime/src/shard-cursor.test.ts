/** Pieces of a shard are contiguous: what cannot be read shows as a stretch, once, and never as a gap. */
import type { CorruptBatch, RecordBatch, Store } from '@millrace/store'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { MappedShard } from './mapping/mapped-shard.ts'
import { ShardCursor } from './shard-cursor.ts'
import type { FunctionShardPosition } from './stage-record.ts'
import { shardInfo } from './testing/shard-info.ts'

function records(firstSequence: number, count: number): RecordBatch {
  const keyStart = Uint32Array.from({ length: count + 1 }, (_, i) => i)
  return {
    stream: 's',
    shard: 0,
    commit: firstSequence,
    firstSequence,
    count,
    arrivalTime: 0,
    bytes: Uint8Array.from({ length: count * 10 }, (_, i) => (firstSequence + i) % 256),
    keyStart,
    dataStart: keyStart.map((start) => start * 10),
    originTime: () => 0,
  }
}

function corrupt(firstSequence: number, nextSequence: number): CorruptBatch {
  return { stream: 's', shard: 0, firstSequence, nextSequence, reason: 'checksum' }
}

/** A shard whose log is these batches; records before `oldest` are gone. */
function storeOf(batches: readonly (RecordBatch | CorruptBatch)[], oldest: number, next: number): Store {
  const store: Pick<Store, 'read' | 'shard'> = {
    read: (_, __, from) => ({
      batches: batches.filter((batch) =>
        'count' in batch ? batch.firstSequence + batch.count > from : batch.nextSequence > from,
      ),
      atHead: true,
    }),
    shard: (_, shard) => shardInfo({ shard, oldest, next }),
  }
  // Nothing else of the store is used here.
  return store as Store
}

/** A log of runs: readable, corrupt, or (at its front) deleted. */
const logs = fc
  .tuple(
    fc.nat(5),
    fc.array(fc.record({ count: fc.integer({ min: 1, max: 6 }), bad: fc.boolean() }), { maxLength: 8 }),
  )
  .map(([oldest, runs]) => {
    let next = oldest
    const batches = runs.map(({ count, bad }) => {
      const batch = bad ? corrupt(next, next + count) : records(next, count)
      next += count
      return batch
    })
    return { oldest, next, batches }
  })

test('pieces cover every sequence from the position to the head exactly once, whatever is deleted or corrupt', () => {
  fc.assert(
    fc.property(logs, fc.nat(8), fc.integer({ min: 1, max: 7 }), ({ oldest, next, batches }, from, size) => {
      fc.pre(from <= next)
      const cursor = new ShardCursor(storeOf(batches, oldest, next), 's', 0, from)
      const covered: number[] = []
      for (;;) {
        cursor.fetch(size, 1_000)
        const piece = cursor.next(size, 35)
        if (piece === undefined) break
        const [first, end] =
          piece.kind === 'records'
            ? [piece.batch.firstSequence + piece.from, piece.batch.firstSequence + piece.to]
            : [piece.from, piece.to]
        if (piece.kind === 'stretch') expect(piece.cause).toBe(first < oldest ? 'retention' : 'corrupt')
        else expect(piece.to - piece.from).toBeLessThanOrEqual(Math.min(size, 3))
        expect(end).toBeGreaterThan(first)
        for (let sequence = first; sequence < end; sequence++) covered.push(sequence)
      }
      expect(covered).toEqual(Array.from({ length: next - from }, (_, i) => from + i))
      expect(cursor.lag()).toBe(0)
    }),
    { numRuns: 500 },
  )
})

test('a function shard counts each record once: dealt, or in a stretch; also after a restart in the middle', () => {
  fc.assert(
    fc.property(
      logs,
      fc.integer({ min: 1, max: 4 }),
      fc.array(fc.nat(3)),
      ({ oldest, next, batches }, lanes, ends) => {
        const made = (store: Store, stored?: FunctionShardPosition): MappedShard =>
          new MappedShard(
            { store, stream: 's', shard: 0, parents: [], first: oldest },
            { lanes, filter: undefined, storedFilter: undefined },
            stored,
            undefined,
          )
        const first = made(storeOf(batches, oldest, next))
        while (first.deal({ records: 100, bytes: 1_000 }) > 0);
        const lost = first.stretches.reduce((sum, stretch) => sum + stretch.to - stretch.from, 0)
        expect(first.inFlight + lost).toBe(next - oldest)
        // Some lanes finish some of their records.
        let done = 0
        for (const index of ends) {
          const lane = first.lanes[index % lanes]!
          if (lane.waiting === 0) continue
          lane.form({ records: 2, bytes: 1_000, bytesOf: () => 1 }, undefined)
          const batch = lane.begin(0, undefined)
          done += batch.size
          first.settle(batch.pass(batch.size).done, [])
          lane.batches = []
        }
        const stored = first.position()
        expect(stored.read - stored.start).toBe(done + lost + stored.inFlight)
        const second = made(storeOf(batches, oldest, next), stored)
        expect(second.inFlight).toBe(stored.inFlight)
        expect(second.stretches).toEqual([])
        expect(second.position()).toEqual(stored)
        // What was in flight and is deleted meanwhile is counted once, as lost.
        const third = made(storeOf([], next, next), stored)
        const missing = third.stretches.reduce((sum, stretch) => sum + stretch.to - stretch.from, 0)
        expect(missing + third.inFlight).toBe(stored.inFlight)
      },
    ),
    { numRuns: 500 },
  )
})

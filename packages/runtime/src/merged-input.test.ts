/**
 * The law of the merged input: however appends and reads interleave, also in the middle of a pass over the shards, every
 * record comes exactly once, in the order of (commit, shard, sequence), and any bounds cut the same sequence.
 */
import type { RecordBatch, Store } from '@millrace/store'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { MergedInput } from './merged-input.ts'
import { shardInfo } from './testing/shard-info.ts'

/** A log in memory: `beforeRead` lets the test append while the merged input is between two shards. */
class MemoryLog {
  readonly shards: RecordBatch[][]
  commit = 0
  beforeRead: () => void = () => {}

  constructor(shards: number) {
    this.shards = Array.from({ length: shards }, () => [])
  }

  /** One commit: `counts[shard]` records to each shard. */
  append(counts: readonly number[]): void {
    this.commit++
    counts.forEach((count, shard) => {
      if (count === 0 || shard >= this.shards.length) return
      const starts = Uint32Array.from({ length: count + 1 }, (_, i) => i * 10)
      this.shards[shard]!.push({
        stream: 's',
        shard,
        commit: this.commit,
        firstSequence: this.next(shard),
        count,
        arrivalTime: this.commit,
        bytes: new Uint8Array(count * 10),
        keyStart: starts,
        dataStart: starts,
        originTime: () => 0,
      })
    })
  }

  next(shard: number): number {
    const last = this.shards[shard]!.at(-1)
    return last === undefined ? 0 : last.firstSequence + last.count
  }

  store(): Store {
    const log = this
    const store: Pick<Store, 'read' | 'shard' | 'shardCount'> = {
      read(_, shard, from, { maxRecords }) {
        log.beforeRead()
        const batches: RecordBatch[] = []
        let records = 0
        for (const batch of log.shards[shard]!) {
          if (batch.firstSequence + batch.count <= from || records >= maxRecords) continue
          batches.push(batch)
          records += batch.count
        }
        return { batches, atHead: true }
      },
      shardCount: () => log.shards.length,
      shard: (_, shard) => shardInfo({ shard, oldest: 0, next: log.next(shard) }),
    }
    // The merged input uses nothing else of the store.
    return store as Store
  }
}

const commits = fc.array(fc.array(fc.nat(4), { minLength: 3, maxLength: 3 }), { maxLength: 30 })

test('records come once, in the order of commit, shard and sequence, whatever is appended between the reads', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 3 }),
      commits,
      fc.array(fc.nat(3), { maxLength: 200 }),
      fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 1, maxLength: 50 }),
      (shards, appends, pauses, sizes) => {
        const log = new MemoryLog(shards)
        const input = new MergedInput(log.store(), [{ stream: 's', positions: Array(shards).fill(0) }])
        let appended = 0
        let reads = 0
        const appendSome = (count: number): void => {
          for (let i = 0; i < count && appended < appends.length; i++) log.append(appends[appended++]!)
        }
        log.beforeRead = () => appendSome(pauses[reads++ % Math.max(1, pauses.length)] ?? 0)
        const seen: [number, number, number][] = []
        for (let step = 0, idle = 0; idle < 3; step++) {
          const { pieces, records } = input.take(sizes[step % sizes.length]!, 1_000_000)
          if (records === 0) {
            idle++
            appendSome(1)
          } else idle = 0
          if (appended < appends.length) idle = 0
          for (const piece of pieces) {
            if (piece.kind !== 'records') throw new Error('nothing is lost here')
            for (let i = piece.from; i < piece.to; i++) {
              seen.push([piece.batch.commit, piece.batch.shard, piece.batch.firstSequence + i])
            }
          }
        }
        const all = log.shards.flatMap((batches) =>
          batches.flatMap((batch) =>
            Array.from(
              { length: batch.count },
              (_, i) => [batch.commit, batch.shard, batch.firstSequence + i] as const,
            ),
          ),
        )
        const expected = all.toSorted((a, b) => a[0] - b[0] || a[1] - b[1] || a[2] - b[2])
        expect(seen).toEqual(expected)
        expect(input.cursors.map((cursor) => cursor.position)).toEqual(
          log.shards.map((_, shard) => log.next(shard)),
        )
      },
    ),
    { numRuns: 300 },
  )
})

/**
 * All shards of one or several streams as one sequence, in order of (commit, stream, shard): the order that every reader
 * sees, now and in a replay. A batch may be cut in two by the bounds of a micro-batch; its rest is then still the next in order.
 *
 * The shards are read one after the other while others append, so an empty shard proves nothing about commits that were
 * read later elsewhere. Each read therefore gets a tick. A batch read at tick b may go when every shard without a fetched
 * batch was found empty at a tick after b: all commits visible at b were visible to that read too. So a shard that was
 * found empty too early is simply read again, which costs microseconds.
 */
import type { Store } from '@millrace/store'
import { type Piece, ShardCursor } from './shard-cursor.ts'

interface MergedShard {
  readonly cursor: ShardCursor
  /** Tick of the read that fetched what the cursor holds, or of the last read that found nothing. */
  tick: number
  filled: boolean
}

export interface Taken {
  readonly pieces: readonly Piece[]
  readonly records: number
  readonly bytes: number
  /** The bounds ended it, and more is waiting. */
  readonly full: boolean
}

export class MergedInput {
  readonly cursors: readonly ShardCursor[]
  private readonly shards: MergedShard[]
  private tick = 0

  /** `positions[shard]`: the next sequence to read; undefined: the shard is not read. */
  constructor(
    store: Store,
    inputs: readonly { readonly stream: string; readonly positions: readonly (number | undefined)[] }[],
  ) {
    this.cursors = inputs.flatMap(({ stream, positions }) =>
      positions.flatMap((position, shard) =>
        position === undefined ? [] : [new ShardCursor(store, stream, shard, position)],
      ),
    )
    this.shards = this.cursors.map((cursor) => ({ cursor, tick: 0, filled: false }))
  }

  /** Takes pieces up to the bounds (at least one record if there is any). */
  take(maxRecords: number, maxBytes: number): Taken {
    const pieces: Piece[] = []
    let records = 0
    let bytes = 0
    while (records < maxRecords && bytes < maxBytes) {
      const shard = this.nextShard(maxRecords, maxBytes)
      const piece =
        shard === undefined ? this.anyLost() : shard.cursor.next(maxRecords - records, maxBytes - bytes)
      if (shard) shard.filled = shard.cursor.front !== undefined
      if (piece === undefined) return { pieces, records, bytes, full: false }
      pieces.push(piece)
      if (piece.kind === 'records') {
        records += piece.to - piece.from
        bytes += piece.batch.dataStart[piece.to]! - piece.batch.dataStart[piece.from]!
      } else records += piece.to - piece.from
    }
    return { pieces, records, bytes, full: true }
  }

  private nextShard(maxRecords: number, maxBytes: number): MergedShard | undefined {
    for (;;) {
      let next: MergedShard | undefined
      for (const shard of this.shards) {
        if (!shard.filled && !this.fill(shard, maxRecords, maxBytes)) continue
        if (next === undefined || comesBefore(shard.cursor, next.cursor)) next = shard
      }
      if (next === undefined || this.shards.length === 1) return next
      let certain = true
      for (const shard of this.shards) {
        if (shard.filled || shard.tick > next.tick) continue
        // It was found empty before `next` was read: look again. What appears may come before `next`.
        if (this.fill(shard, maxRecords, maxBytes)) certain = false
      }
      if (certain) return next
    }
  }

  private fill(shard: MergedShard, maxRecords: number, maxBytes: number): boolean {
    this.tick++
    shard.tick = this.tick
    shard.filled = shard.cursor.fetch(maxRecords, maxBytes)
    return shard.filled
  }

  /** Nothing can be read: perhaps because retention deleted all that a shard still held for this reader. */
  private anyLost(): Piece | undefined {
    for (const { cursor } of this.shards) {
      const piece = cursor.next(0, 0)
      if (piece) return piece
    }
    return undefined
  }
}

/** A corrupt stretch carries no commit number; it yields no rows, so it may go first. */
function comesBefore(a: ShardCursor, b: ShardCursor): boolean {
  return commitOf(a) < commitOf(b)
}

function commitOf(cursor: ShardCursor): number {
  const { front } = cursor
  return front !== undefined && 'count' in front ? front.commit : -1
}

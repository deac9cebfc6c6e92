/**
 * All shards of one or several streams as one sequence, in order of (commit, stream, shard): the order that every reader
 * sees, now and in a replay. A batch may be cut in two by the bounds of a micro-batch; its rest is then still the next in order.
 *
 * The shards are read one after the other while others append, so an empty shard proves nothing about commits that were
 * read later elsewhere. Each read therefore gets a tick. A batch read at tick b may go when every shard without a fetched
 * batch was found empty at a tick after b: all commits visible at b were visible to that read too. So a shard that was
 * found empty too early is simply read again, which costs microseconds.
 *
 * A stream may be resharded at any time. New shards join when they are seen; before a batch goes it is made sure that none
 * has joined since it was read, since the records of a new shard may come before it. Those of a shard's own parents never
 * come after: they were all committed before the shard was opened.
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

export interface MergedStream {
  readonly stream: string
  /** By shard: the next sequence to read; undefined: the shard is not read. Later shards are read from their beginning. */
  readonly positions: readonly (number | undefined)[]
}

export class MergedInput {
  readonly cursors: ShardCursor[] = []
  private readonly store: Store
  private readonly shards: MergedShard[] = []
  /** By stream: how many shards are known. */
  private readonly known = new Map<string, number>()
  private readonly joined: (stream: string, shard: number) => void
  private tick = 0

  /** `joined` is told of each shard that was opened after the start, before any of its records. */
  constructor(
    store: Store,
    inputs: readonly MergedStream[],
    joined: (stream: string, shard: number) => void = () => {},
  ) {
    this.store = store
    this.joined = joined
    for (const { stream, positions } of inputs) {
      for (const [shard, position] of positions.entries())
        if (position !== undefined) this.add(stream, shard, position)
      this.known.set(stream, positions.length)
    }
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

  private add(stream: string, shard: number, position: number): void {
    const cursor = new ShardCursor(this.store, stream, shard, position)
    this.cursors.push(cursor)
    this.shards.push({ cursor, tick: 0, filled: false })
  }

  /** Lets new shards join; true if there was one. */
  private grow(): boolean {
    let grown = false
    for (const [stream, known] of this.known) {
      const shards = this.store.shardCount(stream)
      if (shards === known) continue
      this.known.set(stream, shards)
      grown = true
      for (let shard = known; shard < shards; shard++) {
        this.add(stream, shard, 0)
        this.joined(stream, shard)
      }
    }
    return grown
  }

  private nextShard(maxRecords: number, maxBytes: number): MergedShard | undefined {
    for (;;) {
      this.grow()
      let next: MergedShard | undefined
      for (const shard of this.shards) {
        if (!shard.filled && !this.fill(shard, maxRecords, maxBytes)) continue
        if (next === undefined || comesBefore(shard.cursor, next.cursor)) next = shard
      }
      if (next === undefined || this.shards.length === 1) return next
      let certain = !this.grow()
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

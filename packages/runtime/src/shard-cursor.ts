/**
 * Reads one shard in order and hands out pieces: runs of records of one batch, or stretches that hold nothing readable
 * any more (corrupt, or deleted by retention before they were read). Pieces are contiguous: each begins where the one
 * before ended, so that positions count records exactly.
 *
 * Batches are views on the store's pages copies and may be kept as long as needed.
 */
import type { CorruptBatch, RecordBatch, Store } from '@millrace/store'
import { RuntimeError } from './errors.ts'

/** Records [from, to) of a batch, as indexes into it. */
export interface Records {
  readonly kind: 'records'
  readonly batch: RecordBatch
  readonly from: number
  readonly to: number
}

/** Sequences [from, to) that cannot be read. */
export interface Stretch {
  readonly kind: 'stretch'
  readonly stream: string
  readonly shard: number
  readonly from: number
  readonly to: number
  readonly cause: 'corrupt' | 'retention'
  readonly reason: string
  /** Says how many records are lost, not where they stood: they were in flight when the stage stopped. */
  readonly isCount?: true
}

export type Piece = Records | Stretch

export class ShardCursor {
  readonly stream: string
  readonly shard: number
  /** Next sequence to hand out. */
  position: number
  /** Fetched and not handed out, in order; the first may be handed out in part. */
  private readonly fetched: (RecordBatch | CorruptBatch)[] = []
  private readonly store: Store

  /** Error: STREAM_REPLACED, where the shard ends before the position. */
  constructor(store: Store, stream: string, shard: number, position: number) {
    const { next } = store.shard(stream, shard)
    if (position > next) {
      throw new RuntimeError('STREAM_REPLACED', {
        place: `shard ${shard} of stream "${stream}"`,
        what: `it ends at sequence ${next}, but ${position} records of it were read before: the stream was deleted and made again`,
        next: 'Give the stream another name in the app, or start with an empty data directory',
      })
    }
    this.store = store
    this.stream = stream
    this.shard = shard
    this.position = position
  }

  /** The next batch if one is fetched. */
  get front(): RecordBatch | CorruptBatch | undefined {
    return this.fetched[0]
  }

  /** Fetches when nothing is fetched; true if something is fetched then. */
  fetch(maxRecords: number, maxBytes: number): boolean {
    if (this.fetched.length > 0) return true
    const { batches } = this.store.read(this.stream, this.shard, this.position, { maxRecords, maxBytes })
    for (const batch of batches) this.fetched.push(batch)
    return this.fetched.length > 0
  }

  /**
   * Hands out the next piece, at most `maxRecords` records and about `maxBytes` of data (one record at least), or
   * undefined if nothing is fetched. Retention that deleted all that was unread shows as a stretch up to the head.
   */
  next(maxRecords: number, maxBytes: number): Piece | undefined {
    const batch = this.fetched[0]
    if (batch === undefined) return this.lostToHead()
    if (batch.firstSequence > this.position) return this.lost(batch.firstSequence)
    if (!('count' in batch)) {
      this.fetched.shift()
      return this.stretch(batch.nextSequence, 'corrupt', batch.reason)
    }
    const from = this.position - batch.firstSequence
    let to = Math.min(batch.count, from + maxRecords)
    const start = batch.dataStart[from]!
    if (batch.dataStart[to]! - start > maxBytes) {
      to = from + 1
      while (to < batch.count && batch.dataStart[to + 1]! - start <= maxBytes) to++
    }
    this.position = batch.firstSequence + to
    if (to === batch.count) this.fetched.shift()
    return { kind: 'records', batch, from, to }
  }

  /** Records between the position and the head. */
  lag(): number {
    return this.store.shard(this.stream, this.shard).next - this.position
  }

  private lostToHead(): Piece | undefined {
    const { oldest } = this.store.shard(this.stream, this.shard)
    return oldest > this.position ? this.lost(oldest) : undefined
  }

  private lost(to: number): Stretch {
    return this.stretch(to, 'retention', 'retention deleted these records before they were read')
  }

  private stretch(to: number, cause: Stretch['cause'], reason: string): Stretch {
    const piece: Stretch = {
      kind: 'stretch',
      stream: this.stream,
      shard: this.shard,
      from: this.position,
      to,
      cause,
      reason,
    }
    this.position = to
    return piece
  }
}

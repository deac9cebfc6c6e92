/**
 * One shard of a per-record function: reads it, and knows which of the records that were read are not done.
 *
 * Records are done in any order, so the position is `read`, how far the shard was read, less the records below it that are open
 * still. These are stored as ranges of sequences; after a restart exactly they are read again. How many can be open is bounded by
 * what the stage holds in memory, not by the distance between the oldest open record and `read`.
 */
import type { Store } from '@millrace/store'
import { laneOf } from '../mapping/lanes.ts'
import { type Piece, ShardCursor, type Stretch } from '../shard-cursor.ts'
import type { FunctionShardPosition } from '../stage-record.ts'
import { BatchRecord } from '../stream-record.ts'
import { Task } from './task.ts'

export interface EachShardPlace {
  readonly store: Store
  readonly stream: string
  readonly shard: number
  /** Each is done before the first record of this shard is dealt. */
  readonly parents: readonly EachShard[]
  /** The first sequence to read, if there is no stored position. */
  readonly first: number
}

export interface EachReading {
  /** Undefined: all records. */
  readonly filter: ((record: BatchRecord) => boolean) | undefined
  /** The filter in force when a position of another form of function was stored. */
  readonly storedFilter: ((record: BatchRecord) => boolean) | undefined
  /** What stands for a record of the log; the record itself if absent. */
  readonly original?: (record: BatchRecord) => BatchRecord
}

const pieceBytes = 4 * 1024 * 1024

export class EachShard {
  readonly stream: string
  readonly shard: number
  readonly start: number
  /** Stretches that could not be read, to be recorded in the next commit. */
  stretches: Stretch[] = []
  /** Records that the filter left out since the last commit. */
  filtered = 0
  /** Bytes of the open records. */
  openBytes = 0
  private readonly store: Store
  private readonly reading: EachReading
  private readonly cursor: ShardCursor
  private readonly add: (task: Task) => void
  private parents: readonly EachShard[]
  /** Positions of records that are read and not done, in rising order. */
  private readonly open = new Set<number>()

  /** `add` takes each record that is to be processed, in order; those that were open at the last stop at once. */
  constructor(
    place: EachShardPlace,
    reading: EachReading,
    stored: FunctionShardPosition | undefined,
    add: (task: Task) => void,
  ) {
    const { store, stream, shard, first } = place
    this.store = store
    this.stream = stream
    this.shard = shard
    this.parents = place.parents
    this.reading = reading
    this.add = add
    this.start = stored?.start ?? first
    this.cursor = new ShardCursor(store, stream, shard, stored?.read ?? first)
    if (stored === undefined) return
    if (stored.open === undefined) this.reopenLanes(stored)
    else for (let i = 0; i < stored.open.length; i += 2) this.reopen(stored.open[i]!, stored.open[i + 1]!)
  }

  get openCount(): number {
    return this.open.size
  }

  lag(): number {
    return this.cursor.lag()
  }

  /** Reads on; returns how many records or unreadable sequences were passed. */
  deal(maxRecords: number, maxBytes: number): number {
    if (this.waitsForParents()) return 0
    this.cursor.fetch(maxRecords, maxBytes)
    const before = this.cursor.position
    const piece = this.cursor.next(maxRecords, maxBytes)
    if (piece === undefined) return 0
    if (piece.kind === 'stretch') this.stretches.push(piece)
    else {
      const { filter } = this.reading
      for (let i = piece.from; i < piece.to; i++) {
        const record = this.recordOf(new BatchRecord(piece.batch, i))
        if (filter === undefined || filter(record)) this.begin(record)
        else this.filtered++
      }
    }
    return this.cursor.position - before
  }

  /** The record's fate is part of the commit being made. */
  settle({ position, byteLength }: BatchRecord): void {
    this.open.delete(position)
    this.openBytes -= byteLength
  }

  /** Where the shard stands, as it is after the commit that this becomes part of. */
  position(): FunctionShardPosition {
    const { position: read } = this.cursor
    const ranges: number[] = []
    for (const sequence of this.open) {
      if (ranges[ranges.length - 1] === sequence) ranges[ranges.length - 1] = sequence + 1
      else ranges.push(sequence, sequence + 1)
    }
    return { start: this.start, read, lanes: [ranges[0] ?? read], inFlight: this.open.size, open: ranges }
  }

  private recordOf(record: BatchRecord): BatchRecord {
    const { original } = this.reading
    return original === undefined ? record : original(record)
  }

  private begin(record: BatchRecord): void {
    this.open.add(record.position)
    this.openBytes += record.byteLength
    this.add(new Task(record, this))
  }

  /** Reads sequences [from, to) again, none of which is done. What cannot be read any more was counted as read, so it is dead. */
  private reopen(from: number, to: number): void {
    for (const piece of pieces(this.store, this.stream, this.shard, from, to)) {
      if (piece.kind === 'stretch') this.stretches.push(piece)
      else
        for (let i = piece.from; i < piece.to; i++) this.begin(this.recordOf(new BatchRecord(piece.batch, i)))
    }
  }

  /** The position was stored by a form of function that deals records to lanes: see mapping/mapped-shard.ts. */
  private reopenLanes({ lanes, read, inFlight }: FunctionShardPosition): void {
    const { storedFilter } = this.reading
    const before = this.open.size
    for (const piece of pieces(this.store, this.stream, this.shard, Math.min(read, ...lanes), read)) {
      if (piece.kind === 'stretch') continue
      const { batch, from, to } = piece
      for (let i = from; i < to; i++) {
        const lane = laneOf(batch.bytes, batch.keyStart[i]!, batch.keyStart[i + 1]!, lanes.length)
        if (batch.firstSequence + i < lanes[lane]!) continue
        const record = this.recordOf(new BatchRecord(batch, i))
        if (storedFilter === undefined || storedFilter(record)) this.begin(record)
      }
    }
    const lost = inFlight - (this.open.size - before)
    if (lost <= 0) return
    this.stretches.push({
      kind: 'stretch',
      stream: this.stream,
      shard: this.shard,
      from: read - lost,
      to: read,
      cause: 'retention',
      reason: `${lost} records below sequence ${read} were in flight at the last stop and cannot be read any more`,
      isCount: true,
    })
  }

  /** Parents are closed, so one that is read and has nothing open is done for good. */
  private waitsForParents(): boolean {
    if (this.parents.length === 0) return false
    if (this.parents.some((parent) => parent.waitsForParents() || parent.openCount > 0 || parent.lag() > 0))
      return true
    this.parents = []
    return false
  }
}

/** Pieces of [from, to), none of which reaches beyond it. */
function* pieces(store: Store, stream: string, shard: number, from: number, to: number): Generator<Piece> {
  const cursor = new ShardCursor(store, stream, shard, from)
  while (cursor.position < to) {
    cursor.fetch(to - cursor.position, pieceBytes)
    const piece = cursor.next(to - cursor.position, pieceBytes)
    if (piece === undefined) return
    yield piece.kind === 'stretch' && piece.to > to ? { ...piece, to } : piece
  }
}

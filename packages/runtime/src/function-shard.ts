/**
 * One shard of a function stage: reads it, deals records to lanes, and knows how far each lane has come.
 *
 * Positions. `read` is how far records were dealt; a lane's position is its first record that is not done. After a
 * restart dealing begins at the lowest lane position; below the stored `read` only what a lane had not done is dealt
 * again. When the number of lanes has changed, records below the stored `read` are first finished under the old deal
 * (the change waits for them), since a lane position says nothing about another deal.
 */
import type { Store } from '@millrace/store'
import { Lane } from './lane.ts'
import { laneOf } from './lanes.ts'
import { ShardCursor, type Stretch } from './shard-cursor.ts'
import type { FunctionShardPosition } from './stage-record.ts'
import { BatchRecord } from './stream-record.ts'

export interface DealLimits {
  readonly records: number
  readonly bytes: number
}

export class FunctionShard {
  readonly shard: number
  readonly start: number
  lanes: Lane[]
  /** Stretches that could not be read, to be recorded in the next commit. */
  stretches: Stretch[] = []
  private readonly cursor: ShardCursor
  private readonly lanesWanted: number
  /** Set while records below `until` are finished under the deal of an earlier run. */
  private until: number | undefined
  /** Bytes of the records in flight. */
  private bytesInFlight = 0
  /** Shards whose records come before those of this one: each is done before the first of these is dealt. */
  private parents: readonly FunctionShard[]

  constructor(
    store: Store,
    stream: string,
    shard: number,
    lanesWanted: number,
    stored: FunctionShardPosition | undefined,
    lineage: { readonly parents: readonly FunctionShard[]; readonly first: number },
  ) {
    this.shard = shard
    this.lanesWanted = lanesWanted
    this.parents = lineage.parents
    const { first } = lineage
    this.start = stored?.start ?? first
    const laneCount = stored?.lanes.length ?? lanesWanted
    this.lanes = makeLanes(laneCount)
    const from = stored === undefined ? first : Math.min(stored.read, ...stored.lanes)
    this.cursor = new ShardCursor(store, stream, shard, from)
    if (stored === undefined) return
    const dealt = this.dealAgain(stored)
    // What was in flight and cannot be read any more: counted dead, once, as one stretch.
    const lost = stored.inFlight - dealt
    if (lost > 0) {
      this.stretches.push({
        kind: 'stretch',
        stream,
        shard,
        from: stored.read - lost,
        to: stored.read,
        cause: 'retention',
        reason: `${lost} records below sequence ${stored.read} were in flight at the last stop and cannot be read any more`,
      })
    }
    if (laneCount !== lanesWanted) this.until = stored.read
    this.changeLanes()
  }

  get read(): number {
    return this.cursor.position
  }

  get inFlight(): number {
    let count = 0
    for (const lane of this.lanes) count += lane.inFlight
    return count
  }

  /** Records to be read still. */
  lag(): number {
    return this.cursor.lag()
  }

  /** Deals up to the limits; returns how many records or unreadable sequences were passed. */
  deal(limits: DealLimits): number {
    this.changeLanes()
    if (this.until !== undefined || this.waitsForParents()) return 0
    const before = this.cursor.position
    let records = limits.records - this.inFlight
    let bytes = limits.bytes - this.bytesInFlight
    while (records > 0 && bytes > 0) {
      this.cursor.fetch(records, bytes)
      const piece = this.cursor.next(records, bytes)
      if (piece === undefined) break
      if (piece.kind === 'stretch') {
        this.stretches.push(piece)
        continue
      }
      const { batch, from, to } = piece
      const { bytes: data, keyStart } = batch
      const lanes = this.lanes
      for (let i = from; i < to; i++) {
        const lane = lanes[laneOf(data, keyStart[i]!, keyStart[i + 1]!, lanes.length)]!
        lane.push(new BatchRecord(batch, i))
      }
      const size = batch.dataStart[to]! - batch.dataStart[from]!
      records -= to - from
      bytes -= size
      this.bytesInFlight += size
    }
    return this.cursor.position - before
  }

  /** Takes the lane's batch, of `bytes` bytes, out of flight: its fate is in the commit being made. */
  settle(lane: Lane, bytes: number): void {
    lane.batch = undefined
    this.bytesInFlight -= bytes
  }

  /** Where the shard stands, as it is after the commit that this becomes part of. */
  position(): FunctionShardPosition {
    const { read } = this
    return {
      start: this.start,
      read,
      lanes: this.lanes.map((lane) => lane.position(read)),
      inFlight: this.inFlight,
    }
  }

  /** Deals what was in flight when the stage stopped. */
  private dealAgain(stored: FunctionShardPosition): number {
    let dealt = 0
    while (this.cursor.position < stored.read) {
      const wanted = stored.read - this.cursor.position
      this.cursor.fetch(wanted, 16 * 1024 * 1024)
      const piece = this.cursor.next(wanted, Number.POSITIVE_INFINITY)
      if (piece === undefined) break
      // Sequences that cannot be read: those already done were counted then, the others are counted by the caller.
      if (piece.kind === 'stretch') continue
      const { batch, from, to } = piece
      for (let i = from; i < to; i++) {
        const lane = laneOf(batch.bytes, batch.keyStart[i]!, batch.keyStart[i + 1]!, this.lanes.length)
        if (batch.firstSequence + i < stored.lanes[lane]!) continue
        this.lanes[lane]!.push(new BatchRecord(batch, i))
        this.bytesInFlight += batch.dataStart[i + 1]! - batch.dataStart[i]!
        dealt++
      }
    }
    // A stretch may reach beyond what had been read; what lies there was never counted.
    if (this.cursor.position > stored.read) this.cursor.position = stored.read
    return dealt
  }

  /** Parents are closed, so one that is read and has nothing in flight is done for good. */
  private waitsForParents(): boolean {
    if (this.parents.length === 0) return false
    if (this.parents.some((parent) => parent.waitsForParents() || parent.inFlight > 0 || parent.lag() > 0))
      return true
    this.parents = []
    return false
  }

  private changeLanes(): void {
    if (this.until === undefined || this.inFlight > 0) return
    this.until = undefined
    this.lanes = makeLanes(this.lanesWanted)
  }
}

function makeLanes(count: number): Lane[] {
  return Array.from({ length: count }, () => new Lane())
}

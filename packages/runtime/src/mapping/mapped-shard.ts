/**
 * One shard of a function stage: reads it, leaves out what the filters do not match, deals the other records to lanes, and
 * knows how far each lane has come.
 *
 * Positions. `read` is how far records were dealt; a lane's position is its first record that is not done. After a
 * restart dealing begins at the lowest lane position; below the stored `read` only what a lane had not done is dealt
 * again. When the number of lanes has changed, records below the stored `read` are first finished under the old deal
 * (the change waits for them), since a lane position says nothing about another deal. Likewise they are dealt by the
 * filters of then: what those left out is counted. As long as some of them are in flight the position lists all that are
 * (`open`), because the filters that are stored beside it are those of now.
 */
import type { Store } from '@millrace/store'
import { ShardCursor, type Stretch } from '../shard-cursor.ts'
import type { FunctionShardPosition } from '../stage-record.ts'
import { BatchRecord } from '../stream-record.ts'
import type { DeadMember } from './batch.ts'
import { Lane } from './lane.ts'
import { laneOf } from './lanes.ts'
import type { TumblingWindow } from './tumbling-window.ts'

export interface DealLimits {
  readonly records: number
  readonly bytes: number
}

/** How records of a shard are dealt. */
export interface Dealing {
  readonly lanes: number
  /** Undefined: all records. */
  readonly filter: ((record: BatchRecord) => boolean) | undefined
  /** The filter that was in force when the stored position was written; the same object where it has not changed. */
  readonly storedFilter: ((record: BatchRecord) => boolean) | undefined
  /** What stands for a record of the log; the record itself if absent. */
  readonly original?: (record: BatchRecord) => BatchRecord
}

export interface ShardPlace {
  readonly store: Store
  readonly stream: string
  readonly shard: number
  /** Shards whose records come before those of this one. */
  readonly parents: readonly MappedShard[]
  /** The first sequence to read, if there is no stored position. */
  readonly first: number
}

export class MappedShard {
  readonly stream: string
  readonly shard: number
  readonly start: number
  readonly window: TumblingWindow | undefined
  lanes: Lane[]
  /** Stretches that could not be read, to be recorded in the next commit. */
  stretches: Stretch[] = []
  /** Records that the filters left out since the last commit. */
  filtered = 0
  /** No more is dealt before something is settled. */
  isFull = false
  private readonly store: Store
  private readonly cursor: ShardCursor
  private readonly dealing: Dealing
  /** Set while records below it are finished under the deal of an earlier run. */
  private until: number | undefined
  /** Set while records below it may be in flight that filters of an earlier run let pass. */
  private filteredBefore: number | undefined
  /** Bytes of the records in flight. */
  private bytesInFlight = 0
  /** Each is done before the first record of this shard is dealt. */
  private parents: readonly MappedShard[]

  constructor(
    place: ShardPlace,
    dealing: Dealing,
    stored: FunctionShardPosition | undefined,
    window: TumblingWindow | undefined,
  ) {
    const { store, stream, shard, first } = place
    this.store = store
    this.stream = stream
    this.shard = shard
    this.dealing = dealing
    this.window = window
    this.parents = place.parents
    this.start = stored?.start ?? first
    const laneCount = stored?.lanes.length ?? dealing.lanes
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
        isCount: true,
      })
    }
    if (laneCount !== dealing.lanes) this.until = stored.read
    if (stored.open !== undefined || dealing.filter !== dealing.storedFilter)
      this.filteredBefore = stored.read
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

  /** Nothing waits in it, and its window has had the final call. */
  get isEmpty(): boolean {
    return this.window?.open === undefined && this.lanes.every((lane) => lane.isEmpty)
  }

  /** Records to be read still. */
  lag(): number {
    return this.cursor.lag()
  }

  /** It is closed and read to its end: nothing comes any more. */
  hasEnded(): boolean {
    const { closedAt, next } = this.store.shard(this.stream, this.shard)
    return closedAt !== undefined && next === this.cursor.position
  }

  /** The sequence of the oldest record that is retained. */
  oldest(): number {
    return this.store.shard(this.stream, this.shard).oldest
  }

  /** Deals up to the limits; returns how many records or unreadable sequences were passed. */
  deal(limits: DealLimits): number {
    this.changeLanes()
    if (this.until !== undefined || this.waitsForParents()) return 0
    const { filter, original } = this.dealing
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
      const { bytes: data, keyStart, dataStart } = batch
      const lanes = this.lanes
      const size = dataStart[to]! - dataStart[from]!
      for (let i = from; i < to; i++) {
        let record = new BatchRecord(batch, i)
        if (original !== undefined) record = original(record)
        if (filter !== undefined && !filter(record)) {
          this.filtered++
          continue
        }
        this.bytesInFlight += record.byteLength
        lanes[laneOf(data, keyStart[i]!, keyStart[i + 1]!, lanes.length)]!.push(record)
      }
      records -= to - from
      bytes -= size
    }
    this.isFull = records <= 0 || bytes <= 0
    return this.cursor.position - before
  }

  /** Takes the bytes of records out of flight whose fate is in the commit being made. */
  settle(done: readonly BatchRecord[], dead: readonly DeadMember[]): void {
    for (const record of done) this.bytesInFlight -= record.byteLength
    for (const { record } of dead) this.bytesInFlight -= record.byteLength
  }

  /** Where the shard stands, as it is after the commit that this becomes part of. */
  position(): FunctionShardPosition {
    const { read } = this
    const window = this.window?.position()
    const lanes = this.lanes.map((lane) => lane.position(read))
    const { filteredBefore = 0 } = this
    const listsOpen = lanes.some((position) => position < filteredBefore)
    if (!listsOpen) this.filteredBefore = undefined
    return {
      start: this.start,
      read,
      lanes,
      inFlight: this.inFlight,
      ...(window === undefined ? {} : { window }),
      ...(listsOpen ? { open: rangesOf(this.lanes) } : {}),
    }
  }

  /** Deals what was in flight when the stage stopped. */
  private dealAgain(stored: FunctionShardPosition): number {
    const { storedFilter, original } = this.dealing
    const { open } = stored
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
        if (open !== undefined && !isIn(open, batch.firstSequence + i)) continue
        let record = new BatchRecord(batch, i)
        if (original !== undefined) record = original(record)
        if (open === undefined && storedFilter !== undefined && !storedFilter(record)) continue
        this.lanes[lane]!.push(record)
        this.bytesInFlight += record.byteLength
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
    if (this.parents.some((parent) => parent.waitsForParents() || !parent.isEmpty || parent.lag() > 0)) {
      return true
    }
    this.parents = []
    return false
  }

  private changeLanes(): void {
    if (this.until === undefined || this.inFlight > 0) return
    if (this.lanes.some((lane) => !lane.isEmpty)) return
    this.until = undefined
    this.lanes = makeLanes(this.dealing.lanes)
  }
}

function makeLanes(count: number): Lane[] {
  return Array.from({ length: count }, () => new Lane())
}

/** Positions of all records in flight as ranges: from, to (exclusive), from, to, ... */
function rangesOf(lanes: readonly Lane[]): number[] {
  const positions = lanes.flatMap((lane) => [...lane.positions()]).sort((a, b) => a - b)
  const ranges: number[] = []
  for (const position of positions) {
    if (ranges.at(-1) === position) ranges[ranges.length - 1] = position + 1
    else ranges.push(position, position + 1)
  }
  return ranges
}

/** Whether the fate of a record was committed, as of a stored position of its shard: not open, and dealt to a lane that passed it. */
export function isSettled(
  { read, lanes, open }: FunctionShardPosition,
  { batch, index, position }: BatchRecord,
): boolean {
  if (position >= read) return false
  if (open !== undefined) return !isIn(open, position)
  const lane = laneOf(batch.bytes, batch.keyStart[index]!, batch.keyStart[index + 1]!, lanes.length)
  return position < lanes[lane]!
}

/** Whether a sequence is in one of the ranges [from, to), which are in order. */
function isIn(ranges: readonly number[], sequence: number): boolean {
  for (let i = 0; i < ranges.length; i += 2) {
    if (sequence < ranges[i]!) return false
    if (sequence < ranges[i + 1]!) return true
  }
  return false
}

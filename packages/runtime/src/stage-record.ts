/**
 * The stage's small record in the store: positions and ledger, replaced in each commit. JSON, so that people and later
 * versions can read it; it is a few hundred bytes and costs microseconds beside a commit.
 *
 *   { v: 1, kind, ledger, ...by kind }
 *   source:   taken (records taken from outside), position (what the source reported), done
 *   query:    shards: [{ start, position }], matched (input columns whose path has matched a record)
 *   changelog (a query of the Flink dialect): streams: { name: [{ start, position }] }, finished (tables that have ended);
 *             null in place of a shard that another part of the query reads
 *   parts:    of (in how many parts a query runs; the parts have records of their own)
 *   function: shards: [{ start, read, lanes: [position, ...], inFlight, window: { start, end } of an open one }],
 *             redrive: { stream, shards } (of the stream of redriven dead letters), filters (patterns in force)
 *             of a per-record function each shard has open: [from, to, from, to, ...], records below `read` that are not done
 *   delivery: streams: { name: [{ start, position, read }] } (those that it reads now), earlier (records taken in from others),
 *             inFlight, own (what the stage keeps beside)
 *   made of all that read streams: when these were made, so that positions are not taken for those of later ones of the names
 *
 * Positions are the next sequence to process. `start` is where the stage began, so that position - start counts the
 * records taken in. A function's lane has done all of its own records below its position; `read` is how far the shard has
 * been handed out to lanes: records from a lane's position up to `read` may be in flight.
 */
import { RuntimeError } from './errors.ts'
import type { LedgerCounts } from './ledger.ts'
import type { WindowPosition } from './mapping/tumbling-window.ts'
import type { StreamTimes } from './stream-times.ts'

export type StageRecord =
  | SourceRecord
  | QueryRecord
  | ChangelogRecord
  | PartsRecord
  | FunctionRecord
  | DeliveryPositions

export interface SourceRecord {
  readonly kind: 'source'
  readonly ledger: LedgerCounts
  readonly taken: number
  readonly position: unknown
  readonly done: boolean
}

export interface QueryRecord {
  readonly kind: 'query'
  readonly ledger: LedgerCounts
  readonly shards: readonly QueryShardPosition[]
  readonly matched: readonly string[]
  /** Absent in records of older versions, here and below. */
  readonly made?: StreamTimes
  /** What kept state when this was written; absent in records of older versions. */
  readonly operators?: readonly StoredOperator[]
  /** Row time that the program had reached, ms; null: none. */
  readonly time?: number | null
}

/** Address of an operator's state, what the operator is, and how large its state was: entries and about how many bytes. */
export type StoredOperator = readonly [id: string, kind: string, rows?: number, bytes?: number]

export interface ChangelogRecord {
  readonly kind: 'changelog'
  readonly ledger: LedgerCounts
  readonly streams: { readonly [stream: string]: readonly (QueryShardPosition | null)[] }
  /** Tables whose sources have ended: their watermarks went to infinity. */
  readonly finished: readonly string[]
  readonly made?: StreamTimes
  readonly operators?: readonly StoredOperator[]
}

export interface PartsRecord {
  readonly kind: 'parts'
  readonly ledger: LedgerCounts
  readonly of: number
}

export interface QueryShardPosition {
  readonly start: number
  readonly position: number
}

export interface FunctionRecord {
  readonly kind: 'function'
  readonly ledger: LedgerCounts
  readonly shards: readonly FunctionShardPosition[]
  readonly redrive?: { readonly stream: string; readonly shards: readonly FunctionShardPosition[] }
  readonly filters?: readonly string[]
  readonly made?: StreamTimes
}

export interface FunctionShardPosition {
  readonly start: number
  readonly read: number
  readonly lanes: readonly number[]
  readonly inFlight: number
  readonly window?: WindowPosition
  /**
   * Records below `read` that are not done, as ranges of sequences: from, to (exclusive), from, to, ... Of a per-record function,
   * whose `lanes` hold the first of them alone; and of any other as long as some of them were dealt by other filters.
   */
  readonly open?: readonly number[]
}

/** Of a delivery. */
export interface DeliveryPositions {
  readonly kind: 'delivery'
  readonly ledger: LedgerCounts
  /** Those that it reads now; another may take their place when settings change. */
  readonly streams: { readonly [stream: string]: readonly DeliveryShardPosition[] }
  /** Records taken in from streams that it reads no more, all of which are settled. */
  readonly earlier: number
  /** Records below `read` whose fate is not decided: they wait in buffers, or are being stored. */
  readonly inFlight: number
  readonly made?: StreamTimes
  /** Any JSON of the stage's own. */
  readonly own?: unknown
}

export interface DeliveryShardPosition {
  readonly start: number
  /** All records below it are settled; some above it may be, which the stage knows. */
  readonly position: number
  /** How far the shard was read. */
  readonly read: number
}

const version = 1
const stageKinds: ReadonlySet<unknown> = new Set([
  'source',
  'query',
  'changelog',
  'parts',
  'function',
  'delivery',
])
const encoder = new TextEncoder()
const decoder = new TextDecoder()

export function writeStageRecord(record: StageRecord): Uint8Array {
  return encoder.encode(JSON.stringify({ v: version, ...record }))
}

/** The record as written, or undefined if the stage has never committed. */
export function readStageRecord(stage: string, bytes: Uint8Array | undefined): StageRecord | undefined {
  if (bytes === undefined) return undefined
  let value: unknown
  try {
    value = JSON.parse(decoder.decode(bytes))
  } catch (cause) {
    throw invalid(stage, 'it is not JSON', cause)
  }
  if (typeof value !== 'object' || value === null) throw invalid(stage, 'it is not an object')
  const { v, ...record } = value as { v?: unknown; kind?: unknown }
  if (typeof v === 'number' && v > version) {
    throw new RuntimeError('STAGE_RECORD_NEWER', {
      place: `stage "${stage}"`,
      what: 'its positions were written by a newer version of Millrace',
      value: `format ${v}`,
      allowed: `format ${version} and older`,
      next: 'Use the newer version, or another data directory',
    })
  }
  if (v !== version || !stageKinds.has(record.kind)) {
    throw invalid(stage, 'its version or kind is unknown')
  }
  // The store's checksummed pages return what was written; version and kind say that it was written by this code.
  return record as StageRecord
}

/** The record of a stage of this kind; refuses positions that another kind of stage left under the name. */
export function readStageRecordOf<K extends StageRecord['kind']>(
  kind: K,
  stage: string,
  bytes: Uint8Array | undefined,
): Extract<StageRecord, { kind: K }> | undefined {
  const record = readStageRecord(stage, bytes)
  if (record === undefined) return undefined
  if (record.kind !== kind) {
    throw new RuntimeError('STAGE_KIND_CHANGED', {
      place: `stage "${stage}"`,
      what: `the data directory holds positions of a ${record.kind} of this name, but the app has a ${kind}`,
      next: 'Give the new stage another name, or use another data directory',
    })
  }
  // Just compared.
  return record as Extract<StageRecord, { kind: K }>
}

/** Input records that a stage has taken in, from its positions alone. */
export function takenIn(record: StageRecord): number {
  if (record.kind === 'source') return record.taken
  if (record.kind === 'parts') return 0
  let count = 0
  if (record.kind === 'query') for (const shard of record.shards) count += shard.position - shard.start
  else if (record.kind === 'changelog') {
    for (const shard of Object.values(record.streams).flat())
      if (shard !== null) count += shard.position - shard.start
  } else if (record.kind === 'delivery') {
    count = record.earlier
    for (const shard of Object.values(record.streams).flat()) count += shard.read - shard.start
  } else for (const shard of functionShards(record)) count += shard.read - shard.start
  return count
}

export function inFlightOf(record: StageRecord): number {
  if (record.kind === 'delivery') return record.inFlight
  if (record.kind !== 'function') return 0
  let count = 0
  for (const shard of functionShards(record)) count += shard.inFlight
  return count
}

/** Positions of a function in a stream that it reads. */
export function functionShardsOf(record: FunctionRecord, stream: string): readonly FunctionShardPosition[] {
  const { redrive, made, shards } = record
  if (redrive?.stream === stream) return redrive.shards
  // A redrive stream that came after the record was written has no positions, and those of the other stream are not its.
  return made === undefined || Object.hasOwn(made, stream) ? shards : []
}

function functionShards({ shards, redrive }: FunctionRecord): readonly FunctionShardPosition[] {
  return redrive === undefined ? shards : [...shards, ...redrive.shards]
}

/** The lowest sequence of a stream's shard that the stage still needs, out of oldest..next. */
export function neededFrom(
  record: StageRecord | undefined,
  stream: string,
  { shard, oldest, next }: { readonly shard: number; readonly oldest: number; readonly next: number },
): number {
  if (record === undefined) return oldest
  switch (record.kind) {
    case 'source':
    case 'parts':
      return next
    case 'changelog': {
      const place = record.streams[stream]?.[shard]
      return place === null ? next : (place?.position ?? oldest)
    }
    case 'query':
      return record.shards[shard]?.position ?? oldest
    case 'delivery': {
      const shards = record.streams[stream]
      return shards === undefined ? next : (shards[shard]?.position ?? oldest)
    }
    case 'function': {
      const position = functionShardsOf(record, stream)[shard]
      return position === undefined ? oldest : Math.min(position.read, ...position.lanes)
    }
  }
}

/**
 * The lowest sequence that the stage has not read. A delivery may hold much that it has read for minutes, in memory that it bounds
 * itself: who feeds it need not wait for that.
 */
export function unreadFrom(
  record: StageRecord | undefined,
  stream: string,
  shard: { readonly shard: number; readonly oldest: number; readonly next: number },
): number {
  if (record?.kind !== 'delivery' || record.streams[stream] === undefined)
    return neededFrom(record, stream, shard)
  return record.streams[stream][shard.shard]?.read ?? shard.oldest
}

function invalid(stage: string, why: string, cause?: unknown): RuntimeError {
  return new RuntimeError('STAGE_RECORD_INVALID', {
    place: `stage "${stage}"`,
    what: `its stored positions cannot be read: ${why}`,
    next: 'Restore the data directory from a copy, or start with an empty one',
    cause,
  })
}

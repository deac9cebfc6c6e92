/**
 * The shards of a stream: which hash range each one owns, which followed which, and which are open. A stream begins with
 * equal ranges; a reshard closes some shards and opens others over the same ranges, so the open ones always tile the
 * whole 128-bit space. Numbers count up from 0 and are never used again.
 *
 * Routing. While no shard was ever closed, arithmetic finds the shard (hash-range.ts); later a binary search over the
 * starts of the open ranges, in words, so that no big integer is made per record.
 */
import {
  bigIntToHash,
  type HashRange,
  initialHashRanges,
  md5Words,
  shardOfHash,
  shardOfKey,
} from '@millrace/values'
import { StoreError } from './errors.ts'
import type { Reshard } from './port.ts'

export interface ShardPlace {
  readonly range: HashRange
  readonly parents: readonly number[]
  readonly createdAt: number
  readonly closedAt: number | undefined
}

/** What of a layout does not follow from the number of shards at the beginning; JSON in the stream's definition. */
export interface StoredLayout {
  /** Shards made by reshards, in order of their numbers; ends of ranges as 32 hex digits. */
  readonly later: readonly { start: string; end: string; parents: readonly number[]; createdAt: number }[]
  /** Times at which shards were closed, by number. */
  readonly closed: Readonly<Record<string, number>>
}

export const emptyLayout: StoredLayout = { later: [], closed: {} }

const keyHash = new Uint32Array(4)

export class ShardLayout {
  readonly shards: readonly ShardPlace[]
  readonly #initial: number
  readonly #isInitial: boolean
  /** Starts of the open ranges in order, four words each, and the shard of each. */
  readonly #starts: Uint32Array
  readonly #numbers: Uint32Array

  constructor(initial: number, createdAt: number, stored: StoredLayout) {
    const closedAt = (shard: number): number | undefined => stored.closed[shard]
    const first = initialHashRanges(initial).map((range, shard) => ({
      range,
      parents: [],
      createdAt,
      closedAt: closedAt(shard),
    }))
    const later = stored.later.map((place, i) => ({
      range: { start: BigInt(`0x${place.start}`), end: BigInt(`0x${place.end}`) },
      parents: place.parents,
      createdAt: place.createdAt,
      closedAt: closedAt(initial + i),
    }))
    this.shards = [...first, ...later]
    this.#initial = initial
    this.#isInitial = later.length === 0
    const open = this.open()
    this.#numbers = Uint32Array.from(open)
    this.#starts = new Uint32Array(open.length * 4)
    for (const [i, shard] of open.entries())
      bigIntToHash(this.shards[shard]!.range.start, this.#starts.subarray(i * 4))
  }

  /** The shard whose open range holds the MD5 of bytes[start, end). */
  route(bytes: Uint8Array, start: number, end: number): number {
    if (this.#isInitial) return shardOfKey(bytes, start, end, this.#initial)
    md5Words(bytes, start, end, keyHash)
    return this.routeHash(keyHash)
  }

  /** The shard whose open range holds the hash, four words, most significant first. */
  routeHash(hash: Uint32Array): number {
    if (this.#isInitial) return shardOfHash(hash, this.#initial)
    const starts = this.#starts
    let low = 0
    let high = this.#numbers.length
    // The last range whose start is not above the hash; the first one starts at zero.
    while (high - low > 1) {
      const middle = (low + high) >>> 1
      if (isAbove(starts, middle * 4, hash)) high = middle
      else low = middle
    }
    return this.#numbers[low]!
  }

  isOpen(shard: number): boolean {
    return this.shards[shard]?.closedAt === undefined
  }

  /** Numbers of the open shards in order of their ranges. */
  open(): number[] {
    return [...this.shards.keys()]
      .filter((shard) => this.isOpen(shard))
      .sort((a, b) => (this.shards[a]!.range.start < this.shards[b]!.range.start ? -1 : 1))
  }
}

function isAbove(starts: Uint32Array, at: number, hash: Uint32Array): boolean {
  for (let i = 0; i < 4; i++) {
    const start = starts[at + i]!
    const word = hash[i]!
    if (start !== word) return start > word
  }
  return false
}

/** The layout after a change at `time`. Error: STORE_RESHARD_INVALID, STORE_UNKNOWN_SHARD. */
export function reshardLayout(
  stream: { readonly name: string; readonly layout: ShardLayout; readonly stored: StoredLayout },
  change: Reshard,
  time: number,
): StoredLayout {
  const { name, layout, stored } = stream
  for (const shard of change.close) {
    if (layout.shards[shard] === undefined) {
      throw new StoreError(
        'STORE_UNKNOWN_SHARD',
        `stream "${name}" has shards 0 to ${layout.shards.length - 1}, not ${shard}.`,
      )
    }
    if (!layout.isOpen(shard)) throw invalid(name, `shard ${shard} is closed already`)
  }
  const before = merged(change.close.map((shard) => layout.shards[shard]!.range))
  const after = merged(change.open.map(({ range }) => range))
  if (before === undefined) throw invalid(name, 'a shard is to be closed twice, or none is')
  if (after === undefined) throw invalid(name, 'the ranges of the new shards overlap or are empty')
  if (before !== after) throw invalid(name, `the new shards cover ${after}, the closed ones ${before}`)
  for (const { parents } of change.open) {
    const foreign = parents.find((parent) => !change.close.includes(parent))
    if (foreign !== undefined || parents.length === 0)
      throw invalid(name, `the parents of a new shard are ${parents.join(', ') || 'none'}`)
  }
  const later = change.open.map(({ range, parents }) => ({
    start: hex(range.start),
    end: hex(range.end),
    parents: [...parents],
    createdAt: time,
  }))
  return {
    later: [...stored.later, ...later],
    closed: { ...stored.closed, ...Object.fromEntries(change.close.map((shard) => [shard, time])) },
  }
}

/** The ranges as one text, neighbours joined; undefined if there are none, or they overlap or are not ranges. */
function merged(ranges: readonly HashRange[]): string | undefined {
  const sorted = [...ranges].sort((a, b) => (a.start < b.start ? -1 : 1))
  const runs: { start: bigint; end: bigint }[] = []
  for (const { start, end } of sorted) {
    const last = runs.at(-1)
    if (start < 0n || end >= 2n ** 128n || end < start || (last !== undefined && start <= last.end))
      return undefined
    if (last !== undefined && start === last.end + 1n) last.end = end
    else runs.push({ start, end })
  }
  if (runs.length === 0) return undefined
  return runs.map(({ start, end }) => `${hex(start)}..${hex(end)}`).join(', ')
}

function hex(value: bigint): string {
  return value.toString(16).padStart(32, '0')
}

function invalid(stream: string, why: string): StoreError {
  return new StoreError(
    'STORE_RESHARD_INVALID',
    `stream "${stream}" cannot be resharded so: ${why}. Close open shards, and open others over the same ranges with the closed ones as parents.`,
  )
}

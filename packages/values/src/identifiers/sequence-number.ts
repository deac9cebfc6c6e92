/**
 * Sequence numbers: the store's (stream, shard, sequence) as clients of Kinesis see it, a decimal integer of 56 digits.
 * Its 47 hex digits, most significant first:
 *    1  version, 2
 *    9  creation second of the shard
 *    1  low nibble of the shard number
 *   16  counter: the store's sequence + 1; 0 is the shard's starting number, 7fff ffff ffff ffff its ending one
 *    2  0; in a continuation number that is no record's 1
 *    9  second in which the record was written (its batch's arrival time)
 *    8  shard number
 *    1  2
 * Nothing is stored: a number follows from the shard's description, the sequence and the arrival time. Laws: numbers of a
 * shard rise in read order (counter); every number of a child exceeds all of its parents', the ending one included,
 * because its creation second does (`creationSeconds`); version and widths give 56 digits, the first ones 49 to this
 * century's end and beyond. The continuation number of a reader at position p is that of record p - 1 if it was just
 * read, or the starting number, or one between the records p - 1 and p: AFTER each of them comes p, and AT the last two.
 *
 * Cost: a number by itself is one BigInt conversion; a run of records adds 2^80 in limbs of seven digits instead.
 */
import { DIGITS_4 } from './digits.ts'

export const SEQUENCE_NUMBER_DIGITS = 56

/** What numbers follow from: a stream of the store, or anything else that has shards. */
export interface NumberedStream {
  readonly name: string
  /** All shards that ever were, by number. */
  readonly shardInfos: readonly NumberedShard[]
}

export interface NumberedShard {
  readonly shard: number
  /** Sequence that the next record gets. */
  readonly next: number
  /** Shards of lower numbers. */
  readonly parents: readonly number[]
  /** Ms since the epoch. */
  readonly createdAt: number
  readonly closedAt: number | undefined
}

const VERSION = 2n
const LAST = 2n
const BETWEEN = 1n
const COUNTER_MAX = 0x7fff_ffff_ffff_ffffn
const PATTERN = /^(?:0|[1-9][0-9]{0,128})$/

/** Where a number stands: `counter` records of the shard are at or before it (Infinity for the ending number). */
export interface SequencePlace {
  readonly kind: 'place'
  readonly shard: number
  readonly counter: number
  /** It is the number of the last of them, and no place between records. */
  readonly isRecord: boolean
}

export type SequenceFault = {
  readonly kind: 'unparseable' | 'foreign' | 'future'
}

/** First seconds of all shards of a snapshot, so that a lineage of many generations is walked once. */
const secondsOf = new WeakMap<NumberedStream, Float64Array>()

/** The creation second in a shard's numbers: always later than its parents', whatever the clock said. */
export function creationSeconds(info: NumberedStream, shard: number): number {
  const { parents, createdAt } = mustShard(info, shard)
  if (parents.length === 0) return Math.floor(createdAt / 1000)
  let seconds = secondsOf.get(info)
  if (seconds === undefined) {
    seconds = new Float64Array(info.shardInfos.length)
    // Parents have lower numbers than their children.
    for (const place of info.shardInfos) {
      let second = Math.floor(place.createdAt / 1000)
      for (const parent of place.parents) second = Math.max(second, seconds[parent]!)
      seconds[place.shard] = place.parents.length === 0 ? second : second + 1
    }
    secondsOf.set(info, seconds)
  }
  return seconds[shard]!
}

export function formatSequenceNumber(
  info: NumberedStream,
  shard: number,
  sequence: number,
  arrivalTimeMs: number,
): string {
  return compose(info, shard, BigInt(sequence) + 1n, Math.floor(arrivalTimeMs / 1000)).toString()
}

export function startingSequenceNumber(info: NumberedStream, shard: number): string {
  return compose(info, shard, 0n, creationSeconds(info, shard)).toString()
}

/** Undefined while the shard is open. */
export function endingSequenceNumber(info: NumberedStream, shard: number): string | undefined {
  const { closedAt } = mustShard(info, shard)
  return closedAt === undefined
    ? undefined
    : compose(info, shard, COUNTER_MAX, Math.floor(closedAt / 1000)).toString()
}

/** The number after which a reader goes on at `position`; `lastMs` is the time of the record before it, if it was just read. */
export function continuationSequenceNumber(
  info: NumberedStream,
  shard: number,
  position: number,
  { lastMs, nowMs }: { readonly lastMs: number | undefined; readonly nowMs: number },
): string {
  if (position === 0) return startingSequenceNumber(info, shard)
  return lastMs === undefined
    ? compose(info, shard, BigInt(position), Math.floor(nowMs / 1000), BETWEEN).toString()
    : formatSequenceNumber(info, shard, position - 1, lastMs)
}

/** The place of a number in its stream, or why it has none there. */
export function parseSequenceNumber(text: string, info: NumberedStream): SequencePlace | SequenceFault {
  if (!PATTERN.test(text)) return { kind: 'unparseable' }
  const value = BigInt(text)
  const field = (lowDigit: number, digits: number): bigint =>
    (value >> BigInt(lowDigit * 4)) & ((1n << BigInt(digits * 4)) - 1n)
  const shard = Number(field(1, 8))
  const filler = field(18, 2)
  if (value >> 184n !== VERSION || field(0, 1) !== LAST || filler > BETWEEN) return { kind: 'foreign' }
  const place = info.shardInfos[shard]
  if (
    place === undefined ||
    field(36, 1) !== BigInt(shard & 15) ||
    Number(field(37, 9)) !== creationSeconds(info, shard)
  ) {
    return { kind: 'foreign' }
  }
  const counter = field(20, 16)
  if (counter === COUNTER_MAX) {
    return place.closedAt === undefined
      ? { kind: 'future' }
      : { kind: 'place', shard, counter: Number.POSITIVE_INFINITY, isRecord: false }
  }
  return counter > BigInt(place.next)
    ? { kind: 'future' }
    : { kind: 'place', shard, counter: Number(counter), isRecord: counter > 0n && filler !== BETWEEN }
}

const LIMB = 10_000_000
/** 2^80, the distance between two records, in limbs of seven digits, least significant first. */
const STEP = [4_706_176, 1_462_917, 9_258_196, 1_208] as const

/** The numbers of consecutive records that arrived together, written as digits without a BigInt for each. */
export class SequenceRun {
  /** Eight limbs of seven digits, least significant first. */
  readonly #limbs = new Float64Array(8)

  constructor(info: NumberedStream, shard: number, sequence: number, arrivalTimeMs: number) {
    const text = formatSequenceNumber(info, shard, sequence, arrivalTimeMs)
    for (let i = 0; i < 8; i++) this.#limbs[7 - i] = Number(text.slice(i * 7, i * 7 + 7))
  }

  /** Writes the number's 56 digits. */
  writeTo(bytes: Uint8Array, at: number): void {
    const limbs = this.#limbs
    for (let i = 7, to = at; i >= 0; i--, to += 7) {
      const limb = limbs[i]! | 0
      const high = (limb / 10_000) | 0
      const highAt = high * 4
      const lowAt = (limb - high * 10_000) * 4
      bytes[to] = DIGITS_4[highAt + 1]!
      bytes[to + 1] = DIGITS_4[highAt + 2]!
      bytes[to + 2] = DIGITS_4[highAt + 3]!
      bytes[to + 3] = DIGITS_4[lowAt]!
      bytes[to + 4] = DIGITS_4[lowAt + 1]!
      bytes[to + 5] = DIGITS_4[lowAt + 2]!
      bytes[to + 6] = DIGITS_4[lowAt + 3]!
    }
  }

  /** Moves on by one record, or by some: at most 2^29, so that products of limbs stay exact. */
  advance(records = 1): void {
    const limbs = this.#limbs
    let carry = 0
    for (let i = 0; i < 8; i++) {
      if (i >= 4 && carry === 0) return
      let limb = limbs[i]! + carry + (i < 4 ? STEP[i]! * records : 0)
      carry = 0
      if (limb >= LIMB) {
        carry = Math.floor(limb / LIMB)
        limb -= carry * LIMB
      }
      limbs[i] = limb
    }
  }
}

function compose(
  info: NumberedStream,
  shard: number,
  counter: bigint,
  writeSeconds: number,
  filler = 0n,
): bigint {
  let value = (VERSION << 36n) | BigInt(creationSeconds(info, shard))
  value = (value << 4n) | BigInt(shard & 15)
  value = (value << 64n) | counter
  value = (value << 8n) | filler
  value = (value << 36n) | BigInt(writeSeconds)
  value = (value << 32n) | BigInt(shard)
  return (value << 4n) | LAST
}

function mustShard(info: NumberedStream, shard: number): NumberedShard {
  const place = info.shardInfos[shard]
  if (place === undefined) throw new Error(`stream "${info.name}" has no shard ${shard}`)
  return place
}

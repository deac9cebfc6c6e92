/**
 * Sequence numbers of a table's changes, as DynamoDB streams show them: at most 40 digits, so that the number of a stream's
 * record (sequence-number.ts) is too long. Decimal fields, most significant first, 37 digits in all:
 *    1   version, 1
 *   10   creation second of the shard, as in the numbers of streams
 *   16   counter: the store's sequence + 1; 0 is the shard's starting number, all nines its ending one
 *   10   shard number
 *
 * Laws: numbers of a shard rise in read order; every number of a child exceeds all of its parents', the ending one
 * included. A number follows from shard and sequence alone. Cost: a few short texts.
 *
 * Also here: the id that the event of a change bears, which is the same for every reader.
 */
import { hash } from 'node:crypto'
import {
  creationSeconds,
  type NumberedStream,
  type SequenceFault,
  type SequencePlace,
} from './sequence-number.ts'

const COUNTER_ENDING = '9'.repeat(16)
const PATTERN = /^(?:0|[1-9][0-9]{0,39})$/
const LAYOUT = /^1([0-9]{10})([0-9]{16})([0-9]{10})$/

export function changeSequenceNumber(stream: NumberedStream, shard: number, sequence: number): string {
  return changeSequencePrefix(stream, shard) + counterText(sequence + 1) + shardText(shard)
}

export function startingChangeSequenceNumber(stream: NumberedStream, shard: number): string {
  return changeSequenceNumber(stream, shard, -1)
}

/** Undefined while the shard is open. */
export function endingChangeSequenceNumber(stream: NumberedStream, shard: number): string | undefined {
  const prefix = changeSequencePrefix(stream, shard)
  return stream.shardInfos[shard]!.closedAt === undefined
    ? undefined
    : prefix + COUNTER_ENDING + shardText(shard)
}

/** The place of a number in its stream, or why it has none there. */
export function parseChangeSequenceNumber(
  text: string,
  stream: NumberedStream,
): SequencePlace | SequenceFault {
  if (!PATTERN.test(text)) return { kind: 'unparseable' }
  const match = LAYOUT.exec(text)
  if (match === null) return { kind: 'foreign' }
  const shard = Number(match[3])
  const place = stream.shardInfos[shard]
  if (place === undefined || Number(match[1]) !== creationSeconds(stream, shard)) return { kind: 'foreign' }
  if (match[2] === COUNTER_ENDING) {
    return place.closedAt === undefined
      ? { kind: 'future' }
      : { kind: 'place', shard, counter: Number.POSITIVE_INFINITY, isRecord: false }
  }
  const counter = Number(match[2])
  return counter > place.next ? { kind: 'future' } : { kind: 'place', shard, counter, isRecord: counter > 0 }
}

/** 32 hex digits; `stream` is the name of the change stream. */
export function changeEventId(stream: string, sequenceNumber: string): string {
  return hash('md5', `${stream}:${sequenceNumber}`, 'hex')
}

/** The part that is the same for all numbers of a shard. */
function changeSequencePrefix(stream: NumberedStream, shard: number): string {
  return `1${String(creationSeconds(stream, shard)).padStart(10, '0')}`
}

function counterText(counter: number): string {
  return String(counter).padStart(16, '0')
}

function shardText(shard: number): string {
  return String(shard).padStart(10, '0')
}

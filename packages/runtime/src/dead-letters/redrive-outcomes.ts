/**
 * What became of redriven letters. Nothing is kept for it: the stream `STAGE.redrive` says which letters went back, the positions of
 * the stage how far it is, and the table of dead letters which of them died again:
 *
 *   waiting   its stage has not decided yet: it reads, tries or waits to try again
 *   died      it is dead again, or was and went back once more
 *   done      decided, and not dead: it came out (or a filter left it out). One that died again and was dropped since counts here
 *             too, since nothing is left of it
 *
 * It looks at the newest `recordsMax` records of the stream, since a letter that went back again is known by the later one alone.
 * Cost: their headers, which hold the history, and a look into the table for each.
 */
import type { Store } from '@millrace/store'
import { recordId } from '../dead-letter.ts'
import { isSettled } from '../mapping/mapped-shard.ts'
import { type FunctionShardPosition, functionShardsOf, readStageRecord } from '../stage-record.ts'
import { BatchRecord } from '../stream-record.ts'
import { deadLetterTable, redriveStreamName } from '../system-names.ts'
import { type DeadLetter, readLetter } from './letter.ts'
import { type EarlierFailure, redriven } from './redrive-record.ts'

export type RedriveOutcome = 'waiting' | 'done' | 'died'

export interface RedriveRange {
  readonly stage: string
  /** Sequences of the stream from here; default: the oldest that is retained. */
  readonly from?: number
  /** Below this; default: all. */
  readonly to?: number
  /** Of the stream. Default 0, the only one unless somebody split it. */
  readonly shard?: number
  /** Letters listed at most; the counts are of all in the range that were looked at. */
  readonly limit: number
}

export interface RedrivenLetter {
  readonly stage: string
  readonly id: string
  readonly partitionKey: string
  readonly outcome: RedriveOutcome
  /** ISO time of the redrive. */
  readonly redrivenTime: string
  /** How often it had been redriven, this time included. */
  readonly redrives: number
  /** How it had died before. */
  readonly failure?: EarlierFailure
  /** Of one that died again and waits: how. */
  readonly error?: { readonly code: string; readonly message: string }
  /** Its place in the redrive stream. */
  readonly shard: number
  readonly sequence: number
}

export interface RedriveOutcomes {
  /** The newest first. */
  readonly letters: readonly RedrivenLetter[]
  readonly waiting: number
  readonly done: number
  readonly died: number
  /** Records of the range that were not looked at, since they are too old. */
  readonly older: number
}

const recordsMax = 2_000
const bytesMax = 64 * 1024 * 1024

export function redriveOutcomes(store: Store, range: RedriveRange): RedriveOutcomes {
  const { stage, shard = 0, limit } = range
  const name = redriveStreamName(stage)
  const info = store.stream(name)?.shardInfos[shard]
  const counts = { waiting: 0, done: 0, died: 0 }
  if (info === undefined) return { letters: [], ...counts, older: 0 }
  const first = Math.max(range.from ?? 0, info.oldest)
  const from = Math.max(first, info.next - recordsMax)
  const { to = info.next } = range
  // One moment: a letter that is decided between two looks would be in neither place.
  const found = store.snapshot(() => {
    const record = readStageRecord(stage, store.getStage(stage))
    const position = record?.kind === 'function' ? functionShardsOf(record, name)[shard] : undefined
    const records = readRecords(store, { name, shard, from, to: info.next })
    const again = new Set<string>()
    const letters: RedrivenLetter[] = []
    for (const carrier of records.reverse()) {
      const letter = outcomeOf(store, stage, carrier, { position, again })
      if (letter !== undefined && letter.sequence < to) letters.push(letter)
    }
    return letters
  })
  for (const { outcome } of found) counts[outcome]++
  return { letters: found.slice(0, limit), ...counts, older: Math.max(0, Math.min(from, to) - first) }
}

function readRecords(
  store: Store,
  { name, shard, from, to }: { name: string; shard: number; from: number; to: number },
): BatchRecord[] {
  const records: BatchRecord[] = []
  if (from >= to) return records
  for (const batch of store.read(name, shard, from, { maxRecords: to - from, maxBytes: bytesMax }).batches) {
    if ('reason' in batch) continue
    for (let i = Math.max(0, from - batch.firstSequence); i < batch.count; i++)
      if (batch.firstSequence + i < to) records.push(new BatchRecord(batch, i))
  }
  return records
}

/** `again`: letters that are in the stream once more behind this record. Undefined: a record that somebody put there by hand. */
function outcomeOf(
  store: Store,
  stage: string,
  carrier: BatchRecord,
  { position, again }: { position: FunctionShardPosition | undefined; again: Set<string> },
): RedrivenLetter | undefined {
  const carried = redriven(carrier)
  if (carried === undefined) return undefined
  const { record, history } = carried
  const id = recordId(record.stream, record.shard, record.sequence)
  const isBack = again.has(id)
  again.add(id)
  const failure = history.failures.at(-1)
  let outcome: RedriveOutcome = 'waiting'
  let letter: DeadLetter | undefined
  if (position !== undefined && isSettled(position, carrier)) {
    const json = store.getItem(deadLetterTable.name, stage, id)
    letter = json === undefined ? undefined : readLetter(json)
    // A letter of an earlier life left the table when it was redriven, so one that is there has died since.
    outcome = isBack || letter !== undefined ? 'died' : 'done'
  }
  return {
    stage,
    id,
    partitionKey: record.partitionKey,
    outcome,
    redrivenTime: failure?.redrivenTime ?? new Date(carrier.arrivalTimeMs).toISOString(),
    redrives: history.redrives,
    ...(failure === undefined ? {} : { failure }),
    ...(letter === undefined || isBack
      ? {}
      : { error: { code: letter.error.code, message: letter.error.message } }),
    shard: carrier.shard,
    sequence: carrier.sequence,
  }
}

/**
 * Redriving: dead letters go back to their function through the stream `STAGE.redrive`, which it reads beside its own input.
 *
 * Each letter leaves the table in the transaction that appends it to the stream, so it is in exactly one of them whatever
 * happens; many letters take several transactions, and what a stop left undone is still in the table. Letters go in the order of
 * their places, and a letter whose key has an older one that would stay dead is refused, because its records would change places:
 * first all are looked at, then the first one is moved.
 */
import { type AppendRecord, STORED_DATA_BYTES_MAX, type Store, type Transaction } from '@millrace/store'
import { RuntimeError } from '../errors.ts'
import { readStageRecord } from '../stage-record.ts'
import { deadLetterTable, redriveStreamName } from '../system-names.ts'
import { type DeadLetter, readLetter } from './letter.ts'
import { addToCounts } from './letter-counts.ts'
import { type LetterFilter, letterPages, matches, turn } from './letter-scan.ts'
import { failuresMax, type LetterHistory, writeRedriven } from './redrive-record.ts'

const encoder = new TextEncoder()

/** A letter may wait long in the stream while its app is stopped; a year is as long as the wire allows. */
const retentionMs = 365 * 86_400_000
/** Letters and bytes of one transaction: other commits wait for it. */
const chunkLetters = 500
const chunkBytes = 4 * 1024 * 1024
const failureMessageLengthMax = 500

export interface Redrive {
  readonly redriven: number
  /** Letters that hold no record: stretches of the log that cannot be read. */
  readonly unreadable: number
}

/** Where letters went: records of `STAGE.redrive` from `from` to below `to`. Those of others may stand between them. */
export interface SentLetters {
  readonly stage: string
  readonly shard: number
  readonly from: number
  readonly to: number
}

/** Errors: DEAD_LETTER_STAGE if the stage cannot take them, DEAD_LETTER_ORDER. */
export async function redriveLetters(
  store: Store,
  stage: string,
  filter: LetterFilter,
  options: { readonly outOfOrder: boolean; readonly limit: number },
): Promise<Redrive & { readonly sent: readonly SentLetters[] }> {
  mustTakeBack(store, stage)
  const chosen = await choose(store, stage, filter, options)
  if (chosen.ids.length > 0) store.defineStream({ name: redriveStreamName(stage), shards: 1, retentionMs })
  let redriven = 0
  const sent = new Map<number, SentLetters>()
  for (let from = 0; from < chosen.ids.length; ) {
    const start = from
    const moved = store.commit((transaction) => {
      const records: AppendRecord[] = []
      let bytes = 0
      for (
        from = start;
        from < chosen.ids.length && from < start + chunkLetters && bytes < chunkBytes;
        from++
      ) {
        const record = take(transaction, stage, chosen.ids[from]!)
        if (record === undefined) continue
        records.push(record)
        bytes += record.data.length
      }
      if (records.length === 0) return []
      const places = transaction.append(redriveStreamName(stage), records)
      const { length } = records
      addToCounts(transaction, stage, { letters: -length, records: -length, redriven: length })
      return places
    })
    redriven += moved.length
    for (const { shard, sequence } of moved) {
      const first = sent.get(shard)?.from ?? sequence
      sent.set(shard, { stage, shard, from: first, to: sequence + 1 })
    }
    await turn()
  }
  return { redriven, unreadable: chosen.unreadable, sent: [...sent.values()] }
}

function mustTakeBack(store: Store, stage: string): void {
  const kind = readStageRecord(stage, store.getStage(stage))?.kind
  if (kind === 'function') return
  throw new RuntimeError('DEAD_LETTER_STAGE', {
    place: `stage "${stage}"`,
    what:
      kind === undefined
        ? 'it has never run on this data'
        : 'it is no function, so its dead letters cannot go back to it',
    next:
      kind === undefined
        ? 'Check the name with `millrace dead list`'
        : 'Put the record again with `millrace put`, then drop the letter',
  })
}

interface Chosen {
  readonly ids: readonly string[]
  readonly unreadable: number
}

/** The letters that match, in order. A transaction takes what is still there then. */
async function choose(
  store: Store,
  stage: string,
  filter: LetterFilter,
  { outOfOrder, limit }: { readonly outOfOrder: boolean; readonly limit: number },
): Promise<Chosen> {
  const ids: string[] = []
  const most = Math.min(limit, filter.id === undefined ? (filter.ids?.length ?? limit) : 1)
  let unreadable = 0
  /** By key: the first letter that stays. */
  const staying = new Map<string, string>()
  for await (const page of letterPages(store, stage)) {
    for (const letter of page) {
      if (letter.data === undefined || letter.partitionKey === undefined) {
        if (matches(letter, filter)) unreadable++
        continue
      }
      const { partitionKey, id } = letter
      if (!matches(letter, filter)) {
        if (!staying.has(partitionKey)) staying.set(partitionKey, id)
        continue
      }
      const older = staying.get(partitionKey)
      if (older !== undefined && !outOfOrder) throw outOfOrderError(letter, older)
      if (ids.push(id) === most) return { ids, unreadable }
    }
  }
  return { ids, unreadable }
}

function outOfOrderError({ stage, id, partitionKey }: DeadLetter, older: string): RuntimeError {
  return new RuntimeError('DEAD_LETTER_ORDER', {
    place: `dead letter ${id} of stage "${stage}"`,
    what: `letter ${older} has the same key ${JSON.stringify(partitionKey)}, is older and would stay behind, so the records of this key would be processed in another order`,
    next: 'Redrive both (by the key, or all of the stage), drop the older one, or say --out-of-order. Nothing of this stage was redriven',
  })
}

/** Takes the letter out of the table; undefined if it is not there any more. */
function take(transaction: Transaction, stage: string, id: string): AppendRecord | undefined {
  const json = transaction.getItem(deadLetterTable.name, stage, id)
  if (json === undefined) return undefined
  const letter = readLetter(json)
  const { data, partitionKey } = letter
  if (data === undefined || partitionKey === undefined) return undefined
  transaction.deleteItem(deadLetterTable.name, stage, id)
  const { stream = '', shard = 0, sequence = 0, arrivalTime = transaction.time } = letter
  const place = { stream, shard, sequence, arrivalTime }
  return {
    key: encoder.encode(partitionKey),
    data: encode(place, letter, Buffer.from(data, 'base64'), transaction.time),
  }
}

/**
 * Where history and record together are too large for a record, the payload before the edit is what is left behind. All else fits:
 * errorReport bounds codes, and there are at most `failuresMax` messages, cut, which leaves half of the room that the store gives.
 */
function encode(
  place: Parameters<typeof writeRedriven>[0],
  letter: DeadLetter,
  data: Uint8Array,
  nowMs: number,
): Uint8Array {
  const history = historyOf(letter, nowMs)
  const bytes = writeRedriven(place, history, data)
  if (bytes.length <= STORED_DATA_BYTES_MAX || history.original === undefined) return bytes
  const { original, ...rest } = history
  return writeRedriven(place, rest, data)
}

function historyOf(letter: DeadLetter, nowMs: number): LetterHistory {
  const { error, attempts = 0, codeVersion = '', failures = [], redrives = 0, original } = letter
  const failure = {
    code: error.code,
    message: error.message.slice(0, failureMessageLengthMax),
    codeVersion,
    attempts,
    lastTime: letter.lastTime,
    redrivenTime: new Date(nowMs).toISOString(),
  }
  return {
    attempts,
    firstTime: letter.firstTime,
    redrives: redrives + 1,
    failures: [...failures, failure].slice(-failuresMax),
    ...(original === undefined ? {} : { original }),
  }
}

/**
 * Reading dead letters in the order of their places: stage, stream, shard, sequence. Letters of one key and stage are thereby in
 * the order in which the records were. There is no index by error code, key or cause: such a filter reads all letters of the stage.
 */
import type { Store } from '@millrace/store'
import { deadLetterTable } from '../system-names.ts'
import { type DeadLetter, readLetter } from './letter.ts'
import { readCounts } from './letter-counts.ts'
import { causeOf } from './letter-groups.ts'

/** All that are given have to hold. */
export interface LetterFilter {
  readonly stage?: string | undefined
  /** Error code. */
  readonly code?: string | undefined
  /** Partition key of the record. */
  readonly key?: string | undefined
  readonly id?: string | undefined
  /** One of these. */
  readonly ids?: readonly string[] | undefined
  /** `cause` of a group. */
  readonly cause?: string | undefined
  /** In the error's message, the payload, the key or the id, in whatever case. */
  readonly text?: string | undefined
}

export interface LetterPlace {
  readonly stage: string
  readonly id: string
}

/** Letters read before others get a turn. */
const pageLetters = 256

export function matches(letter: DeadLetter, filter: LetterFilter): boolean {
  const { stage, code, key, id, ids, cause, text } = filter
  return (
    (stage === undefined || letter.stage === stage) &&
    (code === undefined || letter.error.code === code) &&
    (key === undefined || letter.partitionKey === key) &&
    (id === undefined || letter.id === id) &&
    (ids === undefined || ids.includes(letter.id)) &&
    (text === undefined || holds(letter, text.toLowerCase())) &&
    (cause === undefined || causeOf(letter) === cause)
  )
}

function holds({ error, text = '', partitionKey = '', id }: DeadLetter, wanted: string): boolean {
  return [error.message, partitionKey, id, text].some((each) => each.toLowerCase().includes(wanted))
}

/** Stages that have letters now. */
export function stagesWithLetters(store: Store): string[] {
  return readCounts(store).flatMap(({ stage, letters }) => (letters > 0 ? [stage] : []))
}

/** Pages of letters of one stage (or all), each one snapshot; none of them empty. */
export async function* letterPages(
  store: Store,
  stage: string | undefined,
  after?: LetterPlace,
): AsyncGenerator<DeadLetter[]> {
  if (store.table(deadLetterTable.name) === undefined) return
  let last = after
  for (;;) {
    const items = store.scan(deadLetterTable.name, {
      limit: pageLetters,
      ...(stage === undefined ? {} : { partitionKey: stage }),
      ...(last === undefined ? {} : { after: { partitionKey: last.stage, sortKey: last.id } }),
    })
    const page = Array.from(items, ({ json }) => readLetter(json))
    if (page.length > 0) yield page
    if (page.length < pageLetters) return
    last = page.at(-1)
    await turn()
  }
}

/** A long scan must not keep the thread from its other work. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

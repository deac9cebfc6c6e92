/**
 * Reading dead letters in the order of their places: stage, stream, shard, sequence. Letters of one key and stage are thereby in
 * the order in which the records were. There is no index by error code or key: such a filter reads all letters of the stage.
 */
import type { Store } from '@millrace/store'
import { deadLetterTable } from '../system-names.ts'
import { type DeadLetter, readLetter } from './letter.ts'
import { readCounts } from './letter-counts.ts'

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
}

export interface LetterPlace {
  readonly stage: string
  readonly id: string
}

/** Letters read before others get a turn. */
const pageLetters = 256

export function matches(letter: DeadLetter, { stage, code, key, id, ids }: LetterFilter): boolean {
  return (
    (stage === undefined || letter.stage === stage) &&
    (code === undefined || letter.error.code === code) &&
    (key === undefined || letter.partitionKey === key) &&
    (id === undefined || letter.id === id) &&
    (ids === undefined || ids.includes(letter.id))
  )
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

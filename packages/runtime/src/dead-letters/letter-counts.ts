/**
 * What became of each stage's dead letters, as one small item for each stage in the table `system.dead-letter-counts`. It changes
 * in the transactions that add, redrive and drop letters, so that at any time, counted in records,
 *
 *   records that died = records waiting + redriven + dropped
 *
 * which the report checks against what the stages themselves have counted. An unreadable stretch is one letter for many records.
 */
import type { Store, TableDefinition, Transaction } from '@millrace/store'
import { deadLetterTable, letterCountsTable } from '../system-names.ts'

export interface LetterCounts {
  readonly stage: string
  /** Items in the table now, and the records that they stand for. */
  readonly letters: number
  readonly records: number
  /** Records that went back to the stage, each time that one did. */
  readonly redriven: number
  readonly dropped: number
}

export type CountsChange = Partial<Omit<LetterCounts, 'stage'>>

const encoder = new TextEncoder()
const decoder = new TextDecoder()

export function noLetters(stage: string): LetterCounts {
  return { stage, letters: 0, records: 0, redriven: 0, dropped: 0 }
}

/** Adds to the counts of a stage, as part of the transaction. */
export function addToCounts(transaction: Transaction, stage: string, change: CountsChange): void {
  const stored = transaction.getItem(letterCountsTable.name, stage, undefined)
  const { letters, records, redriven, dropped } = stored === undefined ? noLetters(stage) : parse(stored)
  putCounts(transaction, {
    stage,
    letters: letters + (change.letters ?? 0),
    records: records + (change.records ?? 0),
    redriven: redriven + (change.redriven ?? 0),
    dropped: dropped + (change.dropped ?? 0),
  })
}

/** Of all stages that ever had a dead letter, by name. Empty where no app has run. */
export function readCounts(store: Store): LetterCounts[] {
  if (store.table(letterCountsTable.name) === undefined) return []
  return [...store.scan(letterCountsTable.name)].map(({ json }) => parse(json))
}

/** Makes both tables. Letters of a directory that is older than the counts are counted once. */
export function defineLetterTables(store: Store): void {
  const isOlder = store.table(letterCountsTable.name) === undefined
  const counts = new Map<string, LetterCounts>()
  if (isOlder && store.table(deadLetterTable.name) !== undefined) {
    for (const { partitionKey, json } of store.scan(deadLetterTable.name)) {
      const stage = String(partitionKey)
      const { letters, records } = counts.get(stage) ?? noLetters(stage)
      counts.set(stage, { ...noLetters(stage), letters: letters + 1, records: records + recordsOf(json) })
    }
  }
  store.defineTable(deadLetterTable)
  store.defineTable(letterCountsTable satisfies TableDefinition)
  if (counts.size === 0) return
  store.commit((transaction) => {
    for (const each of counts.values()) putCounts(transaction, each)
  })
}

function putCounts(transaction: Transaction, counts: LetterCounts): void {
  transaction.putItem(letterCountsTable.name, counts.stage, undefined, encoder.encode(JSON.stringify(counts)))
}

function parse(json: Uint8Array): LetterCounts {
  // Only putCounts writes these items.
  return JSON.parse(decoder.decode(json)) as LetterCounts
}

function recordsOf(json: Uint8Array): number {
  // Written by dead-letter.ts of any version; only stretches say how many records they stand for.
  const { records } = JSON.parse(decoder.decode(json)) as { readonly records?: number }
  return records ?? 1
}

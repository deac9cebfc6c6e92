/**
 * What people and tools do with dead letters: find, show, edit, redrive, drop. Works on any open store, beside a running app
 * or on a directory at rest; changes need a store that writes.
 */
import type { Store } from '@millrace/store'
import { isoTime } from '../dead-letter.ts'
import { RuntimeError, shown } from '../errors.ts'
import { deadLetterTable } from '../system-names.ts'
import { type DeadLetter, fullLetterId, readLetter, recordsIn, writeLetter } from './letter.ts'
import { addToCounts, defineLetterTables, type LetterCounts, readCounts } from './letter-counts.ts'
import { type LetterGroup, LetterGroups } from './letter-groups.ts'
import {
  type LetterFilter,
  type LetterPlace,
  letterPages,
  matches,
  stagesWithLetters,
  turn,
} from './letter-scan.ts'
import { type Redrive, redriveLetters, type SentLetters } from './redrive-letters.ts'
import { type RedriveOutcomes, type RedriveRange, redriveOutcomes } from './redrive-outcomes.ts'

export interface LetterPage {
  readonly letters: readonly DeadLetter[]
  /** Set when there may be more. */
  readonly next: LetterPlace | undefined
}

export interface RedriveOptions {
  /** Redrive though an older letter of the same key stays dead. Default false. */
  readonly outOfOrder?: boolean
  /** Letters at most, the oldest first. */
  readonly limit?: number
}

export interface LetterEdit {
  readonly data: Uint8Array
  /** `lastTime` of the letter that was looked at: a letter that has died again since is not overwritten. */
  readonly lastTime?: string
}

/** Letters that a page looks at, so that a filter that matches few does not hold up its caller. */
const examinedMax = 10_000
const dropChunk = 500
const dataBytesMax = 10 * 1024 * 1024
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

export class DeadLetters {
  private readonly store: Store

  constructor(store: Store) {
    this.store = store
  }

  /** By stage; those that never had one are missing. */
  counts(): LetterCounts[] {
    return readCounts(this.store)
  }

  /** Letters in the order of their places. A page may be empty though more follow. */
  async list(
    asked: LetterFilter,
    page: { readonly limit: number; readonly after?: LetterPlace },
  ): Promise<LetterPage> {
    const filter = withFullIds(asked)
    const letters: DeadLetter[] = []
    let examined = 0
    for await (const found of letterPages(this.store, filter.stage, page.after)) {
      for (const letter of found) {
        examined++
        if (matches(letter, filter)) letters.push(letter)
        if (letters.length >= page.limit || examined >= examinedMax)
          return { letters, next: { stage: letter.stage, id: letter.id } }
      }
    }
    return { letters, next: undefined }
  }

  /** All that match, by cause, the largest first. */
  async causes(asked: LetterFilter): Promise<LetterGroup[]> {
    return (await this.groups(asked, Number.POSITIVE_INFINITY)).causes
  }

  /** The same of the letters that are found among the first `lettersMax`; `isWhole`: there are no more than these. */
  async groups(
    asked: LetterFilter,
    lettersMax: number,
  ): Promise<{ readonly causes: LetterGroup[]; readonly isWhole: boolean }> {
    const filter = withFullIds(asked)
    const groups = new LetterGroups()
    let examined = 0
    for await (const page of letterPages(this.store, filter.stage)) {
      for (const letter of page) {
        if (examined++ >= lettersMax) return { causes: groups.list(), isWhole: false }
        if (matches(letter, filter)) groups.add(letter)
      }
    }
    return { causes: groups.list(), isWhole: true }
  }

  /** Errors: DEAD_LETTER_UNKNOWN, DEAD_LETTER_AMBIGUOUS where several stages have a letter of this place. */
  show(id: string, stage?: string): DeadLetter {
    const full = fullLetterId(id)
    const stages = stage === undefined ? stagesWithLetters(this.store) : [stage]
    const found = stages.flatMap((each) => this.find(each, full) ?? [])
    const [letter] = found
    if (letter === undefined) throw unknownLetter(full, stage)
    if (found.length === 1) return letter
    throw new RuntimeError('DEAD_LETTER_AMBIGUOUS', {
      place: `dead letter ${full}`,
      what: 'several stages have a letter of this place',
      allowed: found.map((each) => each.stage).join(', '),
      next: 'Name the stage too',
    })
  }

  /**
   * Replaces the payload; the one that the record came with is kept in the letter. What was JSON must stay JSON.
   * Errors: DEAD_LETTER_UNKNOWN, DEAD_LETTER_CHANGED, DEAD_LETTER_NOT_JSON, DEAD_LETTER_DATA.
   */
  edit({ stage, id }: LetterPlace, { data, lastTime }: LetterEdit): DeadLetter {
    const full = fullLetterId(id)
    this.defineTables()
    return this.store.commit((transaction) => {
      const json = transaction.getItem(deadLetterTable.name, stage, full)
      if (json === undefined) throw unknownLetter(full, stage)
      const letter = readLetter(json)
      checkEdit(letter, data, lastTime)
      const text = textOf(data)
      const { text: _, ...kept } = letter
      const edited: DeadLetter = {
        ...kept,
        data: Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('base64'),
        ...(text === undefined ? {} : { text }),
        // checkEdit has refused letters without data.
        original: letter.original ?? { data: letter.data ?? '', editedTime: isoTime(transaction.time) },
      }
      transaction.putItem(deadLetterTable.name, stage, full, writeLetter(edited))
      return edited
    })
  }

  /** Deletes letters for good. Each transaction takes some; a stop in between leaves the rest. */
  async drop(
    filter: LetterFilter,
    limit = Number.POSITIVE_INFINITY,
  ): Promise<{ dropped: number; records: number }> {
    this.defineTables()
    const places = await this.places(withFullIds(filter), limit)
    let dropped = 0
    let records = 0
    for (let from = 0; from < places.length; from += dropChunk) {
      const chunk = places.slice(from, from + dropChunk)
      this.store.commit((transaction) => {
        for (const { stage, id } of chunk) {
          const json = transaction.getItem(deadLetterTable.name, stage, id)
          if (json === undefined) continue
          const count = recordsIn(readLetter(json))
          transaction.deleteItem(deadLetterTable.name, stage, id)
          addToCounts(transaction, stage, { letters: -1, records: -count, dropped: count })
          dropped++
          records += count
        }
      })
      await turn()
    }
    return { dropped, records }
  }

  /**
   * Gives letters back to their functions. A second redrive of a letter finds none.
   * Errors: DEAD_LETTER_STAGE, DEAD_LETTER_ORDER; what was redriven of other stages before stays so.
   */
  async redrive(
    filter: LetterFilter,
    { outOfOrder = false, limit }: RedriveOptions = {},
  ): Promise<Redrive & { readonly sent: readonly SentLetters[] }> {
    this.defineTables()
    const full = withFullIds(filter)
    const places = filter.stage === undefined ? await this.places(full, Number.POSITIVE_INFINITY) : []
    const stages = filter.stage === undefined ? new Set(places.map(({ stage }) => stage)) : [filter.stage]
    let redriven = 0
    let unreadable = 0
    const sent: SentLetters[] = []
    for (const stage of stages) {
      const left = (limit ?? Number.POSITIVE_INFINITY) - redriven
      if (left <= 0) break
      const done = await redriveLetters(this.store, stage, { ...full, stage }, { outOfOrder, limit: left })
      redriven += done.redriven
      unreadable += done.unreadable
      sent.push(...done.sent)
    }
    return { redriven, unreadable, sent }
  }

  /** What became of the letters that were redriven, the newest first. */
  outcomes(range: RedriveRange): RedriveOutcomes {
    return redriveOutcomes(this.store, range)
  }

  private async places(filter: LetterFilter, limit: number): Promise<LetterPlace[]> {
    const places: LetterPlace[] = []
    for await (const page of letterPages(this.store, filter.stage)) {
      for (const letter of page) {
        if (!matches(letter, filter)) continue
        if (places.length >= limit) return places
        places.push({ stage: letter.stage, id: letter.id })
      }
    }
    return places
  }

  private find(stage: string, id: string): DeadLetter | undefined {
    if (this.store.table(deadLetterTable.name) === undefined) return undefined
    const json = this.store.getItem(deadLetterTable.name, stage, id)
    return json === undefined ? undefined : readLetter(json)
  }

  /** A directory at rest may be older than the counts. */
  private defineTables(): void {
    defineLetterTables(this.store)
  }
}

function withFullIds(filter: LetterFilter): LetterFilter {
  const { id, ids } = filter
  return { ...filter, id: id && fullLetterId(id), ids: ids?.map(fullLetterId) }
}

function unknownLetter(id: string, stage: string | undefined): RuntimeError {
  return new RuntimeError('DEAD_LETTER_UNKNOWN', {
    place: `dead letter ${id}`,
    what: stage === undefined ? 'no stage has such a letter now' : `stage "${stage}" has no such letter now`,
    next: 'It may have been redriven or dropped: see `millrace dead list`',
  })
}

function checkEdit(letter: DeadLetter, data: Uint8Array, lastTime: string | undefined): void {
  const place = `dead letter ${letter.id} of stage "${letter.stage}"`
  if (letter.data === undefined) {
    throw new RuntimeError('DEAD_LETTER_DATA', {
      place,
      what: 'it stands for records that cannot be read, so it has no payload to edit',
      next: 'Drop it',
    })
  }
  if (lastTime !== undefined && lastTime !== letter.lastTime) {
    throw new RuntimeError('DEAD_LETTER_CHANGED', {
      place,
      what: 'the record was processed again meanwhile and has died once more',
      value: `last attempt ${letter.lastTime}`,
      allowed: `last attempt ${lastTime}`,
      next: 'Look at it again, then edit',
    })
  }
  if (data.length > dataBytesMax) {
    throw new RuntimeError('DEAD_LETTER_DATA', {
      place,
      what: 'the new payload is too large',
      value: `${data.length} bytes`,
      allowed: `up to ${dataBytesMax} bytes`,
    })
  }
  if (jsonProblem(textOf(Buffer.from(letter.data, 'base64'))) !== undefined) return
  const problem = jsonProblem(textOf(data))
  if (problem === undefined) return
  throw new RuntimeError('DEAD_LETTER_NOT_JSON', {
    place,
    what: `the payload is JSON and the new one is not: ${problem}`,
    value: shown(textOf(data) ?? `${data.length} bytes`),
    next: 'Correct the new payload; nothing was changed',
  })
}

function jsonProblem(text: string | undefined): string | undefined {
  if (text === undefined) return 'it is not UTF-8'
  try {
    JSON.parse(text)
    return undefined
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

function textOf(data: Uint8Array): string | undefined {
  try {
    return utf8.decode(data)
  } catch {
    return undefined
  }
}

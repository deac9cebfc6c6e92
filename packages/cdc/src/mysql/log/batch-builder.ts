/**
 * One batch of a log in the making: events, and the places between them. Places are kept as a few numbers for each transaction; texts of
 * GTID sets are made for the one position that is asked for.
 */
import type { LogBatch } from '../../log/log-reader.ts'
import type { LogEvent } from '../../model/log-event.ts'
import { type Gtid, type GtidState, gtidText } from './gtid-state.ts'
import type { MysqlPosition } from './mysql-position.ts'

/** A transaction, or the part of it that a batch has. */
export interface TransactionSpan {
  /** Index of its first event in the batch, and behind its last one; more than that it has no meaning when it has none. */
  first: number
  end: number
  readonly file: string
  readonly offset: number
  readonly gtid: Gtid | undefined
  /** How many transactions of the batch were complete before it. */
  completedBefore: number
  /** Where it ended; undefined: not in this batch. */
  endOffset: number | undefined
}

/** Between transactions, or in the one at `offset` behind `taken` changes of it. */
export interface Place {
  readonly file: string
  readonly offset: number
  readonly taken: number
  /** Its GTID, where it has one. */
  readonly transaction: string | undefined
}

export class BatchBuilder {
  readonly events: LogEvent[] = []
  /** How many changes of its transaction are taken after event i. */
  readonly #taken: number[] = []
  readonly #spans: TransactionSpan[] = []
  #base: GtidState | undefined
  #server: string | undefined
  /** GTIDs completed in this batch, in order. */
  readonly completed: Gtid[] = []
  /** Of the log. */
  bytes = 0
  hasMoved = false

  /** `base`: the transactions behind us when the batch began; undefined: the server has no GTIDs. */
  constructor(base: GtidState | undefined) {
    this.#base = base
  }

  /** What was behind us when the batch began becomes known later. */
  knowBase(base: GtidState): void {
    this.#base = base
    this.completed.length = 0
    for (const span of this.#spans) span.completedBefore = 0
  }

  beginSpan(file: string, offset: number, gtid: Gtid | undefined): TransactionSpan {
    const span: TransactionSpan = {
      first: this.events.length,
      end: this.events.length,
      file,
      offset,
      gtid,
      completedBefore: this.completed.length,
      endOffset: undefined,
    }
    this.#spans.push(span)
    return span
  }

  add(event: LogEvent, span: TransactionSpan, taken: number): void {
    this.events.push(event)
    this.#taken.push(taken)
    span.end = this.events.length
  }

  /** `base` plus what was completed here. */
  seen(): GtidState | undefined {
    return this.#base?.plus(this.completed)
  }

  build(
    place: Place,
    said: Omit<LogBatch, 'events' | 'position' | 'positionAfter'>,
    server: string | undefined,
  ): LogBatch {
    this.#server = server
    const position = this.#position(place, this.completed.length)
    return {
      events: this.events,
      position,
      ...said,
      positionAfter: (index) => (index === this.events.length - 1 ? position : this.#positionAfter(index)),
    }
  }

  #positionAfter(index: number): MysqlPosition {
    const span = this.#spans.find(({ first, end }) => first <= index && index < end)
    if (span === undefined)
      throw new RangeError(`batch of ${this.events.length} events has none with index ${index}`)
    const { file, offset, gtid, completedBefore, endOffset } = span
    if (index === span.end - 1 && endOffset !== undefined) {
      return this.#position(
        { file, offset: endOffset, taken: 0, transaction: undefined },
        completedBefore + (gtid === undefined ? 0 : 1),
      )
    }
    return this.#position(
      { file, offset, taken: this.#taken[index]!, transaction: gtid && gtidText(gtid) },
      completedBefore,
    )
  }

  #position({ file, offset, taken, transaction }: Place, completedCount: number): MysqlPosition {
    const gtids = this.#base?.plus(this.completed.slice(0, completedCount)).toText()
    return {
      file,
      offset,
      ...(gtids === undefined ? {} : { gtids }),
      ...(taken === 0 ? {} : { taken }),
      ...(taken === 0 || transaction === undefined ? {} : { transaction }),
      ...(this.#server === undefined ? {} : { server: this.#server }),
    }
  }
}

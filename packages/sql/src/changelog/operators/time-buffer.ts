/**
 * Rows that wait for a watermark. They come out by time, of equal times in the order in which they came, and rows of equal
 * time may be sorted further by the caller. State: each row once, by number of arrival; the queue is made again after a restart.
 * Cost: O(log n) for a row.
 */
import type { Row } from '../row.ts'
import type { KeyedState, StateStore } from '../state/state-store.ts'
import { TimeQueue } from './join-time-queue.ts'

export class TimeBuffer {
  readonly #rows: KeyedState<Row>
  readonly #column: number
  readonly #queue = new TimeQueue()
  #nextNumber = 0

  /** `column`: the time of a row, never NULL. */
  constructor(state: StateStore, name: string, column: number) {
    this.#rows = state.keyed(name)
    this.#column = column
  }

  /** After a restart. */
  resume(): void {
    for (const [number, row] of this.#rows.entries()) this.#queue.push(this.#timeOf(row), number as number) // `add` gave it.
    for (const [number] of this.#rows.entries()) this.#nextNumber = (number as number) + 1
  }

  add(row: Row): void {
    const number = this.#nextNumber++
    this.#rows.set(number, row)
    this.#queue.push(this.#timeOf(row), number)
  }

  /** Infinity if none waits. */
  get firstTime(): number {
    return this.#queue.firstTime
  }

  /** Takes out the rows of the earliest time; there must be one. */
  takeFirst(): Row[] {
    const time = this.#queue.firstTime
    const taken: Row[] = []
    while (this.#queue.size > 0 && this.#queue.firstTime === time) {
      const number = this.#queue.pop()
      taken.push(this.#rows.get(number)!)
      this.#rows.delete(number)
    }
    return taken
  }

  #timeOf(row: Row): number {
    return row[this.#column] as number // A time attribute that is not NULL, see the constructor.
  }
}

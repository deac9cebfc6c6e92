/** Events of one batch, each with what its position is made of. Positions are put together only when they are asked for. */
import type { LogEvent } from '../../model/log-event.ts'
import type { Lsn } from '../pgoutput/lsn.ts'
import type { LogOrigin, PostgresPosition } from './postgres-position.ts'

/** Where a transaction is: reading begins at `start` to meet it again. */
export interface TransactionPlace {
  readonly start: Lsn
  readonly commit: Lsn
}

export class EventBuffer {
  readonly events: LogEvent[] = []
  /** Of log that was read for them. */
  bytes = 0
  readonly #places: (TransactionPlace | Lsn)[] = []
  readonly #taken: number[] = []

  /** An event of a transaction, of which `taken` changes are done with it. */
  add(event: LogEvent, place: TransactionPlace, taken: number): void {
    this.events.push(event)
    this.#places.push(place)
    this.#taken.push(taken)
  }

  /** An event between transactions. */
  addBetween(event: LogEvent, start: Lsn): void {
    this.events.push(event)
    this.#places.push(start)
    this.#taken.push(0)
  }

  positionAfter(index: number, origin: LogOrigin): PostgresPosition {
    const place = this.#places[index]
    if (place === undefined) throw new RangeError(`batch has no event ${index}`)
    if (typeof place === 'bigint') return { lsn: place, inside: undefined, ...origin }
    const taken = this.#taken[index]!
    return {
      lsn: place.start,
      inside: taken === 0 ? undefined : { commit: place.commit, taken },
      ...origin,
    }
  }
}

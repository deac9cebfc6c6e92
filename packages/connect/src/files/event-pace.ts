/**
 * EventPace: when a record of a replay is due. The gap between two event times, divided by the speed, is the gap between
 * their due times. The first readable event time of a start is due at once; after a restart the gap since the last
 * record emitted before it still counts. A record without a readable time, or with an earlier one, is due with the one
 * before it: records keep the order of the file.
 * Open loop: due times depend on the clock's time at the anchor only, not on how fast records were taken.
 */
import type { Clock } from '@millrace/values'
import { readEventTime } from './event-time.ts'
import type { JsonField } from './json-field.ts'

export class EventPace {
  /** Latest event time so far, ms; undefined until one was readable. Part of the source's position. */
  time: number | undefined
  /** Records seen by this start. */
  records = 0

  readonly #field: JsonField
  readonly #speed: number
  readonly #openTime: number
  /** Event time that is due at #openTime. */
  #anchor: number | undefined

  constructor(field: JsonField, speed: number, clock: Clock, time: number | undefined) {
    this.#field = field
    this.#speed = speed
    this.#openTime = clock.now()
    this.#anchor = time
    this.time = time
  }

  /** Due time of the record in bytes[from, to). Call once for each record, in order. */
  due(bytes: Uint8Array, from: number, to: number): number {
    return this.dueAt(readEventTime(this.#field, bytes, from, to))
  }

  /** Due time of the next record, whose event time was read before; NaN for none. */
  dueAt(time: number): number {
    this.records++
    if (!Number.isNaN(time) && (this.time === undefined || time > this.time)) this.time = time
    if (this.time === undefined) return this.#openTime
    this.#anchor ??= this.time
    return this.#openTime + (this.time - this.#anchor) / this.#speed
  }
}

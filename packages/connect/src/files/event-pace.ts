/**
 * EventPace: when a record of a replay is due. The gap between two event times, divided by the speed, is the gap between
 * their due times. The first readable event time of a start is due at once; after a restart the gap since the last
 * record emitted before it still counts. A record without a readable time, or with an earlier one, is due with the one
 * before it: records keep the order of the file.
 * Open loop: due times depend on the clock's time at the anchor only, not on how fast records were taken.
 */
import type { Clock } from '@millrace/values'
import { parseTimestampBytes } from '@millrace/values'
import type { JsonField } from './json-field.ts'

/** A bare number below this is taken as seconds since the epoch, from it on as ms (1e11 s is the year 5138). */
const SECONDS_BELOW = 1e11

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
    const time = this.#read(bytes, from, to)
    this.records++
    if (!Number.isNaN(time) && (this.time === undefined || time > this.time)) this.time = time
    if (this.time === undefined) return this.#openTime
    this.#anchor ??= this.time
    return this.#openTime + (this.time - this.#anchor) / this.#speed
  }

  #read(bytes: Uint8Array, from: number, to: number): number {
    const field = this.#field
    const kind = field.find(bytes, from, to)
    if (kind === 'text') return parseTimestampBytes(bytes, field.start, field.end)
    if (kind === 'none') return Number.NaN
    const number = Number(
      Buffer.from(bytes.buffer, bytes.byteOffset + field.start, field.end - field.start).toString('latin1'),
    )
    return number < SECONDS_BELOW ? number * 1000 : number
  }
}

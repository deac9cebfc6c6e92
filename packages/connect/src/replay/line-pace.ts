/** When the lines of a file are due, in the order in which they stand there. */
import type { Clock } from '@millrace/values'
import { EventPace } from '../files/event-pace.ts'
import { readEventTime } from '../files/event-time.ts'
import { JsonField } from '../files/json-field.ts'

export interface LinePace {
  /** Ms of the clock, -Infinity for at once; undefined when the line is left out. Call once for each line. */
  due(line: Uint8Array): number | undefined
}

export const atOnce: LinePace = { due: () => Number.NEGATIVE_INFINITY }

/** Ticks of a constant rate: records of one tick go together, so that a high rate needs no timer for each record. */
const tickMs = 10

/** So many a second, from the first line on. Open loop: what was held up is caught up with. */
export function ratePace(perSecond: number, clock: Clock): LinePace {
  let start: number | undefined
  let count = 0
  return {
    due: () => {
      start ??= clock.now()
      return start + Math.ceil((count++ * 1000) / perSecond / tickMs) * tickMs
    },
  }
}

export interface EventTimeOptions {
  /** JSONPath of the event time. */
  readonly timePath: string
  /** Event seconds for each second of the clock; Infinity: no pauses. */
  readonly speed: number
  /** Lines before `fromMs`, or at `toMs` and after, are left out. */
  readonly fromMs?: number
  readonly toMs?: number
}

/** What an event-time pace has met, for the report of its user. */
export interface EventTimeCounts {
  readonly left: number
  /** Lines without a readable time, which go with the line before them. */
  readonly timeless: number
  /** Latest event time that was let through, NaN before there is one. */
  readonly time: number
}

/**
 * By the lines' own times: the first one within the range is due at once, the others follow in their rhythm. A line
 * without a time belongs to the one before it; before the first time nothing is within a range.
 */
export class EventTimePace implements LinePace, EventTimeCounts {
  left = 0
  timeless = 0
  time = Number.NaN
  readonly #field: JsonField
  readonly #fromMs: number
  readonly #toMs: number
  readonly #speed: number
  readonly #clock: Clock
  #pace: EventPace | undefined
  #last = Number.NaN

  /** Error: SOURCE_OPTION for a path that is none. */
  constructor(options: EventTimeOptions, clock: Clock) {
    this.#field = new JsonField('replay', 'time path', options.timePath)
    this.#fromMs = options.fromMs ?? Number.NEGATIVE_INFINITY
    this.#toMs = options.toMs ?? Number.POSITIVE_INFINITY
    this.#speed = options.speed
    this.#clock = clock
  }

  due(line: Uint8Array): number | undefined {
    const own = readEventTime(this.#field, line, 0, line.length)
    if (Number.isNaN(own)) this.timeless++
    else this.#last = own
    if (!this.#isWithin()) {
      this.left++
      return undefined
    }
    if (!(this.#last <= this.time)) this.time = this.#last
    if (this.#speed === Number.POSITIVE_INFINITY) return Number.NEGATIVE_INFINITY
    // Made with the first line that goes out, so that the clock runs from there.
    this.#pace ??= new EventPace(this.#field, this.#speed, this.#clock, undefined)
    return this.#pace.dueAt(own)
  }

  #isWithin(): boolean {
    const isOpen = this.#fromMs === Number.NEGATIVE_INFINITY && this.#toMs === Number.POSITIVE_INFINITY
    return isOpen || (this.#last >= this.#fromMs && this.#last < this.#toMs)
  }
}

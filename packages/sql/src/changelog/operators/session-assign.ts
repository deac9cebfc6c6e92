/**
 * The window function SESSION by itself: rows wait until their session fires, and come out with its bounds, in order of arrival.
 * Sessions fire by end, those of one end by their first row.
 *
 * State: the waiting rows by arrival number, with their times. The sessions are what these times make, so they are built again
 * from the rows after a restart.
 */
import type { Schema } from '@millrace/values'
import type { Operator, OperatorContext, Port } from '../operator.ts'
import type { TimeAttribute, WindowSpec } from '../plan.ts'
import { type Row, type RowKind, rowKind } from '../row.ts'
import { makeKey } from '../state/key.ts'
import type { Key, KeyedState } from '../state/state-store.ts'
import { sameRow } from '../value.ts'
import { makeWindowZone, nullTime, timeOf, type WindowZone } from './window-spec.ts'
import { WindowTimers } from './window-timers.ts'

interface Session {
  start: number
  last: number
  /** The end at which the session is looked at next. */
  timer: number
  /** Arrival numbers, in order. */
  rows: number[]
}

/** A schema with the three columns of a window behind it. */
export function widenedSchema(schema: Schema, time: TimeAttribute): Schema {
  const type = schema.fields[time.column]?.type ?? { kind: 'TIMESTAMP_LTZ', precision: 3 }
  const local = { type: { kind: 'TIMESTAMP', precision: 3 } as const, nullable: false }
  return {
    fields: [
      ...schema.fields,
      { name: 'window_start', ...local },
      { name: 'window_end', ...local },
      { name: 'window_time', type, nullable: false },
    ],
  }
}

export class SessionAssign implements Operator, Port {
  readonly inputs: readonly Port[] = [this]
  readonly #context: OperatorContext
  readonly #out: Port
  readonly #time: TimeAttribute
  readonly #gap: number
  readonly #keyOf: (row: Row) => Key
  readonly #zone: WindowZone
  readonly #rows: KeyedState<[number, Row]>
  readonly #sessions = new Map<Key, Session[]>()
  readonly #timers = new WindowTimers()
  #arrival = 0
  #reached = Number.NEGATIVE_INFINITY

  constructor(
    window: Extract<WindowSpec, { readonly kind: 'session' }>,
    schema: Schema,
    context: OperatorContext,
    out: Port,
  ) {
    this.#context = context
    this.#out = out
    this.#time = window.time
    this.#gap = window.gap
    this.#keyOf = makeKey(
      window.partition,
      window.partition.map((column) => schema.fields[column]!.type),
    )
    this.#zone = makeWindowZone(window.zone)
    this.#rows = context.state.keyed('session rows')
    if (window.time.kind === 'proctime') context.onTime(this)
  }

  resume(): void {
    for (const [arrival, [time, row]] of this.#rows.entries()) {
      this.#arrival = (arrival as number) + 1 // Keys are arrival numbers, in order.
      this.#place(this.#keyOf(row), time, arrival as number) // As above.
    }
  }

  row(row: Row, kind: RowKind): void {
    const now = this.#context.now()
    if (this.#time.kind === 'proctime') this.#advanceTo(now)
    const time = timeOf(row, this.#time, now)
    if (time === undefined) {
      this.#context.fail(row, nullTime())
      return
    }
    const key = this.#keyOf(row)
    const sessions = this.#sessions.get(key)
    const touches = sessions?.some((session) => this.#touches(session, time)) === true
    if ((kind & 1) === 1) {
      if (touches) this.#takeBack(key, sessions!, row)
      return
    }
    if (!touches && this.#isFired(time + this.#gap)) {
      this.#context.late(row)
      return
    }
    const arrival = this.#arrival++
    this.#rows.set(arrival, [time, row])
    this.#place(key, time, arrival)
  }

  watermark(time: number): void {
    if (this.#time.kind === 'rowtime') this.#advanceTo(time)
    this.#out.watermark(time)
  }

  advance(now: number): void {
    this.#advanceTo(now)
  }

  #touches(session: Session, time: number): boolean {
    return time <= session.last + this.#gap && session.start <= time + this.#gap
  }

  #place(key: Key, time: number, arrival: number): void {
    let sessions = this.#sessions.get(key)
    if (sessions === undefined) {
      sessions = []
      this.#sessions.set(key, sessions)
    }
    let into: Session | undefined
    for (let i = sessions.length - 1; i >= 0; i--) {
      const session = sessions[i]!
      if (!this.#touches(session, time)) continue
      if (into === undefined) {
        into = session
        into.start = Math.min(into.start, time)
        into.last = Math.max(into.last, time)
        continue
      }
      into.start = Math.min(into.start, session.start)
      into.last = Math.max(into.last, session.last)
      into.timer = Math.min(into.timer, session.timer)
      into.rows = [...into.rows, ...session.rows].sort((a, b) => a - b)
      sessions.splice(i, 1)
    }
    if (into !== undefined) {
      into.rows.push(arrival)
      return
    }
    const end = time + this.#gap
    sessions.push({ start: time, last: time, timer: end, rows: [arrival] })
    this.#timers.add(end, key)
  }

  /** Takes out the first equal row; the session keeps its bounds. */
  #takeBack(key: Key, sessions: readonly Session[], row: Row): void {
    for (const session of sessions) {
      const at = session.rows.findIndex((arrival) => sameRow(this.#rows.get(arrival)![1], row))
      if (at < 0) continue
      this.#rows.delete(session.rows[at]!)
      session.rows.splice(at, 1)
      // After a restart the bounds are those of the rows that are left, so they are now, too.
      if (session.rows.length > 0) this.#rebuild(key, session)
      else this.#remove(key, session)
      return
    }
  }

  #rebuild(key: Key, session: Session): void {
    this.#remove(key, session)
    for (const arrival of session.rows) this.#place(key, this.#rows.get(arrival)![0], arrival)
  }

  #remove(key: Key, session: Session): void {
    const sessions = this.#sessions.get(key)!
    sessions.splice(sessions.indexOf(session), 1)
    if (sessions.length === 0) this.#sessions.delete(key)
  }

  #isFired(end: number): boolean {
    return (this.#time.kind === 'proctime' ? end : end - 1) <= this.#reached
  }

  #advanceTo(time: number): void {
    if (time <= this.#reached) return
    this.#reached = time
    while (this.#timers.next !== Number.POSITIVE_INFINITY && this.#isFired(this.#timers.next)) {
      const end = this.#timers.next
      this.#fire(end, this.#timers.take())
    }
  }

  #fire(end: number, keys: ReadonlySet<Key>): void {
    const firing: Session[] = []
    for (const key of keys) {
      for (const session of this.#sessions.get(key)?.slice() ?? []) {
        if (session.timer !== end) continue
        session.timer = session.last + this.#gap
        if (session.timer > end) this.#timers.add(session.timer, key)
        else {
          firing.push(session)
          this.#remove(key, session)
        }
      }
    }
    firing.sort((a, b) => a.rows[0]! - b.rows[0]!)
    for (const { start, rows } of firing) {
      const bounds = [this.#zone.local(start), this.#zone.local(end), end - 1]
      for (const arrival of rows) {
        const [, row] = this.#rows.get(arrival)!
        this.#rows.delete(arrival)
        this.#out.row([...row, ...bounds], rowKind.insert)
      }
    }
  }
}

/**
 * For tests of windows and OVER: a schema of time, key and amount, random events, and the answer of the definition: which rows
 * count in which windows, recomputed from all events so far.
 */
import type { Schema } from '@millrace/values'
import fc from 'fast-check'
import { naive } from '../aggregates/aggregate-samples.ts'
import type { AggregateCall, ChangelogNode, WindowSpec } from '../plan.ts'
import type { Row } from '../row.ts'
import { changeText } from '../testing/test-context.ts'
import { sameRow } from '../value.ts'
import { floorMod } from './window-spec.ts'

export const eventSchema: Schema = {
  fields: [
    { name: 'ts', type: { kind: 'TIMESTAMP', precision: 3 }, nullable: true },
    { name: 'k', type: { kind: 'VARCHAR', length: 10 }, nullable: true },
    { name: 'v', type: { kind: 'INTEGER' }, nullable: true },
  ],
}
const span = { start: 0, end: 0 }

export function eventInput(changes: 'append' | 'retract' = 'append'): ChangelogNode {
  const traits = { changes, times: [], keys: [], window: undefined }
  return { kind: 'source', table: 'events', schema: eventSchema, span, traits }
}

/** A row, a watermark, or a restart. */
export type Event =
  | { readonly kind: 'row'; readonly row: Row }
  /** A row that is taken back. */
  | { readonly kind: 'back'; readonly row: Row }
  | { readonly kind: 'watermark'; readonly time: number }
  | { readonly kind: 'restart'; readonly how: 'changes' | 'snapshot' }

/** Times wander upwards with rows before and behind; watermarks follow. */
export const someEvents: fc.Arbitrary<Event[]> = fc
  .array(fc.tuple(fc.nat(9), fc.integer({ min: -12, max: 15 }), fc.constantFrom('a', 'b', null), fc.nat(5)), {
    maxLength: 45,
  })
  .map((steps) => {
    let now = -20
    let watermark = Number.NEGATIVE_INFINITY
    const events: Event[] = []
    for (const [kind, shift, key, amount] of steps) {
      if (kind < 6) {
        now += Math.max(0, shift - 8)
        events.push({ kind: 'row', row: [now + Math.min(shift, 6), key, amount] })
      } else if (kind < 9) {
        watermark = Math.max(watermark, now + shift - 8)
        events.push({ kind: 'watermark', time: watermark })
      } else events.push({ kind: 'restart', how: shift > 0 ? 'changes' : 'snapshot' })
    }
    return [...events, { kind: 'watermark', time: Number.POSITIVE_INFINITY }]
  })

interface Counted {
  readonly row: Row
  readonly arrival: number
}

interface Expected {
  /** As CollectingPort.log has it, without what restarts repeat. */
  readonly log: string[]
  readonly late: Row[]
}

/** Windows [start, end) of a time. */
export function windowsOf(spec: WindowSpec, time: number): (readonly [number, number])[] {
  switch (spec.kind) {
    case 'tumble': {
      const start = time - floorMod(time - spec.offset, spec.size)
      return [[start, start + spec.size]]
    }
    case 'hop': {
      const found: (readonly [number, number])[] = []
      const latest = time - floorMod(time - spec.offset, spec.slide)
      for (let start = latest; start > time - spec.size; start -= spec.slide)
        found.unshift([start, start + spec.size])
      return found
    }
    case 'cumulate': {
      const start = time - floorMod(time - spec.offset, spec.size)
      const found: (readonly [number, number])[] = []
      for (let end = start + spec.step; end <= start + spec.size; end += spec.step) {
        if (end > time) found.push([start, end])
      }
      return found
    }
    case 'session':
      throw new Error('sessions are not windows of a single row')
  }
}

/** What an aggregation by key and window puts out: key, calls, start, end. */
export function expectedWindows(
  spec: WindowSpec,
  calls: readonly AggregateCall[],
  events: readonly Event[],
): Expected {
  const open = new Map<string, { key: Row; start: number; end: number; rows: Counted[] }>()
  let sessionRows: Counted[] = []
  const result: Expected = { log: [], late: [] }
  let reached = Number.NEGATIVE_INFINITY
  const put = (key: Row, start: number, end: number, rows: readonly Counted[]) => {
    const values = calls.map((each) =>
      naive(
        each,
        rows.map(({ row }) => row),
      ),
    )
    result.log.push(changeText([...key, ...values, start, end], 0))
  }
  events.forEach((event, arrival) => {
    if (event.kind === 'row') {
      const [time, key] = event.row as [number, Row[0]] // The schema's columns.
      if (spec.kind === 'session') {
        const touches = sessionRows.some(
          ({ row }) => row[1] === key && Math.abs((row[0] as number) - time) <= spec.gap, // A time.
        )
        if (!touches && time + spec.gap - 1 <= reached && !bridges(sessionRows, key!, time, spec.gap))
          result.late.push(event.row)
        else sessionRows.push({ row: event.row, arrival })
        return
      }
      const windows = windowsOf(spec, time).filter(([, end]) => end - 1 > reached)
      if (windows.length === 0 && windowsOf(spec, time).length > 0) result.late.push(event.row)
      for (const [start, end] of windows) {
        const name = `${start} ${end} ${key}`
        const window = open.get(name) ?? { key: [key!], start, end, rows: [] }
        open.set(name, window)
        window.rows.push({ row: event.row, arrival })
      }
    }
    if (event.kind === 'back') {
      const time = event.row[0] as number // The time column.
      const windows = windowsOf(spec, time).filter(([, end]) => end - 1 > reached)
      if (windows.length === 0 && windowsOf(spec, time).length > 0) result.late.push(event.row)
      for (const [start, end] of windows) {
        const rows = open.get(`${start} ${end} ${event.row[1]}`)?.rows ?? []
        const at = rows.findIndex(({ row }) => sameRow(row, event.row))
        if (at >= 0) rows.splice(at, 1)
      }
    }
    if (event.kind !== 'watermark') return
    reached = event.time
    const due = spec.kind === 'session' ? sessionsOf(sessionRows, spec.gap) : [...open.values()]
    for (const [name, { rows }] of open) if (rows.length === 0) open.delete(name)
    const fired = due.filter(({ end, rows }) => end - 1 <= reached && rows.length > 0)
    fired.sort((a, b) => a.end - b.end || a.rows[0]!.arrival - b.rows[0]!.arrival)
    for (const { key, start, end, rows } of fired) {
      put(key, start, end, rows)
      open.delete(`${start} ${end} ${key[0]}`)
      sessionRows = sessionRows.filter((row) => !rows.includes(row))
    }
    result.log.push(`W ${reached}`)
  })
  return result
}

/** Whether a time lies within the gap of a session's inside, which a row of it does then, too: never by itself. */
function bridges(rows: readonly Counted[], key: Row[0], time: number, gap: number): boolean {
  return sessionsOf(rows, gap).some(
    (session) => session.key[0] === key && session.start <= time + gap && time <= session.end,
  )
}

/** Rows in sessions by key, each in order of arrival. */
export function sessionsOf(
  rows: readonly Counted[],
  gap: number,
): { key: Row; start: number; end: number; rows: Counted[] }[] {
  const sessions: { key: Row; start: number; end: number; rows: Counted[] }[] = []
  const sorted = [...rows].sort((a, b) => (a.row[0] as number) - (b.row[0] as number)) // Times.
  for (const counted of sorted) {
    const [time, key] = counted.row as [number, Row[0]] // The schema's columns.
    const session = sessions.find((each) => each.key[0] === key && time <= each.end)
    if (session === undefined) sessions.push({ key: [key!], start: time, end: time + gap, rows: [counted] })
    else {
      session.rows.push(counted)
      session.end = time + gap
    }
  }
  for (const session of sessions) session.rows.sort((a, b) => a.arrival - b.arrival)
  return sessions
}

/**
 * Aggregation by sessions (spec 3.5): for each key, rows that lie at most `gap` apart are one session [first, last + gap). A row
 * that touches several sessions joins them; it is late if it touches none and its own would have fired already. Sessions
 * are measured in instants; start and end come out in local time.
 *
 * State of a key: [values of the key columns, starts, last times, timers, sequence numbers, accumulators]. A session's timer
 * is the end it had when the timer was set: when that comes and the session has grown, it is set anew.
 *
 * A row that is taken back leaves the bounds of its session as they are; a session without rows ends silently.
 */
import type { Accumulator, AggregateProgram } from '../aggregates/aggregate-program.ts'
import type { Operator, OperatorContext, Port } from '../operator.ts'
import type { WindowAggregateNode, WindowSpec } from '../plan.ts'
import type { Row, RowKind } from '../row.ts'
import { makeKey } from '../state/key.ts'
import type { Key, KeyedState } from '../state/state-store.ts'
import { SessionAssign, widenedSchema } from './session-assign.ts'
import { EarlyTimers, makeWindowProgram, WindowOutput, type WindowResult } from './window-output.ts'
import { makeWindowZone, nullTime, timeOf, type WindowZone } from './window-spec.ts'
import { WindowTimers } from './window-timers.ts'

type SessionSpec = Extract<WindowSpec, { readonly kind: 'session' }>

export function makeSessionAggregate(
  node: WindowAggregateNode,
  window: SessionSpec,
  context: OperatorContext,
  out: Port,
  makeAssigned: (node: WindowAggregateNode, context: OperatorContext, out: Port) => Operator,
): Operator {
  const { partition } = window
  if (partition.length === node.keys.length && partition.every((column) => node.keys.includes(column))) {
    return new SessionAggregate(node, window, context, out)
  }
  // Groups within the sessions of others: the rows get their windows first.
  const start = node.input.schema.fields.length
  const input = {
    ...node.input,
    schema: widenedSchema(node.input.schema, window.time),
    traits: {
      ...node.input.traits,
      window: { start, end: start + 1, time: start + 2, spec: window },
    },
  }
  const time = { column: start + 2, kind: window.time.kind }
  const assigned = makeAssigned(
    { ...node, input, window: { kind: 'assigned', start, end: start + 1, time } },
    context,
    out,
  )
  const assign = new SessionAssign(window, node.input.schema, context, assigned.inputs[0]!)
  return {
    inputs: assign.inputs,
    resume: () => {
      assign.resume()
      assigned.resume?.()
    },
  }
}

type Group = [Row, number[], number[], number[], number[], Accumulator[]]

class SessionAggregate implements Operator, Port {
  readonly inputs: readonly Port[] = [this]
  readonly #context: OperatorContext
  readonly #out: Port
  readonly #window: SessionSpec
  readonly #gap: number
  readonly #proctime: boolean
  readonly #keys: readonly number[]
  readonly #keyOf: (row: Row) => Key
  readonly #program: AggregateProgram
  readonly #retracts: boolean
  readonly #zone: WindowZone
  readonly #output: WindowOutput
  readonly #early: EarlyTimers | undefined
  readonly #groups: KeyedState<Group>
  readonly #timers = new WindowTimers()
  #sequence = 0
  #time = Number.NEGATIVE_INFINITY

  constructor(node: WindowAggregateNode, window: SessionSpec, context: OperatorContext, out: Port) {
    this.#context = context
    this.#out = out
    this.#window = window
    this.#gap = window.gap
    this.#proctime = window.time.kind === 'proctime'
    this.#keys = node.keys
    this.#keyOf = makeKey(
      node.keys,
      node.keys.map((column) => node.input.schema.fields[column]!.type),
    )
    this.#program = makeWindowProgram(node, context, true).program
    this.#retracts = node.input.traits.changes === 'retract'
    this.#zone = makeWindowZone(window.zone)
    this.#output = new WindowOutput(node, context, out, { program: this.#program, zone: this.#zone })
    this.#early = node.early > 0 ? new EarlyTimers(node.early) : undefined
    this.#groups = context.state.keyed('sessions')
    if (this.#proctime || this.#early !== undefined) context.onTime(this)
  }

  resume(): void {
    for (const [key, [, starts, , timers, sequences]] of this.#groups.entries()) {
      timers.forEach((timer, i) => {
        this.#timers.add(timer, key)
        this.#sequence = Math.max(this.#sequence, sequences[i]! + 1)
        this.#early?.note(this.#context.now(), key, [starts[i]!])
      })
    }
  }

  row(row: Row, kind: RowKind): void {
    const now = this.#context.now()
    if (this.#proctime) this.#advanceTo(now)
    const time = timeOf(row, this.#window.time, now)
    if (time === undefined) {
      this.#context.fail(row, nullTime())
      return
    }
    const key = this.#keyOf(row)
    const group = this.#groups.get(key)
    const session = group === undefined ? -1 : this.#touched(group, time, group[1].length)
    try {
      if ((kind & 1) === 1) {
        if (session >= 0) this.#retract(key, group!, session, row)
        return
      }
      if (session < 0) this.#begin(key, group, time, row)
      else this.#extend(key, group!, session, time, row)
    } catch (error) {
      this.#context.fail(row, error as Error) // `fail` passes on what is no Error.
    }
  }

  watermark(time: number): void {
    if (!this.#proctime) this.#advanceTo(time)
    this.#out.watermark(time)
  }

  advance(now: number): void {
    if (this.#early !== undefined) {
      for (const { key, window } of this.#early.take(now)) {
        const group = this.#groups.get(key)
        const session = group === undefined ? -1 : group[1].indexOf(window[0]!)
        if (session >= 0) this.#output.update(this.#resultOf(key, group!, session))
      }
    }
    if (this.#proctime) this.#advanceTo(now)
  }

  /** The last session before index `below` that a row at `time` touches, or -1. */
  #touched(group: Group, time: number, below: number): number {
    const [, starts, lasts] = group
    for (let i = below - 1; i >= 0; i--) {
      if (time <= lasts[i]! + this.#gap && starts[i]! <= time + this.#gap) return i
    }
    return -1
  }

  #begin(key: Key, group: Group | undefined, time: number, row: Row): void {
    const end = time + this.#gap
    if (this.#isFired(end)) {
      this.#context.late(row)
      return
    }
    const accumulator = this.#program.create()
    this.#program.add(accumulator, row)
    accumulator[0] = 1
    const sequence = this.#sequence++
    if (group === undefined) {
      const values = this.#keys.map((column) => row[column]!)
      this.#groups.set(key, [values, [time], [time], [end], [sequence], [accumulator]])
    } else {
      group[1].push(time)
      group[2].push(time)
      group[3].push(end)
      group[4].push(sequence)
      group[5].push(accumulator)
      this.#groups.touch(key)
    }
    this.#timers.add(end, key)
    this.#early?.note(this.#context.now(), key, [time])
  }

  #extend(key: Key, group: Group, session: number, time: number, row: Row): void {
    const [, starts, lasts, timers, sequences, accumulators] = group
    const accumulator = accumulators[session]!
    this.#program.add(accumulator, row)
    if (this.#early !== undefined && (time < starts[session]! || time > lasts[session]!)) {
      this.#withdraw(key, group, session)
    }
    ;(accumulator[0] as number)++ // The number of rows.
    if (time < starts[session]!) starts[session] = time
    if (time > lasts[session]!) lasts[session] = time
    let into = session
    // The row may be what joins the session to others.
    for (let i = this.#touched(group, time, into); i >= 0; i = this.#touched(group, time, i)) {
      if (this.#early !== undefined) {
        this.#withdraw(key, group, i)
        this.#withdraw(key, group, into)
      }
      this.#program.merge(accumulators[i]!, accumulators[into]!)
      accumulators[i]![0] = (accumulators[i]![0] as number) + (accumulators[into]![0] as number) // As above.
      starts[i] = Math.min(starts[i]!, starts[into]!)
      lasts[i] = Math.max(lasts[i]!, lasts[into]!)
      // The earlier timer finds the session before the later one could have fired it.
      timers[i] = Math.min(timers[i]!, timers[into]!)
      sequences[i] = Math.min(sequences[i]!, sequences[into]!)
      removeSession(group, into)
      into = i
    }
    this.#groups.touch(key)
    this.#early?.note(this.#context.now(), key, [starts[into]!])
  }

  #withdraw(key: Key, group: Group, session: number): void {
    this.#output.withdraw(this.#resultOf(key, group, session))
  }

  #retract(key: Key, group: Group, session: number, row: Row): void {
    const accumulator = group[5][session]!
    this.#program.retract(accumulator, row)
    ;(accumulator[0] as number)-- // The number of rows.
    this.#groups.touch(key)
    this.#early?.note(this.#context.now(), key, [group[1][session]!])
  }

  /** `end` is an instant: with the watermark at its last ms no row is expected; in processing time at the end itself. */
  #isFired(end: number): boolean {
    return (this.#proctime ? end : end - 1) <= this.#time
  }

  #advanceTo(time: number): void {
    if (time <= this.#time) return
    this.#time = time
    while (this.#timers.next !== Number.POSITIVE_INFINITY && this.#isFired(this.#timers.next)) {
      const end = this.#timers.next
      this.#fire(end, this.#timers.take())
    }
  }

  #fire(end: number, keys: ReadonlySet<Key>): void {
    const firings: (WindowResult & { readonly sequence: number })[] = []
    for (const key of keys) {
      const group = this.#groups.get(key)
      if (group === undefined) continue
      const [, , lasts, timers, sequences] = group
      for (let i = timers.length - 1; i >= 0; i--) {
        if (timers[i] !== end) continue
        const actual = lasts[i]! + this.#gap
        if (actual > end) {
          timers[i] = actual
          this.#timers.add(actual, key)
          continue
        }
        firings.push({ ...this.#resultOf(key, group, i), sequence: sequences[i]! })
        removeSession(group, i)
      }
      if (timers.length === 0) this.#groups.delete(key)
      else this.#groups.touch(key)
    }
    firings.sort((a, b) => a.sequence - b.sequence)
    for (const firing of firings) this.#output.final(firing)
  }

  #resultOf(key: Key, [values, starts, lasts, , , accumulators]: Group, session: number): WindowResult {
    const accumulator = accumulators[session]!
    return {
      key,
      values,
      start: this.#zone.local(starts[session]!),
      end: this.#zone.local(lasts[session]! + this.#gap),
      accumulator: this.#retracts && accumulator[0] === 0 ? undefined : accumulator,
    }
  }
}

function removeSession(group: Group, index: number): void {
  for (let part = 1; part < 6; part++) (group[part] as unknown[]).splice(index, 1) // All parts but the first are lists.
}

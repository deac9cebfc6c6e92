/**
 * Aggregation by windows (spec 3.5): TUMBLE, HOP, CUMULATE, or windows that stand in the rows. SESSION is in
 * session-aggregate.ts.
 *
 * Rows are aggregated by slices (window-spec.ts), one accumulator for each key and slice: a row costs one addition however
 * many windows it counts in. A HOP window merges its slices when it fires; CUMULATE folds a slice into those before it at
 * each step. A window has fired when the watermark has passed its end - 1 ms, or processing time its end; then what no
 * later window needs is dropped. A row counts in the windows that have not fired; one that counts nowhere is late.
 *
 * State of a key: [values of the key columns, ends of slices, starts, sequence numbers, accumulators]. The sequence number
 * says when the slice got its first row, which orders the output of one window. Slot 0 of an accumulator is its number of
 * rows where rows can be taken back; a window without rows puts nothing out.
 */
import type { Accumulator, AggregateProgram } from '../aggregates/aggregate-program.ts'
import type { DistinctSets } from '../aggregates/distinct-sets.ts'
import type { Operator, OperatorContext, Port } from '../operator.ts'
import type { WindowAggregateNode } from '../plan.ts'
import { type Row, type RowKind, rowKind } from '../row.ts'
import { makeKey } from '../state/key.ts'
import type { Key, KeyedState } from '../state/state-store.ts'
import { makeSessionAggregate } from './session-aggregate.ts'
import { EarlyTimers, makeWindowProgram, WindowOutput, type WindowResult } from './window-output.ts'
import { makeSlices, makeWindowZone, nullTime, type Slices, type WindowZone } from './window-spec.ts'
import { WindowTimers } from './window-timers.ts'

export function makeWindowAggregate(
  node: WindowAggregateNode,
  context: OperatorContext,
  out: Port,
): Operator {
  return node.window.kind === 'session'
    ? makeSessionAggregate(node, node.window, context, out, makeWindowAggregate)
    : new SliceAggregate(node, context, out)
}

type Group = [Row, number[], (number | undefined)[], number[], Accumulator[]]

/** A window that is about to be put out, with the time of its first row. */
interface Firing extends WindowResult {
  readonly sequence: number
}

class SliceAggregate implements Operator, Port {
  readonly inputs: readonly Port[] = [this]
  readonly #context: OperatorContext
  readonly #out: Port
  readonly #keyOf: (row: Row) => Key
  readonly #keys: readonly number[]
  readonly #program: AggregateProgram
  readonly #sets: DistinctSets | undefined
  readonly #retracts: boolean
  readonly #timeColumn: number
  readonly #proctime: boolean
  readonly #zone: WindowZone
  /** undefined: windows stand in the rows, in these columns. */
  readonly #slices: Slices | undefined
  readonly #folds: boolean
  readonly #endColumn: number
  readonly #startColumn: number | undefined
  readonly #output: WindowOutput
  readonly #early: EarlyTimers | undefined
  readonly #groups: KeyedState<Group>
  /** Watermark, or processing time of the last firing: all windows up to it have fired. */
  readonly #reached: { get(): number; set(value: number): void }
  readonly #timers = new WindowTimers()
  /** Accumulators whose sets end when their windows have been put out. */
  readonly #ended: Accumulator[] = []
  #sequence = 0
  #time = Number.NEGATIVE_INFINITY
  /** The slice end looked up last, and whether all its windows have fired, or none holds it. */
  #knownEnd = Number.NaN
  #knownState: 'open' | 'late' | 'nowhere' = 'open'

  constructor(node: WindowAggregateNode, context: OperatorContext, out: Port) {
    const { window, keys, input } = node
    if (window.kind === 'session') throw new Error('sessions have no slices')
    this.#context = context
    this.#out = out
    this.#keys = keys
    this.#keyOf = makeKey(
      keys,
      keys.map((column) => input.schema.fields[column]!.type),
    )
    this.#retracts = input.traits.changes === 'retract'
    const merges = window.kind === 'hop' || window.kind === 'cumulate'
    const { program, sets } = makeWindowProgram(node, context, merges)
    this.#program = program
    this.#sets = sets
    this.#timeColumn = window.time.column
    this.#proctime = window.time.kind === 'proctime'
    // Windows that stand in the rows are in the local time of the function that made them.
    this.#zone = makeWindowZone(window.kind === 'assigned' ? input.traits.window?.spec.zone : window.zone)
    this.#slices = window.kind === 'assigned' ? undefined : makeSlices(window)
    this.#folds = window.kind === 'cumulate'
    this.#endColumn = window.kind === 'assigned' ? window.end : -1
    this.#startColumn = window.kind === 'assigned' ? window.start : undefined
    this.#output = new WindowOutput(node, context, out, { program: this.#program, zone: this.#zone })
    this.#early = node.early > 0 ? new EarlyTimers(node.early) : undefined
    this.#groups = context.state.keyed('windows')
    this.#reached = context.state.value('reached', Number.NEGATIVE_INFINITY)
    if (this.#proctime || this.#early !== undefined) context.onTime(this)
  }

  resume(): void {
    this.#sets?.resume()
    this.#time = this.#reached.get()
    const now = this.#context.now()
    for (const [key, group] of this.#groups.entries()) {
      group[1].forEach((end, i) => {
        this.#sequence = Math.max(this.#sequence, group[3][i]! + 1)
        this.#await(key, end, group[2][i], now)
      })
    }
  }

  row(row: Row, kind: RowKind): void {
    if (this.#proctime) this.#advanceTo(this.#context.now())
    const end = this.#endOf(row)
    if (Number.isNaN(end)) return
    if (end !== this.#knownEnd) this.#look(end)
    if (this.#knownState !== 'open') {
      if (this.#knownState === 'late') this.#context.late(row)
      return
    }
    const key = this.#keyOf(row)
    const start = this.#startColumn === undefined ? undefined : (row[this.#startColumn] as number) // A timestamp.
    const group = this.#groups.get(key)
    const slice = group === undefined ? -1 : this.#find(group, end, start)
    try {
      if (slice >= 0) this.#change(group![4][slice]!, row, kind)
      else if ((kind & 1) === 1) return
      else {
        this.#attach(key, group, { end: this.#openEnd(end), start }, row)
        return
      }
    } catch (error) {
      this.#context.fail(row, error as Error) // `fail` passes on what is no Error.
      return
    }
    this.#groups.touch(key)
    if (this.#early !== undefined) this.#await(key, group![1][slice]!, start, this.#context.now())
  }

  watermark(time: number): void {
    if (!this.#proctime) this.#advanceTo(time)
    this.#out.watermark(time)
  }

  advance(now: number): void {
    if (this.#early !== undefined) {
      for (const { key, window } of this.#early.take(now)) {
        const [end, start] = window
        const group = this.#groups.get(key)
        if (group === undefined || this.#isFired(end!)) continue
        const { accumulator } = this.#merged(group, end!, start)
        this.#output.update({
          key,
          values: group[0],
          start: this.#startOf(end!, start),
          end: end!,
          accumulator,
        })
      }
    }
    if (this.#proctime) this.#advanceTo(now)
  }

  /** End of the row's slice or window in local time; NaN: the row has failed. */
  #endOf(row: Row): number {
    if (this.#slices === undefined) {
      const end = row[this.#endColumn]
      if (typeof end === 'number') return end
    } else {
      const time = this.#proctime ? this.#context.now() : row[this.#timeColumn]
      if (typeof time === 'number') return this.#slices.sliceEnd(this.#zone.local(time))
    }
    this.#context.fail(row, nullTime())
    return Number.NaN
  }

  #look(end: number): void {
    this.#knownEnd = end
    this.#knownState = 'open'
    if (this.#slices === undefined) {
      if (this.#isFired(end)) this.#knownState = 'late'
      return
    }
    const last = this.#slices.lastEnd(end)
    if (last < this.#slices.firstEnd(end)) this.#knownState = 'nowhere'
    else if (this.#isFired(last)) this.#knownState = 'late'
  }

  #isFired(end: number): boolean {
    return this.#moment(end) <= this.#time
  }

  /** When a window with an end fires: at a watermark, or in processing time when no row can fall into it any more. */
  #moment(end: number): number {
    return this.#proctime ? this.#zone.instant(end) : this.#zone.instant(end - 1)
  }

  /** Index of the slice that takes a row, or -1. */
  #find(group: Group, end: number, start: number | undefined): number {
    const [, ends, starts] = group
    for (let i = ends.length - 1; i >= 0; i--) {
      if (ends[i] === end && starts[i] === start) return i
    }
    if (!this.#folds || !this.#isFired(end)) return -1
    // A row of a step that has fired counts from the next step on: with what is folded already, or with that step.
    const [first, next] = [this.#slices!.windowStart(end), this.#openEnd(end)]
    for (let i = 0; i < ends.length; i++) if (ends[i]! > first && ends[i]! <= next) return i
    return -1
  }

  /** Of CUMULATE, the first step end from `end` on that has not fired; else the end itself. */
  #openEnd(end: number): number {
    if (!this.#folds || !this.#isFired(end)) return end
    const { lastEnd, endStep } = this.#slices!
    const last = lastEnd(end)
    let next = end
    while (next < last && this.#isFired(next)) next = Math.min(next + endStep, last)
    return next
  }

  #change(accumulator: Accumulator, row: Row, kind: RowKind): void {
    if ((kind & 1) === 1) {
      this.#program.retract(accumulator, row)
      ;(accumulator[0] as number)-- // The number of rows.
    } else {
      this.#program.add(accumulator, row)
      if (this.#retracts) accumulator[0] = ((accumulator[0] as number | null) ?? 0) + 1 // As above; null at first.
    }
  }

  #attach(
    key: Key,
    group: Group | undefined,
    { end, start }: { readonly end: number; readonly start: number | undefined },
    row: Row,
  ): void {
    const accumulator = this.#program.create()
    try {
      this.#change(accumulator, row, rowKind.insert)
    } catch (error) {
      this.#program.drop(accumulator)
      throw error
    }
    const sequence = this.#sequence++
    if (group === undefined) {
      const values = this.#keys.map((column) => row[column]!)
      this.#groups.set(key, [values, [end], [start], [sequence], [accumulator]])
    } else {
      group[1].push(end)
      group[2].push(start)
      group[3].push(sequence)
      group[4].push(accumulator)
      this.#groups.touch(key)
    }
    this.#await(key, end, start, this.#context.now())
  }

  /** Puts a key on the timer of the first window of a slice that has not fired; it goes on to the next ones as they fire. */
  #await(key: Key, end: number, start: number | undefined, now: number): void {
    const slices = this.#slices
    if (slices === undefined || this.#folds) {
      const next = this.#openEnd(end)
      this.#timers.add(next, key)
      this.#early?.note(now, key, start === undefined ? [next] : [next, start])
      return
    }
    const last = slices.lastEnd(end)
    let next = slices.firstEnd(end)
    while (next <= last && this.#isFired(next)) next += slices.endStep
    if (next > last) return
    this.#timers.add(next, key)
    if (this.#early === undefined) return
    for (; next <= last; next += slices.endStep) this.#early.note(now, key, [next])
  }

  #advanceTo(time: number): void {
    if (time <= this.#time || (this.#proctime && !this.#isDue(time))) return
    this.#knownEnd = Number.NaN
    // Each firing sees as fired what has fired before it, not what the watermark is about to fire.
    while (this.#isDue(time)) {
      const end = this.#timers.next
      this.#time = Math.max(this.#time, this.#moment(end))
      this.#fire(end, this.#timers.take())
    }
    this.#time = time
    this.#reached.set(time)
  }

  #isDue(time: number): boolean {
    const end = this.#timers.next
    return end !== Number.POSITIVE_INFINITY && this.#moment(end) <= time
  }

  #fire(end: number, keys: ReadonlySet<Key>): void {
    const firings: Firing[] = []
    for (const key of keys) {
      const group = this.#groups.get(key)
      if (group === undefined) continue
      if (this.#slices === undefined) {
        group[1].forEach((each, i) => {
          if (each !== end) return
          firings.push({
            key,
            values: group[0],
            start: group[2][i],
            end,
            sequence: group[3][i]!,
            accumulator: this.#filled(group[4][i]!),
          })
        })
      } else {
        const merged = this.#folds ? this.#fold(group, end) : this.#merged(group, end, undefined)
        firings.push({ key, values: group[0], start: this.#startOf(end, undefined), end, ...merged })
      }
      this.#drop(key, group, end)
    }
    firings.sort((a, b) => a.sequence - b.sequence)
    for (const firing of firings) this.#output.final(firing)
    for (const accumulator of this.#ended) this.#program.drop(accumulator)
    this.#ended.length = 0
  }

  #startOf(end: number, start: number | undefined): number | undefined {
    return this.#slices === undefined ? start : this.#slices.windowStart(end)
  }

  /** What a window of a key holds; the slices stay as they are. */
  #merged(
    group: Group,
    end: number,
    start: number | undefined,
  ): { readonly accumulator: Accumulator | undefined; readonly sequence: number } {
    const [, ends, starts, sequences, accumulators] = group
    const first = this.#slices?.windowStart(end)
    let single: Accumulator | undefined
    let sum: Accumulator | undefined
    let sequence = Number.POSITIVE_INFINITY
    for (let i = 0; i < ends.length; i++) {
      const inside =
        first === undefined ? ends[i] === end && starts[i] === start : ends[i]! > first && ends[i]! <= end
      if (!inside) continue
      sequence = Math.min(sequence, sequences[i]!)
      if (single === undefined) single = accumulators[i]!
      else {
        if (sum === undefined) {
          sum = this.#program.create()
          this.#add(sum, single)
        }
        this.#add(sum, accumulators[i]!)
      }
    }
    const accumulator = sum ?? single
    return { accumulator: accumulator && this.#filled(accumulator), sequence }
  }

  /** All slices of a CUMULATE window up to a step end become the slice of that end. */
  #fold(
    group: Group,
    end: number,
  ): { readonly accumulator: Accumulator | undefined; readonly sequence: number } {
    const [, ends, , sequences, accumulators] = group
    const first = this.#slices!.windowStart(end)
    let into = -1
    for (let i = 0; i < ends.length; i++) {
      if (ends[i]! <= first || ends[i]! > end) continue
      if (into < 0) {
        into = i
        ends[i] = end
        continue
      }
      this.#add(accumulators[into]!, accumulators[i]!)
      sequences[into] = Math.min(sequences[into]!, sequences[i]!)
      removeSlice(group, i--)
    }
    if (into < 0) return { accumulator: undefined, sequence: 0 }
    return { accumulator: this.#filled(accumulators[into]!), sequence: sequences[into]! }
  }

  #add(accumulator: Accumulator, other: Accumulator): void {
    this.#program.merge(accumulator, other)
    if (this.#retracts) accumulator[0] = ((accumulator[0] as number | null) ?? 0) + (other[0] as number) // Numbers of rows.
  }

  #filled(accumulator: Accumulator): Accumulator | undefined {
    return this.#retracts && accumulator[0] === 0 ? undefined : accumulator
  }

  /** Drops the slices of a key that no window after `end` holds; with the others it goes on to the next end. */
  #drop(key: Key, group: Group, end: number): void {
    const ends = group[1]
    for (let i = ends.length - 1; i >= 0; i--) {
      const last = this.#slices === undefined ? ends[i]! : this.#slices.lastEnd(ends[i]!)
      if (last <= end) {
        if (this.#sets !== undefined) this.#ended.push(group[4][i]!)
        removeSlice(group, i)
      } else if (this.#folds) {
        if (ends[i] !== end) continue
        if (this.#filled(group[4][i]!) === undefined) removeSlice(group, i)
        else this.#timers.add(Math.min(end + this.#slices!.endStep, last), key)
      } else if (this.#slices !== undefined && this.#slices.firstEnd(ends[i]!) <= end) {
        this.#timers.add(end + this.#slices.endStep, key)
      }
    }
    if (ends.length === 0) this.#groups.delete(key)
    else this.#groups.touch(key)
  }
}

function removeSlice(group: Group, index: number): void {
  for (let part = 1; part < 5; part++) (group[part] as unknown[]).splice(index, 1) // All parts but the first are lists.
}

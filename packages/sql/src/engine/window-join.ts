/**
 * Windowed stream-stream join (spec 2.11). The rules are those of interpreter/window-join.ts; here they run over batches:
 *
 *   1. The rows of both inputs are appended to the sides' row stores, column by column, and their keys are hashed.
 *   2. One walk in order of origin and row time, of equal ones the side with a window first, then the left one, moves the
 *      time of the join, looks each row up in the other side's index, enters it into its own, and notes events: a pair, the
 *      end of a row's window, an arrival without a window.
 *   3. Joins that can fill with NULLs settle the events: a residual condition is evaluated over all pairs at once, then a
 *      second walk over the events marks matched rows and drops what does not come out.
 *   4. The columns of the result are gathered from the stores, one loop per column.
 *
 * An inner join's residual is a filter above it. Rows leave a window of time in order of arrival, since row times ascend
 * on every stream, so state only grows at one end and shrinks at the other; see row-store.ts and row-index.ts.
 * State: join-state.ts.
 */
import { RowBatch, type SqlType } from '@millrace/values'
import { type OperatorState, outcome } from '../engine-port.ts'
import type { JoinKind, JoinWindow } from '../plan.ts'
import { makeColumn } from './column-values.ts'
import type { FusedStep } from './fused-step.ts'
import { type JoinRange, readJoinState, writeJoinState } from './join-state.ts'
import { hashKeys } from './key-hash.ts'
import type { Operator, Run, StatefulOperator } from './operator.ts'
import { RowIndex } from './row-index.ts'
import { RowStore, type TextPlace } from './row-store.ts'

export interface JoinSideSpec {
  readonly input: Operator
  /** Types of the input's columns: those of the plan node, then key columns that the plan computes. */
  readonly types: readonly SqlType[]
  /** Number of columns that belong to the output. */
  readonly width: number
  readonly keys: readonly number[]
  readonly window: JoinWindow | undefined
}

export interface WindowJoinSpec {
  readonly id: string
  readonly left: JoinSideSpec
  readonly right: JoinSideSpec
  readonly join: JoinKind
  /** For joins that fill with NULLs: a filter over `pairs` that reports which rows pass and which fail. */
  readonly residual: ((pairs: Operator) => FusedStep) | undefined
  /** Whether the row times of both inputs are those of the source records, so that the input's time bounds this join's. */
  readonly direct: boolean
}

/** Rows of one side in a blob of a snapshot. */
const snapshotRows = 65_536

/** Kinds of events, in the order in which the walk notes them. */
const pairEvent = 0
/** A row of an outer side may come out alone: its window has ended, or it has none. */
const leftEnd = 1
const rightEnd = 2

export interface JoinSide {
  readonly spec: JoinSideSpec
  readonly store: RowStore
  readonly index: RowIndex
  /** Whether unmatched rows come out. */
  readonly outer: boolean
  readonly rangeMs: number
  readonly rowsMax: number
  hashes: Int32Array
  /** Id after the last row that the walk has reached; rows from here to the store's end have not arrived yet. */
  arrived: number
  /** First id that the last change did not hold. */
  logged: number
  textLogged: TextPlace
  /** First live row at the last change. */
  firstLogged: number
  /** Rows matched since the last change, of those logged before. */
  matchedSince: number[]
}

export class WindowJoinOperator implements StatefulOperator {
  readonly kind = 'window-join'
  readonly id: string
  readonly output: readonly [RowBatch, RowBatch]
  bound = Number.NEGATIVE_INFINITY

  readonly #spec: WindowJoinSpec
  readonly left: JoinSide
  readonly right: JoinSide
  readonly #fills: boolean
  readonly #pairs: PairHolder | undefined
  readonly #residual: FusedStep | undefined
  /** Largest row time met, or bound. */
  time = Number.NEGATIVE_INFINITY
  #loggedTime = Number.NEGATIVE_INFINITY

  // Events of the current run.
  #events = new Events()
  #chain = new Int32Array(64)

  constructor(spec: WindowJoinSpec) {
    this.#spec = spec
    this.id = spec.id
    this.left = makeSide(spec.left, spec.join === 'left' || spec.join === 'full')
    this.right = makeSide(spec.right, spec.join === 'right' || spec.join === 'full')
    this.#fills = spec.join !== 'inner'
    const types = [
      ...spec.left.types.slice(0, spec.left.width),
      ...spec.right.types.slice(0, spec.right.width),
    ]
    const make = () => new RowBatch(types.map(makeColumn))
    this.output = [make(), make()]
    if (this.#fills && spec.residual !== undefined) {
      this.#pairs = new PairHolder(make)
      this.#residual = spec.residual(this.#pairs)
    }
  }

  get clock(): number {
    if (this.stateRows === 0 || (this.#spec.direct && !this.#fills)) return Number.POSITIVE_INFINITY
    return this.time
  }

  run(run: Run): void {
    const { pass } = run
    const leftRows = this.#spec.left.input.output[pass]
    const rightRows = this.#spec.right.input.output[pass]
    const out = this.output[pass]
    if (pass === 1) this.bound = Math.min(this.#spec.left.input.bound, this.#spec.right.input.bound)
    const events = this.#events
    events.count = 0
    this.#free(this.left, pass)
    this.#free(this.right, pass)
    if (leftRows.length + rightRows.length > 0) this.#arrive(leftRows, rightRows, run)
    if (pass === 1 && this.bound > this.time) this.#moveTime(this.bound, run.records)
    if (this.#fills) this.#settle(run)
    this.#emit(out)
  }

  /** Memory of rows that have left; in pass 1 rows of pass 0 may still be looked at. */
  #free(side: JoinSide, pass: 0 | 1): void {
    if (pass === 1) return
    if (side.spec.window === undefined) side.store.dropBefore(side.store.next)
    side.store.release()
  }

  #arrive(leftRows: RowBatch, rightRows: RowBatch, run: Run): void {
    const { left, right } = this
    const leftFirst = appendRows(left, leftRows)
    const rightFirst = appendRows(right, rightRows)
    const { length: leftCount, origin: leftOrigin, rowtime: leftTime } = leftRows
    const { length: rightCount, origin: rightOrigin, rowtime: rightTime } = rightRows
    const rightFirstAtOnce = left.spec.window === undefined && right.spec.window !== undefined
    const leftIsNext = (i: number, j: number): boolean => {
      if (j === rightCount || i === leftCount) return i < leftCount
      const origins = leftOrigin[i]! - rightOrigin[j]!
      if (origins !== 0) return origins < 0
      const times = leftTime[i]! - rightTime[j]!
      return times < 0 || (times === 0 && !rightFirstAtOnce)
    }
    let i = 0
    let j = 0
    while (i < leftCount || j < rightCount) {
      if (leftIsNext(i, j)) {
        this.#meet(left, right, (leftFirst + i) | 0, leftTime[i]!, leftOrigin[i]!, left.hashes[i]!, run)
        i++
      } else {
        this.#meet(right, left, (rightFirst + j) | 0, rightTime[j]!, rightOrigin[j]!, right.hashes[j]!, run)
        j++
      }
    }
  }

  #meet(
    own: JoinSide,
    other: JoinSide,
    id: number,
    rowtime: number,
    origin: number,
    hash: number,
    run: Run,
  ): void {
    if (rowtime > this.time) this.#moveTime(rowtime, origin)
    const isLeft = own === this.left
    if (hash !== 0 && other.spec.window !== undefined) {
      const head = other.index.find(hash, id, isLeft ? this.#rightIsLeft : this.#leftIsRight)
      if (other.index.hit) this.#pair(other, head, id, isLeft, rowtime, origin)
    }
    if (own.spec.window === undefined) {
      if (own.outer) this.#events.add(isLeft ? leftEnd : rightEnd, id, id, rowtime, origin)
      return
    }
    if (hash !== 0) own.index.insert(hash, id)
    own.arrived = (id + 1) | 0
    if (origin < run.records && run.outcomes[origin]! < outcome.out) run.outcomes[origin] = outcome.out
    if (((own.arrived - own.store.first) | 0) > own.rowsMax)
      this.#end(own, Math.max(own.store.rowtimeOf(own.store.first), rowtime), origin)
    // A row that was behind the time of the join may lie outside its own window already.
    if (rowtime + own.rangeMs < this.time) this.#moveTime(this.time, origin)
  }

  readonly #rightIsLeft = (id: number, probe: number) => sameKeys(this.right, id, this.left, probe)
  readonly #leftIsRight = (id: number, probe: number) => sameKeys(this.left, id, this.right, probe)

  /** Notes the pairs with all live rows of a chain, oldest first. */
  #pair(other: JoinSide, head: number, id: number, isLeft: boolean, rowtime: number, origin: number): void {
    const { store } = other
    let count = 0
    for (let at = head; store.isLive(at); at = store.linkOf(at)) {
      if (count === this.#chain.length) this.#chain = grownInts(this.#chain)
      this.#chain[count++] = at
    }
    for (let k = count - 1; k >= 0; k--) {
      const partner = this.#chain[k]!
      const time = Math.max(rowtime, store.rowtimeOf(partner))
      if (isLeft) this.#events.add(pairEvent, id, partner, time, origin)
      else this.#events.add(pairEvent, partner, id, time, origin)
    }
  }

  /** Moves the time on and lets go of rows that it left behind, in order of the end of their windows. */
  #moveTime(time: number, origin: number): void {
    this.time = time
    const { left, right } = this
    for (;;) {
      const leftEnds = endOfFirst(left)
      const rightEnds = endOfFirst(right)
      if (leftEnds >= time && rightEnds >= time) return
      if (leftEnds <= rightEnds) this.#end(left, leftEnds, origin)
      else this.#end(right, rightEnds, origin)
    }
  }

  #end(side: JoinSide, at: number, origin: number): void {
    const id = side.store.first
    side.store.dropBefore((id + 1) | 0)
    if (side.outer) this.#events.add(side === this.left ? leftEnd : rightEnd, id, id, at, origin)
  }

  /** Marks matched rows and drops the events that do not come out. */
  #settle(run: Run): void {
    const events = this.#events
    const verdict = this.#residual === undefined ? undefined : this.#judge(run)
    let kept = 0
    for (let e = 0; e < events.count; e++) {
      const kind = events.kind[e]!
      if (kind === pairEvent) {
        const passed = verdict === undefined ? 1 : verdict[e]!
        if (passed === 0) continue
        mark(this.left, events.left[e]!)
        mark(this.right, events.right[e]!)
        if (passed === 1) events.keep(e, kept++)
      } else {
        const side = kind === leftEnd ? this.left : this.right
        if (!side.store.isMatched(events.left[e]!)) events.keep(e, kept++)
      }
    }
    events.count = kept
  }

  /** For each event that is a pair: 0 the condition is not TRUE, 1 it is, 2 it failed. */
  #judge(run: Run): Uint8Array {
    const events = this.#events
    const holder = this.#pairs!
    const verdict = new Uint8Array(events.count)
    const at: number[] = []
    for (let e = 0; e < events.count; e++) if (events.kind[e] === pairEvent) at.push(e)
    holder.fill(run.pass, this.left, this.right, events, at)
    const residual = this.#residual!
    residual.run(run)
    const passed = residual.output[run.pass].length
    for (let i = 0; i < passed; i++) verdict[at[residual.selected[i]!]!] = 1
    for (const i of residual.failed) verdict[at[i]!] = 2
    return verdict
  }

  #emit(out: RowBatch): void {
    const events = this.#events
    const { count } = events
    out.length = count
    if (count === 0) return
    out.reserve(count)
    out.rowtime.set(events.rowtime.subarray(0, count))
    out.origin.set(events.origin.subarray(0, count))
    gatherPairs(this.left, this.right, events, count, this.#fills, out)
  }

  get stateRows(): number {
    return windowed(this.left) + windowed(this.right)
  }

  get stateBytes(): number {
    return [this.left, this.right].reduce((sum, side) => sum + side.store.bytes + side.index.bytes, 0)
  }

  takeChange(): OperatorState | undefined {
    const { left, right } = this
    const quiet = [left, right].every(
      (side) =>
        side.spec.window === undefined || (side.logged === side.store.next && side.matchedSince.length === 0),
    )
    if (quiet && !this.#timeMatters()) return undefined
    const blob = this.#write([changeOf(left), changeOf(right)])
    for (const side of [left, right]) {
      side.logged = side.store.next
      side.firstLogged = side.store.first
      side.textLogged = side.store.textEnd
      side.matchedSince = []
    }
    this.#loggedTime = this.time
    return { operator: this.id, blob, liveUntil: this.#liveUntil() }
  }

  /**
   * Whether a restored join would answer otherwise without the time: it would say again which rows had no partner, or, where
   * row times can fall behind, take in rows that are too late. So idle joins do not write a change for each bound.
   */
  #timeMatters(): boolean {
    if (!this.#spec.direct) return this.time !== this.#loggedTime
    return (
      this.#fills &&
      [this.left, this.right].some((side) => side.outer && side.firstLogged !== side.store.first)
    )
  }

  /** In pieces, so that no blob grows with the window. */
  snapshot(): Uint8Array[] {
    const { left, right } = this
    if (this.time === Number.NEGATIVE_INFINITY) return []
    const blobs = [
      this.#write([
        rangeOf(left, left.store.next, left.store.next),
        rangeOf(right, right.store.next, right.store.next),
      ]),
    ]
    for (const side of [left, right]) {
      if (side.spec.window === undefined) continue
      const { first, next } = side.store
      for (let from = first; ((next - from) | 0) > 0; ) {
        const to = ((next - from) | 0) > snapshotRows ? (from + snapshotRows) | 0 : next
        const other = side === left ? right : left
        const ranges = [rangeOf(side, from, to), rangeOf(other, other.store.next, other.store.next)]
        blobs.push(this.#write(side === left ? ranges : ranges.reverse()))
        from = to
      }
    }
    return blobs
  }

  #write(ranges: readonly JoinRange[]): Uint8Array {
    return writeJoinState(this.time, [this.left.store, this.right.store], ranges)
  }

  #liveUntil(): number | null {
    let longest = 0
    let last = this.time
    for (const { spec, store, rangeMs } of [this.left, this.right]) {
      if (spec.window === undefined) continue
      if (spec.window.kind !== 'range') return null
      longest = Math.max(longest, rangeMs)
      if (store.count > 0) last = Math.max(last, store.rowtimeOf((store.next - 1) | 0))
    }
    return last + longest
  }

  restore(blob: Uint8Array): void {
    const restored = readJoinState(blob, [this.left, this.right])
    this.time = Math.max(this.time, restored.time)
    restored.rows.forEach((rows, s) => {
      const side = s === 0 ? this.left : this.right
      if (side.spec.window === undefined) return
      const firstId = appendRows(side, rows.batch)
      for (let i = 0; i < rows.batch.length; i++) {
        const id = (firstId + i) | 0
        if (rows.matched[i] === 1) side.store.setMatched(id)
        side.arrived = (id + 1) | 0
        if (side.hashes[i] !== 0) side.index.insert(side.hashes[i]!, id)
        if (((side.arrived - side.store.first) | 0) > side.rowsMax)
          side.store.dropBefore((side.store.first + 1) | 0)
      }
      // Rows before a snapshot's end, counted from the newest, that later found a partner.
      for (const back of rows.matchedBack) {
        const id = (side.store.next - rows.batch.length - back) | 0
        if (side.store.isLive(id)) side.store.setMatched(id)
      }
      while (endOfFirst(side) < this.time) side.store.dropBefore((side.store.first + 1) | 0)
      side.store.release()
      side.logged = side.store.next
      side.firstLogged = side.store.first
      side.textLogged = side.store.textEnd
    })
    this.#loggedTime = this.time
  }
}

function makeSide(spec: JoinSideSpec, outer: boolean): JoinSide {
  const store = new RowStore(spec.types)
  const { window } = spec
  const side: JoinSide = {
    spec,
    store,
    index: new RowIndex(store, (a, b) => sameKeys(side, a, side, b)),
    outer,
    rangeMs: window?.kind === 'range' ? window.ms : Number.POSITIVE_INFINITY,
    rowsMax: window?.kind === 'rows' ? window.rows + 1 : 0x7fffffff,
    hashes: new Int32Array(64),
    arrived: 0,
    logged: 0,
    textLogged: store.textEnd,
    firstLogged: 0,
    matchedSince: [],
  }
  return side
}

function appendRows(side: JoinSide, rows: RowBatch): number {
  if (side.hashes.length < rows.length)
    side.hashes = new Int32Array(Math.max(rows.length, side.hashes.length * 2))
  hashKeys(
    rows,
    side.spec.keys,
    side.spec.keys.map((c) => side.spec.types[c]!),
    side.hashes,
  )
  return side.store.append(rows, side.hashes)
}

function sameKeys(a: JoinSide, aId: number, b: JoinSide, bId: number): boolean {
  const { keys, types } = a.spec
  for (let k = 0; k < keys.length; k++) {
    const trimmed = types[keys[k]!]!.kind === 'CHAR'
    if (!RowStore.sameValue(a.store, keys[k]!, aId, b.store, b.spec.keys[k]!, bId, trimmed)) return false
  }
  return true
}

/** The moment at which the window passes over the oldest row; Infinity if there is none that time ends. */
function endOfFirst(side: JoinSide): number {
  if (side.rangeMs === Number.POSITIVE_INFINITY || ((side.arrived - side.store.first) | 0) <= 0)
    return Number.POSITIVE_INFINITY
  return side.store.rowtimeOf(side.store.first) + side.rangeMs
}

function mark(side: JoinSide, id: number): void {
  if (!side.outer || side.store.isMatched(id)) return
  side.store.setMatched(id)
  // Rows that the next change holds anyway carry the mark with them.
  if (side.spec.window !== undefined && ((id - side.logged) | 0) < 0) side.matchedSince.push(id)
}

/** What has come in since the last change; rows that have left already are not written. */
function changeOf(side: JoinSide): JoinRange {
  const { store, logged, spec } = side
  if (spec.window === undefined) return rangeOf(side, store.next, store.next)
  const left = ((store.first - logged) | 0) > 0
  return {
    from: left ? store.first : logged,
    to: store.next,
    textFrom: left ? store.textBefore(store.first) : side.textLogged,
    marks: side.matchedSince.filter((id) => store.isLive(id)).map((id) => (logged - id) | 0),
  }
}

function rangeOf({ store }: JoinSide, from: number, to: number): JoinRange {
  return { from, to, textFrom: store.textBefore(from), marks: [] }
}

function windowed(side: JoinSide): number {
  return side.spec.window === undefined ? 0 : side.store.count
}

function gatherPairs(
  left: JoinSide,
  right: JoinSide,
  events: Events,
  count: number,
  fills: boolean,
  out: RowBatch,
): void {
  const leftAbsent = fills ? events.absent(rightEnd, count) : undefined
  for (let c = 0; c < left.spec.width; c++)
    left.store.gather(c, events.left, leftAbsent, count, out.columns[c]!)
  const rightAbsent = fills ? events.absent(leftEnd, count) : undefined
  for (let c = 0; c < right.spec.width; c++) {
    right.store.gather(c, events.right, rightAbsent, count, out.columns[left.spec.width + c]!)
  }
}

/** What the walk found, in parallel arrays. */
class Events {
  count = 0
  kind = new Uint8Array(256)
  left = new Int32Array(256)
  right = new Int32Array(256)
  rowtime = new Float64Array(256)
  origin = new Int32Array(256)
  #absent = [new Uint8Array(0), new Uint8Array(0)]

  add(kind: number, left: number, right: number, rowtime: number, origin: number): void {
    const at = this.count++
    if (at === this.kind.length) this.#grow()
    this.kind[at] = kind
    this.left[at] = left
    this.right[at] = right
    this.rowtime[at] = rowtime
    this.origin[at] = origin
  }

  keep(from: number, to: number): void {
    this.kind[to] = this.kind[from]!
    this.left[to] = this.left[from]!
    this.right[to] = this.right[from]!
    this.rowtime[to] = this.rowtime[from]!
    this.origin[to] = this.origin[from]!
  }

  /** 1 for the events of a kind, whose other side is missing. */
  absent(kind: number, count: number): Uint8Array {
    let flags = this.#absent[kind - 1]!
    if (flags.length < count) {
      flags = new Uint8Array(this.kind.length)
      this.#absent[kind - 1] = flags
    }
    for (let i = 0; i < count; i++) flags[i] = this.kind[i] === kind ? 1 : 0
    return flags
  }

  #grow(): void {
    const size = this.kind.length * 2
    const kind = new Uint8Array(size)
    kind.set(this.kind)
    this.kind = kind
    this.left = grownInts(this.left)
    this.right = grownInts(this.right)
    this.origin = grownInts(this.origin)
    const rowtime = new Float64Array(size)
    rowtime.set(this.rowtime)
    this.rowtime = rowtime
  }
}

/** The pairs as an operator's output, for the filter that judges them. */
class PairHolder implements Operator {
  readonly kind = 'pairs'
  readonly output: readonly [RowBatch, RowBatch]
  readonly bound = Number.NEGATIVE_INFINITY
  readonly #events = new Events()

  constructor(make: () => RowBatch) {
    this.output = [make(), make()]
  }

  fill(pass: 0 | 1, left: JoinSide, right: JoinSide, events: Events, at: readonly number[]): void {
    const out = this.output[pass]
    const own = this.#events
    own.count = 0
    for (const e of at)
      own.add(pairEvent, events.left[e]!, events.right[e]!, events.rowtime[e]!, events.origin[e]!)
    out.reserve(own.count)
    out.length = own.count
    out.rowtime.set(own.rowtime.subarray(0, own.count))
    out.origin.set(own.origin.subarray(0, own.count))
    gatherPairs(left, right, own, own.count, false, out)
  }

  run(): void {}
}

function grownInts(from: Int32Array): Int32Array<ArrayBuffer> {
  const to = new Int32Array(from.length * 2)
  to.set(from)
  return to
}

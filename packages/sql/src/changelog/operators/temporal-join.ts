/**
 * Temporal join: each left row meets the version of the right side that holds at its time.
 *
 * By event time a left row waits until the watermark, the least of both sides, has reached its time; then no version at or
 * before it can come any more. Rows come out in order of arrival among those that a watermark sets free. Versions are told
 * by the time column of right rows: +I and +U start one, -D ends the key at the row's time (or now, if it has none), -U
 * says nothing that its +U does not. So changes by key are versions as they come, without the rows before them. A left row that comes late (its time is not above the watermark) is answered at once with what is kept; if the
 * version of its time was dropped already, it is reported as late and dropped.
 *
 * By processing time (no right time) each left row meets the row that its key has at that moment.
 *
 * The key of a version is the right side's own key, which is part of the condition. Equalities beyond it, and the rest of the
 * condition, are asked of the version that was found; if it fails them there is no partner. No partner: nothing, or NULLs (left).
 *
 * Left rows may come as changes. What each met is kept then (join-results.ts), so that taking a row back takes back what it
 * gave; and an update that keeps key and time meets the version that the row before it met.
 */
import { SqlRuntimeError } from '../../functions/index.ts'
import type { Expr, SqlValue } from '../../plan.ts'
import type { Operator, OperatorContext, Port } from '../operator.ts'
import type { JoinCondition, TemporalJoinNode } from '../plan.ts'
import { isRetraction, type Row, type RowKind, rowKind } from '../row.ts'
import type { Key, KeyedState } from '../state/state-store.ts'
import { WatermarkMerge } from '../watermark-merge.ts'
import { type JoinKey, type JoinKeyOf, makeJoinKey, makePairTests, type PairTest } from './join-condition.ts'
import { JoinResults } from './join-results.ts'
import { makeRowJoiners, type RowJoiner } from './join-row.ts'
import { TimeQueue } from './join-time-queue.ts'
import { UpdatePairs } from './join-updates.ts'
import { TemporalVersions } from './temporal-versions.ts'

export function makeTemporalJoin(node: TemporalJoinNode, context: OperatorContext, out: Port): Operator {
  return node.rightTime === undefined
    ? new ProcessingTimeJoin(node, context, out)
    : new EventTimeJoin(node, node.rightTime.column, context, out)
}

/** What both forms do with a left row and the version found for it. */
class Meeting {
  readonly leftKey: JoinKeyOf
  readonly rightKey: JoinKeyOf
  readonly out: Port
  readonly updates: UpdatePairs | undefined
  readonly results: JoinResults | undefined
  readonly #outer: boolean
  readonly #extraLeft: JoinKeyOf
  readonly #extraRight: JoinKeyOf
  readonly #test: PairTest | undefined
  readonly #joiner: RowJoiner

  constructor(node: TemporalJoinNode, context: OperatorContext, out: Port) {
    const widths = { left: node.left.schema.fields.length, right: node.right.schema.fields.length }
    const { version, extra } = splitByKey(node.condition, node.right.traits.keys)
    this.leftKey = makeJoinKey(version.leftKeys, version.nullSafe, context)
    this.rightKey = makeJoinKey(version.rightKeys, version.nullSafe, context)
    this.#extraLeft = makeJoinKey(extra.leftKeys, extra.nullSafe, context)
    this.#extraRight = makeJoinKey(extra.rightKeys, extra.nullSafe, context)
    this.#test = makePairTests(node.condition.residual, widths, context).left
    this.#joiner = makeRowJoiners(widths.left, widths.right).left
    this.#outer = node.join === 'left'
    const retracts = node.left.traits.changes === 'retract'
    this.results = retracts ? new JoinResults(node.left.schema, context.state) : undefined
    this.updates = retracts ? new UpdatePairs(out) : undefined
    this.out = this.updates ?? out
  }

  /** Puts out a row that comes, with the version that holds for it. */
  add(row: Row, kind: RowKind, key: Key | undefined, version: Row | null): void {
    const partner = version !== null && this.#holds(row, version) ? version : null
    this.updates?.begin(kind, 0, key ?? noKey)
    if (partner !== null || this.#outer) {
      this.#put(row, kind, partner)
      this.results?.add(row, [partner])
    }
    this.updates?.end()
  }

  /** Takes back what the row gave; the version that it met, or null. */
  remove(row: Row, kind: RowKind, key: Key | undefined): Row | null {
    if (this.results === undefined) throw new Error('temporal join: its left input only appends')
    this.updates?.begin(kind, 0, key ?? noKey)
    const [partner] = this.results.take(row)
    if (partner !== undefined) this.#put(row, kind, partner)
    this.updates?.end()
    return partner ?? null
  }

  #holds(row: Row, version: Row): boolean {
    const [left, right] = [this.#extraLeft(row, rowKind.insert), this.#extraRight(version, rowKind.insert)]
    if (left === undefined || left === null || left !== right) return false
    return this.#test === undefined || this.#test(row, version, true)
  }

  #put(row: Row, kind: RowKind, partner: Row | null): void {
    this.out.row(partner === null ? this.#joiner.alone(row) : this.#joiner.pair(row, partner), kind)
  }
}

/** Stands for the key of left rows that have none. */
const noKey = Number.NEGATIVE_INFINITY

class ProcessingTimeJoin implements Operator {
  readonly inputs: readonly Port[]
  readonly #meeting: Meeting
  readonly #current: KeyedState<Row>

  constructor(node: TemporalJoinNode, context: OperatorContext, out: Port) {
    const meeting = new Meeting(node, context, out)
    this.#meeting = meeting
    this.#current = context.state.keyed('current')
    const merge = new WatermarkMerge(2)
    const pass = (input: number) => (time: number) => {
      const least = merge.advance(input, time)
      if (least !== undefined) meeting.out.watermark(least)
    }
    this.inputs = [
      { row: (row, kind) => this.#left(row, kind), watermark: pass(0) },
      { row: (row, kind) => this.#right(row, kind), watermark: pass(1) },
    ]
  }

  #left(row: Row, kind: RowKind): void {
    const key = this.#meeting.leftKey(row, kind)
    if (key === null) return
    if (isRetraction(kind)) this.#meeting.remove(row, kind, key)
    else this.#meeting.add(row, kind, key, key === undefined ? null : (this.#current.get(key) ?? null))
  }

  #right(row: Row, kind: RowKind): void {
    const key = this.#meeting.rightKey(row, kind)
    if (key === undefined || key === null) return
    if (isRetraction(kind)) this.#current.delete(key)
    else this.#current.set(key, row)
  }

  flush(): void {
    this.#meeting.updates?.flush()
  }
}

type Waiting = readonly [row: Row, kind: RowKind]

class EventTimeJoin implements Operator {
  readonly inputs: readonly Port[]
  readonly #meeting: Meeting
  readonly #context: OperatorContext
  readonly #leftTime: number
  readonly #rightTime: number
  /** Left changes above the watermark, by number of arrival. */
  readonly #waiting: KeyedState<Waiting>
  readonly #byTime = new TimeQueue()
  readonly #versions: TemporalVersions
  /** Key, time and version of the row that was taken back last, if it was late. */
  readonly #taken: { get(): Taken | null; set(value: Taken | null): void }
  readonly #merge = new WatermarkMerge(2)
  #nextNumber = 0

  constructor(node: TemporalJoinNode, rightTime: number, context: OperatorContext, out: Port) {
    this.#meeting = new Meeting(node, context, out)
    this.#context = context
    this.#leftTime = node.leftTime.column
    this.#rightTime = rightTime
    this.#waiting = context.state.keyed('waiting')
    this.#versions = new TemporalVersions(context.state)
    this.#taken = context.state.value<Taken | null>('taken', null)
    this.inputs = [
      { row: (row, kind) => this.#left(row, kind), watermark: (time) => this.#watermark(0, time) },
      { row: (row, kind) => this.#right(row, kind), watermark: (time) => this.#watermark(1, time) },
    ]
  }

  resume(): void {
    for (const [number, [row]] of this.#waiting.entries()) {
      // Numbered by #left, and only rows with a time wait.
      this.#byTime.push(row[this.#leftTime] as number, number as number)
      this.#nextNumber = (number as number) + 1
    }
    this.#versions.resume()
  }

  #left(row: Row, kind: RowKind): void {
    const key = this.#meeting.leftKey(row, kind)
    if (key === null) return
    const time = row[this.#leftTime]!
    if (typeof time === 'number' && time > this.#merge.current) {
      const number = this.#nextNumber++
      this.#waiting.set(number, [row, kind])
      this.#byTime.push(time, number)
      return
    }
    // A row without a time has no version.
    if (typeof time !== 'number') this.#answer(row, kind, undefined, Number.NEGATIVE_INFINITY)
    else this.#answer(row, kind, key, time)
  }

  #answer(row: Row, kind: RowKind, key: Key | undefined, time: number): void {
    if (isRetraction(kind)) {
      const version = this.#meeting.remove(row, kind, key)
      if (key !== undefined && version !== null) this.#taken.set([key, time, version])
      return
    }
    let version = key === undefined ? null : this.#versions.at(key, time)
    const taken = this.#taken.get()
    if (taken !== null) {
      if (kind === rowKind.updateAfter && taken[0] === key && taken[1] === time) version = taken[2]
      this.#taken.set(null)
    }
    if (version === undefined) this.#context.late(row)
    else this.#meeting.add(row, kind, key, version)
  }

  #right(row: Row, kind: RowKind): void {
    const key = this.#meeting.rightKey(row, kind)
    if (key === undefined || key === null || kind === rowKind.updateBefore) return
    let time = row[this.#rightTime]!
    if (time === null && kind === rowKind.delete) {
      // A tombstone that says nothing but the key ends it from now on.
      const last = this.#versions.lastTime(key)
      if (last === Number.NEGATIVE_INFINITY) return
      time = Math.max(last, this.#merge.current + 1)
    }
    if (typeof time !== 'number') {
      this.#context.fail(row, new SqlRuntimeError('NotNullViolation', 'the time of a version is NULL'))
      return
    }
    this.#versions.put(key, time, kind === rowKind.delete ? null : row)
    this.#versions.trim(this.#merge.current)
  }

  #watermark(side: 0 | 1, time: number): void {
    const least = this.#merge.advance(side, time)
    if (least === undefined) return
    this.#free(least)
    this.#versions.trim(least)
    this.#meeting.out.watermark(least)
  }

  /** Answers what waits for times up to the watermark, in order of arrival. */
  #free(passed: number): void {
    const numbers: number[] = []
    while (this.#byTime.size > 0 && this.#byTime.firstTime <= passed) numbers.push(this.#byTime.pop())
    if (numbers.length > 1) numbers.sort((a, b) => a - b)
    for (const number of numbers) {
      const [row, kind] = this.#waiting.get(number)!
      this.#waiting.delete(number)
      const key = this.#meeting.leftKey(row, kind)
      if (key !== null) this.#answer(row, kind, key, mustTime(row[this.#leftTime]))
    }
  }

  flush(): void {
    this.#meeting.updates?.flush()
  }
}

type Taken = readonly [key: JoinKey, time: number, version: Row]

/** Only rows with a time wait. */
function mustTime(value: SqlValue | undefined): number {
  if (typeof value !== 'number') throw new Error('temporal join: a waiting row without a time')
  return value
}

type Keys = Pick<JoinCondition, 'leftKeys' | 'rightKeys' | 'nullSafe'>

/** The equalities that make up a key of the right side, and those beyond it. */
function splitByKey(
  condition: JoinCondition,
  keys: readonly (readonly number[])[],
): { readonly version: Keys; readonly extra: Keys } {
  const columns = condition.rightKeys.map((expr: Expr) => (expr.kind === 'column' ? expr.index : -1))
  const own = keys.find((key) => key.length > 0 && key.every((column) => columns.includes(column)))
  const isOwn = columns.map((column, i) =>
    own === undefined ? true : own.includes(column) && columns.indexOf(column) === i,
  )
  const pick = (wanted: boolean): Keys => ({
    leftKeys: condition.leftKeys.filter((_, i) => isOwn[i] === wanted),
    rightKeys: condition.rightKeys.filter((_, i) => isOwn[i] === wanted),
    nullSafe: condition.nullSafe.filter((_, i) => isOwn[i] === wanted),
  })
  return { version: pick(true), extra: pick(false) }
}

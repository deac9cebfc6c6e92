/**
 * Tumbling GROUP BY (spec 2.8; rules of interpreter/group.ts). The groups of the open step are kept in order of first
 * arrival under a key text, each with one accumulator per call; they come out when the time key changes or the bound
 * reaches the next step, with the first instant of that step as row time.
 *
 * State blobs are lists of values (state-values.ts): a change holds the groups that changed, and
 * whether those before were closed. Memory: the groups of one step; calls without an accumulator of constant size (see
 * accumulator.ts) keep their arguments.
 */
import { RowBatch } from '@millrace/values'
import { type OperatorState, outcome } from '../engine-port.ts'
import { type Dialect, SqlRuntimeError } from '../functions/index.ts'
import { interpretExpr } from '../interpreter/expression.ts'
import { sameKeys } from '../interpreter/row.ts'
import type { GroupNode, SqlValue } from '../plan.ts'
import { type Accumulator, makeAccumulator } from './accumulator.ts'
import { makeColumn, setValue, valueAt } from './column-values.ts'
import { keyText } from './key-text.ts'
import { type Operator, type Run, reportRow, type StatefulOperator } from './operator.ts'
import { decodeValues, encodeValues, type StateValue } from './state-values.ts'
import { TextArena } from './text-arena.ts'

export interface GroupSpec {
  readonly id: string
  readonly node: GroupNode
  /** Yields the keys, then the arguments of the calls in order. */
  readonly input: Operator
  readonly dialect: Dialect
  readonly pump: string
}

interface Group {
  readonly key: string
  readonly keys: readonly SqlValue[]
  readonly accumulators: readonly Accumulator[]
}

/** Keys, and what each accumulator saved. */
type SavedGroup = readonly [readonly SqlValue[], readonly StateValue[]]

/** Whether the groups before were closed, row times of the step's first row and of the last row, groups. */
type SavedState = readonly [boolean, number, number, readonly SavedGroup[]]

export class GroupOperator implements StatefulOperator {
  readonly kind = 'group'
  readonly id: string
  readonly output: readonly [RowBatch, RowBatch]
  bound = Number.NEGATIVE_INFINITY

  readonly #spec: GroupSpec
  readonly #arenas = [new TextArena(), new TextArena()] as const
  #groups = new Map<string, Group>()
  #lastRowtime = Number.NEGATIVE_INFINITY
  /** Row time of the first row of the open step. */
  #openedAt = Number.NEGATIVE_INFINITY
  /** Groups that changed since the last takeChange, and whether earlier ones were closed. */
  #dirty = new Set<Group>()
  #cleared = false

  constructor(spec: GroupSpec) {
    this.#spec = spec
    this.id = spec.id
    const make = () => new RowBatch(spec.node.schema.fields.map(({ type }) => makeColumn(type)))
    this.output = [make(), make()]
  }

  /** While a step is open, time does not pass its first row: no change since then can be dropped. */
  get clock(): number {
    return this.#groups.size === 0 ? Number.POSITIVE_INFINITY : this.#openedAt
  }

  run(run: Run): void {
    const { input, node } = this.#spec
    const rows = input.output[run.pass]
    const out = this.output[run.pass]
    this.#arenas[run.pass].reset()
    out.length = 0
    for (const column of out.columns) {
      if (column.kind === 'text') column.pages = []
      else column.wide = null
    }
    const timeType = [node.keys[node.timeKey]!.type]
    for (let i = 0; i < rows.length; i++) {
      const keys = node.keys.map(({ type }, c) => valueAt(rows.columns[c]!, i, type))
      const open: Group | undefined = this.#groups.values().next().value
      const origin = rows.origin[i]!
      if (open !== undefined && !sameKeys([open.keys[node.timeKey]!], [keys[node.timeKey]!], timeType)) {
        this.#close(out, origin, rows.rowtime[i]!, run)
      }
      if (origin < run.records && run.outcomes[origin]! < outcome.out) run.outcomes[origin] = outcome.out
      this.#lastRowtime = rows.rowtime[i]!
      if (this.#groups.size === 0) this.#openedAt = this.#lastRowtime
      this.#add(keys, rows, i)
    }
    if (run.pass === 0) return
    this.bound = input.bound
    const open: Group | undefined = this.#groups.values().next().value
    if (open === undefined) return
    const next = this.#nextStep(open.keys)
    const ends = typeof next === 'number' ? next <= this.bound : this.bound === Number.POSITIVE_INFINITY
    if (ends) this.#close(out, run.records, this.#lastRowtime, run)
  }

  #add(keys: readonly SqlValue[], rows: RowBatch, i: number): void {
    const { node } = this.#spec
    const group = this.#groupOf(keys)
    let c = node.keys.length
    node.calls.forEach((call, a) => {
      const args = call.args.map(({ type }) => valueAt(rows.columns[c++]!, i, type))
      group.accumulators[a]!.add(args)
    })
    this.#dirty.add(group)
  }

  #groupOf(keys: readonly SqlValue[]): Group {
    const { node } = this.#spec
    const key = keyText(keys, node.keys)
    let group = this.#groups.get(key)
    if (group === undefined) {
      group = { key, keys, accumulators: node.calls.map(makeAccumulator) }
      this.#groups.set(key, group)
    }
    return group
  }

  #nextStep(keys: readonly SqlValue[]): SqlValue {
    return interpretExpr(this.#spec.node.nextStep, keys, this.#lastRowtime, this.#spec.dialect)
  }

  /** `at`: row time of the row that closes the groups, if one does. */
  #close(out: RowBatch, origin: number, at: number, run: Run): void {
    const { pump } = this.#spec
    const closed = this.#groups
    this.#groups = new Map()
    this.#dirty.clear()
    this.#cleared = true
    const arena = this.#arenas[run.pass]
    for (const { keys, accumulators } of closed.values()) {
      try {
        const next = this.#nextStep(keys)
        const values = [...keys, ...accumulators.map((accumulator) => accumulator.result())]
        const n = out.length
        out.reserve(n + 1)
        values.forEach((value, c) => {
          setValue(out.columns[c]!, n, value, arena)
        })
        // A time key without a known next step lasts until a row with another value comes.
        out.rowtime[n] = typeof next === 'number' ? next : at
        out.origin[n] = origin
        out.length = n + 1
      } catch (error) {
        if (!(error instanceof SqlRuntimeError)) throw error
        const shown = JSON.stringify(keys.map((key) => (key === null ? null : String(key))))
        // No single record is to blame for a group.
        reportRow(
          run,
          { name: error.name, message: error.message, pump, rowtime: this.#lastRowtime, row: shown },
          { origin, blamed: false },
        )
      }
    }
  }

  get stateRows(): number {
    return this.#groups.size
  }

  get stateBytes(): number {
    // An estimate: a group is a key text, its values and an object for each call.
    return this.#groups.size * (96 + 48 * (this.#spec.node.keys.length + this.#spec.node.calls.length))
  }

  takeChange(): OperatorState | undefined {
    if (!this.#cleared && this.#dirty.size === 0) return undefined
    const blob = this.#encode(this.#cleared, this.#dirty)
    this.#cleared = false
    this.#dirty.clear()
    return { operator: this.id, blob, liveUntil: this.#lastRowtime }
  }

  snapshot(): Uint8Array[] {
    return [this.#encode(true, this.#groups.values())]
  }

  #encode(clear: boolean, groups: Iterable<Group>): Uint8Array {
    const saved: SavedState = [
      clear,
      this.#openedAt,
      this.#lastRowtime,
      [...groups].map(({ keys, accumulators }) => [keys, accumulators.map((each) => each.save())] as const),
    ]
    return encodeValues(saved)
  }

  restore(blob: Uint8Array): void {
    // Written by #encode, and checked by its version.
    const [clear, openedAt, lastRowtime, groups] = decodeValues(blob) as unknown as SavedState
    if (clear) this.#groups = new Map()
    this.#openedAt = openedAt
    this.#lastRowtime = lastRowtime
    for (const [keys, accumulators] of groups) {
      const group = this.#groupOf(keys)
      group.accumulators.forEach((accumulator, a) => {
        accumulator.load(accumulators[a]!)
      })
    }
    this.#dirty.clear()
    this.#cleared = false
  }
}

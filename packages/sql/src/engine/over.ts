/**
 * OVER windows (spec 2.10; rules of interpreter/over.ts): one row out for each row in, with the values of the calls over
 * the frame that ends with it. Each window keeps its partitions under a key text; frames are those of frame.ts.
 *
 * Row times ascend on every stream, so the rows of a RANGE frame leave in order of arrival over all partitions: a queue of
 * (row time, partition) per window lets go of them, and of partitions that became empty, at a cost of O(1) per row.
 * A ROWS frame keeps its rows, and its partitions, until later rows push them out.
 *
 * State blobs are lists of values (state-values.ts): a change holds the rows that came in, a snapshot
 * the rows held, window by window.
 */
import { type Column, RowBatch } from '@millrace/values'
import type { OperatorState } from '../engine-port.ts'
import { SqlRuntimeError } from '../functions/index.ts'
import type { OverNode, SqlValue } from '../plan.ts'
import { makeColumn, rowText, setValue, valueAt } from './column-values.ts'
import { type FrameRow, FrameRows } from './frame.ts'
import { gatherColumn, gatherTimes } from './gather.ts'
import { keyText } from './key-text.ts'
import { type Operator, type Run, reportRow, type StatefulOperator } from './operator.ts'
import { decodeValues, encodeValues } from './state-values.ts'
import { TextArena } from './text-arena.ts'

export interface OverSpec {
  readonly id: string
  readonly node: OverNode
  /** Yields the input's columns, then for each window its partition keys and the arguments of its calls. */
  readonly input: Operator
  readonly pump: string
  /** Whether row times are those of the source records. */
  readonly direct: boolean
}

interface RunningWindow {
  readonly node: OverNode['windows'][number]
  /** Place of the window's first key among the input's columns. */
  readonly firstColumn: number
  readonly partitions: Map<string, FrameRows>
  /** Rows of a RANGE frame in order of arrival, from `head`. */
  times: number[]
  owners: FrameRows[]
  head: number
}

/** A row as state: window, row time, keys, arguments. */
type SavedRow = readonly [number, number, readonly SqlValue[], FrameRow]

export class OverOperator implements StatefulOperator {
  readonly kind = 'over'
  readonly id: string
  readonly output: readonly [RowBatch, RowBatch]
  bound = Number.NEGATIVE_INFINITY

  readonly #spec: OverSpec
  readonly #width: number
  readonly #windows: readonly RunningWindow[]
  readonly #own: readonly (readonly Column[])[]
  readonly #times: readonly RowBatch[]
  readonly #arenas = [new TextArena(), new TextArena()] as const
  #rows = new Int32Array(64)
  #time = Number.NEGATIVE_INFINITY
  #changes: SavedRow[] = []

  constructor(spec: OverSpec) {
    this.#spec = spec
    this.id = spec.id
    this.#width = spec.node.input.schema.fields.length
    let column = this.#width
    this.#windows = spec.node.windows.map((node) => {
      const firstColumn = column
      column += node.partition.length + node.calls.reduce((sum, { args }) => sum + args.length, 0)
      return { node, firstColumn, partitions: new Map(), times: [], owners: [], head: 0 }
    })
    const make = () => spec.node.schema.fields.map(({ type }) => makeColumn(type))
    this.#own = [make(), make()]
    this.#times = [new RowBatch([]), new RowBatch([])]
    this.output = [new RowBatch(make()), new RowBatch(make())]
  }

  get clock(): number {
    return this.#spec.direct || this.stateRows === 0 ? Number.POSITIVE_INFINITY : this.#time
  }

  run(run: Run): void {
    const { pass } = run
    const rows = this.#spec.input.output[pass]
    const out = this.output[pass]
    if (pass === 1) this.bound = this.#spec.input.bound
    out.length = 0
    if (rows.length === 0) return
    if (this.#rows.length < rows.length) this.#rows = new Int32Array(rows.length * 2)
    this.#arenas[pass].reset()
    const results = this.#own[pass]!.slice(this.#width)
    for (const column of results) {
      column.reserve(rows.length)
      if (column.kind === 'text') column.pages = []
      else column.wide = null
    }
    let kept = 0
    for (let i = 0; i < rows.length; i++)
      if (this.#arrive(rows, i, results, kept, run)) this.#rows[kept++] = i
    this.#finish(rows, out, kept, pass)
  }

  /** Enters row i into all frames and writes its results to place n; false if a result fails. */
  #arrive(rows: RowBatch, i: number, results: readonly Column[], n: number, run: Run): boolean {
    const rowtime = rows.rowtime[i]!
    this.#time = Math.max(this.#time, rowtime)
    const frames = this.#windows.map((window, w) => {
      const { keys, row } = readRow(window, rows, i)
      this.#changes.push([w, rowtime, keys, row])
      return enter(window, rowtime, keys, row)
    })
    try {
      const values = frames.flatMap((frame) => frame.results())
      values.forEach((value, c) => {
        setValue(results[c]!, n, value, this.#arenas[run.pass])
      })
      return true
    } catch (error) {
      if (!(error instanceof SqlRuntimeError)) throw error
      const row = rowText(rows, i, this.#spec.node.input.schema)
      reportRow(
        run,
        { name: error.name, message: error.message, pump: this.#spec.pump, rowtime, row },
        { origin: rows.origin[i]!, blamed: true },
      )
      return false
    }
  }

  #finish(rows: RowBatch, out: RowBatch, kept: number, pass: 0 | 1): void {
    const own = this.#own[pass]!
    const all = kept === rows.length
    own.forEach((column, c) => {
      if (c >= this.#width) out.columns[c] = column
      else if (all) out.columns[c] = rows.columns[c]!
      else {
        gatherColumn(rows.columns[c]!, column, this.#rows, kept)
        out.columns[c] = column
      }
    })
    if (all) {
      out.rowtime = rows.rowtime
      out.origin = rows.origin
    } else {
      const times = this.#times[pass]!
      times.reserve(kept)
      gatherTimes(rows, times, this.#rows, kept)
      out.rowtime = times.rowtime
      out.origin = times.origin
    }
    out.length = kept
  }

  get stateRows(): number {
    let rows = 0
    for (const { partitions } of this.#windows) for (const frame of partitions.values()) rows += frame.count
    return rows
  }

  get stateBytes(): number {
    // An estimate: arrays and values of a row on the heap.
    const perRow = this.#spec.node.windows.reduce((sum, { calls }) => sum + 56 + 40 * calls.length, 0)
    return this.stateRows * perRow
  }

  takeChange(): OperatorState | undefined {
    if (this.#changes.length === 0) return undefined
    const blob = encodeValues(this.#changes)
    this.#changes = []
    const ranges = this.#spec.node.windows.map(({ frame }) =>
      frame.kind === 'range' ? frame.preceding : Number.POSITIVE_INFINITY,
    )
    const until = this.#time + Math.max(...ranges)
    return { operator: this.id, blob, liveUntil: Number.isFinite(until) ? until : null }
  }

  snapshot(): Uint8Array[] {
    const saved: SavedRow[] = []
    this.#windows.forEach((window, w) => {
      if (window.node.frame.kind === 'rows') {
        for (const frame of window.partitions.values()) {
          for (const { rowtime, row } of frame.held()) saved.push([w, rowtime, frame.keys, row])
        }
        return
      }
      // The queue goes over all partitions in order of arrival, and so do the rows of each.
      const held = new Map([...window.partitions.values()].map((frame) => [frame, frame.held()]))
      for (let i = window.head; i < window.owners.length; i++) {
        const frame = window.owners[i]!
        const next = held.get(frame)?.next()
        if (next !== undefined && !next.done) saved.push([w, next.value.rowtime, frame.keys, next.value.row])
      }
    })
    return [encodeValues(saved)]
  }

  restore(blob: Uint8Array): void {
    // Written by takeChange or snapshot, and checked by its version.
    for (const [w, rowtime, keys, row] of decodeValues(blob) as unknown as SavedRow[]) {
      this.#time = Math.max(this.#time, rowtime)
      enter(this.#windows[w]!, rowtime, keys, row)
    }
    this.#changes = []
  }
}

function readRow(window: RunningWindow, rows: RowBatch, i: number): { keys: SqlValue[]; row: FrameRow } {
  let c = window.firstColumn
  const keys = window.node.partition.map(({ type }) => valueAt(rows.columns[c++]!, i, type))
  const row = window.node.calls.map(({ args }) =>
    args.map(({ type }) => valueAt(rows.columns[c++]!, i, type)),
  )
  return { keys, row }
}

/** Adds a row to its partition's frame and lets go of what its arrival pushes out. */
function enter(window: RunningWindow, rowtime: number, keys: readonly SqlValue[], row: FrameRow): FrameRows {
  const { frame: spec, partition, calls } = window.node
  if (spec.kind === 'range') expire(window, rowtime - spec.preceding)
  const key = keyText(keys, partition)
  let frame = window.partitions.get(key)
  if (frame === undefined) {
    frame = new FrameRows(key, keys, calls)
    window.partitions.set(key, frame)
  }
  frame.add(rowtime, row)
  if (spec.kind === 'range') {
    window.times.push(rowtime)
    window.owners.push(frame)
  } else if (frame.count > spec.preceding + 1) frame.removeOldest()
  return frame
}

function expire(window: RunningWindow, before: number): void {
  while (window.head < window.times.length && window.times[window.head]! < before) {
    const frame = window.owners[window.head++]!
    frame.removeOldest()
    if (frame.count === 0) window.partitions.delete(frame.key)
  }
  if (window.head >= 1024 && window.head * 2 > window.times.length) {
    window.times = window.times.slice(window.head)
    window.owners = window.owners.slice(window.head)
    window.head = 0
  }
}

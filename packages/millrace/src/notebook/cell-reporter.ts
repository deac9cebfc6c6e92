/**
 * What a running statement tells: the difference of its rows and its progress, at most ten times a second. The law of result-rows.ts
 * holds for what is told, however often.
 */
import type { CellOutcome, CellProgress, CellValue, ColumnShape } from '@millrace/console'
import type { Row, RowKind } from '@millrace/sql'
import type { Clock, Field } from '@millrace/values'
import { ResultRows } from '../shell/result-rows.ts'
import { cellValues, columnShape, cutText } from './cell-values.ts'

const tellEveryMs = 100
const shownBytesMax = 8 * 1024 * 1024

export class CellReporter {
  readonly #clock: Clock
  readonly #tell: (outcome: CellOutcome) => void
  readonly #isTaken: () => boolean
  #rows: ResultRows<CellValue> | undefined
  #total = 0
  #toldTotal = 0
  #toldProgress = ''
  #toldAt = Number.NEGATIVE_INFINITY
  #refused = 0
  #firstRefused: string | undefined

  /** `isTaken`: whether what was told has arrived; more is told only then. */
  constructor(clock: Clock, tell: (outcome: CellOutcome) => void, isTaken: () => boolean = () => true) {
    this.#clock = clock
    this.#tell = tell
    this.#isTaken = isTaken
  }

  text(text: string): void {
    this.#tell({ kind: 'text', text })
  }

  /** A statement begins that has a result. */
  begin(
    fields: readonly Field[],
    { isAppendOnly, limit, dialect }: { isAppendOnly: boolean; limit: number; dialect: 'flink' | 'kda' },
  ): void {
    this.#rows = new ResultRows({
      limit,
      bytesMax: shownBytesMax,
      isAppendOnly,
      cells: (row) => cellValues(fields, row),
    })
    this.#total = 0
    this.#toldTotal = 0
    const columns = fields.map((field) => columnShape(field, dialect))
    this.#tell({ kind: 'columns', columns, isAppendOnly })
  }

  /** A result that is there at once. */
  table(columns: readonly ColumnShape[], rows: readonly (readonly CellValue[])[]): void {
    this.#rows = undefined
    this.#tell({ kind: 'columns', columns, isAppendOnly: true })
    const put = rows.map((values, i) => [i + 1, values] as const)
    this.#tell({ kind: 'rows', isWhole: true, put, removed: [], total: rows.length })
  }

  row(row: Row, kind: RowKind): void {
    this.#rows?.apply(row, kind)
  }

  /** Changes of rows so far. */
  get changes(): number {
    return this.#rows?.changes ?? 0
  }

  get total(): number {
    return this.#rows?.total ?? 0
  }

  /** A row or record that cannot be part of the result. */
  refuse(what: string): void {
    this.#refused++
    this.#firstRefused ??= cutText(what)
  }

  /** Tells what is new if it is time; `unread`: records that were counted elsewhere. */
  report(
    progress: () => CellProgress,
    unread: { readonly count: number; readonly first: string | undefined } = { count: 0, first: undefined },
  ): void {
    if (this.#clock.now() - this.#toldAt >= tellEveryMs && this.#isTaken()) this.finish(progress, unread)
  }

  /** Tells everything that is new. */
  finish(
    progress: () => CellProgress,
    unread: { readonly count: number; readonly first: string | undefined } = { count: 0, first: undefined },
  ): void {
    this.#toldAt = this.#clock.now()
    const rows = this.#rows
    const change = rows?.take()
    if (rows !== undefined) this.#total = rows.total
    if (change !== undefined || this.#total !== this.#toldTotal) {
      const { put, removed } = change ?? { put: [], removed: [] }
      this.#tell({ kind: 'rows', isWhole: false, put, removed, total: this.#total })
      this.#toldTotal = this.#total
    }
    const count = this.#refused + unread.count
    const first = unread.first ?? this.#firstRefused
    const told: CellProgress = {
      ...progress(),
      ...(count === 0 || first === undefined ? {} : { refused: { count, first } }),
    }
    const text = JSON.stringify(told)
    if (text === this.#toldProgress) return
    this.#toldProgress = text
    this.#tell({ kind: 'progress', ...told })
  }
}

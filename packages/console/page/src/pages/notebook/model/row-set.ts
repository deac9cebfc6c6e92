/**
 * The rows of a result that changes: applied events in, rows in the order of their ids out. Cells that have changed say when, so that
 * they can be marked for a moment.
 *
 * Law: after any events `list()` is what a map of the rows, sorted by id, has. Cost: O(log rows) for a row at the end, which most
 * are, O(rows) for one in between; `list()` O(1) until the next event.
 */
import type { CellValue, RowsEvent } from '../../../../../src/protocol/notebook.ts'

export interface ResultRow {
  readonly id: number
  readonly values: readonly CellValue[]
  /** By column: when the value changed; undefined: none has since the row came. */
  readonly changedMs: readonly (number | undefined)[] | undefined
}

export class RowSet {
  /** Ascending by id. */
  #rows: ResultRow[] = []
  #list: readonly ResultRow[] | undefined

  apply({ isWhole, put, removed }: RowsEvent, atMs: number): void {
    // Who comes back is told everything again: what was the same all the time has not changed.
    const before = isWhole ? this.#rows : undefined
    if (before !== undefined) this.#rows = []
    if (removed.length > 0) {
      const gone = new Set(removed)
      this.#rows = this.#rows.filter(({ id }) => !gone.has(id))
    }
    for (const [id, values] of put) {
      const at = placeOf(this.#rows, id)
      const old = this.#rows[at]
      if (old?.id === id) this.#rows[at] = { id, values, changedMs: changes(old, values, atMs) }
      else {
        const known = before === undefined ? undefined : before[placeOf(before, id)]
        const changedMs = known?.id === id ? changes(known, values, atMs) : undefined
        this.#rows.splice(at, 0, { id, values, changedMs })
      }
    }
    this.#list = undefined
  }

  clear(): void {
    this.#rows = []
    this.#list = undefined
  }

  /** The same array until something changes. */
  list(): readonly ResultRow[] {
    this.#list ??= [...this.#rows]
    return this.#list
  }
}

/** Of the first row whose id is not below. */
function placeOf(rows: readonly ResultRow[], id: number): number {
  const last = rows.at(-1)
  if (last === undefined || last.id < id) return rows.length
  let from = 0
  let to = rows.length
  while (from < to) {
    const middle = (from + to) >> 1
    if (rows[middle]!.id < id) from = middle + 1
    else to = middle
  }
  return from
}

function changes(
  old: ResultRow,
  values: readonly CellValue[],
  atMs: number,
): readonly (number | undefined)[] | undefined {
  if (values.every((value, i) => value === old.values[i])) return old.changedMs
  return values.map((value, i) => (value === old.values[i] ? old.changedMs?.[i] : atMs))
}

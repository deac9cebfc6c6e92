/**
 * Copying chosen rows of columns: out row i becomes in row `rows[i]`. One plain loop per column, so that each loop touches
 * few arrays and stays monomorphic. Text is passed on by reference: only slices are copied, the pages are shared.
 */
import type { Column, NumberColumn, RowBatch, TextColumn } from '@millrace/values'

export function gatherColumn(from: Column, to: Column, rows: Int32Array, count: number): void {
  if (from.kind === 'number') {
    // Both columns were made for one type, hence are of one kind.
    gatherNumbers(from, to as NumberColumn, rows, count)
  } else gatherText(from, to as TextColumn, rows, count)
}

export function gatherNumbers(from: NumberColumn, to: NumberColumn, rows: Int32Array, count: number): void {
  to.reserve(count)
  const values = from.values
  const nulls = from.nulls
  const outValues = to.values
  const outNulls = to.nulls
  for (let i = 0; i < count; i++) {
    const row = rows[i]!
    outValues[i] = values[row]!
    outNulls[i] = nulls[row]!
  }
  to.wide = null
  if (from.wide !== null && from.wide.size > 0) {
    for (let i = 0; i < count; i++) {
      const wide = from.wide.get(rows[i]!)
      if (wide === undefined) continue
      to.wide ??= new Map()
      to.wide.set(i, wide)
    }
  }
}

export function gatherText(from: TextColumn, to: TextColumn, rows: Int32Array, count: number): void {
  to.reserve(count)
  to.pages = from.pages
  const { page, start, end, nulls, clean } = from
  const outPage = to.page
  const outStart = to.start
  const outEnd = to.end
  const outNulls = to.nulls
  const outClean = to.clean
  for (let i = 0; i < count; i++) {
    const row = rows[i]!
    outPage[i] = page[row]!
    outStart[i] = start[row]!
    outEnd[i] = end[row]!
    outNulls[i] = nulls[row]!
    outClean[i] = clean[row]!
  }
}

export function gatherTimes(from: RowBatch, to: RowBatch, rows: Int32Array, count: number): void {
  const { rowtime, origin } = from
  const outRowtime = to.rowtime
  const outOrigin = to.origin
  for (let i = 0; i < count; i++) {
    const row = rows[i]!
    outRowtime[i] = rowtime[row]!
    outOrigin[i] = origin[row]!
  }
}

/** Whole copies of batches: one that owns its bytes, and one batch after another. */
import { RowBatch, type SqlType, TextColumn } from '@millrace/values'
import { makeColumn } from './column-values.ts'
import { gatherNumbers } from './gather.ts'

/** A copy that refers to nothing of the original; its texts lie in one page for each column. */
export function copyBatch(from: RowBatch, types: readonly SqlType[]): RowBatch {
  const { length } = from
  const copy = new RowBatch(types.map(makeColumn), length)
  copy.reserve(length)
  copy.length = length
  copy.rowtime.set(from.rowtime.subarray(0, length))
  const rows = Int32Array.from({ length }, (_, i) => i)
  copy.columns.forEach((column, c) => {
    const source = from.columns[c]!
    if (column instanceof TextColumn) {
      // Columns were made for the types that the batch has.
      if (source instanceof TextColumn) copyText(source, column, length)
    } else if (source.kind === 'number') gatherNumbers(source, column, rows, length)
  })
  return copy
}

function copyText(from: TextColumn, to: TextColumn, length: number): void {
  let bytes = 0
  for (let i = 0; i < length; i++) if (from.nulls[i] === 0) bytes += from.end[i]! - from.start[i]!
  const page = new Uint8Array(bytes)
  to.pages = [page]
  let at = 0
  for (let i = 0; i < length; i++) {
    to.page[i] = 0
    to.nulls[i] = from.nulls[i]!
    to.clean[i] = from.clean[i]!
    to.start[i] = at
    if (from.nulls[i] === 0) {
      const slice = from.pages[from.page[i]!]!.subarray(from.start[i]!, from.end[i]!)
      page.set(slice, at)
      at += slice.length
    }
    to.end[i] = at
  }
}

/** `out` becomes the rows of `a`, then those of `b`; text stays where it is. */
export function joinBatches(a: RowBatch, b: RowBatch, out: RowBatch): void {
  const count = a.length + b.length
  out.reserve(count)
  out.length = count
  out.rowtime.set(a.rowtime.subarray(0, a.length))
  out.rowtime.set(b.rowtime.subarray(0, b.length), a.length)
  out.origin.set(a.origin.subarray(0, a.length))
  out.origin.set(b.origin.subarray(0, b.length), a.length)
  out.columns.forEach((column, c) => {
    const [x, y] = [a.columns[c]!, b.columns[c]!]
    column.nulls.set(x.nulls.subarray(0, a.length))
    column.nulls.set(y.nulls.subarray(0, b.length), a.length)
    if (column.kind === 'text') {
      if (x.kind !== 'text' || y.kind !== 'text') return
      column.pages = [...x.pages, ...y.pages]
      for (let i = 0; i < b.length; i++) column.page[a.length + i] = y.page[i]! + x.pages.length
      column.page.set(x.page.subarray(0, a.length))
      for (const part of ['start', 'end', 'clean'] as const) {
        column[part].set(x[part].subarray(0, a.length))
        column[part].set(y[part].subarray(0, b.length), a.length)
      }
      return
    }
    if (x.kind !== 'number' || y.kind !== 'number') return
    column.values.set(x.values.subarray(0, a.length))
    column.values.set(y.values.subarray(0, b.length), a.length)
    column.wide = null
    if (x.wide === null && y.wide === null) return
    column.wide = new Map(x.wide ?? [])
    for (const [i, value] of y.wide ?? []) column.wide.set(a.length + i, value)
  })
}

/**
 * Merging batches of one schema by origin, equal origins by row time, and equal row times in the order of the inputs: a
 * window that ends because a row has come goes before that row. Rows of one input stay in their order. Values are copied column by column;
 * text by reference, with the inputs' pages side by side. Cost: one pass over the rows for the order, one for each column.
 */
import type { NumberColumn, RowBatch, TextColumn } from '@millrace/values'

function comesBefore(a: RowBatch, i: number, b: RowBatch, j: number): boolean {
  const origins = a.origin[i]! - b.origin[j]!
  return origins < 0 || (origins === 0 && a.rowtime[i]! < b.rowtime[j]!)
}

/** Fills `out`; `port`, of at least as many places, receives the input of each row. */
export function mergeByOrigin(inputs: readonly RowBatch[], out: RowBatch, port: Uint8Array): void {
  const at = inputs.map(() => 0)
  const total = inputs.reduce((sum, { length }) => sum + length, 0)
  out.reserve(total)
  const rows = new Int32Array(total)
  for (let n = 0; n < total; n++) {
    let best = -1
    for (let p = 0; p < inputs.length; p++) {
      if (at[p]! >= inputs[p]!.length) continue
      if (best < 0 || comesBefore(inputs[p]!, at[p]!, inputs[best]!, at[best]!)) best = p
    }
    const row = at[best]!++
    port[n] = best
    rows[n] = row
    out.rowtime[n] = inputs[best]!.rowtime[row]!
    out.origin[n] = inputs[best]!.origin[row]!
  }
  out.length = total
  out.columns.forEach((column, c) => {
    // Inputs and output have one schema, hence columns of one kind at each place.
    if (column.kind === 'number')
      mergeNumbers(
        inputs.map((input) => input.columns[c] as NumberColumn),
        column,
        rows,
        port,
        total,
      )
    else
      mergeText(
        inputs.map((input) => input.columns[c] as TextColumn),
        column,
        rows,
        port,
        total,
      )
  })
}

function mergeNumbers(
  inputs: readonly NumberColumn[],
  out: NumberColumn,
  rows: Int32Array,
  port: Uint8Array,
  total: number,
): void {
  out.wide = null
  for (let n = 0; n < total; n++) {
    const from = inputs[port[n]!]!
    const row = rows[n]!
    out.values[n] = from.values[row]!
    out.nulls[n] = from.nulls[row]!
    const wide = from.wide?.get(row)
    if (wide === undefined) continue
    out.wide ??= new Map()
    out.wide.set(n, wide)
  }
}

function mergeText(
  inputs: readonly TextColumn[],
  out: TextColumn,
  rows: Int32Array,
  port: Uint8Array,
  total: number,
): void {
  const first: number[] = []
  const pages: Uint8Array[] = []
  for (const input of inputs) {
    first.push(pages.length)
    for (const page of input.pages) pages.push(page)
  }
  out.pages = pages
  for (let n = 0; n < total; n++) {
    const p = port[n]!
    const from = inputs[p]!
    const row = rows[n]!
    out.page[n] = from.page[row]! + first[p]!
    out.start[n] = from.start[row]!
    out.end[n] = from.end[row]!
    out.nulls[n] = from.nulls[row]!
    out.clean[n] = from.clean[row]!
  }
}

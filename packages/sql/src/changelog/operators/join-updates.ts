/**
 * Keeps the halves of updates together on their way through an operator that makes any number of rows of one change. An
 * update stays an update (-U, +U for each row) if both halves have the same key and make equally many rows; otherwise what the
 * -U made goes out as -D, and what the +U made as +I. So a reader may pass over a -U: its +U follows.
 *
 * Rows of a -U wait for the very next change; `flush`, which the instance calls before anyone looks, ends the waiting, so
 * nothing of this is state.
 */
import type { Port } from '../operator.ts'
import { type Row, type RowKind, rowKind } from '../row.ts'
import type { Key } from '../state/state-store.ts'

export class UpdatePairs implements Port {
  readonly #out: Port
  readonly #before: Row[] = []
  readonly #after: Row[] = []
  #mode: 'pass' | 'before' | 'after' = 'pass'
  #input = 0
  #key: Key = 0

  constructor(out: Port) {
    this.#out = out
  }

  /** A change of an input comes; the rows until `end` are made of it. */
  begin(kind: RowKind, input: number, key: Key): void {
    if (this.#mode === 'before') {
      if (kind === rowKind.updateAfter && input === this.#input && key === this.#key) {
        this.#mode = 'after'
        return
      }
      this.flush()
    }
    if (kind === rowKind.updateBefore) {
      this.#mode = 'before'
      this.#input = input
      this.#key = key
    }
  }

  row(row: Row, kind: RowKind): void {
    if (this.#mode === 'before') this.#before.push(row)
    else if (this.#mode === 'after') this.#after.push(row)
    else this.#out.row(row, kind === rowKind.updateAfter ? rowKind.insert : kind)
  }

  end(): void {
    if (this.#mode !== 'after') return
    this.#mode = 'pass'
    const [before, after] = [this.#before, this.#after]
    const paired = before.length === after.length
    if (!paired) for (const row of before) this.#out.row(row, rowKind.delete)
    for (let i = 0; i < after.length; i++) {
      if (paired) this.#out.row(before[i]!, rowKind.updateBefore)
      this.#out.row(after[i]!, paired ? rowKind.updateAfter : rowKind.insert)
    }
    before.length = 0
    after.length = 0
  }

  flush(): void {
    if (this.#mode !== 'before') return
    this.#mode = 'pass'
    for (const row of this.#before) this.#out.row(row, rowKind.delete)
    this.#before.length = 0
  }

  watermark(time: number): void {
    this.flush()
    this.#out.watermark(time)
  }
}

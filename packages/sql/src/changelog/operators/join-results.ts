/**
 * What a left row met, for as long as the left row is there. A join that asks the other side at one moment needs it when its
 * left input takes rows back: by then the other side may be another. Not needed, and not kept, where the left input appends.
 */
import type { Schema } from '@millrace/values'
import type { Row } from '../row.ts'
import { makeKey } from '../state/key.ts'
import type { Key, KeyedState, StateStore } from '../state/state-store.ts'

/** Rows that one left row met; null stands for the NULLs of a row without a partner. */
export type Met = readonly (Row | null)[]

export class JoinResults {
  readonly #keyOf: (left: Row) => Key
  /** For each left row what its copies met, in order of arrival. */
  readonly #results: KeyedState<Met[]>

  constructor(left: Schema, state: StateStore) {
    this.#keyOf = makeKey(
      left.fields.map((_, i) => i),
      left.fields.map((field) => field.type),
    )
    this.#results = state.keyed('results')
  }

  add(left: Row, met: Met): void {
    if (met.length === 0) return
    const key = this.#keyOf(left)
    const copies = this.#results.get(key)
    if (copies === undefined) this.#results.set(key, [met])
    else {
      copies.push(met)
      this.#results.touch(key)
    }
  }

  /** What the latest copy of the row met; empty if it met nothing or is not there. */
  take(left: Row): Met {
    const key = this.#keyOf(left)
    const copies = this.#results.get(key)
    if (copies === undefined) return []
    const met = copies.pop()!
    if (copies.length === 0) this.#results.delete(key)
    else this.#results.touch(key)
    return met
  }
}

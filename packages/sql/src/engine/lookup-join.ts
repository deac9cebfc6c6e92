/**
 * Stream row meets the reference table as it is now (spec 2.11). The table is copied when it is set and indexed by a hash of
 * its key columns: open addressing from key to its first row, links to the next rows of the same key in table order. Hash
 * finds, equality decides; NULL meets nothing. Several matches give several rows.
 *
 * An inner join's residual is a filter above it; a left join's is judged over all pairs of the batch at once, so that a row
 * without a passing pair comes out with NULLs. Columns of the stream side are shared when every row gave exactly one.
 */
import { RowBatch, type SqlType } from '@millrace/values'
import { makeColumn, setNull } from './column-values.ts'
import type { FusedStep } from './fused-step.ts'
import { gatherColumn, gatherTimes } from './gather.ts'
import { hashKeys } from './key-hash.ts'
import type { Operator, Run } from './operator.ts'
import { sameCell } from './same-cell.ts'

export interface LookupJoinSpec {
  readonly input: Operator
  /** Columns of the input that belong to the output; key columns that the plan computes follow them. */
  readonly width: number
  readonly inputTypes: readonly SqlType[]
  readonly inputKeys: readonly number[]
  readonly table: ReferenceTableRows
  readonly tableKeys: readonly number[]
  readonly join: 'inner' | 'left'
  readonly residual: ((pairs: Operator) => FusedStep) | undefined
}

/** Rows of a reference table; `version` tells joins to index them again. */
export interface ReferenceTableRows {
  readonly types: readonly SqlType[]
  rows: RowBatch
  version: number
}

export class LookupJoinOperator implements Operator {
  readonly kind = 'lookup-join'
  readonly output: readonly [RowBatch, RowBatch]
  bound = Number.NEGATIVE_INFINITY

  readonly #spec: LookupJoinSpec
  readonly #own: readonly RowBatch[]
  readonly #pairs: { readonly operator: Operator; readonly residual: FusedStep } | undefined
  #version = -1
  #mask = 0
  #slotHash = new Int32Array(1)
  #slotRow = new Int32Array(1)
  /** Next row of the same key, -1 at the end. */
  #next = new Int32Array(0)
  #hashes = new Int32Array(64)
  // Rows of the result: row of the input, row of the table, and 1 where the table has none.
  #inputRows = new Int32Array(64)
  #tableRows = new Int32Array(64)
  #absent = new Uint8Array(64)

  constructor(spec: LookupJoinSpec) {
    this.#spec = spec
    const make = () =>
      new RowBatch([...spec.inputTypes.slice(0, spec.width), ...spec.table.types].map(makeColumn))
    this.#own = [make(), make()]
    this.output = [make(), make()]
    if (spec.join === 'left' && spec.residual !== undefined) {
      const operator: Operator = {
        kind: 'pairs',
        output: [make(), make()],
        bound: Number.NEGATIVE_INFINITY,
        run: () => {},
      }
      this.#pairs = { operator, residual: spec.residual(operator) }
    }
  }

  run(run: Run): void {
    const input = this.#spec.input.output[run.pass]
    if (run.pass === 1) this.bound = this.#spec.input.bound
    const out = this.output[run.pass]
    out.length = 0
    if (input.length === 0) return
    if (this.#version !== this.#spec.table.version) this.#index()
    const own = this.#own[run.pass]!
    if (this.#pairs === undefined) {
      const count = this.#match(input, this.#spec.join === 'left')
      this.#fill(input, out, own, count)
      return
    }
    const pairs = this.#pairs.operator.output[run.pass]
    this.#fill(input, pairs, pairs, this.#match(input, false))
    this.#pairs.residual.run(run)
    this.#fill(
      input,
      out,
      own,
      this.#judged(input, this.#pairs.residual, this.#pairs.residual.output[run.pass].length),
    )
  }

  /** Finds the pairs; with `fill`, rows without one stand alone. */
  #match(input: RowBatch, fill: boolean): number {
    const { inputKeys, inputTypes } = this.#spec
    const { length } = input
    if (this.#hashes.length < length) this.#hashes = new Int32Array(length * 2)
    const hashes = this.#hashes
    const types = inputKeys.map((c) => inputTypes[c]!)
    hashKeys(input, inputKeys, types, hashes)
    let count = 0
    for (let i = 0; i < length; i++) {
      const hash = hashes[i]!
      let row = hash === 0 ? -1 : this.#find(hash, input, i)
      if (row < 0) {
        if (fill) count = this.#note(count, i, -1)
        continue
      }
      for (; row >= 0; row = this.#next[row]!) count = this.#note(count, i, row)
    }
    return count
  }

  #find(hash: number, input: RowBatch, i: number): number {
    for (let slot = hash & this.#mask; ; slot = (slot + 1) & this.#mask) {
      const found = this.#slotHash[slot]!
      if (found === 0) return -1
      if (found === hash && this.#sameKey(input, this.#spec.inputKeys, i, this.#slotRow[slot]!))
        return this.#slotRow[slot]!
    }
  }

  #sameKey(batch: RowBatch, keys: readonly number[], row: number, tableRow: number): boolean {
    const { table, tableKeys } = this.#spec
    for (let k = 0; k < keys.length; k++) {
      const c = tableKeys[k]!
      if (
        !sameCell(
          batch.columns[keys[k]!]!,
          row,
          table.rows.columns[c]!,
          tableRow,
          table.types[c]!.kind === 'CHAR',
        )
      )
        return false
    }
    return true
  }

  #note(count: number, inputRow: number, tableRow: number): number {
    if (count === this.#inputRows.length) {
      const grow = (from: Int32Array) => {
        const to = new Int32Array(from.length * 2)
        to.set(from)
        return to
      }
      this.#inputRows = grow(this.#inputRows)
      this.#tableRows = grow(this.#tableRows)
      this.#absent = new Uint8Array([...this.#absent, ...new Uint8Array(this.#absent.length)])
    }
    this.#inputRows[count] = inputRow
    // Row 0 stands in for a missing one: an index outside the column would make the copying loops slow.
    this.#tableRows[count] = tableRow < 0 ? 0 : tableRow
    this.#absent[count] = tableRow < 0 ? 1 : 0
    return count + 1
  }

  /** The pairs that passed, and a row of its own for each input row of which none passed or failed. */
  #judged(input: RowBatch, residual: FusedStep, passed: number): number {
    const pairRows = this.#inputRows.slice()
    const pairTable = this.#tableRows.slice()
    const met = new Uint8Array(input.length)
    for (const pair of residual.failed) met[pairRows[pair]!] = 1
    let count = 0
    let at = 0
    for (let i = 0; i < input.length; i++) {
      for (; at < passed && pairRows[residual.selected[at]!] === i; at++) {
        met[i] = 1
        count = this.#note(count, i, pairTable[residual.selected[at]!]!)
      }
      if (met[i] === 0) count = this.#note(count, i, -1)
    }
    return count
  }

  #fill(input: RowBatch, out: RowBatch, own: RowBatch, count: number): void {
    const { width, table } = this.#spec
    const rows = this.#inputRows
    const tableRows = this.#tableRows
    const absent = this.#absent
    out.length = count
    own.reserve(count)
    let straight = count === input.length
    for (let i = 0; straight && i < count; i++) straight = rows[i] === i
    for (let c = 0; c < width; c++) {
      if (straight && out !== own) out.columns[c] = input.columns[c]!
      else {
        gatherColumn(input.columns[c]!, own.columns[c]!, rows, count)
        out.columns[c] = own.columns[c]!
      }
    }
    if (straight && out !== own) {
      out.rowtime = input.rowtime
      out.origin = input.origin
    } else {
      out.rowtime = own.rowtime
      out.origin = own.origin
      gatherTimes(input, out, rows, count)
    }
    table.types.forEach((_, c) => {
      const target = own.columns[width + c]!
      gatherColumn(table.rows.columns[c]!, target, tableRows, count)
      for (let i = 0; i < count; i++) if (absent[i] === 1) setNull(target, i)
      out.columns[width + c] = target
    })
  }

  #index(): void {
    const { table, tableKeys } = this.#spec
    const { rows } = table
    const hashes = new Int32Array(Math.max(1, rows.length))
    hashKeys(
      rows,
      tableKeys,
      tableKeys.map((c) => table.types[c]!),
      hashes,
    )
    let slots = 16
    while (slots < rows.length * 2) slots *= 2
    this.#mask = slots - 1
    this.#slotHash = new Int32Array(slots)
    this.#slotRow = new Int32Array(slots)
    this.#next = new Int32Array(rows.length).fill(-1)
    // From the last row to the first, so that each chain runs in table order.
    for (let row = rows.length - 1; row >= 0; row--) {
      const hash = hashes[row]!
      if (hash === 0) continue
      let slot = hash & this.#mask
      while (this.#slotHash[slot] !== 0) {
        if (this.#slotHash[slot] === hash && this.#sameKey(rows, tableKeys, row, this.#slotRow[slot]!)) break
        slot = (slot + 1) & this.#mask
      }
      if (this.#slotHash[slot] !== 0) this.#next[row] = this.#slotRow[slot]!
      this.#slotHash[slot] = hash
      this.#slotRow[slot] = row
    }
    this.#version = table.version
  }
}

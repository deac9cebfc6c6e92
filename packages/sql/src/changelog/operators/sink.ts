/**
 * The end of the graph: changes of one output, in order, until they are taken.
 *
 * An output whose primary key is not the query's gets its rows by key first: of the rows of one key that are there, the one
 * that came last counts, and the changes put out say how that one changes. What is put out is complete: -U comes before
 * +U, so that a reader may take it as an upsert or as a retract stream.
 */
import type { ChangeList } from '../instance.ts'
import type { Operator, OperatorContext, Port } from '../operator.ts'
import type { Sink } from '../plan.ts'
import { isRetraction, type Row, type RowKind, rowKind } from '../row.ts'
import { makeKey } from '../state/key.ts'
import { sameRow } from '../value.ts'

/** The source record that is being processed, -1 for none. */
export interface RecordInHand {
  record: number
}

export class SinkCollector implements Port {
  readonly name: string
  readonly #inHand: RecordInHand
  #rows: Row[] = []
  #kinds: RowKind[] = []
  #origins: number[] = []

  constructor(name: string, inHand: RecordInHand) {
    this.name = name
    this.#inHand = inHand
  }

  row(row: Row, kind: RowKind): void {
    this.#rows.push(row)
    this.#kinds.push(kind)
    this.#origins.push(this.#inHand.record)
  }

  watermark(): void {}

  take(): ChangeList {
    const list = { rows: this.#rows, kinds: this.#kinds, origins: this.#origins }
    this.#rows = []
    this.#kinds = []
    this.#origins = []
    return list
  }
}

/** Rows by the sink's key, the last one of each is its row. */
export function makeMaterialize(sink: Sink, context: OperatorContext, out: Port): Operator {
  const key = sink.key ?? []
  const fields = sink.plan.schema.fields
  const keyOf = makeKey(
    key,
    key.map((column) => fields[column]!.type),
  )
  /** Rows of a key in order of arrival; never empty. */
  const state = context.state.keyed<Row[]>('rows')

  const add = (row: Row) => {
    const id = keyOf(row)
    const rows = state.get(id)
    if (rows === undefined) {
      state.set(id, [row])
      out.row(row, rowKind.insert)
      return
    }
    const last = rows[rows.length - 1]!
    rows.push(row)
    state.touch(id)
    replace(last, row)
  }
  const remove = (row: Row) => {
    const id = keyOf(row)
    const rows = state.get(id)
    const index = rows?.findIndex((each) => sameRow(each, row)) ?? -1
    if (rows === undefined || index < 0) return
    if (rows.length === 1) {
      state.delete(id)
      out.row(rows[0]!, rowKind.delete)
      return
    }
    const last = rows[rows.length - 1]!
    rows.splice(index, 1)
    state.touch(id)
    replace(last, rows[rows.length - 1]!)
  }
  const replace = (before: Row, after: Row) => {
    if (sameRow(before, after)) return
    out.row(before, rowKind.updateBefore)
    out.row(after, rowKind.updateAfter)
  }
  const port: Port = {
    row: (row, kind) => (isRetraction(kind) ? remove(row) : add(row)),
    watermark: (time) => out.watermark(time),
  }
  return { inputs: [port] }
}

/**
 * Lookup join: each left row asks the table as it is when the row is processed; later changes of the table do not matter. The
 * host gives the table's rows (setLookup) before the first row and whenever they are others; they are not state.
 *
 * Left rows may come as changes. A row that is taken back takes back what it met, even if the table has changed since; for
 * that, what it met is kept (join-results.ts). Several matches come out in the order of the table's rows. A NULL in a key, on
 * either side, matches nothing.
 */
import type { Expr } from '../../plan.ts'
import type { Operator, OperatorContext, Port } from '../operator.ts'
import type { LookupJoinNode } from '../plan.ts'
import { isRetraction, type Row, type RowKind, rowKind } from '../row.ts'
import type { Key } from '../state/state-store.ts'
import { type JoinKeyOf, makeJoinKey, makePairTests, type PairTest } from './join-condition.ts'
import { JoinResults } from './join-results.ts'
import { makeRowJoiners, type RowJoiner } from './join-row.ts'
import { UpdatePairs } from './join-updates.ts'

export function makeLookupJoin(node: LookupJoinNode, context: OperatorContext, out: Port): Operator {
  return new LookupJoin(node, context, out)
}

class LookupJoin implements Operator, Port {
  readonly inputs: readonly Port[] = [this]
  readonly #out: Port
  readonly #outer: boolean
  readonly #inputKey: JoinKeyOf
  readonly #tableKey: JoinKeyOf
  readonly #test: PairTest | undefined
  readonly #joiner: RowJoiner
  readonly #results: JoinResults | undefined
  readonly #updates: UpdatePairs | undefined
  #byKey = new Map<Key, Row[]>()

  constructor(node: LookupJoinNode, context: OperatorContext, out: Port) {
    const { fields } = node.tableSchema
    const widths = { left: node.input.schema.fields.length, right: fields.length }
    const nullSafe = node.tableKeys.map(() => false)
    const tableKeys = node.tableKeys.map((index): Expr => {
      const { type, nullable } = fields[index]!
      return { kind: 'column', index, type, nullable, span: node.span }
    })
    this.#outer = node.join === 'left'
    this.#inputKey = makeJoinKey(node.inputKeys, nullSafe, context)
    this.#tableKey = makeJoinKey(tableKeys, nullSafe, context)
    this.#test = makePairTests(node.residual, widths, context).left
    this.#joiner = makeRowJoiners(widths.left, widths.right).left
    const retracts = node.input.traits.changes === 'retract'
    this.#results = retracts ? new JoinResults(node.input.schema, context.state) : undefined
    this.#updates = retracts ? new UpdatePairs(out) : undefined
    this.#out = this.#updates ?? out
  }

  setLookup(rows: readonly Row[]): void {
    const byKey = new Map<Key, Row[]>()
    for (const row of rows) {
      const key = this.#tableKey(row, rowKind.insert)
      if (key === undefined || key === null) continue
      const group = byKey.get(key)
      if (group === undefined) byKey.set(key, [row])
      else group.push(row)
    }
    this.#byKey = byKey
  }

  row(row: Row, kind: RowKind): void {
    const key = this.#inputKey(row, kind)
    if (key === null) return
    if (this.#results === undefined) {
      if (isRetraction(kind)) throw new Error('lookup join: its input only appends')
      this.#meet(row, key, kind)
      return
    }
    // Rows whose key is NULL are one kind of row in this.
    this.#updates!.begin(kind, 0, key ?? '~')
    if (isRetraction(kind)) {
      for (const partner of this.#results.take(row)) this.#put(row, partner, kind)
    } else {
      const met: (Row | null)[] = []
      this.#meet(row, key, kind, met)
      this.#results.add(row, met)
    }
    this.#updates!.end()
  }

  #meet(row: Row, key: Key | undefined, kind: RowKind, met?: (Row | null)[]): void {
    const partners = key === undefined ? undefined : this.#byKey.get(key)
    let matched = false
    if (partners !== undefined) {
      for (let i = 0; i < partners.length; i++) {
        const partner = partners[i]!
        if (this.#test !== undefined && !this.#test(row, partner, true)) continue
        matched = true
        met?.push(partner)
        this.#put(row, partner, kind)
      }
    }
    if (matched || !this.#outer) return
    met?.push(null)
    this.#put(row, null, kind)
  }

  #put(row: Row, partner: Row | null, kind: RowKind): void {
    this.#out.row(partner === null ? this.#joiner.alone(row) : this.#joiner.pair(row, partner), kind)
  }

  flush(): void {
    this.#updates?.flush()
  }

  watermark(time: number): void {
    this.#out.watermark(time)
  }
}

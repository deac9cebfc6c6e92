/** Nodes without state: scan, filter, project, lookup join, union. */
import { SqlRuntimeError } from '../functions/index.ts'
import type { FilterNode, LookupJoinNode, ProjectNode, ScanNode, SqlValue } from '../plan.ts'
import { interpretExpr } from './expression.ts'
import type { RunningNode } from './node.ts'
import { attempt, evaluateAll, joinKeysMatch, mergeRows, nulls, type Row, type Step, typesOf } from './row.ts'

export class RunningScan implements RunningNode {
  readonly inputs: readonly RunningNode[] = []
  readonly #stream: string

  constructor(node: ScanNode) {
    this.#stream = node.stream
  }

  rows(_: readonly (readonly Row[])[], step: Step): Row[] {
    return [...step.streamRows(this.#stream)]
  }

  outputBound(_: number, step: Step): number {
    return step.streamBound(this.#stream)
  }
}

/** Only TRUE passes; FALSE and UNKNOWN do not. */
export class RunningFilter implements RunningNode {
  readonly inputs: readonly RunningNode[]
  readonly #node: FilterNode

  constructor(node: FilterNode, input: RunningNode) {
    this.inputs = [input]
    this.#node = node
  }

  rows([input]: readonly (readonly Row[])[], step: Step): Row[] {
    return input!.filter((row) => evaluateAll([this.#node.predicate], row, step)?.[0] === true)
  }
}

export class RunningProject implements RunningNode {
  readonly inputs: readonly RunningNode[]
  readonly #node: ProjectNode

  constructor(node: ProjectNode, input: RunningNode) {
    this.inputs = [input]
    this.#node = node
  }

  rows([input]: readonly (readonly Row[])[], step: Step): Row[] {
    return input!.flatMap((row) => {
      const values = evaluateAll(this.#node.exprs, row, step)
      if (values === undefined) return []
      const rowtime = attempt(row, step, () => this.#rowtime(row, step))
      return rowtime === undefined ? [] : [{ values, rowtime, origin: row.origin }]
    })
  }

  /** After an override nothing is promised about later row times, unless no row comes any more. */
  outputBound(bound: number): number {
    if (bound === Number.POSITIVE_INFINITY) return bound
    return this.#node.rowtime === undefined ? bound : Number.NEGATIVE_INFINITY
  }

  #rowtime(row: Row, step: Step): number {
    const expr = this.#node.rowtime
    if (expr === undefined) return row.rowtime
    const value = interpretExpr(expr, row.values, row.rowtime, step.dialect)
    if (value === null) throw new SqlRuntimeError('NotNullViolation', 'ROWTIME is NULL')
    if (typeof value !== 'number') throw new Error('plan: a row time is a TIMESTAMP')
    return value
  }
}

/** Each row meets the reference table as it is now, in the table's order. */
export class RunningLookupJoin implements RunningNode {
  readonly inputs: readonly RunningNode[]
  readonly #node: LookupJoinNode

  constructor(node: LookupJoinNode, input: RunningNode) {
    this.inputs = [input]
    this.#node = node
  }

  rows([input]: readonly (readonly Row[])[], step: Step): Row[] {
    return input!.flatMap((row) => this.#lookup(row, step))
  }

  #lookup(row: Row, step: Step): Row[] {
    const { inputKeys, tableKeys, residual, table, tableSchema, join } = this.#node
    const keys = evaluateAll(inputKeys, row, step)
    if (keys === undefined) return []
    const out: Row[] = []
    let matched = false
    for (const tableRow of step.tableRows(table)) {
      const otherKeys = tableKeys.map((index) => tableRow[index]!)
      if (!joinKeysMatch(keys, otherKeys, typesOf(inputKeys))) continue
      const pair: Row = { ...row, values: [...row.values, ...tableRow] }
      const holds: SqlValue | undefined =
        residual === undefined ||
        attempt(pair, step, () => interpretExpr(residual, pair.values, pair.rowtime, step.dialect))
      if (holds === true) out.push(pair)
      // A pair whose condition failed is reported; nobody knows that the row has no match, so it is not said.
      if (holds === true || holds === undefined) matched = true
    }
    if (!matched && join === 'left') {
      out.push({ ...row, values: [...row.values, ...nulls(tableSchema.fields.length)] })
    }
    return out
  }
}

/** Rows of the inputs in order of the source record, then of row time, then of the inputs. */
export class RunningUnion implements RunningNode {
  readonly inputs: readonly RunningNode[]

  constructor(inputs: readonly RunningNode[]) {
    this.inputs = inputs
  }

  rows(inputs: readonly (readonly Row[])[]): Row[] {
    return mergeRows(inputs)
  }
}

/**
 * Each row with every row that is made of it: the elements of a collection (UNNEST), or what a table function of the host gives
 * (LATERAL TABLE). 'left' keeps a row of which none is made, or none that fulfils the condition, with NULLs.
 *
 *   ARRAY      its elements in order; an element that is a ROW gives its fields, NULL gives NULLs
 *   MAP        key, value in order of insertion
 *   MULTISET   each element as often as it counts
 * With ordinality the last column counts from 1. NULL and empty collections give no row.
 *
 * Nothing is kept: a row that is taken back is taken apart again. So over inputs that take rows back a table function has to
 * give the same rows for the same arguments. If it fails, its row fails as a whole.
 */
import type { HostTable } from '../../host-function.ts'
import type { SqlValue } from '../../plan.ts'
import { compileExpression } from '../expression/compile-expression.ts'
import { fromHost, HostFunctionError, toHost } from '../expression/host-border.ts'
import type { Operator, OperatorContext, Port } from '../operator.ts'
import type { CorrelateNode } from '../plan.ts'
import { isRetraction, type Row, type RowKind } from '../row.ts'
import { asRowFailure, makePairTests, type PairTest } from './join-condition.ts'
import { makeRowJoiners, type RowJoiner } from './join-row.ts'
import { UpdatePairs } from './join-updates.ts'

export function makeCorrelate(node: CorrelateNode, context: OperatorContext, out: Port): Operator {
  return new Correlate(node, context, out)
}

/** The rows that are made of a row. */
type Source = (row: Row) => readonly Row[]

class Correlate implements Operator, Port {
  readonly inputs: readonly Port[] = [this]
  readonly #context: OperatorContext
  readonly #out: Port
  readonly #outer: boolean
  readonly #source: Source
  readonly #test: PairTest | undefined
  readonly #joiner: RowJoiner
  readonly #updates: UpdatePairs | undefined

  constructor(node: CorrelateNode, context: OperatorContext, out: Port) {
    const widths = { left: node.input.schema.fields.length, right: node.fields.length }
    this.#context = context
    this.#outer = node.join === 'left'
    this.#source =
      node.source.kind === 'unnest' ? unnest(node.source, context) : tableFunction(node, node.source, context)
    this.#test = makePairTests(node.residual, widths, context).left
    this.#joiner = makeRowJoiners(widths.left, widths.right).left
    this.#updates = node.input.traits.changes === 'retract' ? new UpdatePairs(out) : undefined
    this.#out = this.#updates ?? out
  }

  row(row: Row, kind: RowKind): void {
    let made: readonly Row[]
    try {
      made = this.#source(row)
    } catch (error) {
      const failure = asRowFailure(error)
      if (!isRetraction(kind)) this.#context.fail(row, failure)
      return
    }
    this.#updates?.begin(kind, 0, 0)
    let matched = false
    for (let i = 0; i < made.length; i++) {
      const partner = made[i]!
      if (this.#test !== undefined && !this.#test(row, partner, !isRetraction(kind))) continue
      matched = true
      this.#out.row(this.#joiner.pair(row, partner), kind)
    }
    if (!matched && this.#outer) this.#out.row(this.#joiner.alone(row), kind)
    this.#updates?.end()
  }

  flush(): void {
    this.#updates?.flush()
  }

  watermark(time: number): void {
    this.#out.watermark(time)
  }
}

const none: readonly Row[] = []

function unnest(
  source: Extract<CorrelateNode['source'], { readonly kind: 'unnest' }>,
  context: OperatorContext,
): Source {
  const collectionOf = compileExpression(source.collection, context)
  const { type } = source.collection
  if (type.kind !== 'ARRAY' && type.kind !== 'MAP' && type.kind !== 'MULTISET') {
    throw new Error(`correlate: UNNEST of ${type.kind}`)
  }
  const element = type.kind === 'MAP' ? undefined : type.element
  const width = element?.kind === 'ROW' ? element.fields.length : undefined
  const rowOf = (value: SqlValue): Row => {
    if (width === undefined) return [value]
    return value === null ? new Array<SqlValue>(width).fill(null) : (value as Row) // A ROW is held as an array.
  }
  const elementsOf = (collection: SqlValue): readonly Row[] => {
    // The type says which of these forms the value has (NestedValue).
    if (type.kind === 'ARRAY') return (collection as readonly SqlValue[]).map(rowOf)
    const map = collection as ReadonlyMap<SqlValue, SqlValue>
    if (type.kind === 'MAP') return [...map]
    const rows: Row[] = []
    for (const [value, count] of map) for (let n = Number(count); n > 0; n--) rows.push(rowOf(value))
    return rows
  }
  return (row) => {
    const collection = collectionOf(row)
    if (collection === null) return none
    const elements = elementsOf(collection)
    return source.ordinality ? elements.map((each, i) => [...each, i + 1]) : elements
  }
}

function tableFunction(
  node: CorrelateNode,
  source: Extract<CorrelateNode['source'], { readonly kind: 'table-function' }>,
  context: OperatorContext,
): Source {
  const host = mustTable(source.fn, context)
  const args = source.args.map((arg) => ({
    value: compileExpression(arg, context),
    convert: toHost(arg.type),
  }))
  const columns = host.columns.map((column, i) => ({
    name: column.name,
    nullable: column.nullable,
    convert: fromHost(node.fields[i]!.type),
  }))
  const rowOf = (given: unknown): Row => {
    if (typeof given !== 'object' || given === null) {
      throw new HostFunctionError(host.name, `a row is an array or an object, not ${String(given)}`)
    }
    return columns.map(({ name, nullable, convert }, i) => {
      // Any object can be asked by name.
      const cell: unknown = Array.isArray(given) ? given[i] : (given as Record<string, unknown>)[name]
      const value = convert(cell, host.name)
      if (value === null && !nullable) {
        throw new HostFunctionError(host.name, `column ${name} is NOT NULL, but a row has no value for it`)
      }
      return value
    })
  }
  return (row) => {
    const given = args.map(({ value, convert }) => convert(value(row)))
    const rows: Row[] = []
    try {
      for (const each of host.call(...given)) rows.push(rowOf(each))
    } catch (error) {
      throw error instanceof HostFunctionError ? error : new HostFunctionError(host.name, error)
    }
    return rows
  }
}

function mustTable(name: string, context: OperatorContext): HostTable {
  const host = context.functions.get(name.toUpperCase())
  if (host?.kind !== 'table') {
    throw new Error(
      `the program calls the table function ${name}, which this host does not register. Register it, as when the program was checked.`,
    )
  }
  return host
}

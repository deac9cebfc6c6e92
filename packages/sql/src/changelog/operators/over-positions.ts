/**
 * What OVER computes by position instead of by frame: LAG and ROW_NUMBER, row by row in the order of processing. A partition
 * keeps its number of rows, and for each LAG the last values.
 */
import type { SqlValue } from '../../plan.ts'
import { compileExpression, type ExpressionContext } from '../expression/compile-expression.ts'
import type { AggregateCall } from '../plan.ts'
import type { Row } from '../row.ts'

export interface Positions {
  count: number
  readonly histories: SqlValue[][]
}

export class PositionCalls {
  readonly #lags: readonly {
    readonly value: (row: Row) => SqlValue
    readonly distance: number
    readonly otherwise: ((row: Row) => SqlValue) | undefined
  }[]
  readonly #numbers: number

  constructor(calls: readonly AggregateCall[], context: ExpressionContext) {
    this.#numbers = calls.filter(({ fn }) => fn === 'ROW_NUMBER').length
    this.#lags = calls
      .filter(({ fn }) => fn === 'LAG')
      .map(({ args: [value, distance, otherwise] }) => {
        if (value === undefined) throw new Error('LAG has no argument')
        return {
          value: compileExpression(value, context),
          distance:
            distance === undefined ? 1 : literalNumber(distance.kind === 'literal' ? distance.value : null),
          otherwise: otherwise && compileExpression(otherwise, context),
        }
      })
  }

  get isEmpty(): boolean {
    return this.#lags.length === 0 && this.#numbers === 0
  }

  create(): SqlValue[][] {
    return this.#lags.map(() => [])
  }

  /** Values of the LAG calls for a row, before it is counted: [result, own value] for each. Throws where one has no value. */
  look(histories: readonly (readonly SqlValue[])[], row: Row): SqlValue[] {
    const found: SqlValue[] = []
    this.#lags.forEach(({ value, distance, otherwise }, i) => {
      const own = value(row)
      const history = histories[i]!
      if (distance === 0) found.push(own, own)
      else if (history.length >= distance) found.push(history[history.length - distance]!, own)
      else found.push(otherwise === undefined ? null : otherwise(row), own)
    })
    return found
  }

  /** Notes a row's own values for the rows after it. */
  note(histories: readonly SqlValue[][], looked: readonly SqlValue[]): void {
    this.#lags.forEach(({ distance }, i) => {
      const history = histories[i]!
      history.push(looked[2 * i + 1]!)
      // Cut in one go now and then, since taking from the front costs the whole length.
      if (history.length > 2 * distance + 8) history.splice(0, history.length - distance)
    })
  }
}

export function isPositionCall({ fn }: AggregateCall): boolean {
  return fn === 'LAG' || fn === 'ROW_NUMBER'
}

function literalNumber(value: SqlValue): number {
  if (typeof value !== 'number' && typeof value !== 'bigint')
    throw new Error('the distance of LAG is a literal')
  return Number(value)
}

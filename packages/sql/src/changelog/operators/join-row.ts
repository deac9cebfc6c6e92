/**
 * Rows that joins put out: left columns, then right columns; NULLs stand for a side without a partner. The functions are
 * generated for the widths at hand, because an array literal is about twice as fast as a loop that fills an array
 * (13 against 24 ns for 10 and 5 columns), and its arrays have no holes.
 */
import type { SqlValue } from '../../plan.ts'
import type { Row } from '../row.ts'

/** How rows come out as one side of the join sees it. */
export interface RowJoiner {
  pair(own: Row, other: Row): Row
  /** A row of this side without a partner. */
  alone(own: Row): Row
}

export function makeRowJoiners(
  leftWidth: number,
  rightWidth: number,
): { readonly left: RowJoiner; readonly right: RowJoiner } {
  return {
    left: {
      pair: generate([...columns('own', leftWidth), ...columns('other', rightWidth)]),
      alone: generate([...columns('own', leftWidth), ...nulls(rightWidth)]),
    },
    right: {
      pair: generate([...columns('other', leftWidth), ...columns('own', rightWidth)]),
      alone: generate([...nulls(leftWidth), ...columns('own', rightWidth)]),
    },
  }
}

function columns(name: string, width: number): string[] {
  return Array.from({ length: width }, (_, i) => `${name}[${i}]`)
}

function nulls(width: number): string[] {
  return new Array<string>(width).fill('null')
}

/** The text holds nothing but the two parameters, indexes and `null`. */
function generate(elements: readonly string[]): (own: Row, other?: Row) => Row {
  const source = `return [${elements.join(',')}]`
  return new Function('own', 'other', source) as (own: Row, other?: Row) => SqlValue[] // As the source says.
}

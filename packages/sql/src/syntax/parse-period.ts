/**
 * Temporal predicates: [PERIOD] (start, end) OPERATOR [PERIOD] (start, end), where one side may be a point in time.
 * Operators: CONTAINS, OVERLAPS, EQUALS, PRECEDES, SUCCEEDS, LEADS, LAGS, each with STRICTLY or IMMEDIATELY in front.
 * Flink SQL has OVERLAPS alone. These words are no reserved words, so one counts as an operator only where a pair stands
 * before it, or a parenthesis or PERIOD behind it.
 */
import type { TokenCursor } from './token-cursor.ts'
import type { Expression, Period } from './tree.ts'

const operators = ['CONTAINS', 'OVERLAPS', 'EQUALS', 'PRECEDES', 'SUCCEEDS', 'LEADS', 'LAGS'] as const

/** A pair is a period, everything else a point. */
export function periodOf(operand: Expression): Period {
  const [start, end, more] = operand.kind === 'row' ? operand.elements : []
  return start !== undefined && end !== undefined && more === undefined ? [start, end] : [operand]
}

export function atPeriodOperator(cursor: TokenCursor): boolean {
  return operatorLength(cursor) > 0
}

/** Reads the operator behind `left`, if there is one. */
export function acceptPeriodOperator(cursor: TokenCursor, left: Period): string | undefined {
  const length = operatorLength(cursor)
  if (length === 0) return undefined
  const pairFollows = cursor.atSign('(', length) || cursor.atWordAt(length, 'PERIOD')
  if (left.length === 1 && !pairFollows) return undefined
  const words = [cursor.next().text]
  if (length === 2) words.push(cursor.next().text)
  return words.join(' ')
}

/** Number of words of the operator at the cursor; 0 if there is none. */
function operatorLength(cursor: TokenCursor): number {
  if (cursor.dialect.name === 'flink') return cursor.atWords('OVERLAPS') ? 1 : 0
  const modified = cursor.atWords('STRICTLY') || cursor.atWords('IMMEDIATELY') ? 1 : 0
  return operators.some((word) => cursor.atWordAt(modified, word)) ? modified + 1 : 0
}

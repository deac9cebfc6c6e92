/**
 * Window specifications: [name] [PARTITION BY ...] [ORDER BY ...] [RANGE | ROWS frame], as in OVER (...), WINDOW w AS
 * (...), after a source of FROM, and inside WINDOWED BY STAGGER (...). What a place allows is checked by the binder.
 */
import type { TokenCursor } from './token-cursor.ts'
import type { Expression, FrameBound, FrameClause, Identifier, SortItem, WindowSpec } from './tree.ts'

type ExpressionRule = () => Expression

/** After OVER: a name or (specification). */
export function parseWindowReference(
  cursor: TokenCursor,
  expression: ExpressionRule,
): WindowSpec | Identifier {
  return cursor.atSign('(') ? parseWindowSpec(cursor, expression) : cursor.expectName('a window name or "("')
}

export function parseWindowSpec(cursor: TokenCursor, expression: ExpressionRule): WindowSpec {
  const start = cursor.peek().start
  cursor.expectSign('(')
  const base = cursor.atName() && !cursor.atSign('.', 1) ? cursor.expectName('a window name') : undefined
  const partitionBy = cursor.acceptWords('PARTITION', 'BY') ? cursor.list(expression) : []
  const orderBy = cursor.acceptWords('ORDER', 'BY') ? parseSortItems(cursor, expression) : []
  const frame = parseFrame(cursor, expression)
  if (!cursor.acceptSign(')')) cursor.failExpected(['PARTITION BY', 'RANGE', 'ROWS', '")"'])
  return { kind: 'window', base, partitionBy, orderBy, frame, span: cursor.spanFrom(start) }
}

export function parseSortItems(cursor: TokenCursor, expression: ExpressionRule): SortItem[] {
  return cursor.list(() => {
    const start = cursor.peek().start
    const key = expression()
    const descending = cursor.acceptOneOf('ASC', 'DESC') === 'DESC'
    const nulls = parseNullsOrder(cursor)
    return { expression: key, descending, ...nulls, span: cursor.spanFrom(start) }
  })
}

function parseNullsOrder(cursor: TokenCursor): { nulls?: 'FIRST' | 'LAST' } {
  const token = cursor.peek()
  if (!cursor.acceptWords('NULLS')) return {}
  cursor.onlyIn('flink', token, 'NULLS FIRST | LAST', 'Sort by CASE WHEN x IS NULL THEN 0 ELSE 1 END first.')
  return { nulls: cursor.acceptOneOf('FIRST', 'LAST') ?? cursor.failExpected(['FIRST', 'LAST']) }
}

function parseFrame(cursor: TokenCursor, expression: ExpressionRule): FrameClause | undefined {
  const start = cursor.peek().start
  const unit = cursor.acceptOneOf('RANGE', 'ROWS')
  if (unit === undefined) return undefined
  if (cursor.acceptWords('BETWEEN')) {
    const from = parseBound(cursor, expression)
    cursor.expectWords('AND')
    return { unit, from, to: parseBound(cursor, expression), span: cursor.spanFrom(start) }
  }
  return {
    unit,
    from: parseBound(cursor, expression),
    to: { kind: 'current-row' },
    span: cursor.spanFrom(start),
  }
}

function parseBound(cursor: TokenCursor, expression: ExpressionRule): FrameBound {
  if (cursor.acceptWords('CURRENT', 'ROW')) return { kind: 'current-row' }
  if (cursor.acceptWords('UNBOUNDED')) {
    const side =
      cursor.acceptOneOf('PRECEDING', 'FOLLOWING') ?? cursor.failExpected(['PRECEDING', 'FOLLOWING'])
    return { kind: side === 'PRECEDING' ? 'unbounded-preceding' : 'unbounded-following' }
  }
  const offset = expression()
  const side = cursor.acceptOneOf('PRECEDING', 'FOLLOWING')
  // Stagger windows are written RANGE INTERVAL 'n' unit, without a direction.
  if (side === undefined && !cursor.atSign(')')) cursor.failExpected(['PRECEDING', 'FOLLOWING'])
  return { kind: side === 'FOLLOWING' ? 'following' : 'preceding', offset }
}

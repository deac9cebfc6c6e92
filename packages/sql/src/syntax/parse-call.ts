/**
 * Calls with the plain form: name([DISTINCT] arguments [IGNORE NULLS]) [IGNORE NULLS] [FILTER (WHERE ...)] [OVER ...].
 * In Flink SQL an argument may also be TABLE t, DESCRIPTOR(c, ...) or name => value, and the unit of TIMESTAMPADD and
 * TIMESTAMPDIFF is a word; the tree has it as text in upper case.
 */
import { codes } from '../diagnostic/codes.ts'
import { plainCall } from './parse-special-function.ts'
import { parseSortItems, parseWindowReference } from './parse-window.ts'
import type { TokenCursor } from './token-cursor.ts'
import type { Expression, FunctionCall, Identifier, Query, SortItem, TableArgument } from './tree.ts'

export interface CallRules {
  parse(): Expression
  query(): Query
}

/** From the opening parenthesis on. */
export function parseCall(cursor: TokenCursor, rules: CallRules, name: Identifier): FunctionCall {
  cursor.expectSign('(')
  let args: Expression[] | 'star' = []
  let distinct = false
  let nulls: FunctionCall['nulls']
  if (cursor.acceptSign('*')) args = 'star'
  else if (!cursor.atSign(')')) {
    distinct = cursor.acceptOneOf('DISTINCT', 'ALL') === 'DISTINCT'
    const unit = unitFunctions.has(name.name) ? acceptUnit(cursor) : undefined
    if (unit === undefined) args = cursor.list(() => parseArgument(cursor, rules))
    else {
      cursor.expectSign(',')
      args = [unit, ...cursor.list(() => parseArgument(cursor, rules))]
    }
    nulls = acceptNulls(cursor)
  }
  cursor.expectSign(')')
  nulls ??= acceptNulls(cursor)
  const filter = parseFilter(cursor, rules)
  const over = cursor.acceptWords('OVER') ? parseWindowReference(cursor, () => rules.parse()) : undefined
  const span = cursor.spanFrom(name.span.start)
  return { ...plainCall(name, [], span), args, distinct, nulls, filter, over }
}

/** FILTER (WHERE condition) */
export function parseFilter(cursor: TokenCursor, rules: CallRules): Expression | undefined {
  if (!cursor.acceptWords('FILTER')) return undefined
  cursor.expectSign('(')
  cursor.expectWords('WHERE')
  const filter = rules.parse()
  cursor.expectSign(')')
  return filter
}

function acceptNulls(cursor: TokenCursor): FunctionCall['nulls'] {
  if (cursor.acceptWords('IGNORE', 'NULLS')) return 'IGNORE'
  return cursor.acceptWords('RESPECT', 'NULLS') ? 'RESPECT' : undefined
}

function parseArgument(cursor: TokenCursor, rules: CallRules): Expression {
  if (cursor.dialect.name !== 'flink') {
    if (cursor.atSign('=>', 1))
      cursor.onlyIn('flink', cursor.peek(1), 'An argument by name (name => value)', 'Pass it by position.')
    return rules.parse()
  }
  const start = cursor.peek().start
  if (cursor.atSign('=>', 1)) {
    const name = parseArgumentName(cursor)
    cursor.next()
    const value = parseArgument(cursor, rules)
    return { kind: 'named-argument', name, value, span: cursor.spanFrom(start) }
  }
  if (cursor.acceptWords('TABLE')) return parseTableArgument(cursor, rules, start)
  if (cursor.atWords('DESCRIPTOR') && cursor.atSign('(', 1)) {
    cursor.next()
    const columns = cursor.parenthesized(() => cursor.expectName('a column'))
    return { kind: 'descriptor', columns, span: cursor.spanFrom(start) }
  }
  return rules.parse()
}

/** Before =>: also a reserved word, as OFFSET is one. */
function parseArgumentName(cursor: TokenCursor): Identifier {
  const token = cursor.peek()
  if (token.kind !== 'word') return cursor.expectName('the name of an argument')
  cursor.next()
  return { name: cursor.dialect.fold(cursor.written(token)), span: { start: token.start, end: token.end } }
}

/** Behind TABLE: name or (query), then [PARTITION BY ...] [ORDER BY ...]. */
function parseTableArgument(cursor: TokenCursor, rules: CallRules, start: number): TableArgument {
  let source: TableArgument['source']
  if (cursor.acceptSign('(')) {
    source = cursor.atQuery() ? rules.query() : parseQualified(cursor)
    cursor.expectSign(')')
  } else source = parseQualified(cursor)
  const partitionBy = cursor.acceptWords('PARTITION', 'BY') ? parsePartition(cursor, rules) : []
  let orderBy: SortItem[] = []
  if (cursor.acceptWords('ORDER', 'BY')) {
    const inner = cursor.acceptSign('(')
    orderBy = inner ? parseSortItems(cursor, () => rules.parse()) : [parseSortItem(cursor, rules)]
    if (inner) cursor.expectSign(')')
  }
  return { kind: 'table-argument', source, partitionBy, orderBy, span: cursor.spanFrom(start) }
}

function parseQualified(cursor: TokenCursor): TableArgument['source'] {
  const start = cursor.peek().start
  const parts = [cursor.expectName('a table, a view or (SELECT ...)')]
  while (cursor.acceptSign('.')) parts.push(cursor.expectName('a name'))
  return { kind: 'qualified', parts, span: cursor.spanFrom(start) }
}

/** (a, b), or names. A comma may also end the argument: the list goes on only where a bare name follows. */
function parsePartition(cursor: TokenCursor, rules: CallRules): Expression[] {
  if (cursor.atSign('(')) return cursor.parenthesized(() => rules.parse())
  const keys = [rules.parse()]
  while (cursor.atSign(',') && cursor.atName(1) && !cursor.atSign('(', 2) && !cursor.atSign('=>', 2)) {
    cursor.next()
    keys.push(rules.parse())
  }
  return keys
}

/** One item: a comma behind it ends the argument. */
function parseSortItem(cursor: TokenCursor, rules: CallRules): SortItem {
  const start = cursor.peek().start
  const expression = rules.parse()
  const descending = cursor.acceptOneOf('ASC', 'DESC') === 'DESC'
  return { expression, descending, span: cursor.spanFrom(start) }
}

const unitFunctions = new Set(['TIMESTAMPADD', 'TIMESTAMPDIFF'])
export const timestampUnits = [
  ...['MICROSECOND', 'MILLISECOND', 'SECOND', 'MINUTE', 'HOUR', 'DAY', 'WEEK', 'MONTH', 'QUARTER', 'YEAR'],
  ...['NANOSECOND', 'DECADE', 'CENTURY', 'MILLENNIUM'],
]

/** DAY, DAYS, SQL_TSI_DAY as the text 'DAY'. A quoted text is read as an ordinary argument. */
function acceptUnit(cursor: TokenCursor): Expression | undefined {
  const token = cursor.peek()
  if (token.kind === 'string') return undefined
  const plain = token.text.replace(/^SQL_TSI_/, '')
  const unit = timestampUnits.find((each) => each === plain || `${each}S` === plain)
  if (token.kind !== 'word' || unit === undefined) {
    cursor.fail(
      codes.unexpectedToken,
      token,
      `a unit of time is expected here: one of ${timestampUnits.slice(0, 10).join(', ')}.`,
    )
  }
  cursor.next()
  return { kind: 'string', value: unit, span: { start: token.start, end: token.end } }
}

/**
 * MATCH_RECOGNIZE ([PARTITION BY ...] [ORDER BY ...] [MEASURES e AS n, ...] [ONE ROW PER MATCH] [AFTER MATCH SKIP ...]
 * PATTERN (A B+ C*?) [WITHIN interval] DEFINE v AS condition, ...). The pattern is a row of variables with quantifiers;
 * groups, alternation, exclusion, PERMUTE, SUBSET and ALL ROWS PER MATCH are refused.
 */
import { codes } from '../diagnostic/codes.ts'
import { parseSortItems } from './parse-window.ts'
import type { TokenCursor } from './token-cursor.ts'
import type { Expression, MatchSource, PatternVariable } from './tree.ts'

type MatchClause = Omit<MatchSource, 'kind' | 'input' | 'over' | 'alias' | 'columns' | 'span'>

/** From the opening parenthesis to the closing one. */
export function parseMatchClause(cursor: TokenCursor, expression: () => Expression): MatchClause {
  cursor.expectSign('(')
  const partitionBy = cursor.acceptWords('PARTITION', 'BY') ? cursor.list(expression) : []
  const orderBy = cursor.acceptWords('ORDER', 'BY') ? parseSortItems(cursor, expression) : []
  const measures = cursor.acceptWords('MEASURES')
    ? cursor.list(() => {
        const measure = expression()
        cursor.expectWords('AS')
        return { expression: measure, alias: cursor.expectName('a column name') }
      })
    : []
  if (cursor.atWords('ALL', 'ROWS', 'PER', 'MATCH'))
    refuse(cursor, 'ALL ROWS PER MATCH', 'Write ONE ROW PER MATCH and MEASURES.')
  if (cursor.acceptWords('ONE')) cursor.expectWords('ROW', 'PER', 'MATCH')
  const skip = cursor.acceptWords('AFTER') ? parseSkip(cursor) : undefined
  cursor.expectWords('PATTERN')
  cursor.expectSign('(')
  const pattern: PatternVariable[] = []
  while (!cursor.acceptSign(')')) pattern.push(parseVariable(cursor))
  if (pattern.length === 0)
    cursor.fail(
      codes.unexpectedToken,
      cursor.previous,
      'PATTERN needs a variable, for example PATTERN (A B+).',
    )
  const within = cursor.acceptWords('WITHIN') ? expression() : undefined
  if (cursor.atWords('SUBSET')) refuse(cursor, 'SUBSET', 'Name the variables one by one.')
  const define = cursor.acceptWords('DEFINE')
    ? cursor.list(() => {
        const variable = cursor.expectName('a pattern variable')
        cursor.expectWords('AS')
        return { variable, condition: expression() }
      })
    : []
  if (!cursor.acceptSign(')')) cursor.failExpected(['","', '")"', 'WITHIN', 'DEFINE'])
  return { partitionBy, orderBy, measures, skip, pattern, within, define }
}

/** Behind AFTER: MATCH SKIP PAST LAST ROW | TO NEXT ROW | TO FIRST v | TO LAST v | TO v. */
function parseSkip(cursor: TokenCursor): MatchClause['skip'] {
  cursor.expectWords('MATCH', 'SKIP')
  if (cursor.acceptWords('PAST')) {
    cursor.expectWords('LAST', 'ROW')
    return { kind: 'PAST LAST ROW' }
  }
  cursor.expectWords('TO')
  if (cursor.acceptWords('NEXT', 'ROW')) return { kind: 'TO NEXT ROW' }
  const where = cursor.acceptOneOf('FIRST', 'LAST')
  // SKIP TO v is SKIP TO LAST v.
  return {
    kind: where === 'FIRST' ? 'TO FIRST' : 'TO LAST',
    variable: cursor.expectName('a pattern variable'),
  }
}

function parseVariable(cursor: TokenCursor): PatternVariable {
  const start = cursor.peek().start
  refusePatternForms(cursor)
  const variable = cursor.expectName('a pattern variable')
  const quantifier = parseQuantifier(cursor)
  if (cursor.atSign('|')) refusePatternForms(cursor)
  return { variable, ...quantifier, span: cursor.spanFrom(start) }
}

function refusePatternForms(cursor: TokenCursor): void {
  if (cursor.atSign('|'))
    refuse(cursor, 'alternation (A | B)', 'Write one variable whose condition has an OR.')
  if (cursor.atSign('{')) refuse(cursor, 'exclusion {- A -}', 'Leave the rows out by MEASURES.')
  if (cursor.atSign('(')) refuse(cursor, 'a group in PATTERN', 'Write the variables one after the other.')
  if (cursor.atWords('PERMUTE') && cursor.atSign('(', 1))
    refuse(cursor, 'PERMUTE', 'Write the order that is meant.')
}

/** * + ? {n} {n,} {n,m} {,m}, reluctant with a ? behind it. */
function parseQuantifier(cursor: TokenCursor): Pick<PatternVariable, 'min' | 'max' | 'greedy'> {
  const token = cursor.peek()
  let [min, max] = [1, 1]
  if (cursor.acceptSign('*')) [min, max] = [0, Number.POSITIVE_INFINITY]
  else if (cursor.acceptSign('+')) max = Number.POSITIVE_INFINITY
  else if (cursor.acceptSign('?')) min = 0
  else if (cursor.atSign('{') && !cursor.atSign('-', 1)) {
    cursor.next()
    const from = cursor.atSign(',') ? undefined : cursor.expectInteger('a number')
    if (cursor.acceptSign(',')) {
      min = from ?? 0
      max = cursor.atSign('}') ? Number.POSITIVE_INFINITY : cursor.expectInteger('a number')
    } else min = max = from ?? 0
    cursor.expectSign('}')
    if (max < min || max === 0) {
      cursor.fail(
        codes.badLiteral,
        cursor.spanFrom(token.start),
        `the quantifier allows ${min} to ${max} rows. The second number has to be at least 1 and the first.`,
      )
    }
  } else return { min, max, greedy: true }
  const mark = cursor.peek()
  const reluctant = cursor.acceptSign('?')
  if (reluctant && token.text === '?') {
    cursor.fail(
      codes.notSupported,
      mark,
      'the reluctant quantifier ?? is not supported. Write ?, or leave the variable out.',
    )
  }
  return { min, max, greedy: !reluctant }
}

function refuse(cursor: TokenCursor, what: string, advice: string): never {
  return cursor.fail(codes.notSupported, cursor.peek(), `${what} is not supported. ${advice}`)
}

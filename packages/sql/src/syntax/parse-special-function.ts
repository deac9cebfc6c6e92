/**
 * Functions with words between their arguments, each a rule from the opening parenthesis on:
 *
 *   CAST(x AS type)   TRY_CAST(x AS type)   FLOOR | CEIL(x [TO unit])   STEP(x BY y)   EXTRACT(unit FROM x)   POSITION(x IN y)
 *   SUBSTRING(x FROM n [FOR m])   SUBSTRING(x SIMILAR p ESCAPE e)   SUBSTRING(x, n [, m])
 *   TRIM([BOTH | LEADING | TRAILING] [c] FROM x)   TRIM(x)   OVERLAY(x PLACING y FROM n [FOR m])
 */
import type { Span } from '../span.ts'
import { acceptTimeUnit, expectTimeUnit, parseType } from './parse-type.ts'
import type { TokenCursor } from './token-cursor.ts'
import type { Expression, FunctionCall, Identifier } from './tree.ts'

export interface SpecialFunctionRules {
  /** Any expression. */
  parse(): Expression
  /** An expression that ends in front of IN and the other comparisons. */
  aboveComparison(): Expression
}

/** What was read inside the parentheses, to be completed with the span of the whole. */
type Finish = (span: Span) => Expression
type SpecialFunction = (cursor: TokenCursor, rules: SpecialFunctionRules, name: Identifier) => Finish

/** The rule of a word in front of a parenthesis; undefined if it is an ordinary function. */
export function specialFunction(word: string): SpecialFunction | undefined {
  return rulesByWord.get(word)
}

/** `name(args)` without anything else. */
export function plainCall(name: Identifier, args: readonly Expression[], span: Span): FunctionCall {
  return {
    kind: 'call',
    name,
    args,
    distinct: false,
    nulls: undefined,
    filter: undefined,
    over: undefined,
    span,
  }
}

const rulesByWord: ReadonlyMap<string, SpecialFunction> = new Map([
  ['CAST', parseCast],
  ['TRY_CAST', parseTryCast],
  ['FLOOR', (cursor, rules, name) => parseRounding(cursor, rules, name, 'FLOOR')],
  ['CEIL', (cursor, rules, name) => parseRounding(cursor, rules, name, 'CEIL')],
  ['CEILING', (cursor, rules, name) => parseRounding(cursor, rules, name, 'CEIL')],
  ['STEP', parseStep],
  ['EXTRACT', parseExtract],
  ['SUBSTRING', parseSubstring],
  ['TRIM', parseTrim],
  ['POSITION', parsePosition],
  ['OVERLAY', parseOverlay],
] satisfies [string, SpecialFunction][])

function parseCast(cursor: TokenCursor, rules: SpecialFunctionRules): Finish {
  const operand = rules.parse()
  cursor.expectWords('AS')
  const type = parseType(cursor)
  return (span) => ({ kind: 'cast', operand, type, span })
}

function parseTryCast(cursor: TokenCursor, rules: SpecialFunctionRules, name: Identifier): Finish {
  cursor.onlyIn('flink', name.span, 'TRY_CAST', 'Use CAST; a row whose cast fails goes to the error stream.')
  const operand = rules.parse()
  cursor.expectWords('AS')
  const type = parseType(cursor)
  return (span) => ({ kind: 'cast', operand, type, tries: true, span })
}

function parseRounding(
  cursor: TokenCursor,
  rules: SpecialFunctionRules,
  name: Identifier,
  fn: 'FLOOR' | 'CEIL',
): Finish {
  const operand = rules.parse()
  if (!cursor.acceptWords('TO')) return (span) => plainCall({ name: fn, span: name.span }, [operand], span)
  const unit = expectTimeUnit(cursor)
  return (span) => ({ kind: 'round-to-unit', fn, operand, unit, span })
}

function parseStep(cursor: TokenCursor, rules: SpecialFunctionRules, name: Identifier): Finish {
  cursor.onlyIn('kda', name.span, 'STEP', 'Use a window function such as TUMBLE.')
  const operand = rules.parse()
  cursor.expectWords('BY')
  const size = rules.parse()
  return (span) => ({ kind: 'step', operand, size, span })
}

function parseExtract(cursor: TokenCursor, rules: SpecialFunctionRules): Finish {
  const word = cursor.peek()
  const unit =
    acceptTimeUnit(cursor) ??
    (word.kind === 'word' ? cursor.next().text : cursor.failExpected(['a unit of time']))
  cursor.expectWords('FROM')
  const operand = rules.parse()
  return (span) => ({ kind: 'extract', unit, operand, span })
}

function parseSubstring(cursor: TokenCursor, rules: SpecialFunctionRules, name: Identifier): Finish {
  const operand = rules.parse()
  const form = cursor.peek()
  if (cursor.acceptWords('SIMILAR')) {
    cursor.onlyIn('kda', form, 'SUBSTRING(x SIMILAR ...)', 'Use REGEXP_EXTRACT.')
    const from = rules.parse()
    cursor.expectWords('ESCAPE')
    const escapeCharacter = rules.parse()
    return (span) => ({
      kind: 'substring',
      form: 'SIMILAR',
      operand,
      from,
      length: undefined,
      escape: escapeCharacter,
      span,
    })
  }
  if (cursor.acceptWords('FROM')) {
    const from = rules.parse()
    const length = cursor.acceptWords('FOR') ? rules.parse() : undefined
    return (span) => ({ kind: 'substring', form: 'FROM', operand, from, length, escape: undefined, span })
  }
  if (!cursor.acceptSign(',')) cursor.failExpected(['","', 'FROM', 'SIMILAR'])
  const args = [operand, ...cursor.list(() => rules.parse())]
  return (span) => plainCall({ name: 'SUBSTRING', span: name.span }, args, span)
}

function parseTrim(cursor: TokenCursor, rules: SpecialFunctionRules): Finish {
  const where = cursor.acceptOneOf('BOTH', 'LEADING', 'TRAILING')
  let character: Expression | undefined
  if (where === undefined || !cursor.atWords('FROM')) {
    character = rules.parse()
    const only = character
    if (where === undefined && cursor.atSign(')')) {
      return (span) => ({ kind: 'trim', where: 'BOTH', character: undefined, operand: only, span })
    }
  }
  cursor.expectWords('FROM')
  const operand = rules.parse()
  return (span) => ({ kind: 'trim', where: where ?? 'BOTH', character, operand, span })
}

function parsePosition(cursor: TokenCursor, rules: SpecialFunctionRules): Finish {
  const needle = rules.aboveComparison()
  cursor.expectWords('IN')
  const haystack = rules.parse()
  return (span) => ({ kind: 'position', needle, haystack, span })
}

function parseOverlay(cursor: TokenCursor, rules: SpecialFunctionRules): Finish {
  const operand = rules.parse()
  cursor.expectWords('PLACING')
  const placing = rules.parse()
  cursor.expectWords('FROM')
  const from = rules.parse()
  const length = cursor.acceptWords('FOR') ? rules.parse() : undefined
  return (span) => ({ kind: 'overlay', operand, placing, from, length, span })
}

/**
 * Regular expressions of the Flink dialect, in Java's notation, run in linear time (../regex). A literal pattern that cannot
 * be used is refused when the program is bound; one that comes in a row fails that row.
 */
import type { SqlValue } from '../../plan.ts'
import { countOf, textOf } from '../argument-values.ts'
import { cached, checkedPattern, compileJava } from '../pattern.ts'
import { type Match, type RegexProgram, stepsMax } from '../regex/program.ts'
import type { ScalarFunction } from '../scalar-function.ts'
import { codePointLength, isLead } from '../text.ts'
import { booleanType, integerType } from '../types.ts'
import { define, type FunctionSpec } from './define.ts'
import { makeMap } from './nested-values.ts'
import { stringType } from './types.ts'

export const flinkRegexp: readonly ScalarFunction[] = [
  withPattern({
    name: 'REGEXP',
    parameters: ['text', 'text'],
    returns: booleanType,
    evaluate: ([text, pattern]) => pattern !== '' && programOf(pattern).exec(textOf(text)) !== undefined,
  }),
  withPattern({
    name: 'REGEXP_EXTRACT',
    parameters: ['text', 'text', 'integer?'],
    returns: stringType,
    nullable: 'always',
    evaluate: ([text, pattern, group]) => {
      const match = programOf(pattern).exec(textOf(text))
      return match === undefined
        ? null
        : groupText(textOf(text), match, group === undefined ? 0 : countOf(group))
    },
  }),
  withPattern({
    name: 'REGEXP_EXTRACT_ALL',
    parameters: ['text', 'text', 'integer?'],
    returns: { kind: 'ARRAY', element: stringType },
    evaluate: ([text, pattern, group]) =>
      matchesOf(textOf(text), programOf(pattern)).map((match) =>
        groupText(textOf(text), match, group === undefined ? 1 : countOf(group)),
      ),
  }),
  withPattern({
    name: 'REGEXP_REPLACE',
    parameters: ['text', 'text', 'text'],
    returns: stringType,
    evaluate: ([text, pattern, replacement]) => {
      const whole = textOf(text)
      let out = ''
      let copied = 0
      for (const match of matchesOf(whole, programOf(pattern))) {
        out += whole.slice(copied, match[0]) + textOf(replacement)
        copied = match[1]!
      }
      return out + whole.slice(copied)
    },
  }),
  withPattern({
    name: 'REGEXP_COUNT',
    parameters: ['text', 'text'],
    returns: integerType,
    evaluate: ([text, pattern]) => matchesOf(textOf(text), programOf(pattern)).length,
  }),
  withPattern({
    name: 'REGEXP_INSTR',
    parameters: ['text', 'text'],
    returns: integerType,
    evaluate: ([text, pattern]) => {
      const match = programOf(pattern).exec(textOf(text))
      return match === undefined ? 0 : codePointLength(textOf(text).slice(0, match[0])) + 1
    },
  }),
  withPattern({
    name: 'REGEXP_SUBSTR',
    parameters: ['text', 'text'],
    returns: stringType,
    nullable: 'always',
    evaluate: ([text, pattern]) => {
      const match = programOf(pattern).exec(textOf(text))
      return match === undefined ? null : groupText(textOf(text), match, 0)
    },
  }),
  define({
    name: 'STR_TO_MAP',
    parameters: ['text', 'text?', 'text?'],
    forms: ['STR_TO_MAP(text [, list delimiter, key-value delimiter])'],
    returns: { kind: 'MAP', key: stringType, value: stringType },
    evaluate: ([text, listDelimiter = ',', pairDelimiter = '=']) =>
      strToMap(textOf(text), textOf(listDelimiter), textOf(pairDelimiter)),
  }),
]

/** Both delimiters are regular expressions; an entry without a key-value delimiter has the value NULL. */
function strToMap(text: string, listDelimiter: string, pairDelimiter: string): SqlValue {
  if (text === '') return new Map()
  return makeMap(
    splitBy(text, listDelimiter, Number.POSITIVE_INFINITY).map((entry) => {
      const [key = '', value] = splitBy(entry, pairDelimiter, 2)
      return [key, value ?? null] as const
    }),
  )
}

/** The parts between matches, at most `limit` of them; as in Java, empty parts at the end are dropped without a limit. */
function splitBy(text: string, pattern: string, limit: number): string[] {
  const parts: string[] = []
  let start = 0
  for (const match of matchesOf(text, programOf(pattern))) {
    if (parts.length + 1 >= limit) break
    // An empty match at the very start separates nothing.
    if (match[1] === 0) continue
    parts.push(text.slice(start, match[0]))
    start = match[1]!
  }
  parts.push(text.slice(start))
  if (limit === Number.POSITIVE_INFINITY) while (parts.length > 1 && parts.at(-1) === '') parts.pop()
  return parts
}

function programOf(pattern: SqlValue | undefined): RegexProgram {
  return cached('java', compileJava, textOf(pattern), undefined)
}

/** All matches from the left; after an empty one the search goes on one character later, as in Java. */
function matchesOf(text: string, program: RegexProgram): Match[] {
  const meter = { left: stepsMax }
  const found: Match[] = []
  for (let at = 0; at <= text.length; ) {
    const match = program.exec(text, at, meter)
    if (match === undefined) break
    found.push(match)
    const [from, to] = [match[0]!, match[1]!]
    at = to > from ? to : to + (isLead(text, to) ? 2 : 1)
  }
  return found
}

/** NULL for a group that took no part or does not exist. */
function groupText(text: string, match: Match, group: number): string | null {
  const [from, to] = [match[2 * group], match[2 * group + 1]]
  return group < 0 || from === undefined || to === undefined || from < 0 ? null : text.slice(from, to)
}

function withPattern(spec: FunctionSpec): ScalarFunction {
  const fn = define(spec)
  return { ...fn, infer: (args) => checkedPattern(args, 1, undefined, compileJava, fn.infer(args)) }
}

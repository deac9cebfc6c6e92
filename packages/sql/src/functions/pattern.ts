/**
 * Functions over patterns: LIKE, SIMILAR TO, REGEX_REPLACE and the SUBSTRING forms with a regular expression (spec 2.14).
 * A pattern that is a literal is checked when the program is bound; one that comes in a row fails that row. Patterns run
 * in linear time (regex/program.ts), since they may come from users.
 */
import type { SqlValue } from '../plan.ts'
import { countOf, textOf } from './argument-values.ts'
import { matchesLike, parseLike } from './like.ts'
import { parseJavaPattern } from './regex/parse-java.ts'
import { parseSimilarParts, parseSimilarPattern } from './regex/parse-similar.ts'
import { RegexProgram, stepsMax } from './regex/program.ts'
import { PatternError } from './regex/tree.ts'
import {
  type ArgumentType,
  type InferredType,
  type ScalarFunction,
  SqlRuntimeError,
} from './scalar-function.ts'
import { substring, textLengthMax, typed, varchar } from './string.ts'
import { codePointLength, codePointSlice, isLead } from './text.ts'
import { booleanType, isText, lengthOf } from './types.ts'

export const patterns: readonly ScalarFunction[] = [
  {
    name: 'LIKE',
    forms: ["text [NOT] LIKE pattern [ESCAPE 'character']"],
    nullIn: 'null',
    infer: (args) => checkedPattern(args, 1, 2, parseLike, typedTest('LIKE', args)),
    evaluate: ([text, pattern, escapeChar]) =>
      matchesLike(textOf(text), cached('like', parseLike, textOf(pattern), optional(escapeChar))),
  },
  {
    name: 'SIMILAR TO',
    forms: ["text [NOT] SIMILAR TO pattern [ESCAPE 'character']"],
    nullIn: 'null',
    infer: (args) => checkedPattern(args, 1, 2, compileSimilar, typedTest('SIMILAR TO', args)),
    evaluate: ([text, pattern, escapeChar]) =>
      cached('similar', compileSimilar, textOf(pattern), optional(escapeChar)).exec(textOf(text)) !==
      undefined,
  },
  {
    name: 'SUBSTRING_FROM',
    forms: ['SUBSTRING(text FROM start [FOR length])', "SUBSTRING(text FROM 'regular expression')"],
    nullIn: 'null',
    infer: inferSubstringFrom,
    evaluate: ([text, from, length]) => {
      if (typeof from !== 'string') return substring(textOf(text), from!, length)
      const match = cached('java', compileJava, from, undefined).exec(textOf(text))
      return match === undefined ? null : textOf(text).slice(match[0], match[1])
    },
  },
  {
    name: 'SUBSTRING_SIMILAR',
    forms: ["SUBSTRING(text SIMILAR 'before#\"wanted#\"after' ESCAPE '#')"],
    nullIn: 'null',
    infer: (args) => {
      const result = typed('SUBSTRING SIMILAR', args, ['text', 'text', 'text'], 3, () =>
        varchar(lengthOf(args[0]!.type)),
      )
      return nullableOf(checkedPattern(args, 1, 2, compileParts, result))
    },
    evaluate: ([text, pattern, escapeChar]) => {
      const match = cached('parts', compileParts, textOf(pattern), textOf(escapeChar)).exec(textOf(text))
      return match === undefined ? null : textOf(text).slice(match[2], match[3])
    },
  },
  {
    name: 'REGEX_REPLACE',
    forms: ['REGEX_REPLACE(text, regex, replacement, start, occurrence)'],
    nullIn: 'null',
    infer: (args) => {
      const kinds = ['text', 'text', 'text', 'count', 'count'] as const
      const result = typed('REGEX_REPLACE', args, kinds, 5, () => varchar(textLengthMax))
      return checkedPattern(args, 1, undefined, compileJava, result)
    },
    evaluate: ([text, pattern, replacement, start, occurrence]) =>
      regexReplace(textOf(text), textOf(pattern), textOf(replacement), countOf(start), countOf(occurrence)),
  },
]

function inferSubstringFrom(args: readonly ArgumentType[]): InferredType | string {
  const result = () => varchar(lengthOf(args[0]!.type))
  const from = args[1]
  if (from === undefined || !isText(from.type)) {
    return typed('SUBSTRING', args, ['text', 'count', 'count'], 2, result)
  }
  return nullableOf(
    checkedPattern(args, 1, undefined, compileJava, typed('SUBSTRING', args, ['text', 'text'], 2, result)),
  )
}

/** Replaces the matches from character `start` on, counted from 1: the n-th of them, or all if n is 0. */
function regexReplace(
  text: string,
  pattern: string,
  replacement: string,
  start: number,
  nth: number,
): string {
  if (start < 1) throw new SqlRuntimeError('ValueOutOfRange', `REGEX_REPLACE starts at 1, not ${start}`)
  if (nth < 0)
    throw new SqlRuntimeError('ValueOutOfRange', `the occurrence of REGEX_REPLACE is 0 or more, not ${nth}`)
  if (start > codePointLength(text)) return text
  const program = cached('java', compileJava, pattern, undefined)
  const meter = { left: stepsMax }
  let copied = 0
  let out = ''
  let at = codePointSlice(text, 0, start - 1).length
  for (let count = 1; at <= text.length; count++) {
    const match = program.exec(text, at, meter)
    if (match === undefined) break
    const [from, to] = [match[0]!, match[1]!]
    if (nth === 0 || count === nth) {
      out += text.slice(copied, from) + replacement
      copied = to
      if (out.length > textLengthMax) {
        throw new SqlRuntimeError(
          'ValueOutOfRange',
          `REGEX_REPLACE gives more than ${textLengthMax} characters`,
        )
      }
      if (count === nth) break
    }
    // After an empty match the search goes on one character later, as in Java.
    at = to > from ? to : to + (isLead(text, to) ? 2 : 1)
  }
  return out + text.slice(copied)
}

type Compile<T> = (pattern: string, escapeChar: string | undefined) => T

function compileSimilar(pattern: string, escapeChar: string | undefined): RegexProgram {
  return new RegexProgram(pattern, parseSimilarPattern(pattern, oneCharacter(pattern, escapeChar)))
}

function compileParts(pattern: string, escapeChar: string | undefined): RegexProgram {
  return new RegexProgram(pattern, parseSimilarParts(pattern, oneCharacter(pattern, escapeChar) ?? '\\'))
}

export function compileJava(pattern: string): RegexProgram {
  return new RegexProgram(pattern, parseJavaPattern(pattern))
}

function oneCharacter(pattern: string, escapeChar: string | undefined): string | undefined {
  if (escapeChar === undefined || [...escapeChar].length === 1) return escapeChar
  throw new PatternError(pattern, 0, `the escape is one character, not '${escapeChar}'`)
}

/** Compiled patterns by notation, pattern and escape; dropped as a whole when full, since almost all are literals. */
const compiled = new Map<string, unknown>()
const compiledMax = 256

export function cached<T>(
  notation: string,
  compile: Compile<T>,
  pattern: string,
  escapeChar: string | undefined,
): T {
  const key = `${notation} ${escapeChar ?? ''} ${pattern}`
  let found = compiled.get(key) as T | undefined // The notation is part of the key and fixes T.
  if (found === undefined) {
    try {
      found = compile(pattern, escapeChar)
    } catch (error) {
      if (error instanceof PatternError) throw new SqlRuntimeError('CoercionError', error.message)
      throw error
    }
    if (compiled.size >= compiledMax) compiled.clear()
    compiled.set(key, found)
  }
  return found
}

/** Refuses a call whose pattern is a literal that cannot be used. */
export function checkedPattern(
  args: readonly ArgumentType[],
  patternIndex: number,
  escapeIndex: number | undefined,
  compile: Compile<unknown>,
  result: InferredType | string,
): InferredType | string {
  if (typeof result === 'string') return result
  const pattern = args[patternIndex]?.literal
  const escapeArgument = escapeIndex === undefined ? undefined : args[escapeIndex]
  const escapeChar = escapeArgument?.literal
  if (typeof pattern !== 'string' || (escapeArgument !== undefined && typeof escapeChar !== 'string'))
    return result
  try {
    compile(pattern, typeof escapeChar === 'string' ? escapeChar : undefined)
  } catch (error) {
    if (error instanceof PatternError) return error.message
    throw error
  }
  return result
}

function typedTest(name: string, args: readonly ArgumentType[]): InferredType | string {
  return typed(name, args, ['text', 'text', 'text'], 2, () => booleanType)
}

function nullableOf(result: InferredType | string): InferredType | string {
  return typeof result === 'string' ? result : { ...result, nullable: true }
}

function optional(value: SqlValue | undefined): string | undefined {
  return value === undefined ? undefined : textOf(value)
}

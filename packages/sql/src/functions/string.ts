/**
 * Text functions. Positions are 1-based and count code points; results keep the type rules of SQL: || adds lengths,
 * SUBSTRING and TRIM keep the length of their argument.
 */
import type { SqlType } from '@millrace/values'
import type { SqlValue } from '../plan.ts'
import { countOf, textOf } from './argument-values.ts'
import {
  type ArgumentType,
  type InferredType,
  type ScalarFunction,
  SqlRuntimeError,
} from './scalar-function.ts'
import { codePointLength, codePointSlice } from './text.ts'
import {
  bigintType,
  countProblem,
  integerType,
  isIntegerKind,
  isText,
  keywordOf,
  lengthOf,
  resultOf,
  typesText,
  typeText,
} from './types.ts'

/** Longest VARCHAR (spec 2.2). */
export const textLengthMax = 65_535

type Kind = 'text' | 'count'

export const string: readonly ScalarFunction[] = [
  {
    name: '||',
    forms: ['text || text'],
    nullIn: 'null',
    infer: (args) =>
      typed('||', args, ['text', 'text'], 2, () =>
        varchar(Math.min(textLengthMax, lengthOf(args[0]!.type) + lengthOf(args[1]!.type))),
      ),
    evaluate: ([a, b], { type }) => {
      const text = textOf(a) + textOf(b)
      if (text.length > lengthOf(type) && codePointLength(text) > lengthOf(type)) {
        throw new SqlRuntimeError(
          'ValueOutOfRange',
          `|| gives ${codePointLength(text)} characters, more than ${typeText(type)}`,
        )
      }
      return text
    },
  },
  {
    name: 'CHAR_LENGTH',
    forms: ['CHAR_LENGTH(text)', 'CHARACTER_LENGTH(text)'],
    nullIn: 'null',
    infer: (args) => typed('CHAR_LENGTH', args, ['text'], 1, () => integerType),
    evaluate: ([a]) => codePointLength(textOf(a)),
  },
  mapping('UPPER', (text) => text.toUpperCase()),
  mapping('LOWER', (text) => text.toLowerCase()),
  mapping('INITCAP', initcap),
  {
    name: 'TRIM',
    forms: ['TRIM([[BOTH | LEADING | TRAILING] [character] FROM] text)'],
    nullIn: 'null',
    infer: (args) => {
      const side = keywordOf(args[0])
      if (args.length === 3 && side !== 'BOTH' && side !== 'LEADING' && side !== 'TRAILING') {
        return 'TRIM takes BOTH, LEADING or TRAILING'
      }
      return typed('TRIM', args, ['text', 'text', 'text'], 3, () => varchar(lengthOf(args[2]!.type)))
    },
    evaluate: ([side, character, text]) => trim(textOf(side), textOf(character), textOf(text)),
  },
  {
    name: 'POSITION',
    forms: ['POSITION(text IN text)'],
    nullIn: 'null',
    infer: (args) => typed('POSITION', args, ['text', 'text'], 2, () => integerType),
    evaluate: ([sought, text]) => {
      const index = textOf(text).indexOf(textOf(sought))
      return index < 0 ? 0 : codePointLength(textOf(text).slice(0, index)) + 1
    },
  },
  {
    name: 'OVERLAY',
    forms: ['OVERLAY(text PLACING text FROM start [FOR length])'],
    nullIn: 'null',
    infer: (args) =>
      typed('OVERLAY', args, ['text', 'text', 'count', 'count'], 3, () =>
        varchar(Math.min(textLengthMax, lengthOf(args[0]!.type) + lengthOf(args[1]!.type))),
      ),
    evaluate: ([text, replacement, start, length]) =>
      overlay(textOf(text), textOf(replacement), start!, length),
  },
  {
    name: 'SUBSTRING',
    forms: ['SUBSTRING(text, start [, length])'],
    nullIn: 'null',
    infer: (args) => {
      const result = typed('SUBSTRING', args, ['text', 'count', 'count'], 2, () =>
        varchar(lengthOf(args[0]!.type)),
      )
      return typeof result === 'string' ? result : { ...result, nullable: true }
    },
    // The comma form answers NULL past the end, the FROM form '' (spec 2.14).
    evaluate: ([text, start, length]) =>
      countOf(start) > codePointLength(textOf(text)) ? null : substring(textOf(text), start!, length),
  },
]

/** Characters [start, start + length) counted from 1; what lies before the text counts and is lost: (-1, 4) leaves 2. */
export function substring(text: string, start: SqlValue, length: SqlValue | undefined): string {
  const from = countOf(start)
  if (length === undefined) return codePointSlice(text, Math.max(0, from - 1), text.length)
  const count = countOf(length)
  if (count < 0) throw new SqlRuntimeError('ValueOutOfRange', `SUBSTRING length ${count} is below 0`)
  return codePointSlice(text, Math.max(0, from - 1), Math.max(0, from - 1 + count))
}

export function varchar(length: number): SqlType {
  return { kind: 'VARCHAR', length: Math.max(1, length) }
}

/** Types a call whose arguments are of fixed kinds; arguments from `required` on may be left out. A bare NULL fits any. */
export function typed(
  name: string,
  args: readonly ArgumentType[],
  kinds: readonly Kind[],
  required: number,
  result: () => SqlType,
): InferredType | string {
  const problem = countProblem(name, args, required, kinds.length)
  if (problem !== undefined) return problem
  for (let i = 0; i < args.length; i++) {
    const { type } = args[i]!
    if (type.kind === 'NULL') continue
    const fits = kinds[i] === 'text' ? isText(type) : isIntegerKind(type.kind)
    if (!fits) {
      const wanted = kinds[i] === 'text' ? 'text' : 'an integer'
      return `argument ${i + 1} of ${name} is ${wanted}, not ${typeText(type)} (given: ${typesText(args)})`
    }
  }
  return resultOf(
    result(),
    args,
    args.map(({ type }, i) => (type.kind !== 'NULL' ? type : kinds[i] === 'text' ? varchar(1) : bigintType)),
  )
}

function mapping(name: string, map: (text: string) => string): ScalarFunction {
  return {
    name,
    forms: [`${name}(text)`],
    nullIn: 'null',
    infer: (args) =>
      typed(name, args, ['text'], 1, () => (args[0]!.type.kind === 'NULL' ? varchar(1) : args[0]!.type)),
    evaluate: ([a]) => keepingLength(textOf(a), map),
  }
}

/** Applies a case mapping; characters that it would lengthen (ß to SS) stay, so that the result fits its declared length. */
function keepingLength(text: string, map: (text: string) => string): string {
  const mapped = map(text)
  if (codePointLength(mapped) === codePointLength(text)) return mapped
  return [...text]
    .map((character) => (codePointLength(map(character)) === 1 ? map(character) : character))
    .join('')
}

function initcap(text: string): string {
  return text.toLowerCase().replace(/[\p{L}\p{N}]+/gu, (word) => {
    const [first = ''] = word
    return first.toUpperCase() + word.slice(first.length)
  })
}

function trim(side: string, character: string, text: string): string {
  if (codePointLength(character) !== 1) {
    throw new SqlRuntimeError('ValueOutOfRange', `TRIM takes one character, not '${character}'`)
  }
  let start = 0
  let end = text.length
  const step = character.length
  if (side !== 'TRAILING') while (start < end && text.startsWith(character, start)) start += step
  if (side !== 'LEADING') while (end - step >= start && text.endsWith(character, end)) end -= step
  return text.slice(start, end)
}

/**
 * Puts the replacement over `length` characters from `start` on, its own length if none is given. Before the text begins,
 * the replacement stands in front: (1 - start) of its characters cover nothing. Past the end it is appended (spec 2.14).
 */
function overlay(text: string, replacement: string, start: SqlValue, length: SqlValue | undefined): string {
  const from = countOf(start)
  const count = length === undefined ? codePointLength(replacement) : countOf(length)
  if (count < 0)
    throw new SqlRuntimeError('ValueOutOfRange', `the length of OVERLAY is 0 or more, not ${count}`)
  const head = codePointSlice(text, 0, Math.max(0, from - 1))
  return head + replacement + codePointSlice(text, Math.max(0, from - 1 + count), text.length)
}

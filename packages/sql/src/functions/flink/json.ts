/**
 * JSON functions of the Flink dialect: IS JSON, JSON_EXISTS, JSON_VALUE, JSON_QUERY over paths (json-path.ts), the constructors
 * JSON_OBJECT, JSON_ARRAY, JSON_STRING, and JSON_QUOTE, JSON_UNQUOTE, PARSE_JSON. Output is compact. The words of ON EMPTY
 * and ON ERROR come as text literals, in the order that ../index.ts lists. PARSE_JSON gives checked, compact text, since
 * there is no VARIANT type.
 */
import { formatFlinkType, type SqlType } from '@millrace/values'
import type { SqlValue } from '../../plan.ts'
import { textOf } from '../argument-values.ts'
import {
  type ArgumentType,
  type EvaluateContext,
  type ScalarFunction,
  SqlRuntimeError,
} from '../scalar-function.ts'
import { booleanType, familyOf } from '../types.ts'
import { flinkCasts } from './cast.ts'
import { define } from './define.ts'
import { findJson, type JsonPath, parseJsonPath } from './json-path.ts'
import { type Json, JsonNumber, jsonText, parseJson, quoted, valueJson } from './json-value.ts'
import { stringType } from './types.ts'

/** Text that is known to be JSON. */
const jsonType: SqlType = { kind: 'VARCHAR', length: 2147483647, json: true }

export const flinkJson: readonly ScalarFunction[] = [
  ...['VALUE', 'SCALAR', 'ARRAY', 'OBJECT'].flatMap((what) => [isJson(what, true), isJson(what, false)]),
  {
    name: 'JSON_EXISTS',
    forms: ["JSON_EXISTS(text, 'path' [TRUE | FALSE | UNKNOWN | ERROR ON ERROR])"],
    nullIn: 'called',
    infer: (args) =>
      pathProblem('JSON_EXISTS', args) ?? { type: booleanType, nullable: true, args: textTypes(args, 2) },
    evaluate: ([text, path, onError = 'FALSE']) => {
      if (text === null || path === null) return null
      const found = search(textOf(text), textOf(path))
      if (found !== 'error') return found.value !== undefined && found.value !== null
      if (onError === 'ERROR') throw failed('JSON_EXISTS', path!)
      return onError === 'TRUE' ? true : onError === 'UNKNOWN' ? null : false
    },
  },
  {
    name: 'JSON_VALUE',
    forms: [
      "JSON_VALUE(text, 'path' [RETURNING type] [NULL | ERROR | DEFAULT value ON EMPTY] [... ON ERROR])",
    ],
    nullIn: 'called',
    infer: inferJsonValue,
    evaluate: jsonValue,
  },
  {
    name: 'JSON_QUERY',
    forms: [
      "JSON_QUERY(text, 'path' [WITH [CONDITIONAL | UNCONDITIONAL] WRAPPER] [NULL | ERROR | EMPTY ARRAY | EMPTY OBJECT ON EMPTY] [... ON ERROR])",
    ],
    nullIn: 'called',
    infer: (args) =>
      pathProblem('JSON_QUERY', args) ?? { type: stringType, nullable: true, args: textTypes(args, 2) },
    evaluate: ([text, path, wrapper = 'WITHOUT', onEmpty = 'NULL', onError = 'NULL'], { type }) => {
      if (text === null || path === null) return null
      const found = jsonQuery(textOf(text), textOf(path), textOf(wrapper), textOf(onEmpty), textOf(onError))
      return type.kind === 'ARRAY' && found !== null ? textArray(found, textOf(path), textOf(onError)) : found
    },
  },
  {
    name: 'JSON_OBJECT',
    forms: ['JSON_OBJECT([KEY] key VALUE value, ... [NULL | ABSENT ON NULL])'],
    nullIn: 'called',
    infer: (args) => {
      if (args.length % 2 !== 1) return 'JSON_OBJECT takes pairs of a key and a value'
      const wrong = args.find(({ type }, i) => i % 2 === 1 && familyOf(type) !== 'text')
      if (wrong !== undefined) return `a key of JSON_OBJECT is text, not ${formatFlinkType(wrong.type)}`
      return { type: jsonType, nullable: false }
    },
    evaluate: ([onNull, ...pairs], { argTypes, zone = 'UTC' }) => {
      const members = new Map<string, string>()
      for (let i = 0; i + 1 < pairs.length; i += 2) {
        if (pairs[i] === null) throw new SqlRuntimeError('ValueOutOfRange', 'a key of JSON_OBJECT is NULL')
        const value = pairs[i + 1]!
        if (value !== null || onNull !== 'ABSENT')
          members.set(textOf(pairs[i]), valueJson(value, argTypes[i + 2]!, zone))
      }
      return `{${[...members].map(([key, member]) => `${quoted(key)}:${member}`).join(',')}}`
    },
  },
  {
    name: 'JSON_ARRAY',
    forms: ['JSON_ARRAY(value, ... [NULL | ABSENT ON NULL])'],
    nullIn: 'called',
    infer: () => ({ type: jsonType, nullable: false }),
    evaluate: ([onNull, ...values], { argTypes, zone = 'UTC' }) => {
      const parts: string[] = []
      for (const [i, value] of values.entries()) {
        if (value !== null || onNull === 'NULL') parts.push(valueJson(value, argTypes[i + 1]!, zone))
      }
      return `[${parts.join(',')}]`
    },
  },
  define({
    name: 'JSON_STRING',
    parameters: ['any'],
    returns: stringType,
    casts: (args) => args.map(({ type }) => type),
    evaluate: ([value], { argTypes, zone = 'UTC' }) => valueJson(value!, argTypes[0]!, zone),
  }),
  define({
    name: 'JSON',
    parameters: ['text'],
    forms: ['JSON(text) as a value of JSON_OBJECT or JSON_ARRAY'],
    returns: jsonType,
    evaluate: ([text]) => {
      const value = parseJson(textOf(text))
      if (value === undefined)
        throw new SqlRuntimeError('CoercionError', `'${textOf(text).slice(0, 60)}' is no JSON`)
      return jsonText(value)
    },
  }),
  define({
    name: 'JSON_QUOTE',
    parameters: ['text'],
    returns: stringType,
    evaluate: ([text]) => quoted(textOf(text)),
  }),
  define({
    name: 'JSON_UNQUOTE',
    parameters: ['text'],
    returns: stringType,
    evaluate: ([text]) => {
      const value = textOf(text).startsWith('"') ? parseJson(textOf(text)) : undefined
      return typeof value === 'string' ? value : textOf(text)
    },
  }),
  define({
    name: 'PARSE_JSON',
    parameters: ['text'],
    returns: jsonType,
    evaluate: ([text]) => {
      const value = parseJson(textOf(text))
      if (value === undefined)
        throw new SqlRuntimeError(
          'CoercionError',
          `'${textOf(text).slice(0, 60)}' is no JSON; TRY_PARSE_JSON gives NULL`,
        )
      return jsonText(value)
    },
  }),
  define({
    name: 'TRY_PARSE_JSON',
    parameters: ['text'],
    returns: jsonType,
    nullable: 'always',
    evaluate: ([text]) => {
      const value = parseJson(textOf(text))
      return value === undefined ? null : jsonText(value)
    },
  }),
]

function isJson(what: string, wanted: boolean): ScalarFunction {
  return define({
    name: `IS ${wanted ? '' : 'NOT '}JSON ${what}`,
    parameters: ['text'],
    forms: [`text IS ${wanted ? '' : 'NOT '}JSON [VALUE | SCALAR | ARRAY | OBJECT]`],
    returns: booleanType,
    nullable: 'never',
    nullIn: 'called',
    evaluate: ([text]) => (text !== null && isOfKind(parseJson(textOf(text)), what)) === wanted,
  })
}

function isOfKind(value: Json | undefined, what: string): boolean {
  if (value === undefined) return false
  const [isArray, isObject] = [Array.isArray(value), value instanceof Map]
  if (what === 'ARRAY') return isArray
  if (what === 'OBJECT') return isObject
  return what === 'VALUE' || (!isArray && !isObject)
}

function isScalar(value: Json): boolean {
  return !Array.isArray(value) && !(value instanceof Map)
}

/** Parsed paths; dropped as a whole when full, since almost all are literals. */
const paths = new Map<string, JsonPath>()
const pathsMax = 256

function pathOf(text: string): JsonPath {
  let path = paths.get(text)
  if (path === undefined) {
    const parsed = parseJsonPath(text)
    if (typeof parsed === 'string') throw new SqlRuntimeError('CoercionError', parsed)
    path = parsed
    if (paths.size >= pathsMax) paths.clear()
    paths.set(text, path)
  }
  return path
}

function search(text: string, path: string): ReturnType<typeof findJson> {
  const steps = pathOf(path)
  const root = parseJson(text)
  // Text that is no JSON is an error in either mode.
  return root === undefined ? 'error' : findJson(steps, root)
}

function jsonValue(args: readonly SqlValue[], context: EvaluateContext): SqlValue {
  const [text, path, emptyKind = 'NULL', emptyDefault = null, errorKind = 'NULL', errorDefault = null] = args
  if (text === null || path === null) return null
  const otherwise = (kind: SqlValue, value: SqlValue) => {
    if (kind === 'ERROR') throw failed('JSON_VALUE', path!)
    return kind === 'DEFAULT' ? value : null
  }
  const found = search(textOf(text), textOf(path))
  if (found === 'error') return otherwise(errorKind, errorDefault)
  const { value } = found
  const isLax = pathOf(textOf(path)).lax
  if (value === undefined || value === null || (isLax && !isScalar(value)))
    return otherwise(emptyKind, emptyDefault)
  if (!isScalar(value)) return otherwise(errorKind, errorDefault)
  try {
    return scalarValue(value, context)
  } catch (error) {
    if (error instanceof SqlRuntimeError && error.name === 'CoercionError')
      return otherwise(errorKind, errorDefault)
    throw error
  }
}

const cast = flinkCasts.find(({ name }) => name === 'CAST')!

/** A scalar as a value of the RETURNING type. */
function scalarValue(value: Json, context: EvaluateContext): SqlValue {
  const text = value instanceof JsonNumber ? value.text : String(value)
  const { type } = context
  if (familyOf(type) === 'text') return text
  if (typeof value === 'boolean' && type.kind !== 'BOOLEAN')
    throw new SqlRuntimeError('CoercionError', `JSON ${text} is no ${formatFlinkType(type)}`)
  return cast.evaluate([text], { ...context, argTypes: [stringType] })
}

function inferJsonValue(args: readonly ArgumentType[]) {
  const problem = pathProblem('JSON_VALUE', args)
  if (problem !== undefined) return problem
  return { type: stringType, nullable: true, args: textTypes(args, 2) }
}

/** What is wrong with RETURNING this type; undefined when it is right. */
export function jsonReturningProblem(name: 'JSON_VALUE' | 'JSON_QUERY', type: SqlType): string | undefined {
  const family = familyOf(type)
  if (name === 'JSON_QUERY') {
    if (family === 'text' || (type.kind === 'ARRAY' && familyOf(type.element) === 'text')) return undefined
    return `JSON_QUERY returns STRING or ARRAY<STRING>, not ${formatFlinkType(type)}`
  }
  if (family === 'text' || family === 'numeric' || type.kind === 'BOOLEAN') return undefined
  return `JSON_VALUE returns STRING, BOOLEAN or a number, not ${formatFlinkType(type)}`
}

function jsonQuery(
  text: string,
  path: string,
  wrapper: string,
  onEmpty: string,
  onError: string,
): string | null {
  const otherwise = (kind: string) => {
    if (kind === 'ERROR') throw failed('JSON_QUERY', path)
    return kind === 'EMPTY ARRAY' ? '[]' : kind === 'EMPTY OBJECT' ? '{}' : null
  }
  const found = search(text, path)
  if (found === 'error') return otherwise(onError)
  if (found.value === undefined || found.value === null) return otherwise(onEmpty)
  const wraps = wrapper === 'UNCONDITIONAL' || (wrapper === 'CONDITIONAL' && !Array.isArray(found.value))
  const value: Json = wraps ? [found.value] : found.value
  if (!isScalar(value)) return jsonText(value)
  return otherwise(pathOf(path).lax ? onEmpty : onError)
}

/** RETURNING ARRAY<STRING>: texts as they are, other elements as JSON. What is no array is an error. */
function textArray(json: string, path: string, onError: string): SqlValue {
  const value = parseJson(json)
  if (Array.isArray(value)) {
    const elements = value as readonly Json[] // As Array.isArray says; it loses the element type.
    return elements.map((part) => (part === null || typeof part === 'string' ? part : jsonText(part)))
  }
  if (onError === 'ERROR') throw failed('JSON_QUERY', path)
  return onError === 'EMPTY ARRAY' ? [] : null
}

function pathProblem(name: string, args: readonly ArgumentType[]): string | undefined {
  const [text, path] = args
  if (text === undefined || path === undefined) return `${name} takes a text and a path`
  // Behind text and path come words of the syntax; for JSON_VALUE also defaults of its type.
  const checked = name === 'JSON_VALUE' ? [text, path] : args
  for (const [i, argument] of checked.entries()) {
    if (familyOf(argument.type) !== 'text' && argument.type.kind !== 'NULL')
      return `argument ${i + 1} of ${name} is text, not ${formatFlinkType(argument.type)}`
  }
  const parsed = typeof path.literal === 'string' ? parseJsonPath(path.literal) : undefined
  return typeof parsed === 'string' ? parsed : undefined
}

/** The first arguments as text, the rest as they are. */
function textTypes(args: readonly ArgumentType[], count: number): readonly SqlType[] {
  return args.map(({ type }, i) => (i < count && type.kind === 'NULL' ? stringType : type))
}

function failed(name: string, path: SqlValue): SqlRuntimeError {
  return new SqlRuntimeError(
    'CoercionError',
    `${name}: the text has nothing of the wanted kind at ${String(path)}`,
  )
}

/**
 * Comparisons of values in a JSON payload, as people write them into a filter:
 *
 *   condition  = comparison { 'and' comparison }
 *   comparison = path operator value | path 'exists' | path 'missing'
 *   path       = $.a.b, $['a b'], $.list[0:].x      (any element of the list meets it)
 *   operator   = '=' | '!=' | '<' | '<=' | '>' | '>=' | 'contains'
 *   value      = 'text' ('' is a quote) | "text" | number | true | false | null
 *
 * A path that leads nowhere meets `missing` alone. Values of different kinds are not equal and have no order; numbers compare by
 * value, texts by their UTF-16 code units. `contains` is of text. A payload that is not JSON meets nothing.
 *
 * Each comparison reads what it needs from one pass over the payload (JsonLocator); nothing of the payload is built but the values
 * at the paths.
 */
import { found, JsonLocator, parseJsonPath } from '@millrace/values'
import { RuntimeError } from '../errors.ts'

export interface RecordCondition {
  /** bytes[start, end) is a payload. */
  meets(bytes: Uint8Array, start: number, end: number): boolean
}

type Scalar = string | number | bigint | boolean | null
type Operator = '=' | '!=' | '<' | '<=' | '>' | '>=' | 'contains' | 'exists' | 'missing'

interface Comparison {
  readonly slot: number
  /** Member names below each element of the list at the slot; undefined: the slot itself is compared. */
  readonly element: readonly string[] | undefined
  readonly operator: Operator
  readonly value: Scalar
}

export const conditionCharactersMax = 2_000
const comparisonsMax = 16
const operators = /(?:!=|<=|>=|==|=|<|>|contains\b|exists\b|missing\b)/y
const numberText = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y
const wordText = /(?:true|false|null)\b/y
const andText = /and\b/iy
const space = /\s*/y
/** A name behind a dot ends where an operator may begin. */
const dotName = /\.[^.[\]\s=!<>'"]+/y
const bracketName = /\[(?:'[^']*'|"[^"]*"|0:|\*)\]/y

/** Error: RECORD_FILTER_INVALID, with the character at which the text ends to be a condition. */
export function compileCondition(text: string): RecordCondition {
  if (text.length > conditionCharactersMax)
    throw invalid(conditionCharactersMax, `it has more than ${conditionCharactersMax} characters`)
  const locator = new JsonLocator()
  const reader = new ConditionReader(text)
  const comparisons: Comparison[] = []
  do {
    if (comparisons.length === comparisonsMax)
      throw invalid(reader.at, `it has more than ${comparisonsMax} comparisons`)
    const path = reader.path()
    const operator = reader.operator()
    const value = operator === 'exists' || operator === 'missing' ? null : reader.value(operator)
    comparisons.push({ slot: locator.addPath(path.steps), element: path.element, operator, value })
  } while (reader.and())
  return {
    meets(bytes, start, end) {
      if (locator.locate(bytes, start, end) !== null) return false
      for (const comparison of comparisons) if (!meets(locator, comparison)) return false
      return true
    },
  }
}

class ConditionReader {
  at = 0
  readonly #text: string

  constructor(text: string) {
    this.#text = text
  }

  path() {
    this.#skip(space)
    const start = this.at
    if (this.#text[start] !== '$') throw invalid(start, 'a path is expected, which begins with $')
    this.at++
    while (this.#skip(dotName) !== undefined || this.#skip(bracketName) !== undefined);
    const written = this.#text.slice(start, this.at).replaceAll('[*]', '[0:]')
    try {
      return parseJsonPath(written)
    } catch (error) {
      throw invalid(start, error instanceof Error ? error.message : String(error))
    }
  }

  operator(): Operator {
    this.#skip(space)
    const word = this.#skip(operators)
    if (word === undefined)
      throw invalid(this.at, 'an operator is expected: =, !=, <, <=, >, >=, contains, exists, missing')
    // The pattern has these words alone.
    return (word === '==' ? '=' : word) as Operator
  }

  value(operator: Operator): Scalar {
    this.#skip(space)
    const start = this.at
    const value = this.#scalar()
    if (operator === 'contains' && typeof value !== 'string')
      throw invalid(start, '"contains" takes a text in quotes')
    return value
  }

  /** Whether another comparison follows. */
  and(): boolean {
    this.#skip(space)
    if (this.at === this.#text.length) return false
    if (this.#skip(andText) !== undefined) return true
    throw invalid(this.at, '"and" or the end is expected')
  }

  #scalar(): Scalar {
    const quote = this.#text[this.at]
    if (quote === "'" || quote === '"') return this.#quoted(quote)
    const number = this.#skip(numberText)
    if (number !== undefined) return numberOf(number)
    const word = this.#skip(wordText)
    if (word !== undefined) return word === 'null' ? null : word === 'true'
    throw invalid(this.at, "a value is expected: 'text', a number, true, false or null")
  }

  /** Two quotes in a row stand for one. */
  #quoted(quote: string): string {
    const start = this.at
    let value = ''
    for (let from = start + 1; ; ) {
      const end = this.#text.indexOf(quote, from)
      if (end < 0) throw invalid(start, `the text that begins here has no ${quote} at its end`)
      value += this.#text.slice(from, end)
      this.at = end + 1
      if (this.#text[this.at] !== quote) return value
      value += quote
      from = this.at + 1
    }
  }

  #skip(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.at
    const [text] = pattern.exec(this.#text) ?? []
    if (text !== undefined) this.at += text.length
    return text
  }
}

function meets(locator: JsonLocator, comparison: Comparison): boolean {
  const { slot, element } = comparison
  const kind = locator.kinds[slot]!
  if (element === undefined || kind !== found.array) {
    if (element !== undefined && kind !== found.missing) return false
    return compare(kind === found.missing ? undefined : valueAt(locator, slot), comparison)
  }
  const list: unknown = JSON.parse(textOf(locator, slot))
  const items = Array.isArray(list) ? list : []
  if (comparison.operator === 'missing')
    return items.every((item) => compare(below(item, element), comparison))
  return items.some((item) => compare(below(item, element), comparison))
}

/** Objects and lists, which `exists` meets and nothing else. */
const whole = Symbol('an object or a list')
type Value = Scalar | typeof whole

function valueAt(locator: JsonLocator, slot: number): Value {
  switch (locator.kinds[slot]) {
    case found.null:
      return null
    case found.false:
      return false
    case found.true:
      return true
    case found.whole:
    case found.number:
      return numberOf(textOf(locator, slot))
    case found.string:
      return textOf(locator, slot)
    case found.escaped:
      return JSON.parse(`"${textOf(locator, slot)}"`) as string
    default:
      return whole
  }
}

function textOf({ bytes, starts, ends }: JsonLocator, slot: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString(
    'utf8',
    starts[slot],
    ends[slot],
  )
}

function below(item: unknown, names: readonly string[]): Value | undefined {
  let value = item
  for (const name of names) {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
    // An object, as just seen.
    value = Object.hasOwn(value, name) ? (value as Record<string, unknown>)[name] : undefined
  }
  if (value === undefined || value === null) return value
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? value : whole
}

/** A megabyte of digits would take a quarter of a second to read. Numbers that have more are compared as doubles. */
const exactDigitsMax = 1_000

/** Whole numbers beyond 2^53 stay exact. */
function numberOf(text: string): number | bigint {
  const value = Number(text)
  const isLarge = !Number.isSafeInteger(value) && text.length <= exactDigitsMax
  return isLarge && /^-?\d+$/.test(text) ? BigInt(text) : value
}

function compare(value: Value | undefined, { operator, value: wanted }: Comparison): boolean {
  if (value === undefined) return operator === 'missing'
  if (operator === 'exists') return true
  if (operator === 'missing' || value === whole) return false
  if (operator === 'contains') return typeof value === 'string' && value.includes(wanted as string)
  const isNumber = isNumeric(value) && isNumeric(wanted)
  // A bigint and a number of the same value are not identical, but neither is less.
  const isEqual = isNumber ? !(value < wanted) && !(value > wanted) : value === wanted
  if (operator === '=') return isEqual
  if (operator === '!=') return !isEqual
  if (!isNumber && !(typeof value === 'string' && typeof wanted === 'string')) return false
  // Both are numbers or both are texts, which the comparisons of the language take.
  const [a, b] = [value as number, wanted as number]
  if (operator === '<') return a < b
  if (operator === '<=') return a <= b
  return operator === '>' ? a > b : a >= b
}

function isNumeric(value: Value): value is number | bigint {
  return typeof value === 'number' || typeof value === 'bigint'
}

function invalid(at: number, what: string): RuntimeError {
  return new RuntimeError('RECORD_FILTER_INVALID', {
    place: `filter, character ${at + 1}`,
    what,
    next: "Write for example: $.status = 'FAILED' and $.qty >= 10",
  })
}

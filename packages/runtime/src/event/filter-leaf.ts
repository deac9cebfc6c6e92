/**
 * The lists at the leaves of a filter pattern: compiled to tests of one JSON value, a slice of bytes. A list is met by a
 * value that meets one of its elements; if the value is a list itself, by one of its elements, at any depth.
 *
 *   "x", 7, true, null         equal; numbers by their text
 *   prefix, suffix             of text
 *   equals-ignore-case         of text
 *   numeric                    [op, number] or two such pairs, by value
 *   anything-but               a value, a list of values, or prefix, suffix or equals-ignore-case: any value but these
 *   exists                     true: there is a value; false: there is none. Objects and empty lists are no values.
 */
import { skipSpace, skipValue } from '@millrace/values'
import { type FilterJson, hasEscape } from './filter-json.ts'
import {
  type FilterOperator,
  type FilterPlace,
  filterOperators,
  filterProblem,
  inList,
} from './filter-problem.ts'

/** Of a scalar: for text, the bytes between its quotes with escapes undone. */
type ScalarTest = (isText: boolean, bytes: Uint8Array, start: number, end: number) => boolean

const QUOTE = 34
const OBJECT = 123
const ARRAY = 91
const never: ScalarTest = () => false

export class FilterLeaf {
  readonly #tests: readonly ScalarTest[]
  readonly #matchesAbsent: boolean

  constructor(items: readonly FilterJson[], place: FilterPlace) {
    if (items.length === 0) {
      throw filterProblem(place, 'An empty list would match nothing', 'Name a value, or leave the field out')
    }
    this.#matchesAbsent = items.some((item) => existsOf(item) === false)
    this.#tests = items.map((item, i) => compile(item, inList(place, i))).filter((test) => test !== never)
  }

  /** bytes[start, end) is a JSON value without white space around; start below 0: there is none. */
  matches(bytes: Uint8Array, start: number, end: number): boolean {
    const found = start < 0 ? undefined : this.#anyIn(bytes, start, end)
    return found ?? this.#matchesAbsent
  }

  /** Undefined if there is no scalar in it. */
  #anyIn(bytes: Uint8Array, start: number, end: number): boolean | undefined {
    const first = bytes[start]
    if (first === OBJECT) return undefined
    if (first !== ARRAY) return this.#test(bytes, start, end)
    let found: boolean | undefined
    let at = skipSpace(bytes, start + 1, end)
    while (at < end && bytes[at] !== 93) {
      const after = skipValue(bytes, at, end, 0)
      const inItem = this.#anyIn(bytes, at, after)
      if (inItem === true) return true
      found = inItem ?? found
      at = skipSpace(bytes, after, end)
      if (bytes[at] === 44) at = skipSpace(bytes, at + 1, end)
    }
    return found
  }

  #test(bytes: Uint8Array, start: number, end: number): boolean {
    if (bytes[start] !== QUOTE) return this.#any(false, bytes, start, end)
    if (!hasEscape(bytes, start, end)) return this.#any(true, bytes, start + 1, end - 1)
    const text = Buffer.from(JSON.parse(textOf(bytes, start, end)))
    return this.#any(true, text, 0, text.length)
  }

  #any(isText: boolean, bytes: Uint8Array, start: number, end: number): boolean {
    const tests = this.#tests
    for (let i = 0; i < tests.length; i++) if (tests[i]!(isText, bytes, start, end)) return true
    return false
  }
}

function compile(item: FilterJson, place: FilterPlace): ScalarTest {
  if (item.kind === 'array') {
    throw filterProblem(place, 'A list stands inside a list', 'Write the values in one list')
  }
  if (item.kind !== 'object') return equals(item)
  const [operator, operand] = mustOperator(item, place)
  switch (operator) {
    case 'prefix':
      return startsWith(mustText(operand, operator, place))
    case 'suffix':
      return endsWith(mustText(operand, operator, place))
    case 'equals-ignore-case':
      return equalsIgnoringCase(mustText(operand, operator, place))
    case 'numeric':
      return numeric(operand, place)
    case 'anything-but':
      return anythingBut(operand, place)
    case 'exists': {
      const exists = existsOf(item)
      if (exists === undefined) throw filterProblem(place, '"exists" takes true or false')
      return exists ? () => true : never
    }
    default:
      return operator satisfies never
  }
}

/** What `exists` is given; undefined for any other element. */
function existsOf(item: FilterJson): boolean | undefined {
  const operand = item.kind === 'object' ? item.members.get('exists') : undefined
  if (operand?.kind !== 'word' || operand.text === 'null') return undefined
  return operand.text === 'true'
}

function mustOperator(
  { members }: FilterJson & { kind: 'object' },
  place: FilterPlace,
): readonly [FilterOperator, FilterJson] {
  const [first, second] = members
  if (first === undefined || second !== undefined) {
    throw filterProblem(place, `An object in a list holds one operator, not ${members.size}`)
  }
  const operator = filterOperators.find((name) => name === first[0])
  if (operator === undefined) throw filterProblem(place, `There is no operator ${JSON.stringify(first[0])}`)
  return [operator, first[1]]
}

function mustText(operand: FilterJson, operator: string, place: FilterPlace): string {
  if (operand.kind === 'string') return operand.value
  throw filterProblem(place, `"${operator}" takes text`)
}

function equals(item: FilterJson & { kind: 'string' | 'number' | 'word' }): ScalarTest {
  const isTextWanted = item.kind === 'string'
  const wanted = Buffer.from(item.kind === 'string' ? item.value : item.text)
  return (isText, bytes, start, end) =>
    isText === isTextWanted && end - start === wanted.length && isAt(wanted, bytes, start)
}

function startsWith(text: string): ScalarTest {
  const wanted = Buffer.from(text)
  return (isText, bytes, start, end) => isText && end - start >= wanted.length && isAt(wanted, bytes, start)
}

function endsWith(text: string): ScalarTest {
  const wanted = Buffer.from(text)
  return (isText, bytes, start, end) =>
    isText && end - start >= wanted.length && isAt(wanted, bytes, end - wanted.length)
}

function equalsIgnoringCase(text: string): ScalarTest {
  const wanted = text.toLowerCase()
  return (isText, bytes, start, end) => isText && textOf(bytes, start, end).toLowerCase() === wanted
}

function anythingBut(operand: FilterJson, place: FilterPlace): ScalarTest {
  const not = (tests: readonly ScalarTest[]): ScalarTest => {
    return (isText, bytes, start, end) => !tests.some((test) => test(isText, bytes, start, end))
  }
  if (operand.kind === 'array') {
    if (operand.items.length === 0) throw filterProblem(place, '"anything-but" takes at least one value')
    return not(operand.items.map((item, i) => mustValue(item, inList(place, i))))
  }
  if (operand.kind !== 'object') return not([equals(operand)])
  const [operator, inner] = mustOperator(operand, place)
  const make = { prefix: startsWith, suffix: endsWith, 'equals-ignore-case': equalsIgnoringCase }
  if (operator !== 'prefix' && operator !== 'suffix' && operator !== 'equals-ignore-case') {
    throw filterProblem(
      place,
      `"anything-but" takes values, prefix, suffix or equals-ignore-case, not "${operator}"`,
    )
  }
  const texts = inner.kind === 'array' ? inner.items : [inner]
  if (texts.length === 0) throw filterProblem(place, `"${operator}" takes text`)
  return not(texts.map((text) => make[operator](mustText(text, operator, place))))
}

function mustValue(item: FilterJson, place: FilterPlace): ScalarTest {
  if (item.kind === 'array' || item.kind === 'object') {
    throw filterProblem(place, 'The list of "anything-but" holds values')
  }
  return equals(item)
}

const comparisons: { readonly [operator: string]: (value: number, bound: number) => boolean } = {
  '=': (value, bound) => value === bound,
  '!=': (value, bound) => value !== bound,
  '<': (value, bound) => value < bound,
  '<=': (value, bound) => value <= bound,
  '>': (value, bound) => value > bound,
  '>=': (value, bound) => value >= bound,
}

function numeric(operand: FilterJson, place: FilterPlace): ScalarTest {
  const items = operand.kind === 'array' ? operand.items : []
  if (items.length !== 2 && items.length !== 4) {
    throw filterProblem(
      place,
      '"numeric" takes one or two pairs of a comparison and a number, such as [">", 0, "<=", 5]',
    )
  }
  const pairs = items.flatMap((item, i) => (i % 2 === 0 ? [mustComparison(item, items[i + 1]!, place)] : []))
  if (pairs.length === 2 && !isRange(pairs)) {
    throw filterProblem(
      place,
      'Two comparisons of "numeric" are a lower and a higher bound with numbers between them',
    )
  }
  return (isText, bytes, start, end) => {
    const first = bytes[start]!
    if (isText || (first !== 45 && (first < 48 || first > 57))) return false
    const value = numberOf(bytes, start, end)
    return pairs.every(({ operator, bound }) => comparisons[operator]!(value, bound))
  }
}

interface Comparison {
  readonly operator: string
  readonly bound: number
}

function mustComparison(operator: FilterJson, bound: FilterJson, place: FilterPlace): Comparison {
  if (operator.kind !== 'string' || !Object.hasOwn(comparisons, operator.value)) {
    throw filterProblem(place, `"numeric" compares by one of ${Object.keys(comparisons).join(' ')}`)
  }
  if (bound.kind !== 'number') throw filterProblem(place, '"numeric" compares with a number')
  return { operator: operator.value, bound: Number(bound.text) }
}

function isRange(pairs: readonly Comparison[]): boolean {
  const lower = pairs.find(({ operator }) => operator.startsWith('>'))
  const higher = pairs.find(({ operator }) => operator.startsWith('<'))
  return lower !== undefined && higher !== undefined && lower.bound < higher.bound
}

function isAt(wanted: Uint8Array, bytes: Uint8Array, at: number): boolean {
  for (let i = 0; i < wanted.length; i++) if (bytes[at + i] !== wanted[i]) return false
  return true
}

/** Of a JSON number; whole ones of few digits without making a text. */
function numberOf(bytes: Uint8Array, start: number, end: number): number {
  let value = 0
  for (let i = start; i < end; i++) {
    const digit = bytes[i]! - 48
    if (digit < 0 || digit > 9 || i - start >= 15) return Number(textOf(bytes, start, end))
    value = value * 10 + digit
  }
  return value
}

function textOf(bytes: Uint8Array, start: number, end: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('utf8')
}

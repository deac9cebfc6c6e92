/**
 * Expressions of `add-column`, in the part of SQLite's language that this reads, by precedence from low to high:
 *
 *   OR | AND | NOT | = == <> != IS [NOT] [NOT] IN (..) [NOT] LIKE [NOT] BETWEEN .. AND .. | < <= > >= | + - | * / % | || | - +
 *   'text'  12.5  NULL  TRUE  FALSE  $column  ${column}  "$column"  function(..)  CASE [x] WHEN .. THEN .. [ELSE ..] END  (..)
 *
 * Everything else is refused with its place and what is allowed. A row in which a column that is named is not known has no value.
 */
import { didYouMean } from '@millrace/values'
import type { Row } from '../../model/column-value.ts'
import { parseDecimalText } from '../../model/decimal-text.ts'
import type { RowOperation } from '../../model/log-event.ts'
import type { TableSchema } from '../../model/table-schema.ts'
import { type ArithmeticOperator, arithmetic } from './expression-arithmetic.ts'
import { booleanValue, expressionFunctions } from './expression-functions.ts'
import { columnName, type Token, tokenize } from './expression-lexer.ts'
import {
  compareValues,
  type ExpressionValue,
  fromColumn,
  isTrue,
  numberOf,
  textOf,
} from './expression-value.ts'

/** What an expression may name beside columns: DMS' metadata and headers. */
export interface ExpressionContext {
  readonly schema: string
  readonly table: string
  readonly operation: RowOperation
  /** ISO, microseconds. */
  readonly commitTime: string | null
  readonly streamPosition: string | null
}

export interface Expression {
  /** Undefined: a column that it needs is not known. */
  evaluate(row: Row, context: ExpressionContext): ExpressionValue | undefined
}

/** What is wrong with an expression, for the rule's error. */
export interface ExpressionProblem {
  readonly problem: string
}

export function compileExpression(text: string, schema: TableSchema): Expression | ExpressionProblem {
  const tokens = tokenize(text)
  if ('wrongAt' in tokens)
    return {
      problem: `character ${tokens.wrongAt + 1}, ${JSON.stringify(text.charAt(tokens.wrongAt))}, begins no word`,
    }
  try {
    const parser = new ExpressionParser(tokens, schema)
    const evaluate = parser.whole()
    const { columns } = parser
    return {
      evaluate: (row, context) => {
        for (const index of columns) if (row[index] === undefined) return undefined
        return evaluate({ row, context })
      },
    }
  } catch (error) {
    if (error instanceof Refused) return { problem: error.message }
    throw error
  }
}

interface Scope {
  readonly row: Row
  readonly context: ExpressionContext
}
type Evaluate = (scope: Scope) => ExpressionValue
type Known = Exclude<ExpressionValue, null>

class Refused extends Error {}

const headers: { readonly [name: string]: (context: ExpressionContext) => string | null } = {
  AR_M_SOURCE_SCHEMA: ({ schema }) => schema,
  AR_M_SOURCE_TABLE_NAME: ({ table }) => table,
  AR_H_OPERATION: ({ operation }) => (operation === 'load' ? 'INSERT' : operation.toUpperCase()),
  AR_H_COMMIT_TIMESTAMP: ({ commitTime }) => commitTime,
  AR_H_TIMESTAMP: ({ commitTime }) => commitTime,
  AR_H_STREAM_POSITION: ({ streamPosition }) => streamPosition,
}

class ExpressionParser {
  /** Indexes of all columns that are named. */
  readonly columns = new Set<number>()
  readonly #tokens: readonly Token[]
  readonly #schema: TableSchema
  #at = 0

  constructor(tokens: readonly Token[], schema: TableSchema) {
    this.#tokens = tokens
    this.#schema = schema
  }

  whole(): Evaluate {
    const value = this.#or()
    if (this.#token.kind !== 'end') throw this.#refuse('an operator or the end')
    return value
  }

  get #token(): Token {
    // The last token is the end, which is never stepped over.
    return this.#tokens[this.#at]!
  }

  #refuse(allowed: string, hint = ''): Refused {
    const { kind, text, at } = this.#token
    const where = kind === 'end' ? 'where it ends there' : `at character ${at + 1}, ${text},`
    return new Refused(`${where} should be ${allowed}${hint === '' ? '' : `. ${hint.trim()}`}`)
  }

  #isNext(kind: 'word' | 'operator', texts: readonly string[]): boolean {
    return this.#token.kind === kind && texts.includes(this.#token.text.toUpperCase())
  }

  #take(kind: 'word' | 'operator', ...texts: readonly string[]): string | undefined {
    if (!this.#isNext(kind, texts)) return undefined
    const text = this.#token.text.toUpperCase()
    this.#at++
    return text
  }

  #expect(kind: 'word' | 'operator', text: string): void {
    if (this.#take(kind, text) === undefined) throw this.#refuse(text)
  }

  #or(): Evaluate {
    let left = this.#and()
    while (this.#take('word', 'OR') !== undefined) {
      const a = left
      const b = this.#and()
      left = (scope) => {
        const first = truth(a(scope))
        if (first === true) return booleanValue(true)
        const second = truth(b(scope))
        return second === true
          ? booleanValue(true)
          : first === null || second === null
            ? null
            : booleanValue(false)
      }
    }
    return left
  }

  #and(): Evaluate {
    let left = this.#not()
    while (this.#take('word', 'AND') !== undefined) {
      const a = left
      const b = this.#not()
      left = (scope) => conjunction(truth(a(scope)), () => truth(b(scope)))
    }
    return left
  }

  #not(): Evaluate {
    if (this.#take('word', 'NOT') === undefined) return this.#equality()
    return negated(this.#not())
  }

  #equality(): Evaluate {
    let left = this.#comparison()
    for (;;) {
      const next = this.#equalityAfter(left)
      if (next === undefined) return left
      left = next
    }
  }

  #equalityAfter(left: Evaluate): Evaluate | undefined {
    const operator = this.#take('operator', '=', '==', '<>', '!=')
    if (operator !== undefined) {
      const isEqual = operator === '=' || operator === '=='
      return strict(left, this.#comparison(), (a, b) => booleanValue((compareValues(a, b) === 0) === isEqual))
    }
    if (this.#take('word', 'IS') !== undefined) {
      const isNot = this.#take('word', 'NOT') !== undefined
      const right = this.#comparison()
      return (scope) => {
        const a = left(scope)
        const b = right(scope)
        const isSame = a === null || b === null ? a === b : compareValues(a, b) === 0
        return booleanValue(isSame !== isNot)
      }
    }
    const isNot = this.#take('word', 'NOT') !== undefined
    const test = this.#test(left)
    if (test === undefined && isNot) throw this.#refuse('IN, LIKE or BETWEEN')
    return test === undefined || !isNot ? test : negated(test)
  }

  #test(left: Evaluate): Evaluate | undefined {
    if (this.#take('word', 'IN') !== undefined) {
      this.#expect('operator', '(')
      return isIn(left, this.#list())
    }
    if (this.#take('word', 'LIKE') !== undefined)
      return strict(left, this.#comparison(), (a, b) => booleanValue(isLike(textOf(a), textOf(b))))
    if (this.#take('word', 'BETWEEN') === undefined) return undefined
    const low = this.#comparison()
    this.#expect('word', 'AND')
    const high = this.#comparison()
    const isAbove = strict(left, low, (a, b) => booleanValue(compareValues(a, b) >= 0))
    const isBelow = strict(left, high, (a, b) => booleanValue(compareValues(a, b) <= 0))
    return (scope) => conjunction(truth(isAbove(scope)), () => truth(isBelow(scope)))
  }

  #comparison(): Evaluate {
    let left = this.#sum()
    for (;;) {
      const operator = this.#take('operator', '<', '<=', '>', '>=')
      if (operator === undefined) return left
      left = strict(left, this.#sum(), (a, b) => {
        const order = compareValues(a, b)
        if (operator === '<') return booleanValue(order < 0)
        if (operator === '<=') return booleanValue(order <= 0)
        return booleanValue(operator === '>' ? order > 0 : order >= 0)
      })
    }
  }

  #sum(): Evaluate {
    return this.#chain(['+', '-'], () => this.#product())
  }

  #product(): Evaluate {
    return this.#chain(['*', '/', '%'], () => this.#joined())
  }

  #chain(operators: readonly ArithmeticOperator[], operand: () => Evaluate): Evaluate {
    let left = operand()
    for (;;) {
      const taken = this.#take('operator', ...operators)
      const operator = operators.find((item) => item === taken)
      if (operator === undefined) return left
      left = strict(left, operand(), (a, b) => arithmetic(operator, a, b))
    }
  }

  #joined(): Evaluate {
    let left = this.#unary()
    while (this.#take('operator', '||') !== undefined)
      left = strict(left, this.#unary(), (a, b) => textOf(a) + textOf(b))
    return left
  }

  #unary(): Evaluate {
    const operator = this.#take('operator', '-', '+')
    if (operator === undefined) return this.#primary()
    const operand = this.#unary()
    if (operator === '+') return operand
    return (scope) => {
      const value = operand(scope)
      if (value === null) return null
      const number = numberOf(value)
      return typeof number === 'number' ? -number : { ...number, unscaled: -number.unscaled }
    }
  }

  #primary(): Evaluate {
    const { kind, text } = this.#token
    switch (kind) {
      case 'number': {
        this.#at++
        const value = parseDecimalText(text) ?? null
        return () => value
      }
      case 'text': {
        this.#at++
        const value = text.slice(1, -1).replaceAll("''", "'")
        return () => value
      }
      case 'column':
        return this.#column(columnName(text))
      case 'word':
        return this.#word(text)
      default: {
        if (this.#take('operator', '(') === undefined) throw this.#refuse('a value')
        const value = this.#or()
        this.#expect('operator', ')')
        return value
      }
    }
  }

  #column(name: string): Evaluate {
    const index = this.#schema.columns.findIndex((column) => column.name === name)
    const column = this.#schema.columns[index]
    if (column === undefined) {
      const header = Object.hasOwn(headers, name) ? headers[name] : undefined
      if (header !== undefined) {
        this.#at++
        return ({ context }) => header(context)
      }
      const known = this.#schema.columns.map((c) => `$${c.name}`)
      throw this.#refuse(
        `a column (${known.join(', ')}) or header (${Object.keys(headers)
          .map((header) => `$${header}`)
          .join(', ')})`,
        didYouMean(`$${name}`, known),
      )
    }
    this.#at++
    this.columns.add(index)
    // Rows with an undefined value among the columns are not evaluated.
    return ({ row }) => fromColumn(row[index] ?? null, column.type)
  }

  #word(text: string): Evaluate {
    const word = text.toUpperCase()
    if (word === 'NULL' || word === 'TRUE' || word === 'FALSE') {
      this.#at++
      const value = word === 'NULL' ? null : booleanValue(word === 'TRUE')
      return () => value
    }
    if (word === 'CASE') {
      this.#at++
      return this.#case()
    }
    const name = text.toLowerCase()
    if (name === 'operation_indicator') return this.#operationIndicator()
    const called = Object.hasOwn(expressionFunctions, name) ? expressionFunctions[name] : undefined
    if (called === undefined) {
      const known = [...Object.keys(expressionFunctions), 'operation_indicator']
      throw this.#refuse(`a value, CASE, or a function (${known.join(', ')})`, didYouMean(name, known))
    }
    this.#at++
    this.#expect('operator', '(')
    const args = this.#list()
    if (args.length < called.min || args.length > called.max)
      throw new Refused(
        `${name} has ${args.length} arguments; ${called.min === called.max ? called.min : `${called.min} or more`} are allowed`,
      )
    return (scope) => called.call(args.map((arg) => arg(scope)))
  }

  /** DMS': one value for deletions, one for updates, one for inserts. */
  #operationIndicator(): Evaluate {
    this.#at++
    this.#expect('operator', '(')
    const args = this.#list()
    const [onDelete, onUpdate, onInsert] = args
    if (args.length !== 3 || onDelete === undefined || onUpdate === undefined || onInsert === undefined)
      throw new Refused('operation_indicator has three arguments: for deletions, updates and inserts')
    return (scope) => {
      const { operation } = scope.context
      return (operation === 'delete' ? onDelete : operation === 'update' ? onUpdate : onInsert)(scope)
    }
  }

  /** The opening parenthesis was taken. */
  #list(): Evaluate[] {
    const items: Evaluate[] = []
    if (this.#take('operator', ')') !== undefined) return items
    do items.push(this.#or())
    while (this.#take('operator', ',') !== undefined)
    this.#expect('operator', ')')
    return items
  }

  #case(): Evaluate {
    const subject = this.#isNext('word', ['WHEN']) ? undefined : this.#or()
    const branches: { readonly when: Evaluate; readonly value: Evaluate }[] = []
    while (this.#take('word', 'WHEN') !== undefined) {
      const when = this.#or()
      this.#expect('word', 'THEN')
      branches.push({ when, value: this.#or() })
    }
    if (branches.length === 0) throw this.#refuse('WHEN')
    const otherwise = this.#take('word', 'ELSE') === undefined ? () => null : this.#or()
    this.#expect('word', 'END')
    return (scope) => {
      const compared = subject?.(scope)
      for (const branch of branches) {
        const when = branch.when(scope)
        if (when === null) continue
        if (subject === undefined ? isTrue(when) : compared != null && compareValues(compared, when) === 0)
          return branch.value(scope)
      }
      return otherwise(scope)
    }
  }
}

function strict(left: Evaluate, right: Evaluate, combine: (a: Known, b: Known) => ExpressionValue): Evaluate {
  return (scope) => {
    const a = left(scope)
    const b = right(scope)
    return a === null || b === null ? null : combine(a, b)
  }
}

/** SQL's AND of three values. */
function conjunction(first: boolean | null, second: () => boolean | null): ExpressionValue {
  if (first === false) return booleanValue(false)
  const other = second()
  if (other === false) return booleanValue(false)
  return first === null || other === null ? null : booleanValue(true)
}

function truth(value: ExpressionValue): boolean | null {
  return value === null ? null : isTrue(value)
}

function negated(operand: Evaluate): Evaluate {
  return (scope) => {
    const value = truth(operand(scope))
    return value === null ? null : booleanValue(!value)
  }
}

function isIn(left: Evaluate, items: readonly Evaluate[]): Evaluate {
  return (scope) => {
    if (items.length === 0) return booleanValue(false)
    const value = left(scope)
    if (value === null) return null
    let hasNull = false
    for (const item of items) {
      const other = item(scope)
      if (other === null) hasNull = true
      else if (compareValues(value, other) === 0) return booleanValue(true)
    }
    return hasNull ? null : booleanValue(false)
  }
}

/** SQLite's LIKE: the 26 letters of ASCII without case. */
function isLike(text: string, pattern: string): boolean {
  const fold = (part: string) => part.replace(/[A-Z]+/g, (letters) => letters.toLowerCase())
  const source = fold(pattern).replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&')
  return new RegExp(`^${source.replaceAll('%', '.*').replaceAll('_', '.')}$`, 'su').test(fold(text))
}

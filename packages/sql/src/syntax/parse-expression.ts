/**
 * Expressions: a Pratt parser. Binding powers, weakest first:
 *
 *   OR 10 | AND 20 | NOT 30 | IS, comparison, BETWEEN, IN, LIKE, SIMILAR 40 | || 45 | + - 50 | * / % 60 | unary - + 70
 *
 * Comparisons do not associate by accident: `a = b = c` groups to the left as in Calcite. Functions with words between
 * their arguments (CAST, EXTRACT, SUBSTRING ...) are rules of their own in parse-special-function.ts, calls in
 * parse-call.ts. Behind an operand x[i] and x.field bind strongest.
 */
import { codes } from '../diagnostic/codes.ts'
import type { Span } from '../span.ts'
import { treeHeightMax } from './limits.ts'
import { type CallRules, parseCall } from './parse-call.ts'
import { acceptJsonTest, isJsonFunction, parseJsonCall } from './parse-json.ts'
import { acceptPeriodOperator, atPeriodOperator, periodOf } from './parse-period.ts'
import { plainCall, specialFunction } from './parse-special-function.ts'
import { parseIntervalUnits } from './parse-type.ts'
import type { TokenCursor } from './token-cursor.ts'
import type { BinaryOperator, Expression, Identifier, LogicExpression, Query } from './tree.ts'

/** What expression rules need from the rules above them, handed in so that no two files import each other. */
export interface ExpressionRules {
  query(cursor: TokenCursor): Query
}

const power = {
  or: 10,
  and: 20,
  not: 30,
  comparison: 40,
  concat: 45,
  sum: 50,
  product: 60,
  unary: 70,
} as const

const binaryPower: ReadonlyMap<string, number> = new Map([
  ...['=', '<>', '<', '<=', '>', '>='].map((sign) => [sign, power.comparison] as const),
  ['||', power.concat],
  ['+', power.sum],
  ['-', power.sum],
  ['*', power.product],
  ['/', power.product],
  ['%', power.product],
])

/** Words that open a clause, so that a call or a name never starts with one. */
const clauseWords = new Set(
  'SELECT FROM WHERE GROUP HAVING WINDOW ORDER UNION EXCEPT INTERSECT ON USING JOIN AND OR'.split(' '),
)

export class ExpressionParser {
  readonly #cursor: TokenCursor
  readonly #rules: ExpressionRules
  readonly #callRules: CallRules
  readonly #heights = new WeakMap<object, number>()
  /** Where a pair in parentheses is a period although no operator follows it: behind a period operator. */
  #periodAt: number | undefined

  constructor(cursor: TokenCursor, rules: ExpressionRules) {
    this.#cursor = cursor
    this.#rules = rules
    this.#callRules = {
      parse: () => this.parse(),
      query: () => cursor.nested(() => rules.query(cursor)),
    }
  }

  parse(): Expression {
    return this.#cursor.nested(() => this.#operators(0))
  }

  /** An operand followed by operators that bind stronger than `minimum`. */
  #operators(minimum: number): Expression {
    const cursor = this.#cursor
    let left = this.#prefix()
    for (;;) {
      const start = left.span.start
      const token = cursor.peek()
      if (token.kind === 'sign') {
        const strength = binaryPower.get(token.text)
        if (strength === undefined || strength <= minimum) return left
        cursor.next()
        const right = cursor.nested(() => this.#operators(strength))
        // The cast holds: `binaryPower` has exactly the signs of BinaryOperator.
        left = this.#node({
          kind: 'binary',
          op: token.text as BinaryOperator,
          left,
          right,
          span: cursor.spanFrom(start),
        })
      } else if (token.kind === 'word') {
        const longer = this.#wordOperator(left, minimum)
        if (longer === undefined) return left
        left = longer
      } else return left
    }
  }

  #wordOperator(left: Expression, minimum: number): Expression | undefined {
    const cursor = this.#cursor
    const start = left.span.start
    if (cursor.atWords('AND')) return minimum < power.and ? this.#logic('AND', left, power.and) : undefined
    if (cursor.atWords('OR')) return minimum < power.or ? this.#logic('OR', left, power.or) : undefined
    if (minimum >= power.comparison) return undefined
    if (cursor.acceptWords('IS')) {
      const negated = cursor.acceptWords('NOT')
      if (cursor.acceptWords('DISTINCT', 'FROM')) {
        const other = this.#operators(power.comparison)
        return this.#node({
          kind: 'is',
          operand: left,
          negated,
          test: 'DISTINCT FROM',
          other,
          span: cursor.spanFrom(start),
        })
      }
      const test =
        acceptJsonTest(cursor) ??
        cursor.acceptOneOf('NULL', 'TRUE', 'FALSE', 'UNKNOWN') ??
        cursor.failExpected(['NULL', 'TRUE', 'FALSE', 'UNKNOWN', 'DISTINCT FROM'])
      return this.#node({
        kind: 'is',
        operand: left,
        negated,
        test,
        other: undefined,
        span: cursor.spanFrom(start),
      })
    }
    const negated = cursor.atWords('NOT')
    const word = cursor.peek(negated ? 1 : 0)
    if (word.kind !== 'word') return undefined
    switch (word.text) {
      case 'BETWEEN': {
        if (negated) cursor.next()
        cursor.next()
        const symmetric = cursor.acceptOneOf('SYMMETRIC', 'ASYMMETRIC') === 'SYMMETRIC'
        const low = this.#operators(power.comparison)
        cursor.expectWords('AND')
        const high = this.#operators(power.comparison)
        return this.#node({
          kind: 'between',
          operand: left,
          negated,
          symmetric,
          low,
          high,
          span: cursor.spanFrom(start),
        })
      }
      case 'IN': {
        if (negated) cursor.next()
        cursor.next()
        cursor.expectSign('(')
        const choices = cursor.atQuery() ? this.#rules.query(cursor) : cursor.list(() => this.parse())
        cursor.expectSign(')')
        return this.#node({ kind: 'in', operand: left, negated, choices, span: cursor.spanFrom(start) })
      }
      case 'LIKE':
      case 'SIMILAR': {
        // SUBSTRING(text SIMILAR pattern ...) has the word without TO.
        const next = cursor.peek(negated ? 2 : 1)
        if (word.text === 'SIMILAR' && next.text !== 'TO') return undefined
        if (negated) cursor.next()
        cursor.next()
        if (word.text === 'SIMILAR') cursor.expectWords('TO')
        const op = word.text === 'LIKE' ? 'LIKE' : 'SIMILAR TO'
        const pattern = this.#operators(power.comparison)
        const escapeCharacter = cursor.acceptWords('ESCAPE') ? this.#operators(power.comparison) : undefined
        return this.#node({
          kind: 'like',
          op,
          operand: left,
          negated,
          pattern,
          escape: escapeCharacter,
          span: cursor.spanFrom(start),
        })
      }
      default:
        return this.#periodPredicates(left)
    }
  }

  /** p OVERLAPS q PRECEDES r is p OVERLAPS q AND q PRECEDES r. */
  #periodPredicates(first: Expression): Expression | undefined {
    const cursor = this.#cursor
    let left = periodOf(first)
    const predicates: Expression[] = []
    for (;;) {
      const op = acceptPeriodOperator(cursor, left)
      if (op === undefined) break
      const start = left[0].span.start
      this.#periodAt = cursor.acceptWords('PERIOD') || cursor.atSign('(') ? cursor.peek().start : undefined
      const right = periodOf(cursor.nested(() => this.#operators(power.comparison)))
      predicates.push(this.#node({ kind: 'period', op, left, right, span: cursor.spanFrom(start) }))
      left = right
    }
    if (predicates.length < 2) return predicates[0]
    return this.#node({
      kind: 'logic',
      op: 'AND',
      operands: predicates,
      span: cursor.spanFrom(first.span.start),
    })
  }

  /** left AND b AND c ...: one node for the whole chain, so that long conditions do not make high trees. */
  #logic(op: LogicExpression['op'], left: Expression, strength: number): Expression {
    const operands = left.kind === 'logic' && left.op === op ? [...left.operands] : [left]
    while (this.#cursor.acceptWords(op)) {
      const operand = this.#operators(strength)
      if (operand.kind === 'logic' && operand.op === op) operands.push(...operand.operands)
      else operands.push(operand)
    }
    return this.#node({ kind: 'logic', op, operands, span: this.#cursor.spanFrom(left.span.start) })
  }

  #prefix(): Expression {
    const cursor = this.#cursor
    const start = cursor.peek().start
    if (cursor.acceptWords('NOT')) {
      const operand = cursor.nested(() => this.#operators(power.not))
      return this.#node({ kind: 'unary', op: 'NOT', operand, span: cursor.spanFrom(start) })
    }
    for (const op of ['-', '+'] as const) {
      if (!cursor.acceptSign(op)) continue
      const operand = cursor.nested(() => this.#operators(power.unary))
      return this.#node({ kind: 'unary', op, operand, span: cursor.spanFrom(start) })
    }
    return this.#postfix(this.#primary())
  }

  /** operand[index] and operand.field, in Flink SQL. */
  #postfix(operand: Expression): Expression {
    const cursor = this.#cursor
    let whole = operand
    for (;;) {
      const start = operand.span.start
      const sign = cursor.peek()
      if (cursor.acceptSign('[')) {
        cursor.onlyIn('flink', sign, 'The element access x[i]', 'Read fields of records by the input schema.')
        const index = this.parse()
        cursor.expectSign(']')
        whole = this.#node({ kind: 'element', operand: whole, index, span: cursor.spanFrom(start) })
      } else if (cursor.atSign('.') && cursor.dialect.name === 'flink' && !cursor.atSign('*', 1)) {
        cursor.next()
        const name = cursor.expectName('a field name')
        const span = cursor.spanFrom(start)
        // (a).b is a.b: parentheses leave no trace.
        if (whole.kind === 'name') whole = { kind: 'name', parts: [...whole.parts, name], span }
        else whole = this.#node({ kind: 'field', operand: whole, name, span })
      } else return whole
    }
  }

  #primary(): Expression {
    const cursor = this.#cursor
    const token = cursor.peek()
    const span = { start: token.start, end: token.end }
    switch (token.kind) {
      case 'number':
        cursor.next()
        return { kind: 'number', text: token.text, span }
      case 'string': {
        // Adjacent strings make one string.
        let value = ''
        while (cursor.peek().kind === 'string') value += cursor.next().text
        return { kind: 'string', value, span: cursor.spanFrom(token.start) }
      }
      case 'bytes':
        cursor.next()
        return { kind: 'bytes', hex: token.text, span }
      case 'sign':
        if (token.text === '(') return this.#parentheses()
        return cursor.failExpected(['an expression'])
      case 'name':
        return this.#nameOrCall()
      case 'word':
        return this.#word(token.text, span)
      case 'end':
        return cursor.failExpected(['an expression'])
    }
  }

  #parentheses(): Expression {
    const cursor = this.#cursor
    const start = cursor.next().start
    if (cursor.atQuery()) {
      const query = cursor.nested(() => this.#rules.query(cursor))
      cursor.expectSign(')')
      return { kind: 'subquery', form: 'VALUE', query, span: cursor.spanFrom(start) }
    }
    const mayBePeriod = this.#periodAt === start
    const inner = this.parse()
    if (cursor.atSign(',')) {
      const comma = cursor.next()
      const elements = [inner, ...cursor.list(() => this.parse())]
      cursor.expectSign(')')
      if (cursor.dialect.name === 'kda' && !mayBePeriod && !atPeriodOperator(cursor)) {
        cursor.fail(
          codes.notSupported,
          comma,
          'row values (a, b) are not part of KDA SQL except as periods. Compare the columns one by one with AND.',
        )
      }
      return this.#node({ kind: 'row', elements, span: cursor.spanFrom(start) })
    }
    cursor.expectSign(')')
    // (a - b) DAY TO SECOND
    if (inner.kind === 'binary' && inner.op === '-' && this.#atIntervalUnit()) {
      const units = parseIntervalUnits(cursor)
      return this.#node({
        kind: 'temporal-difference',
        left: inner.left,
        right: inner.right,
        units,
        span: cursor.spanFrom(start),
      })
    }
    return inner
  }

  #atIntervalUnit(): boolean {
    const token = this.#cursor.peek()
    return token.kind === 'word' && ['YEAR', 'MONTH', 'DAY', 'HOUR', 'MINUTE', 'SECOND'].includes(token.text)
  }

  #word(word: string, span: Span): Expression {
    const cursor = this.#cursor
    const call = cursor.atSign('(', 1)
    switch (word) {
      case 'TRUE':
      case 'FALSE':
        cursor.next()
        return { kind: 'boolean', value: word === 'TRUE', span }
      case 'UNKNOWN':
        cursor.next()
        return { kind: 'boolean', value: null, span }
      case 'NULL':
        cursor.next()
        return { kind: 'null', span }
      case 'DATE':
      case 'TIME':
      case 'TIMESTAMP':
        if (cursor.peek(1).kind !== 'string') break
        cursor.next()
        return { kind: 'datetime', type: word, value: cursor.next().text, span: cursor.spanFrom(span.start) }
      case 'INTERVAL':
        return this.#interval()
      case 'CASE':
        return this.#case()
      case 'EXISTS':
      case 'CURSOR':
        if (!call) break
        if (word === 'CURSOR')
          cursor.onlyIn('kda', span, 'CURSOR(...)', 'Pass a table as TABLE t or TABLE (SELECT ...).')
        return this.#subqueryForm(word)
      case 'PERIOD':
        if (!call || cursor.dialect.name !== 'kda') break
        cursor.next()
        return this.#parentheses()
      case 'ARRAY':
      case 'MAP':
      case 'ROW':
        if (cursor.dialect.name !== 'flink') break
        return this.#collection(word)
      default:
        if (!call && cursor.dialect.nullaryFunctions.has(word)) {
          cursor.next()
          return { ...plainCall({ name: word, span }, [], span), args: 'none' }
        }
        if (call) {
          if (cursor.dialect.name === 'flink' && isJsonFunction(word)) {
            const name = cursor.next().text
            return this.#node(parseJsonCall(cursor, this.#callRules, name, span.start))
          }
          const special = specialFunction(word)
          if (special !== undefined) return this.#special(special, { name: word, span })
        }
    }
    return this.#nameOrCall()
  }

  #nameOrCall(): Expression {
    const cursor = this.#cursor
    const token = cursor.peek()
    if (token.kind === 'word' && cursor.atSign('(', 1) && !clauseWords.has(token.text)) {
      cursor.next()
      // Function names ignore case in both dialects, so their stored form is upper case.
      return this.#call({ name: token.text, span: { start: token.start, end: token.end } })
    }
    const parts = [cursor.expectName('an expression')]
    if (cursor.atSign('(')) return this.#call(parts[0]!)
    while (cursor.atSign('.') && !cursor.atSign('*', 1)) {
      cursor.next()
      parts.push(cursor.expectName('a name'))
    }
    return { kind: 'name', parts, span: cursor.spanFrom(token.start) }
  }

  #call(name: Identifier): Expression {
    return this.#node(parseCall(this.#cursor, this.#callRules, name))
  }

  /** ARRAY[a, b], MAP[k, v, ...], ROW(a, b). */
  #collection(word: 'ARRAY' | 'MAP' | 'ROW'): Expression {
    const cursor = this.#cursor
    const start = cursor.next().start
    const [open, close] = word === 'ROW' ? ['(', ')'] : ['[', ']']
    cursor.expectSign(open)
    const elements = cursor.atSign(close) ? [] : cursor.list(() => this.parse())
    cursor.expectSign(close)
    const span = cursor.spanFrom(start)
    if (word === 'ARRAY') return this.#node({ kind: 'array', elements, span })
    if (word === 'ROW') return this.#node({ kind: 'row', elements, span })
    if (elements.length % 2 !== 0)
      cursor.fail(
        codes.badLiteral,
        span,
        "MAP needs a value for each key. Write for example MAP['a', 1, 'b', 2].",
      )
    return this.#node({ kind: 'map', entries: elements, span })
  }

  #interval(): Expression {
    const cursor = this.#cursor
    const start = cursor.next().start
    const negative = cursor.acceptSign('-')
    if (!negative) cursor.acceptSign('+')
    const { kind, text } = cursor.peek()
    const value = cursor.expectString(
      `the interval's value in quotes${kind === 'number' ? ` ('${text}')` : ''}`,
    )
    const inside = /^\s*([\d.:-]+)\s+([a-z]+)\s*$/i.exec(value)
    if (inside !== null && cursor.peek().kind !== 'word')
      cursor.failExpected([`the unit behind the quotes ('${inside[1]}' ${inside[2]!.toUpperCase()})`])
    const units = parseIntervalUnits(cursor)
    return { kind: 'interval', negative, value, units, span: cursor.spanFrom(start) }
  }

  #case(): Expression {
    const cursor = this.#cursor
    const start = cursor.next().start
    const operand = cursor.atWords('WHEN') ? undefined : this.parse()
    const branches: { when: Expression; result: Expression }[] = []
    while (cursor.acceptWords('WHEN')) {
      const when = this.parse()
      cursor.expectWords('THEN')
      branches.push({ when, result: this.parse() })
    }
    if (branches.length === 0) cursor.failExpected(['WHEN'])
    const otherwise = cursor.acceptWords('ELSE') ? this.parse() : undefined
    if (!cursor.acceptWords('END')) cursor.failExpected(['WHEN', 'ELSE', 'END'])
    return this.#node({ kind: 'case', operand, branches, otherwise, span: cursor.spanFrom(start) })
  }

  #subqueryForm(form: 'EXISTS' | 'CURSOR'): Expression {
    const cursor = this.#cursor
    const start = cursor.next().start
    cursor.expectSign('(')
    const query = cursor.nested(() => this.#rules.query(cursor))
    cursor.expectSign(')')
    return { kind: 'subquery', form, query, span: cursor.spanFrom(start) }
  }

  #special(rule: NonNullable<ReturnType<typeof specialFunction>>, name: Identifier): Expression {
    const cursor = this.#cursor
    cursor.next()
    cursor.expectSign('(')
    const finish = rule(
      cursor,
      {
        parse: () => this.parse(),
        aboveComparison: () => cursor.nested(() => this.#operators(power.comparison)),
      },
      name,
    )
    cursor.expectSign(')')
    return this.#node(finish(cursor.spanFrom(name.span.start)))
  }

  /** Records the height of a compound expression and refuses what later passes could not walk. */
  #node<E extends Expression>(expression: E): E {
    const height = 1 + this.#heightOf(Object.values(expression))
    if (height > treeHeightMax) {
      this.#cursor.fail(
        codes.nestingTooDeep,
        expression.span,
        `the expression has more than ${treeHeightMax} levels of operators. Compute parts of it in a subquery or another stream.`,
      )
    }
    this.#heights.set(expression, height)
    return expression
  }

  /** The height of the highest expression among the parts of a node; parts may be lists and plain objects. */
  #heightOf(parts: readonly unknown[]): number {
    let highest = 1
    for (const part of parts) {
      if (typeof part !== 'object' || part === null) continue
      const height =
        this.#heights.get(part) ??
        (Array.isArray(part)
          ? this.#heightOf(part)
          : 'result' in part || 'value' in part
            ? this.#heightOf(Object.values(part))
            : 1)
      if (height > highest) highest = height
    }
    return highest
  }
}

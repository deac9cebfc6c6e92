/**
 * Queries: SELECT with all its clauses, set operations, VALUES, WITH. INTERSECT binds stronger than UNION and EXCEPT; a chain
 * of one operator is one node. ORDER BY and LIMIT belong to the last SELECT in KDA SQL and to the whole set operation in
 * Flink SQL, where the tree has a SELECT * around it.
 */
import { codes } from '../diagnostic/codes.ts'
import { ExpressionParser } from './parse-expression.ts'
import { parseGroupBy } from './parse-grouping.ts'
import { parseHints } from './parse-hint.ts'
import { parseAlias, SourceParser } from './parse-source.ts'
import { parseSortItems, parseWindowSpec } from './parse-window.ts'
import type { TokenCursor } from './token-cursor.ts'
import type { Expression, Identifier, Query, SelectItem, SelectQuery, SetQuery, WithQuery } from './tree.ts'

type Ending = Pick<SelectQuery, 'orderBy' | 'limit' | 'offset'>

export class QueryParser {
  readonly #cursor: TokenCursor
  readonly #expressions: ExpressionParser
  readonly #sources: SourceParser

  constructor(cursor: TokenCursor) {
    this.#cursor = cursor
    this.#expressions = new ExpressionParser(cursor, { query: () => this.parse() })
    this.#sources = new SourceParser(cursor, {
      expression: () => this.expression(),
      query: () => this.parse(),
    })
  }

  expression(): Expression {
    return this.#expressions.parse()
  }

  parse(): Query {
    return this.#cursor.nested(() => {
      const start = this.#cursor.peek()
      if (this.#cursor.acceptWords('WITH')) {
        this.#cursor.onlyIn('flink', start, 'WITH', 'Write CREATE VIEW before the query.')
        return this.#with(start.start)
      }
      const parenthesized = this.#cursor.atSign('(')
      const query = this.#setOperations(['UNION', 'EXCEPT'], () =>
        this.#setOperations(['INTERSECT'], () => this.#branch()),
      )
      return this.#cursor.dialect.name === 'kda' ? query : this.#withEnding(query, parenthesized)
    })
  }

  /** WITH name [(columns)] AS (query), ... query */
  #with(start: number): WithQuery {
    const cursor = this.#cursor
    const tables = cursor.list(() => {
      const name = cursor.expectName('the name of a query')
      const columns = cursor.atSign('(')
        ? cursor.parenthesized(() => cursor.expectName('a column name'))
        : undefined
      cursor.expectWords('AS')
      cursor.expectSign('(')
      const query = this.parse()
      cursor.expectSign(')')
      return { name, columns, query }
    })
    const query = this.parse()
    return { kind: 'with', tables, query, span: cursor.spanFrom(start) }
  }

  /** ORDER BY, LIMIT, OFFSET and FETCH of a query in Flink SQL. */
  #withEnding(query: Query, parenthesized: boolean): Query {
    const cursor = this.#cursor
    const orderBy = cursor.acceptWords('ORDER', 'BY') ? parseSortItems(cursor, () => this.expression()) : []
    const ending: Ending = { orderBy, ...this.#limits() }
    if (orderBy.length === 0 && ending.limit === undefined && ending.offset === undefined) return query
    const span = cursor.spanFrom(query.span.start)
    if (query.kind === 'select' && !parenthesized) return { ...query, ...ending, span }
    const from = {
      kind: 'derived',
      query,
      over: undefined,
      alias: undefined,
      columns: undefined,
      span: query.span,
    } as const
    const items = [{ kind: 'star', source: undefined, span: query.span }] as const
    return { ...emptySelect, items, from, ...ending, span }
  }

  /** [LIMIT n | ALL] [OFFSET n [ROW | ROWS]] [FETCH FIRST | NEXT [n] ROW | ROWS ONLY] */
  #limits(): Pick<Ending, 'limit' | 'offset'> {
    const cursor = this.#cursor
    const limits: { limit?: Expression; offset?: Expression } = {}
    for (;;) {
      const token = cursor.peek()
      if (limits.limit === undefined && cursor.acceptWords('LIMIT')) {
        if (!cursor.acceptWords('ALL')) limits.limit = this.expression()
      } else if (limits.offset === undefined && cursor.acceptWords('OFFSET')) {
        limits.offset = this.expression()
        cursor.acceptOneOf('ROW', 'ROWS')
      } else if (limits.limit === undefined && cursor.acceptWords('FETCH')) {
        if (cursor.acceptOneOf('FIRST', 'NEXT') === undefined) cursor.failExpected(['FIRST', 'NEXT'])
        const one = { kind: 'number', text: '1', span: { start: token.start, end: token.end } } as const
        limits.limit = cursor.atWords('ROW') || cursor.atWords('ROWS') ? one : this.expression()
        if (cursor.acceptOneOf('ROW', 'ROWS') === undefined) cursor.failExpected(['ROW', 'ROWS'])
        cursor.expectWords('ONLY')
      } else return limits
    }
  }

  #setOperations(operators: readonly SetQuery['op'][], operand: () => Query): Query {
    const cursor = this.#cursor
    let left = operand()
    for (;;) {
      const op = cursor.acceptOneOf(...operators)
      if (op === undefined) return left
      const all = cursor.acceptOneOf('ALL', 'DISTINCT') === 'ALL'
      const branches = [left, operand()]
      // A chain of the same operator is one node; each further branch costs no height.
      while (cursor.atWords(op) && (all ? cursor.atWords(op, 'ALL') : !cursor.atWords(op, 'ALL'))) {
        cursor.next()
        cursor.acceptOneOf('ALL', 'DISTINCT')
        branches.push(operand())
      }
      left = { kind: 'set', op, all, branches, span: cursor.spanFrom(left.span.start) }
    }
  }

  #branch(): Query {
    const cursor = this.#cursor
    if (cursor.acceptSign('(')) {
      const query = this.parse()
      cursor.expectSign(')')
      return query
    }
    const start = cursor.peek().start
    if (cursor.acceptWords('VALUES')) {
      const rows = cursor.list(() => this.#valuesRow())
      return { kind: 'values', rows, span: cursor.spanFrom(start) }
    }
    if (!cursor.atWords('SELECT')) cursor.failExpected(['SELECT', 'VALUES'])
    return this.#select()
  }

  /** (a, b); in Flink SQL also ROW(a, b), and a alone. */
  #valuesRow(): readonly Expression[] {
    const cursor = this.#cursor
    if (cursor.dialect.name === 'kda') return cursor.parenthesized(() => this.expression())
    const value = this.expression()
    return value.kind === 'row' ? value.elements : [value]
  }

  #select(): SelectQuery {
    const cursor = this.#cursor
    const expression = (): Expression => this.expression()
    const start = cursor.next().start
    const hints = parseHints(cursor)
    const streamWord = cursor.peek()
    const stream = cursor.acceptWords('STREAM')
    if (stream) cursor.onlyIn('kda', streamWord, 'SELECT STREAM', 'Write SELECT.')
    const distinct = cursor.acceptOneOf('DISTINCT', 'ALL') === 'DISTINCT'
    const items = cursor.list(() => this.#item())
    const from = cursor.acceptWords('FROM') ? this.#sources.parse() : undefined
    const where = cursor.acceptWords('WHERE') ? expression() : undefined
    const grouping = cursor.acceptWords('GROUP', 'BY')
      ? parseGroupBy(cursor, expression)
      : { groupBy: undefined }
    const stagger = this.#stagger()
    const having = cursor.acceptWords('HAVING') ? expression() : undefined
    const windows = cursor.acceptWords('WINDOW') ? cursor.list(() => this.#namedWindow()) : []
    const { orderBy, within } = cursor.dialect.name === 'kda' ? this.#streamOrder() : emptySelect
    const clauses = { stream, distinct, items, from, where, ...grouping, stagger, having, windows }
    return { kind: 'select', ...clauses, orderBy, within, ...hints, span: cursor.spanFrom(start) }
  }

  #stagger(): SelectQuery['stagger'] {
    const cursor = this.#cursor
    const token = cursor.peek()
    if (!cursor.acceptWords('WINDOWED', 'BY')) return undefined
    cursor.onlyIn('kda', token, 'WINDOWED BY STAGGER', 'Use TABLE(SESSION(...)) or TABLE(TUMBLE(...)).')
    cursor.expectWords('STAGGER')
    return parseWindowSpec(cursor, () => this.expression())
  }

  /** ORDER BY ... [WITHIN interval] of KDA SQL, which has no LIMIT. */
  #streamOrder(): Pick<SelectQuery, 'orderBy' | 'within'> {
    const cursor = this.#cursor
    const expression = (): Expression => this.expression()
    const orderBy = cursor.acceptWords('ORDER', 'BY') ? parseSortItems(cursor, expression) : []
    const within = orderBy.length > 0 && cursor.acceptWords('WITHIN') ? expression() : undefined
    if (cursor.atWords('LIMIT') || cursor.atWords('OFFSET') || cursor.atWords('FETCH')) {
      cursor.fail(
        codes.notSupported,
        cursor.peek(),
        `${cursor.peek().text} is not part of KDA SQL: a stream does not end. Use a window, or keep the wanted rows with WHERE.`,
      )
    }
    return { orderBy, within }
  }

  #namedWindow(): { name: Identifier; spec: SelectQuery['windows'][number]['spec'] } {
    const name = this.#cursor.expectName('a window name')
    this.#cursor.expectWords('AS')
    return { name, spec: parseWindowSpec(this.#cursor, () => this.expression()) }
  }

  #item(): SelectItem {
    const cursor = this.#cursor
    const start = cursor.peek().start
    if (cursor.acceptSign('*')) return { kind: 'star', source: undefined, span: cursor.spanFrom(start) }
    if (cursor.atName() && cursor.atSign('.', 1) && cursor.atSign('*', 2)) {
      const source = cursor.expectName('a source')
      cursor.next()
      cursor.next()
      return { kind: 'star', source, span: cursor.spanFrom(start) }
    }
    const expression = this.expression()
    const alias = parseAlias(cursor, 'a column name')
    return { kind: 'item', expression, alias, span: cursor.spanFrom(start) }
  }
}

const emptySelect = {
  kind: 'select',
  stream: false,
  distinct: false,
  where: undefined,
  groupBy: undefined,
  stagger: undefined,
  having: undefined,
  windows: [],
  orderBy: [],
  within: undefined,
} as const satisfies Partial<SelectQuery>

/**
 * Queries: SELECT with all its clauses, set operations, VALUES, and the sources of FROM. INTERSECT binds stronger than
 * UNION and EXCEPT; a chain of one operator is one node.
 */
import { codes } from '../diagnostic/codes.ts'
import { ExpressionParser } from './parse-expression.ts'
import { parseSortItems, parseWindowReference, parseWindowSpec } from './parse-window.ts'
import type { TokenCursor } from './token-cursor.ts'
import type {
  Expression,
  FromItem,
  Identifier,
  JoinSource,
  Query,
  SelectItem,
  SelectQuery,
  SetQuery,
} from './tree.ts'

/** Words after which no alias starts although the grammar could take them for one. */
const notAliases = new Set(['WINDOWED', 'STARTED', 'STOPPED', 'EMIT'])

export class QueryParser {
  readonly #cursor: TokenCursor
  readonly #expressions: ExpressionParser

  constructor(cursor: TokenCursor) {
    this.#cursor = cursor
    this.#expressions = new ExpressionParser(cursor, { query: () => this.parse() })
  }

  expression(): Expression {
    return this.#expressions.parse()
  }

  parse(): Query {
    return this.#cursor.nested(() =>
      this.#setOperations(['UNION', 'EXCEPT'], () =>
        this.#setOperations(['INTERSECT'], () => this.#branch()),
      ),
    )
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
      const rows = cursor.list(() => cursor.parenthesized(() => this.expression()))
      return { kind: 'values', rows, span: cursor.spanFrom(start) }
    }
    if (!cursor.atWords('SELECT')) cursor.failExpected(['SELECT', 'VALUES'])
    return this.#select()
  }

  #select(): SelectQuery {
    const cursor = this.#cursor
    const expression = (): Expression => this.expression()
    const start = cursor.next().start
    const stream = cursor.acceptWords('STREAM')
    const distinct = cursor.acceptOneOf('DISTINCT', 'ALL') === 'DISTINCT'
    const items = cursor.list(() => this.#item())
    const from = cursor.acceptWords('FROM') ? this.#from() : undefined
    const where = cursor.acceptWords('WHERE') ? expression() : undefined
    const groupBy = cursor.acceptWords('GROUP', 'BY') ? cursor.list(expression) : undefined
    let stagger: SelectQuery['stagger']
    if (cursor.acceptWords('WINDOWED', 'BY')) {
      cursor.expectWords('STAGGER')
      stagger = parseWindowSpec(cursor, expression)
    }
    const having = cursor.acceptWords('HAVING') ? expression() : undefined
    const windows = cursor.acceptWords('WINDOW') ? cursor.list(() => this.#namedWindow()) : []
    const orderBy = cursor.acceptWords('ORDER', 'BY') ? parseSortItems(cursor, expression) : []
    const within = orderBy.length > 0 && cursor.acceptWords('WITHIN') ? expression() : undefined
    if (cursor.atWords('LIMIT') || cursor.atWords('OFFSET') || cursor.atWords('FETCH')) {
      cursor.fail(
        codes.notSupported,
        cursor.peek(),
        `${cursor.peek().text} has no meaning on a stream, which does not end. Use a window, or keep the wanted rows with WHERE.`,
      )
    }
    const clauses = {
      stream,
      distinct,
      items,
      from,
      where,
      groupBy,
      stagger,
      having,
      windows,
      orderBy,
      within,
    }
    return { kind: 'select', ...clauses, span: cursor.spanFrom(start) }
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
    const alias = this.#alias('a column name')
    return { kind: 'item', expression, alias, span: cursor.spanFrom(start) }
  }

  /** [AS] name */
  #alias(what: string): Identifier | undefined {
    const cursor = this.#cursor
    if (cursor.acceptWords('AS')) return cursor.expectName(what)
    return cursor.atName() && !notAliases.has(cursor.peek().text) ? cursor.expectName(what) : undefined
  }

  /** Sources joined by commas: each comma is a cross join. */
  #from(): FromItem {
    const cursor = this.#cursor
    let left = this.#joins()
    while (cursor.acceptSign(',')) {
      const right = this.#joins()
      left = this.#join('CROSS', false, left, right, {})
    }
    return left
  }

  #joins(): FromItem {
    const cursor = this.#cursor
    let left = this.#source()
    for (let joins = 0; ; joins++) {
      const natural = cursor.acceptWords('NATURAL')
      const kind = this.#joinKind()
      if (kind === undefined) {
        if (natural) cursor.failExpected(['JOIN', 'INNER', 'LEFT', 'RIGHT', 'FULL'])
        return left
      }
      if (joins > 100)
        cursor.fail(
          codes.nestingTooDeep,
          cursor.peek(),
          'a FROM clause may join at most 100 sources. Join some of them in another stream.',
        )
      const right = this.#source()
      if (kind === 'CROSS' || natural) left = this.#join(kind, natural, left, right, {})
      else if (cursor.acceptWords('ON'))
        left = this.#join(kind, natural, left, right, { on: this.expression() })
      else if (cursor.acceptWords('USING'))
        left = this.#join(kind, natural, left, right, {
          using: cursor.parenthesized(() => cursor.expectName('a column')),
        })
      else cursor.failExpected(['ON', 'USING'])
    }
  }

  #join(
    join: JoinSource['join'],
    natural: boolean,
    left: FromItem,
    right: FromItem,
    condition: { on?: Expression; using?: readonly Identifier[] },
  ): JoinSource {
    const span = this.#cursor.spanFrom(left.span.start)
    return { kind: 'join', join, natural, left, right, on: condition.on, using: condition.using, span }
  }

  #joinKind(): JoinSource['join'] | undefined {
    const cursor = this.#cursor
    if (cursor.acceptWords('JOIN')) return 'INNER'
    const kind = cursor.acceptOneOf('INNER', 'LEFT', 'RIGHT', 'FULL', 'CROSS')
    if (kind === undefined) return undefined
    if (kind !== 'INNER' && kind !== 'CROSS') cursor.acceptWords('OUTER')
    cursor.expectWords('JOIN')
    return kind
  }

  #source(): FromItem {
    const cursor = this.#cursor
    const start = cursor.peek().start
    if (cursor.atSign('(')) return this.#parenthesizedSource(start)
    cursor.acceptWords('STREAM')
    if (cursor.acceptWords('TABLE')) {
      const parenthesis = cursor.peek()
      cursor.expectSign('(')
      const call = this.expression()
      cursor.expectSign(')')
      if (call.kind !== 'call')
        return cursor.fail(
          codes.unexpectedToken,
          parenthesis,
          'TABLE(...) needs a table function call inside, for example TABLE(fn(CURSOR(SELECT STREAM ...), 1)).',
        )
      return { kind: 'function', call, ...this.#sourceTail(), span: cursor.spanFrom(start) }
    }
    const name = [cursor.expectName('a stream, table, view or subquery')]
    while (cursor.acceptSign('.')) name.push(cursor.expectName('a name'))
    return { kind: 'named', name, ...this.#sourceTail(), span: cursor.spanFrom(start) }
  }

  /** (query) alias, or (joined sources). */
  #parenthesizedSource(start: number): FromItem {
    const cursor = this.#cursor
    let ahead = 0
    while (cursor.atSign('(', ahead)) ahead++
    const word = cursor.peek(ahead)
    if (word.kind === 'word' && (word.text === 'SELECT' || word.text === 'VALUES')) {
      cursor.expectSign('(')
      const query = this.parse()
      cursor.expectSign(')')
      return { kind: 'derived', query, ...this.#sourceTail(), span: cursor.spanFrom(start) }
    }
    cursor.expectSign('(')
    const inner = cursor.nested(() => this.#from())
    cursor.expectSign(')')
    return inner
  }

  /** [OVER window] [[AS] alias [(columns)]] [OVER window] */
  #sourceTail(): {
    over: NonNullable<SelectQuery['stagger']> | Identifier | undefined
    alias: Identifier | undefined
    columns: Identifier[] | undefined
  } {
    const cursor = this.#cursor
    const window = (): NonNullable<SelectQuery['stagger']> | Identifier | undefined =>
      cursor.acceptWords('OVER') ? parseWindowReference(cursor, () => this.expression()) : undefined
    let over = window()
    const alias = this.#alias('an alias')
    const columns =
      alias !== undefined && cursor.atSign('(')
        ? cursor.parenthesized(() => cursor.expectName('a column'))
        : undefined
    over ??= window()
    return { over, alias, columns }
  }
}

/**
 * What stands behind FROM: sources with aliases, joins, table functions, UNNEST, MATCH_RECOGNIZE. A comma is a cross join.
 * A source may be a name, (query), TABLE(fn(...)), and in Flink SQL fn(...), LATERAL (query) and UNNEST(x) as well.
 */
import { codes } from '../diagnostic/codes.ts'
import { parseHints } from './parse-hint.ts'
import { parseMatchClause } from './parse-match.ts'
import { parseWindowReference } from './parse-window.ts'
import type { TokenCursor } from './token-cursor.ts'
import type {
  Expression,
  FromItem,
  FunctionSource,
  Identifier,
  JoinSource,
  NamedSource,
  Query,
  UnnestSource,
  WindowSpec,
} from './tree.ts'

/** Words after which no alias starts although the grammar could take them for one. */
const notAliases = new Set(['WINDOWED', 'STARTED', 'STOPPED', 'EMIT'])
const joinsMax = 100

export interface SourceRules {
  expression(): Expression
  query(): Query
}

interface SourceTail {
  readonly over: WindowSpec | Identifier | undefined
  readonly alias: Identifier | undefined
  readonly columns: Identifier[] | undefined
}

/** [AS] name */
export function parseAlias(cursor: TokenCursor, what: string): Identifier | undefined {
  if (cursor.acceptWords('AS')) return cursor.expectName(what)
  return cursor.atName() && !notAliases.has(cursor.peek().text) ? cursor.expectName(what) : undefined
}

export class SourceParser {
  readonly #cursor: TokenCursor
  readonly #rules: SourceRules

  constructor(cursor: TokenCursor, rules: SourceRules) {
    this.#cursor = cursor
    this.#rules = rules
  }

  /** Sources joined by commas: each comma is a cross join. */
  parse(): FromItem {
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
      if (joins > joinsMax)
        cursor.fail(
          codes.nestingTooDeep,
          cursor.peek(),
          `a FROM clause may join at most ${joinsMax} sources. Join some of them in another stream.`,
        )
      const right = this.#source()
      if (kind === 'CROSS' || natural) left = this.#join(kind, natural, left, right, {})
      else if (cursor.acceptWords('ON'))
        left = this.#join(kind, natural, left, right, { on: this.#rules.expression() })
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

  /** A source with its MATCH_RECOGNIZE, if one follows. */
  #source(): FromItem {
    const cursor = this.#cursor
    const start = cursor.peek().start
    let source = this.#plainSource(start)
    while (cursor.dialect.name === 'flink' && cursor.acceptWords('MATCH_RECOGNIZE')) {
      const clause = cursor.nested(() => parseMatchClause(cursor, () => this.#rules.expression()))
      source = { kind: 'match', input: source, ...clause, ...this.#tail(), span: cursor.spanFrom(start) }
    }
    return source
  }

  #plainSource(start: number): FromItem {
    const cursor = this.#cursor
    const token = cursor.peek()
    if (cursor.atSign('(')) return this.#parenthesizedSource(start, false)
    if (cursor.acceptWords('STREAM'))
      cursor.onlyIn('kda', token, 'STREAM', 'Write the name of the table alone.')
    if (cursor.acceptWords('LATERAL')) {
      cursor.onlyIn('flink', token, 'LATERAL', 'A source of FROM cannot refer to the sources beside it.')
      if (cursor.atSign('(')) return this.#parenthesizedSource(start, true)
      if (!cursor.atWords('TABLE')) cursor.failExpected(['TABLE', '"("'])
      return this.#tableFunction(start, true)
    }
    if (cursor.atWords('TABLE')) return this.#tableFunction(start, false)
    if (cursor.atWords('UNNEST') && cursor.atSign('(', 1)) return this.#unnest(start)
    if (cursor.dialect.name === 'flink' && cursor.atName() && cursor.atSign('(', 1)) {
      const call = this.#rules.expression()
      return this.#functionSource(call, token, start, false)
    }
    return this.#namedSource(start)
  }

  #namedSource(start: number): NamedSource {
    const cursor = this.#cursor
    const name = [cursor.expectName('a stream, table, view or subquery')]
    while (cursor.acceptSign('.')) name.push(cursor.expectName('a name'))
    const hints = parseHints(cursor)
    const asOf = this.#asOf()
    return { kind: 'named', name, ...asOf, ...hints, ...this.#tail(), span: cursor.spanFrom(start) }
  }

  /** FOR SYSTEM_TIME AS OF expression */
  #asOf(): { asOf?: Expression } {
    const cursor = this.#cursor
    const token = cursor.peek()
    if (!cursor.acceptWords('FOR')) return {}
    cursor.onlyIn(
      'flink',
      token,
      'FOR SYSTEM_TIME AS OF',
      'Join the reference table by its name; each row sees it as it is then.',
    )
    cursor.expectWords('SYSTEM_TIME', 'AS', 'OF')
    return { asOf: this.#rules.expression() }
  }

  /** TABLE(fn(args)) */
  #tableFunction(start: number, lateral: boolean): FunctionSource {
    const cursor = this.#cursor
    cursor.next()
    const parenthesis = cursor.peek()
    cursor.expectSign('(')
    const call = this.#rules.expression()
    cursor.expectSign(')')
    return this.#functionSource(call, parenthesis, start, lateral)
  }

  #functionSource(
    call: Expression,
    at: { start: number; end: number },
    start: number,
    lateral: boolean,
  ): FunctionSource {
    const cursor = this.#cursor
    if (call.kind !== 'call') {
      const example =
        cursor.dialect.name === 'kda'
          ? 'TABLE(fn(CURSOR(SELECT STREAM ...), 1))'
          : "TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '1' MINUTE))"
      return cursor.fail(
        codes.unexpectedToken,
        at,
        `TABLE(...) needs a table function call inside, for example ${example}.`,
      )
    }
    return {
      kind: 'function',
      call,
      ...(lateral ? { lateral } : {}),
      ...this.#tail(),
      span: cursor.spanFrom(start),
    }
  }

  #unnest(start: number): UnnestSource {
    const cursor = this.#cursor
    const word = cursor.next()
    cursor.onlyIn('flink', word, 'UNNEST', 'Let the input schema make one row of each element.')
    cursor.expectSign('(')
    const expression = this.#rules.expression()
    cursor.expectSign(')')
    const ordinality = cursor.acceptWords('WITH')
    if (ordinality) cursor.expectWords('ORDINALITY')
    return { kind: 'unnest', expression, ordinality, ...this.#tail(), span: cursor.spanFrom(start) }
  }

  /** (query) alias, or (joined sources). */
  #parenthesizedSource(start: number, lateral: boolean): FromItem {
    const cursor = this.#cursor
    if (lateral || cursor.atQuery(1)) {
      cursor.expectSign('(')
      const query = this.#rules.query()
      cursor.expectSign(')')
      return {
        kind: 'derived',
        query,
        ...(lateral ? { lateral } : {}),
        ...this.#tail(),
        span: cursor.spanFrom(start),
      }
    }
    cursor.expectSign('(')
    const inner = cursor.nested(() => this.parse())
    cursor.expectSign(')')
    return inner
  }

  /** [OVER window] [[AS] alias [(columns)]] [OVER window] */
  #tail(): SourceTail {
    const cursor = this.#cursor
    let over = this.#over()
    const alias = parseAlias(cursor, 'an alias')
    const columns =
      alias !== undefined && cursor.atSign('(')
        ? cursor.parenthesized(() => cursor.expectName('a column'))
        : undefined
    over ??= this.#over()
    return { over, alias, columns }
  }

  #over(): SourceTail['over'] {
    const cursor = this.#cursor
    const token = cursor.peek()
    if (!cursor.acceptWords('OVER')) return undefined
    cursor.onlyIn(
      'kda',
      token,
      'A window behind a source',
      'Bound the join by conditions on its time columns.',
    )
    return parseWindowReference(cursor, () => this.#rules.expression())
  }
}

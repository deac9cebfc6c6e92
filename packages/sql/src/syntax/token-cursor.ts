/**
 * A reading position in the tokens, with what every grammar rule needs: look, accept, expect, names, spans, depth.
 * Words are compared in upper case. A rule that cannot go on calls `fail`, which leaves the statement; the statement loop
 * in parser.ts then goes on after the next semicolon.
 */
import { codes } from '../diagnostic/codes.ts'
import type { DiagnosticList } from '../diagnostic/diagnostic.ts'
import { nearest } from '../diagnostic/spelling.ts'
import type { Span } from '../span.ts'
import type { Dialect, DialectName } from './dialect.ts'
import { nestingMax } from './limits.ts'
import type { Token } from './token.ts'
import type { Identifier } from './tree.ts'

export class TokenCursor {
  readonly dialect: Dialect
  readonly diagnostics: DiagnosticList
  readonly #tokens: readonly Token[]
  readonly #text: string
  #at = 0
  #depth = 0
  #closings: Int32Array | undefined

  constructor(text: string, tokens: readonly Token[], dialect: Dialect, diagnostics: DiagnosticList) {
    this.#text = text
    this.#tokens = tokens
    this.dialect = dialect
    this.diagnostics = diagnostics
  }

  /** The token `ahead` places on; the end token when the text is over. */
  peek(ahead = 0): Token {
    return this.#tokens[Math.min(this.#at + ahead, this.#tokens.length - 1)]!
  }

  next(): Token {
    const token = this.peek()
    if (this.#at < this.#tokens.length - 1) this.#at++
    return token
  }

  /** Skips to just after the next semicolon, or to the end. */
  recover(): void {
    while (this.peek().kind !== 'end') if (this.next().text === ';' && this.previous.kind === 'sign') return
  }

  get previous(): Token {
    return this.#tokens[Math.max(0, this.#at - 1)]!
  }

  /** From a start offset to the end of the last token read. */
  spanFrom(start: number): Span {
    return { start, end: Math.max(start, this.previous.end) }
  }

  /** True if the next tokens are these words, in this order. */
  atWords(...words: readonly string[]): boolean {
    return words.every((word, i) => this.atWordAt(i, word))
  }

  /** True if the token `ahead` places on is this word. */
  atWordAt(ahead: number, word: string): boolean {
    const token = this.peek(ahead)
    return token.kind === 'word' && token.text === word
  }

  atSign(sign: string, ahead = 0): boolean {
    const token = this.peek(ahead)
    return token.kind === 'sign' && token.text === sign
  }

  acceptWords(...words: readonly string[]): boolean {
    if (!this.atWords(...words)) return false
    for (let i = 0; i < words.length; i++) this.next()
    return true
  }

  /** The one of these words that comes next, read; otherwise undefined. */
  acceptOneOf<W extends string>(...words: readonly W[]): W | undefined {
    const token = this.peek()
    const found = token.kind === 'word' ? words.find((word) => word === token.text) : undefined
    if (found !== undefined) this.next()
    return found
  }

  acceptSign(sign: string): boolean {
    if (!this.atSign(sign)) return false
    this.next()
    return true
  }

  expectWords(...words: readonly string[]): void {
    for (const word of words) if (!this.acceptWords(word)) this.failExpected([word])
  }

  expectSign(sign: string): void {
    if (!this.acceptSign(sign)) this.failExpected([`"${sign}"`])
  }

  expectString(what: string): string {
    if (this.peek().kind !== 'string') this.failExpected([what])
    return this.next().text
  }

  expectInteger(what: string): number {
    const token = this.peek()
    if (token.kind !== 'number' || !/^\d{1,10}$/.test(token.text)) this.failExpected([what])
    return Number(this.next().text)
  }

  /** A name: quoted, or a word that is not reserved. `what` says of what, for messages. */
  expectName(what: string): Identifier {
    const token = this.peek()
    if (token.kind === 'name') {
      this.next()
      return { name: token.text, span: { start: token.start, end: token.end } }
    }
    if (token.kind !== 'word') return this.failExpected([what])
    if (this.dialect.reserved.has(token.text)) {
      const written = this.written(token)
      const quote = this.dialect.identifierQuote
      this.fail(
        codes.reservedWord,
        token,
        `${what} is expected here, and ${written} is a reserved word. To use it as a name write ${quote}${written}${quote}.`,
      )
    }
    this.next()
    return { name: this.dialect.fold(this.written(token)), span: { start: token.start, end: token.end } }
  }

  /** True if a name could be read here. */
  atName(ahead = 0): boolean {
    const token = this.peek(ahead)
    return token.kind === 'name' || (token.kind === 'word' && !this.dialect.reserved.has(token.text))
  }

  /**
   * True if a query begins here: SELECT, VALUES, WITH, or a query in parentheses that more of a query or the end of the
   * parentheses around it follows. So ((SELECT 1) UNION SELECT 2) is a query, ((SELECT 1) + 2) and ((SELECT 1) AS t) are not.
   */
  atQuery(ahead = 0): boolean {
    let first = ahead
    while (this.atSign('(', first)) first++
    if (!queryStarts.some((word) => this.atWordAt(first, word))) return false
    // From the inside out: each pair has to hold a query as a whole.
    for (let open = first - 1; open >= ahead; open--) {
      const behind = this.#closingOf(this.#at + open) + 1 - this.#at
      if (!this.atSign(')', behind) && !queryContinues.some((word) => this.atWordAt(behind, word)))
        return false
    }
    return true
  }

  /** Index of the parenthesis that closes the one at an index; of the end if none does. */
  #closingOf(index: number): number {
    if (this.#closings === undefined) {
      this.#closings = new Int32Array(this.#tokens.length).fill(this.#tokens.length - 1)
      const open: number[] = []
      this.#tokens.forEach((token, at) => {
        if (token.kind !== 'sign') return
        if (token.text === '(') open.push(at)
        else if (token.text === ')') {
          const opened = open.pop()
          if (opened !== undefined) this.#closings![opened] = at
        }
      })
    }
    return this.#closings[index]!
  }

  /** a, b, c with at least one element. */
  list<T>(element: () => T): T[] {
    const items = [element()]
    while (this.acceptSign(',')) items.push(element())
    return items
  }

  /** ( a, b, c ) */
  parenthesized<T>(element: () => T): T[] {
    this.expectSign('(')
    const items = this.list(element)
    this.expectSign(')')
    return items
  }

  /** Runs a rule one level deeper; refuses texts that would overflow the stack. */
  nested<T>(rule: () => T): T {
    if (this.#depth >= nestingMax) {
      this.fail(
        codes.nestingTooDeep,
        this.peek(),
        `the text is nested more than ${nestingMax} levels deep. Split it into several streams or views.`,
      )
    }
    this.#depth++
    try {
      return rule()
    } finally {
      this.#depth--
    }
  }

  /** Refuses a construct that belongs to one dialect if the program has the other. */
  onlyIn(dialect: DialectName, span: Span, what: string, advice: string): void {
    if (this.dialect.name !== dialect)
      this.fail(codes.notSupported, span, `${what} is not part of ${this.dialect.title}. ${advice}`)
  }

  /** The token as it stands in the text. */
  written(token: Token): string {
    return this.#text.slice(token.start, token.end)
  }

  fail(code: (typeof codes)[keyof typeof codes], span: Span, message: string): never {
    this.diagnostics.fail(code, { start: span.start, end: span.end }, message)
  }

  failExpected(expected: readonly string[]): never {
    const token = this.peek()
    const found = token.kind === 'end' ? 'the text ends' : `found ${shorten(this.written(token))}`
    const list = expected.length === 1 ? expected[0]! : `one of ${expected.join(', ')}`
    const near = token.kind === 'word' ? nearest(token.text, expected) : undefined
    this.fail(
      codes.unexpectedToken,
      token,
      `${list} is expected here, but ${found}.${near === undefined ? '' : ` Did you mean ${near}?`}`,
    )
  }
}

const queryStarts = ['SELECT', 'VALUES', 'WITH']
const queryContinues = ['UNION', 'EXCEPT', 'INTERSECT', 'ORDER', 'LIMIT', 'OFFSET', 'FETCH']

function shorten(text: string): string {
  return text.length <= 40 ? text : `${text.slice(0, 37)}...`
}

/**
 * Tokens of DynamoDB's expressions, which all five kinds share.
 *
 *   name       letter (letter | digit | '_')*       attribute names, functions, keywords
 *   #name      '#' (letter | digit | '_')+          a name from ExpressionAttributeNames
 *   :value     ':' (letter | digit | '_')+          a value from ExpressionAttributeValues
 *   number     digit+                               list indexes
 *   symbol     ( ) [ ] . , = <> < <= > >= + -
 *   other      any other character, which no grammar accepts
 *   end        behind the last
 *
 * Blanks are space, tab, CR and LF. Cost: one pass; a token is cut out of the text when its text is asked for.
 */
import { invalidExpression, type TableRequestError } from '../values/request-error.ts'

export type TokenKind = 'name' | '#name' | ':value' | 'number' | 'symbol' | 'other' | 'end'

export interface Token {
  readonly kind: TokenKind
  readonly text: string
  readonly start: number
  readonly end: number
}

/** A piece of the text: [start, end). */
export interface Span {
  readonly start: number
  readonly end: number
}

const word = /[A-Za-z0-9_]*/y
const digits = /[0-9]*/y
const symbols = '()[].,=<>+-'

export function tokenize(text: string): readonly Token[] {
  const tokens: Token[] = []
  let at = 0
  for (;;) {
    while (isBlank(text.charCodeAt(at))) at++
    if (at >= text.length) break
    const [kind, end] = tokenAt(text, at)
    tokens.push({ kind, text: text.slice(at, end), start: at, end })
    at = end
  }
  tokens.push({ kind: 'end', text: '<EOF>', start: text.length, end: text.length })
  return tokens
}

function tokenAt(text: string, at: number): [TokenKind, number] {
  const first = text.charAt(at)
  if (isLetter(first)) return ['name', endOf(word, text, at)]
  if (isDigit(first)) return ['number', endOf(digits, text, at)]
  if (first === '#' || first === ':') {
    const end = endOf(word, text, at + 1)
    return end === at + 1 ? ['other', end] : [first === '#' ? '#name' : ':value', end]
  }
  if (!symbols.includes(first)) return ['other', at + String.fromCodePoint(text.codePointAt(at) ?? 0).length]
  const pair = text.slice(at, at + 2)
  return ['symbol', pair === '<>' || pair === '<=' || pair === '>=' ? at + 2 : at + 1]
}

function endOf(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at
  pattern.test(text)
  return pattern.lastIndex
}

function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09 || code === 0x0d || code === 0x0a
}

function isLetter(character: string): boolean {
  return (character >= 'a' && character <= 'z') || (character >= 'A' && character <= 'Z')
}

function isDigit(character: string): boolean {
  return character >= '0' && character <= '9'
}

/** A place in the tokens of one expression, with what parsers do there. */
export class TokenReader {
  readonly #parameter: string
  readonly #text: string
  readonly #tokens: readonly Token[]
  #at = 0

  constructor(parameter: string, text: string) {
    this.#parameter = parameter
    this.#text = text
    this.#tokens = tokenize(text)
  }

  /** The token to be read next; the last is the end, which is never passed. */
  get next(): Token {
    return this.#tokens[this.#at]!
  }

  get afterNext(): Token | undefined {
    return this.#tokens[this.#at + 1]
  }

  /** The end of the token that was read last. */
  get passed(): number {
    return this.#at === 0 ? 0 : this.#tokens[this.#at - 1]!.end
  }

  take(): Token {
    const token = this.next
    if (token.kind !== 'end') this.#at++
    return token
  }

  isSymbol(symbol: string): boolean {
    return this.next.kind === 'symbol' && this.next.text === symbol
  }

  /** Takes the symbol if it is next. */
  skip(symbol: string): boolean {
    const isNext = this.isSymbol(symbol)
    if (isNext) this.#at++
    return isNext
  }

  expect(symbol: string): Token {
    if (!this.isSymbol(symbol)) throw this.syntaxError()
    return this.take()
  }

  expectKind(kind: TokenKind): Token {
    if (this.next.kind !== kind) throw this.syntaxError()
    return this.take()
  }

  /** Keywords are names in any case. */
  isKeyword(keyword: string): boolean {
    return this.next.kind === 'name' && this.next.text.toUpperCase() === keyword
  }

  /** The next token cannot stand here. The service shows it between its neighbours. */
  syntaxError(): TableRequestError {
    const token = this.next
    const start = this.#tokens[this.#at - 1]?.start ?? token.start
    const follower = this.#tokens[this.#at + 1]
    const end = follower === undefined || follower.kind === 'end' ? token.end : follower.end
    const near = this.#text.slice(start, end).trimEnd()
    return this.invalid(`Syntax error; token: "${token.text}", near: "${near}"`)
  }

  invalid(problem: string): TableRequestError {
    return invalidExpression(`Invalid ${this.#parameter}: ${problem}`)
  }
}

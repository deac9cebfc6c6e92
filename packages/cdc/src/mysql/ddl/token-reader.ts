/** Reads the tokens of a statement from left to right. Passing the end gives end tokens, so no loop has to look for it first. */
import type { Token } from './tokens.ts'

const end: Token = { kind: 'end', text: '', raw: '' }

export class TokenReader {
  readonly #tokens: readonly Token[]
  #at = 0

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#tokens.length
  }

  peek(ahead = 0): Token {
    return this.#tokens[this.#at + ahead] ?? end
  }

  next(): Token {
    return this.#tokens[this.#at++] ?? end
  }

  /** Whether these words come next; they are not taken. */
  sees(...words: readonly string[]): boolean {
    return words.every((word, i) => isWord(this.peek(i), word))
  }

  /** Takes these words if they come next. */
  takes(...words: readonly string[]): boolean {
    if (!this.sees(...words)) return false
    this.#at += words.length
    return true
  }

  takesMark(mark: string): boolean {
    if (!this.seesMark(mark)) return false
    this.#at++
    return true
  }

  seesMark(mark: string): boolean {
    const token = this.peek()
    return token.kind === 'mark' && token.text === mark
  }

  /** A name, quoted or not. */
  name(): string {
    const token = this.next()
    return token.kind === 'word' ? token.raw : token.text
  }

  /** A character set, collation or the like: a word, a name or a string, in lower case. */
  setting(): string {
    this.takesMark('=')
    return this.next().text.toLowerCase()
  }

  /** The tokens between this parenthesis and its partner; nothing if none comes next. */
  group(): readonly Token[] {
    if (!this.seesMark('(')) return []
    const start = this.#at + 1
    this.skipOne()
    return this.#tokens.slice(start, this.#at - 1)
  }

  /** Passes a token, or a whole group in parentheses. */
  skipOne(): void {
    if (!this.seesMark('(')) {
      this.#at++
      return
    }
    let depth = 0
    do {
      if (this.seesMark('(')) depth++
      else if (this.seesMark(')')) depth--
      this.#at++
    } while (depth > 0 && !this.isAtEnd)
  }

  /** Passes everything up to a comma or closing parenthesis of this level. */
  skipItem(): void {
    while (!this.isAtEnd && !this.seesMark(',') && !this.seesMark(')')) this.skipOne()
  }
}

function isWord(token: Token, word: string): boolean {
  return token.kind === 'word' && token.text === word
}

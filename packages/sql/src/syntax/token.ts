/**
 * Tokens: the pieces of a program between blanks and comments.
 * `text` is the meaning: a word in upper case, a name, string or byte string without its quotes, a number or sign as
 * written ('!=' becomes '<>'). What was really written is the program's text at the token's span.
 */
import type { Span } from '../span.ts'

export type TokenKind = 'word' | 'name' | 'string' | 'bytes' | 'number' | 'sign' | 'end'

export interface Token extends Span {
  readonly kind: TokenKind
  readonly text: string
}

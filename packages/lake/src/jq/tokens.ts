/**
 * Splits jq text into tokens. A string is one token that holds its parts: texts, and the tokens of each `\(...)`.
 * Comments go from # to the end of the line.
 */
import { syntaxError } from './syntax-error.ts'

export type Token =
  | { readonly kind: 'op'; readonly text: string; readonly at: number; readonly end: number }
  /** Names of functions, and keywords; may have `::`. */
  | { readonly kind: 'name'; readonly text: string; readonly at: number; readonly end: number }
  /** `.name`, without the dot. */
  | { readonly kind: 'field'; readonly text: string; readonly at: number; readonly end: number }
  /** `$name`, without the sign. */
  | { readonly kind: 'variable'; readonly text: string; readonly at: number; readonly end: number }
  /** `@name`, with the sign. */
  | { readonly kind: 'format'; readonly text: string; readonly at: number; readonly end: number }
  | { readonly kind: 'number'; readonly text: string; readonly at: number; readonly end: number }
  | {
      readonly kind: 'string'
      readonly text: string
      readonly parts: readonly (string | readonly Token[])[]
      readonly at: number
      readonly end: number
    }
  | { readonly kind: 'end'; readonly text: ''; readonly at: number; readonly end: number }

const operators = [
  '?//=',
  '?//',
  '//=',
  '|=',
  '+=',
  '-=',
  '*=',
  '/=',
  '%=',
  '==',
  '!=',
  '<=',
  '>=',
  '//',
  '..',
  '?',
  '=',
  '<',
  '>',
  '|',
  ',',
  '+',
  '-',
  '*',
  '/',
  '%',
  '(',
  ')',
  '[',
  ']',
  '{',
  '}',
  ':',
  ';',
  '.',
]
const nameForm = /(?:[a-zA-Z_][a-zA-Z_0-9]*::)*[a-zA-Z_][a-zA-Z_0-9]*/y
const numberForm = /(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?/y
const escapes: Readonly<Record<string, string>> = {
  '"': '"',
  '\\': '\\',
  '/': '/',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
}

export function tokenize(text: string): Token[] {
  return tokensUntil(text, 0, undefined).tokens
}

/** Up to the end of the text, or to the `)` that closes a hole; `end` is behind it. */
function tokensUntil(text: string, from: number, close: ')' | undefined): { tokens: Token[]; end: number } {
  const tokens: Token[] = []
  let depth = 0
  for (let at = from; ; ) {
    at = skipSpace(text, at)
    if (at >= text.length) {
      if (close !== undefined)
        throw syntaxError(text, from, 'the expression in the string that begins here does not end')
      tokens.push({ kind: 'end', text: '', at, end: at })
      return { tokens, end: at }
    }
    const token = readToken(text, at)
    if (token.kind === 'op' && close !== undefined) {
      if (token.text === '(') depth++
      else if (token.text === ')' && depth-- === 0) {
        tokens.push({ kind: 'end', text: '', at, end: at })
        return { tokens, end: token.end }
      }
    }
    tokens.push(token)
    at = token.end
  }
}

function skipSpace(text: string, from: number): number {
  let at = from
  for (;;) {
    while (at < text.length && /\s/.test(text.charAt(at))) at++
    if (text[at] !== '#') return at
    const end = text.indexOf('\n', at)
    at = end < 0 ? text.length : end
  }
}

function readToken(text: string, at: number): Token {
  const character = text.charAt(at)
  if (character === '"') return readString(text, at)
  const number = match(numberForm, text, at)
  if (number !== undefined) return { kind: 'number', text: number, at, end: at + number.length }
  if (character === '.' || character === '$' || character === '@') {
    const name = match(nameForm, text, at + 1)
    if (name !== undefined) {
      const end = at + 1 + name.length
      if (character === '.') return { kind: 'field', text: name, at, end }
      if (character === '$') return { kind: 'variable', text: name, at, end }
      return { kind: 'format', text: `@${name}`, at, end }
    }
  }
  const name = match(nameForm, text, at)
  if (name !== undefined) return { kind: 'name', text: name, at, end: at + name.length }
  const operator = operators.find((op) => text.startsWith(op, at))
  if (operator === undefined) throw syntaxError(text, at, `${JSON.stringify(character)} has no meaning in jq`)
  return { kind: 'op', text: operator, at, end: at + operator.length }
}

function match(form: RegExp, text: string, at: number): string | undefined {
  form.lastIndex = at
  return form.exec(text)?.[0]
}

function readString(text: string, start: number): Token {
  const parts: (string | readonly Token[])[] = []
  let part = ''
  for (let at = start + 1; at < text.length; ) {
    const character = text.charAt(at)
    if (character === '"') {
      parts.push(part)
      return { kind: 'string', text: text.slice(start, at + 1), parts, at: start, end: at + 1 }
    }
    if (character !== '\\') {
      part += character
      at++
      continue
    }
    const escaped = text.charAt(at + 1)
    if (escaped === '(') {
      const hole = tokensUntil(text, at + 2, ')')
      parts.push(part, hole.tokens)
      part = ''
      at = hole.end
    } else if (escaped === 'u') {
      const hex = text.slice(at + 2, at + 6)
      if (!/^[0-9a-fA-F]{4}$/.test(hex)) throw syntaxError(text, at, '\\u is followed by 4 hex digits')
      part += String.fromCharCode(Number.parseInt(hex, 16))
      at += 6
    } else {
      const plain = escapes[escaped]
      if (plain === undefined)
        throw syntaxError(text, at, `\\${escaped} is no escape of a string; \\\\ is a backslash`)
      part += plain
      at += 2
    }
  }
  throw syntaxError(text, start, 'the string that begins here does not end')
}

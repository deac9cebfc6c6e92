/**
 * Text to tokens. One pass over the text, no regular expressions; every token has its span; an error is reported and the
 * character skipped, so that the parser sees all the rest. Unicode letters may stand in unquoted names.
 *
 * Signs: ( ) [ ] { } , ; . : ? + - * / % = < > <= >= <> != || =>; in Flink SQL also | for the parser to refuse in patterns.
 * Comments: `--` and (by dialect) `//` to the end of the line, `/* ... * /` without nesting. A comment that begins with
 * `/*+` is a hint in Flink SQL: its ends are signs and what stands between them is read as tokens.
 */
import { codes } from '../diagnostic/codes.ts'
import type { DiagnosticList } from '../diagnostic/diagnostic.ts'
import type { Dialect } from './dialect.ts'
import { identifierLengthMax } from './limits.ts'
import type { Token, TokenKind } from './token.ts'

const twoUnitSigns = new Set(['<=', '>=', '<>', '!=', '||', '=>'])
const oneUnitSigns = '()[]{},;.:?+-*/%=<>'

export function tokenize(text: string, dialect: Dialect, diagnostics: DiagnosticList): Token[] {
  const tokens: Token[] = []
  const push = (kind: TokenKind, meaning: string, start: number, end: number): void => {
    tokens.push({ kind, text: meaning, start, end })
  }
  const hints = dialect.name === 'flink'
  let hintStart = -1
  let at = 0
  while (at < text.length) {
    const unit = text.charCodeAt(at)
    const start = at
    if (isBlank(unit)) {
      at++
    } else if (isWordStart(text, at) && !opensLiteral(text, at)) {
      at = endOfWord(text, at)
      checkLength(text.slice(start, at), start, at, diagnostics)
      push('word', text.slice(start, at).toUpperCase(), start, at)
    } else if (text.startsWith('--', at) || (dialect.slashComments && text.startsWith('//', at))) {
      at = endOfLine(text, at)
    } else if (hints && text.startsWith('/*+', at)) {
      hintStart = at
      at += 3
      push('sign', '/*+', start, at)
    } else if (hintStart >= 0 && text.startsWith('*/', at)) {
      hintStart = -1
      at += 2
      push('sign', '*/', start, at)
    } else if (text.startsWith('/*', at)) {
      const close = text.indexOf('*/', at + 2)
      if (close < 0) {
        diagnostics.report(
          codes.unterminated,
          { start, end: start + 2 },
          'the comment is not closed. End it with */.',
        )
        at = text.length
      } else at = close + 2
    } else if (unit === 0x27) {
      const quoted = readQuoted(text, at, "'", diagnostics)
      push('string', quoted.text, start, quoted.end)
      at = quoted.end
    } else if (text[at] === dialect.identifierQuote) {
      const quoted = readQuoted(text, at, dialect.identifierQuote, diagnostics)
      at = quoted.end
      if (quoted.text === '')
        diagnostics.report(
          codes.badLiteral,
          { start, end: at },
          'the quoted name is empty. Write a name between the quotes.',
        )
      checkLength(quoted.text, start, at, diagnostics)
      push('name', quoted.text, start, at)
    } else if (unit === 0x55 || unit === 0x75) {
      // Only U&'...' is left here, and below X'...': as words these letters were taken above.
      const quoted = readQuoted(text, at + 2, "'", diagnostics)
      const clause = readEscapeClause(text, quoted.end)
      at = clause.end
      push('string', decodeUnicodeEscapes(quoted.text, clause.escape, start, at, diagnostics), start, at)
    } else if (unit === 0x58 || unit === 0x78) {
      const quoted = readQuoted(text, at + 1, "'", diagnostics)
      at = quoted.end
      if (!/^([0-9a-fA-F]{2})*$/.test(quoted.text)) {
        diagnostics.report(
          codes.badLiteral,
          { start, end: at },
          "a byte string needs pairs of hexadecimal digits, for example X'0aff'.",
        )
      }
      push('bytes', quoted.text.toLowerCase(), start, at)
    } else if (isDigit(unit) || (unit === 0x2e && isDigit(text.charCodeAt(at + 1)))) {
      at = endOfNumber(text, at)
      push('number', text.slice(start, at), start, at)
    } else if (twoUnitSigns.has(text.slice(at, at + 2))) {
      at += 2
      const sign = text.slice(start, at)
      push('sign', sign === '!=' ? '<>' : sign, start, at)
    } else if (oneUnitSigns.includes(text[at]!) || (hints && text[at] === '|')) {
      at++
      push('sign', text[start]!, start, at)
    } else {
      at += String.fromCodePoint(text.codePointAt(at)!).length
      diagnostics.report(
        codes.unexpectedCharacter,
        { start, end: at },
        characterAdvice(text.slice(start, at), dialect),
      )
    }
  }
  if (hintStart >= 0) {
    diagnostics.report(
      codes.unterminated,
      { start: hintStart, end: hintStart + 3 },
      'the hint is not closed. End it with */.',
    )
  }
  push('end', '', text.length, text.length)
  return tokens
}

/** From the opening quote; a doubled quote stands for one. */
function readQuoted(
  text: string,
  open: number,
  quote: string,
  diagnostics: DiagnosticList,
): { text: string; end: number } {
  let from = open + 1
  let meaning = ''
  for (;;) {
    const close = text.indexOf(quote, from)
    if (close < 0) {
      const what = quote === "'" ? 'string' : 'quoted name'
      diagnostics.report(
        codes.unterminated,
        { start: open, end: open + 1 },
        `the ${what} is not closed. End it with ${quote}.`,
      )
      return { text: meaning + text.slice(from), end: text.length }
    }
    meaning += text.slice(from, close)
    if (text[close + 1] !== quote) return { text: meaning, end: close + 1 }
    meaning += quote
    from = close + 2
  }
}

/** UESCAPE 'c' behind a U&'..' names the character that stands for the backslash. */
function readEscapeClause(text: string, from: number): { escape: string; end: number } {
  const clause = /\s*UESCAPE\s*'([^'0-9a-fA-F+\s])'/iy
  clause.lastIndex = from
  const found = clause.exec(text)
  return found === null ? { escape: '\\', end: from } : { escape: found[1]!, end: clause.lastIndex }
}

/** U&'..': \hhhh and \+hhhhhh are code points, \\ a backslash. */
function decodeUnicodeEscapes(
  text: string,
  mark: string,
  start: number,
  end: number,
  diagnostics: DiagnosticList,
): string {
  let meaning = ''
  let from = 0
  for (;;) {
    const at = text.indexOf(mark, from)
    if (at < 0) return meaning + text.slice(from)
    meaning += text.slice(from, at)
    from = at + 1
    if (text[from] === mark) {
      meaning += mark
      from++
      continue
    }
    const long = text[from] === '+'
    const digits = long ? text.slice(from + 1, from + 7) : text.slice(from, from + 4)
    const wellFormed = digits.length === (long ? 6 : 4) && /^[0-9a-fA-F]+$/.test(digits)
    const point = wellFormed ? Number.parseInt(digits, 16) : Number.POSITIVE_INFINITY
    if (point <= 0x10ffff) {
      meaning += String.fromCodePoint(point)
      from += digits.length + (long ? 1 : 0)
    } else {
      diagnostics.report(
        codes.badLiteral,
        { start, end },
        `"${mark}${text.slice(from, from + 4)}" is no Unicode escape. Write ${mark} and four hexadecimal digits, ${mark}+ and six, or ${mark}${mark}.`,
      )
      meaning += mark
    }
  }
}

function endOfLine(text: string, from: number): number {
  for (let at = from; at < text.length; at++) {
    const unit = text.charCodeAt(at)
    if (unit === 10 || unit === 13) return at
  }
  return text.length
}

/** Digits, a fraction, an exponent: 12, 1.5, .5, 1e-3. */
function endOfNumber(text: string, from: number): number {
  let at = from
  while (isDigit(text.charCodeAt(at))) at++
  if (text[at] === '.') {
    at++
    while (isDigit(text.charCodeAt(at))) at++
  }
  if (text[at] === 'e' || text[at] === 'E') {
    const sign = text[at + 1] === '+' || text[at + 1] === '-' ? 1 : 0
    if (isDigit(text.charCodeAt(at + 1 + sign))) {
      at += 1 + sign
      while (isDigit(text.charCodeAt(at))) at++
    }
  }
  return at
}

function endOfWord(text: string, from: number): number {
  let at = from
  while (at < text.length) {
    const unit = text.charCodeAt(at)
    if (unit < 128) {
      if (!isAsciiLetter(unit) && !isDigit(unit) && unit !== 0x5f && unit !== 0x24) break
      at++
    } else {
      const letter = String.fromCodePoint(text.codePointAt(at)!)
      if (!/[\p{L}\p{M}\p{Nd}]/u.test(letter)) break
      at += letter.length
    }
  }
  return at
}

/** U&'...' and X'...' */
function opensLiteral(text: string, at: number): boolean {
  const unit = text.charCodeAt(at) | 0x20
  return (unit === 0x75 && text.startsWith("&'", at + 1)) || (unit === 0x78 && text[at + 1] === "'")
}

function isWordStart(text: string, at: number): boolean {
  const unit = text.charCodeAt(at)
  if (unit < 128) return isAsciiLetter(unit) || unit === 0x5f
  return /\p{L}/u.test(String.fromCodePoint(text.codePointAt(at)!))
}

function isAsciiLetter(unit: number): boolean {
  return (unit >= 0x41 && unit <= 0x5a) || (unit >= 0x61 && unit <= 0x7a)
}

function isDigit(unit: number): boolean {
  return unit >= 0x30 && unit <= 0x39
}

/** Blanks, including the byte order mark and the no-break space that pasted programs bring along. */
function isBlank(unit: number): boolean {
  return unit === 0x20 || (unit >= 0x09 && unit <= 0x0d) || unit === 0xa0 || unit === 0xfeff
}

function checkLength(name: string, start: number, end: number, diagnostics: DiagnosticList): void {
  if (name.length <= identifierLengthMax) return
  diagnostics.report(
    codes.identifierTooLong,
    { start, end },
    `the name has ${name.length} characters; ${identifierLengthMax} are allowed. Shorten it.`,
  )
}

function characterAdvice(character: string, dialect: Dialect): string {
  if (character === '\u2013' || character === '\u2014') {
    return `"${character}" is a typographic dash. Write -- to start a comment, - to subtract.`
  }
  if ('\u2018\u2019\u201c\u201d'.includes(character)) {
    return `"${character}" is a typographic quote. Write ' around strings and ${dialect.identifierQuote} around names.`
  }
  if (character === '"' || character === '`') {
    return `${character} does not quote names in ${dialect.title}. Write ${dialect.identifierQuote} around names, ' around strings.`
  }
  const point = character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')
  return `the character U+${point} has no meaning here. Remove it, or put it in a string or a quoted name.`
}

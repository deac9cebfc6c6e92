/**
 * Words of a statement of MySQL or MariaDB, as far as statements about tables need them told apart. Comments are dropped, but what
 * stands in `/*! ... *\/` belongs to the statement where the server's version says so (the statement that the server ran). Nothing is
 * refused: what cannot be read becomes a mark, and the parser passes over what it does not know.
 */
export interface Token {
  readonly kind: 'word' | 'name' | 'string' | 'number' | 'mark' | 'end'
  /** Words in upper case, names and strings without their quotes. */
  readonly text: string
  /** As it is written, for bare words that are names. */
  readonly raw: string
}

export interface SqlDialect {
  readonly family: 'mysql' | 'mariadb'
  readonly versionNumber: number
  readonly hasAnsiQuotes: boolean
  readonly hasNoBackslashEscapes: boolean
}

export function tokenize(text: string, dialect: SqlDialect): readonly Token[] {
  const tokens: Token[] = []
  let at = 0
  // Depth of open `/*!`: their ends are dropped.
  let open = 0
  const take = (kind: Token['kind'], value: string, end: number) => {
    tokens.push({ kind, text: value, raw: text.slice(at, end) })
    at = end
  }
  while (at < text.length) {
    const character = text[at]!
    if (/\s/.test(character)) at++
    else if (character === '#') at = lineEnd(text, at)
    else if (character === '-' && /^--(\s|$)/.test(text.slice(at, at + 3))) at = lineEnd(text, at)
    else if (text.startsWith('/*', at)) {
      const executed = /^\/\*M?!(\d{5,6})?/.exec(text.slice(at, at + 12))
      if (executed !== null && isExecuted(executed[0], executed[1], dialect)) {
        open++
        at += executed[0].length
      } else at = commentEnd(text, at)
    } else if (open > 0 && text.startsWith('*/', at)) {
      open--
      at += 2
    } else if (character === '`' || (character === '"' && dialect.hasAnsiQuotes)) {
      const end = quoteEnd(text, at, false)
      take('name', text.slice(at + 1, end - 1).replaceAll(character + character, character), end)
    } else if (character === "'" || character === '"') {
      const end = quoteEnd(text, at, !dialect.hasNoBackslashEscapes)
      take('string', unquote(text.slice(at, end), !dialect.hasNoBackslashEscapes), end)
    } else if (/[0-9]/.test(character)) {
      // A word may begin with digits: `2fa`. A number may not be followed by letters, except for its exponent.
      const word = wordAt(text, at)
      const number = /^\d+(\.\d*)?([eE][+-]?\d+)?/.exec(text.slice(at, at + 400))?.[0] ?? character
      if (word.length > number.length && !/^0[xb]/i.test(word))
        take('word', word.toUpperCase(), at + word.length)
      else take('number', number, at + Math.max(number.length, /^0[xb]/i.test(word) ? word.length : 0))
    } else {
      const word = wordAt(text, at)
      if (word === '') take('mark', character, at + 1)
      else take('word', word.toUpperCase(), at + word.length)
    }
  }
  return tokens
}

/**
 * MySQL runs what is for its version or older ones. MariaDB runs `/*M!` likewise, and `/*!` except for the versions 5.7 to 9.99, which
 * are features of MySQL that it does not share.
 */
function isExecuted(
  mark: string,
  digits: string | undefined,
  { family, versionNumber }: SqlDialect,
): boolean {
  const isForMariaDb = mark.startsWith('/*M')
  if (family === 'mysql' && isForMariaDb) return false
  if (digits === undefined) return true
  const version = Number(digits)
  if (family === 'mariadb' && !isForMariaDb && version >= 50_700 && version <= 99_999) return false
  return version <= versionNumber
}

function wordAt(text: string, at: number): string {
  let end = at
  while (end < text.length && /[\w$\u0080-\uffff]/.test(text[end]!)) end++
  return text.slice(at, end)
}

function lineEnd(text: string, at: number): number {
  const end = text.indexOf('\n', at)
  return end === -1 ? text.length : end + 1
}

function commentEnd(text: string, at: number): number {
  const end = text.indexOf('*/', at + 2)
  return end === -1 ? text.length : end + 2
}

/** Behind the closing quote, or the end of the text. */
function quoteEnd(text: string, at: number, hasEscapes: boolean): number {
  const quote = text[at]!
  for (let i = at + 1; i < text.length; i++) {
    if (hasEscapes && text[i] === '\\') i++
    else if (text[i] === quote) {
      if (text[i + 1] !== quote) return i + 1
      i++
    }
  }
  return text.length
}

function unquote(quoted: string, hasEscapes: boolean): string {
  const quote = quoted[0]!
  let inner = ''
  for (let i = 1; i < quoted.length - 1; i++) {
    const character = quoted[i]!
    if (hasEscapes && character === '\\') {
      i++
      inner += escaped(quoted[i] ?? '')
    } else {
      inner += character
      if (character === quote) i++
    }
  }
  return inner
}

/** https://dev.mysql.com/doc/refman/8.4/en/string-literals.html */
function escaped(character: string): string {
  switch (character) {
    case '0':
      return '\0'
    case 'b':
      return '\b'
    case 'n':
      return '\n'
    case 'r':
      return '\r'
    case 't':
      return '\t'
    case 'Z':
      return '\x1a'
    // Kept with the backslash, for LIKE.
    case '%':
    case '_':
      return `\\${character}`
    default:
      return character
  }
}

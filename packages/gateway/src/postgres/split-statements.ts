/**
 * Cuts the text of a simple query at its semicolons, which clients send several statements in. Semicolons in strings, names, dollar
 * quotes and comments cut nothing. Pure.
 */

/** Statements without their semicolons, with where each begins in the text. Empty ones are left out. */
export function splitStatements(text: string): { readonly sql: string; readonly start: number }[] {
  const found: { sql: string; start: number }[] = []
  let start = 0
  for (let at = 0; at <= text.length; ) {
    if (at === text.length || text[at] === ';') {
      const sql = text.slice(start, at)
      if (withoutComments(sql).trim() !== '') found.push({ sql, start })
      at++
      start = at
      continue
    }
    at = afterToken(text, at)
  }
  return found
}

/** The text with strings, names and comments passed through a function, and all else through another. */
export function mapCode(text: string, code: (text: string) => string): string {
  let out = ''
  let plain = ''
  for (let at = 0; at < text.length; ) {
    const next = afterToken(text, at)
    if (next === at + 1) plain += text[at]
    else {
      out += code(plain) + text.slice(at, next)
      plain = ''
    }
    at = next
  }
  return out + code(plain)
}

export function withoutComments(text: string): string {
  let out = ''
  for (let at = 0; at < text.length; ) {
    const next = afterToken(text, at)
    const token = text.slice(at, next)
    out += token.startsWith('--') || token.startsWith('/*') ? ' ' : token
    at = next
  }
  return out
}

/** The place after the string, name, dollar quote or comment that begins here; after this character if none does. */
function afterToken(text: string, at: number): number {
  const two = text.slice(at, at + 2)
  if (two === '--') return endOf(text, '\n', at + 2)
  if (two === '/*') return afterBlock(text, at)
  const character = text[at]
  if (character === "'" || character === '"') return afterQuote(text, at, character)
  if (character === '$' && !/[A-Za-z0-9_]/.test(text[at - 1] ?? '')) {
    const tag = /^\$(?:[A-Za-z_][A-Za-z0-9_]*)?\$/.exec(text.slice(at, at + 65))?.[0]
    if (tag !== undefined) return endOf(text, tag, at + tag.length)
  }
  return at + 1
}

function afterQuote(text: string, at: number, quote: string): number {
  const isEscaped = quote === "'" && /(?:^|[^A-Za-z0-9_])[eE]$/.test(text.slice(Math.max(0, at - 2), at))
  for (let i = at + 1; i < text.length; i++) {
    if (isEscaped && text[i] === '\\') i++
    else if (text[i] === quote) {
      if (text[i + 1] !== quote) return i + 1
      i++
    }
  }
  return text.length
}

/** Comments nest, as in Postgres. */
function afterBlock(text: string, at: number): number {
  let depth = 1
  let i = at + 2
  while (i < text.length && depth > 0) {
    const two = text.slice(i, i + 2)
    if (two === '/*' || two === '*/') {
      depth += two === '/*' ? 1 : -1
      i += 2
    } else i++
  }
  return i
}

function endOf(text: string, mark: string, from: number): number {
  const found = text.indexOf(mark, from)
  return found < 0 ? text.length : found + mark.length
}

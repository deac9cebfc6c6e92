/** Words of an expression: numbers, texts in single quotes, `$column` and `"$column"`, names, operators. Each with where it begins. */
export type TokenKind = 'number' | 'text' | 'column' | 'word' | 'operator' | 'end'

export interface Token {
  readonly kind: TokenKind
  readonly text: string
  readonly at: number
}

const patterns: readonly (readonly [TokenKind, RegExp])[] = [
  ['number', /(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?/iy],
  ['text', /'(?:[^']|'')*'/y],
  // Names with characters of their own in double quotes or braces.
  ['column', /\$(?:\{[^}]+\}|"(?:[^"]|"")+"|[\p{L}_][\p{L}\p{N}_]*)|"\$[^"]+"/uy],
  ['word', /[a-z_][a-z0-9_]*/iy],
  ['operator', /\|\||<=|>=|<>|!=|==|[-+*/%(),<>=]/y],
]

/** The tokens, or the place of the first character that begins none. */
export function tokenize(text: string): readonly Token[] | { readonly wrongAt: number } {
  const tokens: Token[] = []
  let at = 0
  for (;;) {
    while (/\s/.test(text.charAt(at))) at++
    if (at >= text.length) return [...tokens, { kind: 'end', text: '', at }]
    let end = -1
    for (const [kind, pattern] of patterns) {
      pattern.lastIndex = at
      const match = pattern.exec(text)
      if (match === null) continue
      tokens.push({ kind, text: match[0], at })
      end = at + match[0].length
      break
    }
    if (end < 0) return { wrongAt: at }
    at = end
  }
}

export function columnName(token: string): string {
  if (token.startsWith('"')) return token.slice(2, -1)
  if (token.startsWith('${')) return token.slice(2, -1)
  return token.startsWith('$"') ? token.slice(2, -1).replaceAll('""', '"') : token.slice(1)
}

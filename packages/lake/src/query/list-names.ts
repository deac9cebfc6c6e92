/** Names of tables that a text may read, found without a tree: all of its words. Pure. */
export interface NamePair {
  readonly schema: string
  readonly name: string
}

export function namesIn(sql: string): NamePair[] {
  const plain = sql.replace(/'(?:[^']|'')*'|--[^\n]*|\/\*[\s\S]*?\*\//g, ' ')
  const word = /"(?:[^"]|"")+"|[A-Za-z_][A-Za-z0-9_]*/
  const pattern = new RegExp(`(${word.source})(?:\\s*\\.\\s*(${word.source}))?`, 'g')
  const pairs: NamePair[] = []
  for (const [, first = '', second] of plain.matchAll(pattern))
    pairs.push(
      second === undefined
        ? { schema: '', name: unquoted(first) }
        : { schema: unquoted(first), name: unquoted(second) },
    )
  return pairs
}

/** Words that may call a function, in lower case. */
export function functionsIn(sql: string): string[] {
  const plain = sql.replace(/'(?:[^']|'')*'|--[^\n]*|\/\*[\s\S]*?\*\//g, ' ')
  return [...plain.matchAll(/("(?:[^"]|"")+"|\b[A-Za-z_][A-Za-z0-9_]*)\s*\(/g)].map(([, word = '']) =>
    unquoted(word).toLowerCase(),
  )
}

function unquoted(word: string): string {
  return word.startsWith('"') ? word.slice(1, -1).replaceAll('""', '"') : word
}

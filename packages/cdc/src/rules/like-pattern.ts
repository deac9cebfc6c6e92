/**
 * Names with DMS' wildcards: `%` any run of characters, `_` one, `[...]` one of those listed: `[_]`, `[%]` and `[[]` themselves,
 * `[ab]` a or b, `[a-d]` one of the range, `[^ab]` any other. Case counts. A `[` that is not closed stands for itself.
 */
export interface LikePattern {
  readonly text: string
  readonly hasWildcards: boolean
  matches(name: string): boolean
}

export function parseLike(text: string): LikePattern {
  let source = ''
  let literal = ''
  let hasWildcards = false
  for (let at = 0; at < text.length; ) {
    const character = String.fromCodePoint(text.codePointAt(at)!)
    at += character.length
    // The first place may be `]` itself, so the end is looked for behind it.
    const end = character === '[' ? text.indexOf(']', at + 1) : -1
    if (end > 0) {
      const members = text.slice(at, end)
      at = end + 1
      source += classOf(members)
      // A class of one character is that character.
      if ([...members].length === 1) literal += members
      else hasWildcards = true
    } else if (character === '%' || character === '_') {
      source += character === '%' ? '.*' : '.'
      hasWildcards = true
    } else {
      source += escapeSource(character)
      literal += character
    }
  }
  if (!hasWildcards) return { text, hasWildcards, matches: (name) => name === literal }
  const pattern = new RegExp(`^${source}$`, 'su')
  return { text, hasWildcards, matches: (name) => pattern.test(name) }
}

function classOf(members: string): string {
  const characters = [...members]
  const isNegated = characters[0] === '^' && characters.length > 1
  const parts = isNegated ? characters.slice(1) : characters
  let source = ''
  for (let i = 0; i < parts.length; i++) {
    const from = parts[i]!
    const to = parts[i + 2]
    if (parts[i + 1] === '-' && to !== undefined) {
      // A range that goes backwards holds nothing.
      if (from.codePointAt(0)! <= to.codePointAt(0)!) source += `${escapeSource(from)}-${escapeSource(to)}`
      i += 2
    } else source += escapeSource(from)
  }
  return source === '' ? (isNegated ? '.' : '(?!)') : `[${isNegated ? '^' : ''}${source}]`
}

/** One character as itself, inside and outside of a class. */
function escapeSource(character: string): string {
  return `\\u{${character.codePointAt(0)!.toString(16)}}`
}

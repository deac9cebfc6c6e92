/**
 * LIKE: '_' is one character, '%' any text, the escape character makes the next one plain. Matching goes back only to the
 * latest '%' (an earlier one never has to take more once a later one was reached), so the cost is at most text times
 * pattern length.
 */
import { PatternError } from './regex/tree.ts'
import { isLead } from './text.ts'

interface LikeItem {
  /** A character, or what stands for others. */
  readonly text: string
  readonly wildcard: 'none' | 'one' | 'any'
}

export type LikePattern = readonly LikeItem[]

/** The pattern's items. Throws PatternError. */
export function parseLike(pattern: string, escapeChar: string | undefined): LikePattern {
  if (escapeChar !== undefined && [...escapeChar].length !== 1) {
    throw new PatternError(pattern, 0, `the escape is one character, not '${escapeChar}'`)
  }
  const items: LikeItem[] = []
  const characters = [...pattern]
  for (let i = 0; i < characters.length; i++) {
    const character = characters[i]!
    if (character === escapeChar) {
      const escaped = characters[++i]
      if (escaped !== '_' && escaped !== '%' && escaped !== escapeChar) {
        throw new PatternError(pattern, i, `after the escape '${escapeChar}' comes _, % or the escape itself`)
      }
      items.push({ text: escaped, wildcard: 'none' })
    } else if (character === '%') {
      if (items.at(-1)?.wildcard !== 'any') items.push({ text: '', wildcard: 'any' })
    } else items.push({ text: character, wildcard: character === '_' ? 'one' : 'none' })
  }
  return items
}

export function matchesLike(text: string, pattern: LikePattern): boolean {
  let at = 0
  let item = 0
  let retryItem = -1
  let retryAt = 0
  while (at < text.length) {
    const expected = pattern[item]
    if (expected?.wildcard === 'any') {
      retryItem = ++item
      retryAt = at
    } else if (expected?.wildcard === 'one') {
      at += isLead(text, at) ? 2 : 1
      item++
    } else if (expected !== undefined && text.startsWith(expected.text, at)) {
      at += expected.text.length
      item++
    } else if (retryItem >= 0) {
      retryAt += isLead(text, retryAt) ? 2 : 1
      at = retryAt
      item = retryItem
    } else return false
  }
  while (pattern[item]?.wildcard === 'any') item++
  return item === pattern.length
}

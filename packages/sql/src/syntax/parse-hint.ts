/**
 * Hints of Flink SQL, behind SELECT or a table's name: a comment that begins with a plus sign and holds
 *
 *   OPTIONS('key' = 'value', ...)   STATE_TTL('alias' = '1d', ...)   LOOKUP('table' = 'd', ...)   NAME(alias, ...)   NAME
 */
import type { TokenCursor } from './token-cursor.ts'
import type { Hint, Option } from './tree.ts'

/** `{ hints }` to be spread into a node; empty if there are none. */
export function parseHints(cursor: TokenCursor): { hints?: readonly Hint[] } {
  if (!cursor.acceptSign('/*+')) return {}
  const hints: Hint[] = []
  do {
    hints.push(parseHint(cursor))
    cursor.acceptSign(',')
  } while (!cursor.atSign('*/'))
  cursor.expectSign('*/')
  return { hints }
}

function parseHint(cursor: TokenCursor): Hint {
  const start = cursor.peek().start
  if (cursor.peek().kind !== 'word') cursor.failExpected(["a hint, for example OPTIONS('key' = 'value')"])
  const name = cursor.next().text
  const options: Option[] = []
  const names: string[] = []
  if (cursor.acceptSign('(') && !cursor.acceptSign(')')) {
    cursor.list(() => {
      const option = parseHintItem(cursor)
      if (typeof option === 'string') names.push(option)
      else options.push(option)
    })
    cursor.expectSign(')')
  }
  return { name, options, names, span: cursor.spanFrom(start) }
}

/** 'key' = 'value', or a name. */
function parseHintItem(cursor: TokenCursor): Option | string {
  const token = cursor.peek()
  if (token.kind === 'string' || cursor.atSign('=', 1)) {
    const name = token.kind === 'string' ? cursor.next().text : cursor.expectName('a key').name
    if (!cursor.acceptSign('=')) return name
    const value = cursor.peek()
    if (value.kind !== 'string' && value.kind !== 'number') cursor.failExpected(['a value in quotes'])
    cursor.next()
    return { name, value: value.text, span: cursor.spanFrom(token.start) }
  }
  return cursor.expectName("a name or 'key' = 'value'").name
}

/**
 * GROUP BY: keys, and in Flink SQL GROUPING SETS (...), ROLLUP (...), CUBE (...), which are multiplied out to plain sets.
 * ROLLUP(a, b) is the sets (a, b), (a), (); CUBE(a, b) all subsets; several elements of GROUP BY are multiplied.
 */
import { codes } from '../diagnostic/codes.ts'
import type { TokenCursor } from './token-cursor.ts'
import type { Expression, SelectQuery } from './tree.ts'

/** More sets than any report needs; CUBE of n keys makes 2^n. */
const groupingSetsMax = 256

type Sets = readonly (readonly Expression[])[]

export function parseGroupBy(
  cursor: TokenCursor,
  expression: () => Expression,
): Pick<SelectQuery, 'groupBy' | 'groupingSets'> {
  if (cursor.dialect.name === 'kda') return { groupBy: cursor.list(expression) }
  const start = cursor.peek().start
  const elements = cursor.list(() => parseElement(cursor, expression))
  let sets: Sets = [[]]
  for (const element of elements) {
    if (sets.length * element.length > groupingSetsMax) {
      cursor.fail(
        codes.planTooLarge,
        cursor.spanFrom(start),
        `GROUP BY makes more than ${groupingSetsMax} grouping sets. Name the wanted ones in GROUPING SETS.`,
      )
    }
    sets = sets.flatMap((left) => element.map((right) => [...left, ...right]))
  }
  const groupBy: Expression[] = []
  const indexes = new Map<string, number>()
  const groupingSets = sets.map((set) => {
    const found = set.map((key) => {
      const text = shapeText(key)
      const known = indexes.get(text)
      if (known !== undefined) return known
      indexes.set(text, groupBy.length)
      return groupBy.push(key) - 1
    })
    return [...new Set(found)]
  })
  return groupingSets.length === 1 ? { groupBy } : { groupBy, groupingSets }
}

/** One element of GROUP BY as the sets that it stands for. */
function parseElement(cursor: TokenCursor, expression: () => Expression): Sets {
  if (cursor.acceptWords('GROUPING', 'SETS'))
    return cursor.nested(() => cursor.parenthesized(() => parseElement(cursor, expression)).flat())
  if (cursor.acceptWords('ROLLUP')) {
    const keys = cursor.parenthesized(() => parseKeys(cursor, expression))
    return Array.from({ length: keys.length + 1 }, (_, i) => keys.slice(0, keys.length - i).flat())
  }
  const cube = cursor.peek()
  if (cursor.acceptWords('CUBE')) {
    const keys = cursor.parenthesized(() => parseKeys(cursor, expression))
    if (keys.length > 8)
      cursor.fail(
        codes.planTooLarge,
        cube,
        `CUBE of ${keys.length} keys makes ${2 ** keys.length} sets. Use at most 8 keys, or GROUPING SETS.`,
      )
    return subsets(keys)
  }
  return [parseKeys(cursor, expression)]
}

/** In the order in which SQL lists them: with the first key before without it. */
function subsets(keys: Sets): Sets {
  const [first, ...others] = keys
  if (first === undefined) return [[]]
  const rest = subsets(others)
  return [...rest.map((set) => [...first, ...set]), ...rest]
}

/** a, (a, b), (). ROW(a, b) is one key. */
function parseKeys(cursor: TokenCursor, expression: () => Expression): readonly Expression[] {
  const parenthesis = cursor.atSign('(')
  if (parenthesis && cursor.atSign(')', 1)) {
    cursor.next()
    cursor.next()
    return []
  }
  const key = expression()
  return parenthesis && key.kind === 'row' ? key.elements : [key]
}

/** A text that two expressions share if they are written alike, apart from blanks. */
function shapeText(expression: Expression): string {
  return JSON.stringify(expression, (name, value: unknown) => (name === 'span' ? undefined : value))
}

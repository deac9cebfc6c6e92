/**
 * Paths into a JSON document, the subset of JSONPath that schema mappings use:
 *
 *   path   = '$' { '.' name | "['" name "']" | '["' name '"]' } [ '[0:]' { step } ]
 *   name   = any characters but . [ ] after a dot (so `$.table-name` is one step), any but the quote in brackets
 *
 * `$.a.b` is a member, `$` the whole document, `$.list[0:]` a whole array as text, `$.list[0:].x` one value for each
 * element of the array (one array level only). Names are case-sensitive.
 */
import { ValueError } from '../value-error.ts'

export interface JsonPath {
  readonly text: string
  /** Member names from the document down; for a path through an array, down to the array. */
  readonly steps: readonly string[]
  /** Set for `[0:]`: member names from each element down; empty for the whole array. */
  readonly element: readonly string[] | undefined
}

const stepsMax = 32

export function parseJsonPath(text: string): JsonPath {
  const fail = (at: number, what: string) =>
    new ValueError(
      'VAL1101',
      `JSON path "${text.slice(0, 120)}", character ${at + 1}: ${what}. Allowed: $.name, $.a.b, $['name'], $.list[0:], $.list[0:].name.`,
    )
  if (text[0] !== '$') throw fail(0, 'a path begins with $')
  const steps: string[] = []
  let element: string[] | undefined
  let at = 1
  while (at < text.length) {
    if (text[at] === '.') {
      let end = at + 1
      while (end < text.length && text[end] !== '.' && text[end] !== '[' && text[end] !== ']') end++
      if (end === at + 1) throw fail(at, 'a name is missing after the dot')
      ;(element ?? steps).push(text.slice(at + 1, end))
      at = end
    } else if (text.startsWith('[0:]', at)) {
      if (element !== undefined) throw fail(at, 'only one array level can be flattened')
      element = []
      at += 4
    } else if (text.startsWith("['", at) || text.startsWith('["', at)) {
      const quote = text[at + 1]!
      const end = text.indexOf(`${quote}]`, at + 2)
      if (end < 0) throw fail(at, `${quote}] is missing`)
      ;(element ?? steps).push(text.slice(at + 2, end))
      at = end + 2
    } else if (text[at] === '[') throw fail(at, 'only [0:] and a quoted name can stand in brackets')
    else throw fail(at, `"${text[at]}" is not allowed here`)
  }
  if (steps.length + (element?.length ?? 0) > stepsMax) throw fail(0, `a path has at most ${stepsMax} steps`)
  return { text, steps, element }
}

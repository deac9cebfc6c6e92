/** What is wrong with a filter pattern: AWS's sentence first, then where and what to write instead. */
import { RuntimeError } from '../errors.ts'

export const filterOperators = [
  'prefix',
  'suffix',
  'equals-ignore-case',
  'anything-but',
  'numeric',
  'exists',
] as const

export type FilterOperator = (typeof filterOperators)[number]

/** Where in a list of patterns: `data.City[0]` of the first one of a function. */
export interface FilterPlace {
  readonly stage: string
  /** From 1 on. */
  readonly pattern: number
  readonly path: string
}

export function filterProblem(place: FilterPlace, what: string, next?: string): RuntimeError {
  const path = place.path === '' ? '' : `, at ${place.path}`
  return new RuntimeError('FILTER_INVALID', {
    place: `function "${place.stage}", filter pattern ${place.pattern}${path}`,
    what: `Invalid filter pattern definition. ${what}`,
    allowed: `text, numbers, true, false, null, and objects with one of ${filterOperators.join(', ')}, in lists; $or over fields`,
    next: next ?? 'See "Filters" in the documentation of functions',
  })
}

export function inField(place: FilterPlace, name: string): FilterPlace {
  return { ...place, path: place.path === '' ? name : `${place.path}.${name}` }
}

export function inList(place: FilterPlace, index: number): FilterPlace {
  return { ...place, path: `${place.path}[${index}]` }
}

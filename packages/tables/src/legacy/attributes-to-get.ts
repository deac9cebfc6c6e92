/** AttributesToGet, the older form of projections: names of top-level attributes. */
import { ItemProjection } from '../expression/item-projection.ts'
import { assertString, listOf } from '../values/attribute-shape.ts'
import { invalidParameter } from '../values/request-error.ts'

/** Undefined if there is none. Throws TableRequestError: TABLE_VALUE_INVALID. */
export function legacyProjection(attributesToGet: unknown): ItemProjection | undefined {
  if (attributesToGet == null) return undefined
  const names = new Set<string>()
  for (const name of listOf(attributesToGet)) {
    assertString(name)
    if (names.has(name)) throw invalidParameter(`Duplicate value in attribute name: ${name}`)
    names.add(name)
  }
  return new ItemProjection([...names].map((name) => [name]))
}

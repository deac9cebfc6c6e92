/** A tree without spans and absent fields, as plain data: what tests compare. */
export function shape(part: unknown): unknown {
  if (Array.isArray(part)) return part.map(shape)
  if (typeof part !== 'object' || part === null) return part
  return Object.fromEntries(
    Object.entries(part).flatMap(([key, value]) =>
      key === 'span' || value === undefined ? [] : [[key, shape(value)]],
    ),
  )
}

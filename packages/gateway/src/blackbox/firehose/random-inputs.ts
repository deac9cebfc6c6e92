/** Inputs by the service's model: mostly good ones, with something wrong here and there at random. */
import fc from 'fast-check'
import type { ModelShape, ServiceModel } from './service-model.ts'

/** Patterns with look-ahead or properties, which cannot be turned into texts: some that match, and some that do not. */
const texts: Readonly<Record<string, readonly string[]>> = {
  '^(?!\\s*$).+': ['a', ' b c ', '   ', 'line\nfeed', 'é'],
  '^(?!aws:)[\\p{L}\\p{Z}\\p{N}_.:\\/=+\\-@%]*$': ['key', 'aws:key', 'Straße 7', 'a/b=c+d', 'a#b', '東京'],
  '^[\\p{L}\\p{Z}\\p{N}_.:\\/=+\\-@%]*$': ['', 'value', 'aws:value', 'a&b', '٣'],
}

/** One in so many values is wrong on purpose. */
const WRONG_EVERY = 40

export function inputsOf(
  model: ServiceModel,
  operation: string,
  open: (name: string) => boolean,
): fc.Arbitrary<unknown> {
  const known = new Map<string, fc.Arbitrary<unknown>>()
  const wrongType = fc.constantFrom<unknown>(1, 'text', true, [], {}, [1], { a: 1 }, null)
  const arbitraryOf = (name: string): fc.Arbitrary<unknown> => {
    const found = known.get(name)
    if (found !== undefined) return found
    const shape = model.shapes[name]!
    const good = open(name) ? fc.constantFrom({}, { RoleARN: 1 }) : goodValue(shape, arbitraryOf)
    const made = fc.oneof(
      { weight: WRONG_EVERY - 1, arbitrary: good },
      { weight: 1, arbitrary: wrongValue(shape) },
      { weight: 1, arbitrary: wrongType },
    )
    known.set(name, made)
    return made
  }
  return goodValue(model.shapes[model.operations[operation]!.input.shape]!, arbitraryOf)
}

function goodValue(
  shape: ModelShape,
  arbitraryOf: (name: string) => fc.Arbitrary<unknown>,
): fc.Arbitrary<unknown> {
  const { min = 0, max } = shape
  switch (shape.type) {
    case 'structure': {
      const members = Object.entries(shape.members ?? {}).map(([name, { shape: of }]) => {
        const isRequired = shape.required?.includes(name) === true
        const value = arbitraryOf(of)
        return [name, fc.option(value, { freq: isRequired ? 5 * WRONG_EVERY : 2, nil: undefined })] as const
      })
      return fc
        .record(Object.fromEntries(members))
        .map((record) =>
          Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined)),
        )
    }
    case 'list':
      return fc.array(arbitraryOf(shape.member!.shape), {
        minLength: min,
        maxLength: Math.min(max ?? 3, min + 2),
      })
    case 'map':
      return fc.dictionary(fc.constantFrom('a', 'b', 'with blank', ''), arbitraryOf(shape.value!.shape), {
        maxKeys: 3,
      })
    case 'string': {
      if (shape.enum !== undefined) return fc.constantFrom(...shape.enum)
      if (shape.pattern === undefined) return fc.string({ minLength: min, maxLength: 20 })
      const listed = texts[shape.pattern]
      if (listed !== undefined) return fc.constantFrom(...listed)
      return fc.stringMatching(new RegExp(`^(?:${shape.pattern})$`), { size: 'xsmall' })
    }
    case 'blob':
      return fc.uint8Array({ maxLength: 20 }).map((bytes) => Buffer.from(bytes).toString('base64'))
    case 'boolean':
      return fc.boolean()
    case 'double':
      return fc.double({ min, max: max ?? 1, noNaN: true })
    default:
      return fc.integer({ min, max: max ?? min + 10 })
  }
}

/** Of the right type, and at or over an edge. */
function wrongValue({ type, min, max }: ModelShape): fc.Arbitrary<unknown> {
  const edge = [...(min === undefined ? [] : [min - 1, min]), ...(max === undefined ? [] : [max, max + 1])]
  const sizes = edge.filter((size) => size >= 0 && size < 6000)
  switch (type) {
    case 'string':
      return fc.constantFrom('', ' ', 'é', 'a\nb', '!{x}', ...sizes.map((size) => 'a'.repeat(size)))
    case 'integer':
      return fc.constantFrom(...edge, 0, -1, 1.5, 1e12)
    case 'double':
      return fc.constantFrom(...edge, -0.1, 1.1)
    case 'blob':
      return fc.constantFrom('Q', 'QR==', '*', Buffer.alloc(1_024_001).toString('base64'))
    default:
      return fc.constant([])
  }
}

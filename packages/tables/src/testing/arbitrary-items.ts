/** Random attribute values and items for laws and comparisons: all types, nested, with the odd cases more often than chance. */
import fc from 'fast-check'
import type { AttributeValue, TypedItem } from '../attribute-value.ts'

/** Digits and the place of the point, within what DynamoDB holds. */
export const arbitraryNumberText: fc.Arbitrary<string> = fc.oneof(
  { weight: 3, arbitrary: fc.integer({ min: -20, max: 20 }).map(String) },
  { weight: 1, arbitrary: fc.maxSafeInteger().map(String) },
  {
    weight: 3,
    arbitrary: fc
      .tuple(fc.bigInt({ min: -(10n ** 38n) + 1n, max: 10n ** 38n - 1n }), fc.integer({ min: -130, max: 88 }))
      .map(([digits, exponent]) => `${digits}e${exponent}`),
  },
  {
    weight: 3,
    arbitrary: fc
      .tuple(fc.integer({ min: -9999, max: 9999 }), fc.integer({ min: -4, max: 4 }))
      .map(([digits, exponent]) => `${digits}E${exponent}`),
  },
)

export const arbitraryText: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom('', 'a', 'b', 'ab', 'abc', 'ä', '\uffff', '😀', 'a\u0000b', '10', '9'),
  fc.string({ unit: 'binary', maxLength: 6 }),
)

export const arbitraryBase64: fc.Arbitrary<string> = fc
  .oneof(fc.constantFrom([], [0], [255], [97], [97, 98]), fc.array(fc.nat(255), { maxLength: 5 }))
  .map((bytes) => Buffer.from(bytes).toString('base64'))

export const arbitraryName: fc.Arbitrary<string> = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom('a', 'b', 'c', 'd') },
  { weight: 1, arbitrary: fc.constantFrom('constructor', '__proto__', 'a.b', '[0]', '#', 'ä') },
)

/** Values as a request may hold them: numbers in any notation. */
export const arbitraryValue: fc.Arbitrary<AttributeValue> = fc.letrec<{ value: AttributeValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3, depthIdentifier: 'attribute' },
    fc.oneof(
      { weight: 3, arbitrary: arbitraryText.map((S): AttributeValue => ({ S })) },
      { weight: 3, arbitrary: arbitraryNumberText.map((N): AttributeValue => ({ N })) },
      arbitraryBase64.map((B): AttributeValue => ({ B })),
      fc.boolean().map((BOOL): AttributeValue => ({ BOOL })),
      fc.constant<AttributeValue>({ NULL: true }),
      fc.uniqueArray(arbitraryText, { minLength: 1, maxLength: 4 }).map((SS): AttributeValue => ({ SS })),
      fc
        .uniqueArray(fc.integer({ min: -9, max: 99 }), { minLength: 1, maxLength: 9 })
        .map((numbers): AttributeValue => ({ NS: numbers.map(String) })),
      fc.uniqueArray(arbitraryBase64, { minLength: 1, maxLength: 4 }).map((BS): AttributeValue => ({ BS })),
    ),
    fc.array(tie('value'), { maxLength: 4 }).map((L): AttributeValue => ({ L })),
    arbitraryMembers(tie('value')).map((M): AttributeValue => ({ M })),
  ),
})).value

export const arbitraryItem: fc.Arbitrary<TypedItem> = arbitraryMembers(arbitraryValue)

function arbitraryMembers(value: fc.Arbitrary<AttributeValue>): fc.Arbitrary<TypedItem> {
  // JSON.parse makes an own member of "__proto__", as the wire does.
  return fc
    .uniqueArray(fc.tuple(arbitraryName, value), { selector: ([name]) => name, maxLength: 4 })
    .map((members) => {
      const text = members.map(([name, member]) => `${JSON.stringify(name)}:${JSON.stringify(member)}`)
      return JSON.parse(`{${text.join(',')}}`) as TypedItem
    })
}

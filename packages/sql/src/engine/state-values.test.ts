import fc from 'fast-check'
import { expect, test } from 'vitest'
import { decodeValues, encodeValues, type StateValue } from './state-values.ts'

const scalar = fc.oneof(
  fc.constant(null),
  fc.boolean(),
  fc.integer(),
  fc.double(),
  fc.bigInt(),
  fc.string({ unit: 'grapheme' }),
  fc.uint8Array({ maxLength: 40 }),
)
const { value } = fc.letrec<{ value: StateValue }>((tie) => ({
  value: fc.oneof({ depthSize: 'small', maxDepth: 6 }, scalar, fc.array(tie('value'), { maxLength: 5 })),
}))

test('decoding what was encoded gives it back', () => {
  fc.assert(
    fc.property(value, (subject) => {
      expect(decodeValues(encodeValues(subject))).toEqual(subject)
    }),
  )
})

test('every truncation is refused', () => {
  fc.assert(
    fc.property(value, fc.nat(), (subject, cut) => {
      const blob = encodeValues(subject)
      expect(() => decodeValues(blob.subarray(0, cut % blob.length))).toThrow()
    }),
  )
})

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { compareExtended, extendedSequence, parseExtendedSequence, subSequenceMax } from './sub-sequence.ts'

const place = fc.record({
  sequenceNumber: fc.bigInt({ min: 0n, max: 2n ** 190n }).map(String),
  subSequence: fc.integer({ min: 0, max: subSequenceMax }),
})

test('the text form is the sequence number and six digits, and is taken apart to the same place', () => {
  expect(extendedSequence('4956', 7)).toBe('4956000007')
  fc.assert(
    fc.property(place, (one) => {
      expect(parseExtendedSequence(extendedSequence(one.sequenceNumber, one.subSequence))).toEqual(one)
    }),
  )
  for (const text of ['', '123456', 'x123456', '0012345678', '1234567 ', 'TRIM_HORIZON']) {
    expect(parseExtendedSequence(text)).toBeUndefined()
  }
})

test('places compare as (number, number)', () => {
  fc.assert(
    fc.property(place, place, (a, b) => {
      const [x, y] = [a, b].map((one) => BigInt(one.sequenceNumber) * 1_000_000n + BigInt(one.subSequence))
      expect(Math.sign(compareExtended(a, b))).toBe(x! > y! ? 1 : x! < y! ? -1 : 0)
      expect(compareExtended(a, { ...a })).toBe(0)
    }),
  )
})

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { arbitraryNumberText } from '../testing/arbitrary-items.ts'
import { exactNumber } from '../testing/exact-number.ts'
import { addNumbers, canonicalNumber, compareNumbers, numberSize, subtractNumbers } from './number-text.ts'
import { TableRequestError } from './request-error.ts'

const canonical = arbitraryNumberText.map((text) => {
  try {
    return canonicalNumber(text)
  } catch {
    return '0'
  }
})

describe('canonical numbers', () => {
  test('have one text for each value, which reads as the same value', () => {
    fc.assert(
      fc.property(arbitraryNumberText, arbitraryNumberText, (a, b) => {
        const [first, second] = [reading(a), reading(b)]
        if (first !== undefined) {
          expect(exactNumber(first)).toBe(exactNumber(a))
          expect(canonicalNumber(first)).toBe(first)
        }
        if (first === undefined || second === undefined) return
        expect(first === second).toBe(exactNumber(a) === exactNumber(b))
      }),
    )
  })

  test('are ordered as exact rationals are', () => {
    fc.assert(
      fc.property(canonical, canonical, (a, b) => {
        const [x, y] = [exactNumber(a), exactNumber(b)]
        expect(Math.sign(compareNumbers(a, b))).toBe(x < y ? -1 : x > y ? 1 : 0)
      }),
      { numRuns: 1000 },
    )
  })

  test('add and subtract exactly, or not at all', () => {
    fc.assert(
      fc.property(canonical, canonical, fc.boolean(), (a, b, plus) => {
        const exact = plus ? exactNumber(a) + exactNumber(b) : exactNumber(a) - exactNumber(b)
        let sum: string
        try {
          sum = plus ? addNumbers(a, b) : subtractNumbers(a, b)
        } catch (error) {
          expect((error as TableRequestError).reason).toMatch(/^Number (?:over|under)flow\./)
          const digits = String(exact).replace('-', '').replace(/0+$/, '')
          const magnitude = String(exact).replace('-', '').length - 1 - 400
          expect(digits.length > 38 || magnitude > 125 || magnitude < -130).toBe(true)
          return
        }
        expect(exactNumber(sum)).toBe(exact)
        expect(canonicalNumber(sum)).toBe(sum)
      }),
      { numRuns: 1000 },
    )
  })

  test.each([
    ['0', '0'],
    ['-0', '0'],
    ['0e1000', '0'],
    ['+3', '3'],
    ['.123', '0.123'],
    ['5.', '5'],
    ['0001.2300', '1.23'],
    ['1e+5', '100000'],
    ['-17.4E3', '-17400'],
    ['1e125', `1${'0'.repeat(125)}`],
    ['-1E-130', `-0.${'0'.repeat(129)}1`],
    ['9'.repeat(38), '9'.repeat(38)],
    [`${'9'.repeat(38)}0000`, `${'9'.repeat(38)}0000`],
  ])('%s is %s', (text, expected) => {
    expect(canonicalNumber(text)).toBe(expected)
  })

  test.each([
    ['', 'The parameter cannot be converted to a numeric value'],
    ['b', 'The parameter cannot be converted to a numeric value: b'],
    [' 1', 'The parameter cannot be converted to a numeric value:  1'],
    ['.', 'The parameter cannot be converted to a numeric value: .'],
    ['NaN', 'The parameter cannot be converted to a numeric value: NaN'],
    ['0x10', 'The parameter cannot be converted to a numeric value: 0x10'],
    ['1'.repeat(39), 'Attempting to store more than 38 significant digits in a Number'],
    [
      '-1.23456789012345678901234567890123456789',
      'Attempting to store more than 38 significant digits in a Number',
    ],
    ['1e126', 'Number overflow. Attempting to store a number with magnitude larger than supported range'],
    ['-1e126', 'Number overflow. Attempting to store a number with magnitude larger than supported range'],
    ['1e-131', 'Number underflow. Attempting to store a number with magnitude smaller than supported range'],
    [
      '1e99999999999999999999',
      'Number overflow. Attempting to store a number with magnitude larger than supported range',
    ],
  ])('%s is refused: %s', (text, reason) => {
    expect(() => canonicalNumber(text)).toThrow(expect.objectContaining({ reason }))
  })

  test.each([
    ['0', 1],
    ['1', 2],
    ['-1', 3],
    ['10', 2],
    ['99', 2],
    ['100', 2],
    ['123', 3],
    ['0.0001', 2],
    ['123.4', 4],
    ['12.34', 3],
    ['9'.repeat(38), 20],
  ])('%s counts %i bytes', (text, size) => {
    expect(numberSize(text)).toBe(size)
  })

  test('a sum of more than 38 digits is an overflow', () => {
    expect(() => addNumbers(canonicalNumber('1e50'), '1')).toThrow('Number overflow.')
    expect(() => addNumbers(canonicalNumber('9e125'), canonicalNumber('9e125'))).toThrow('Number overflow.')
    expect(addNumbers('10000000000000000000000', '1')).toBe('10000000000000000000001')
    expect(subtractNumbers('0.3', '0.1')).toBe('0.2')
  })
})

function reading(text: string): string | undefined {
  try {
    return canonicalNumber(text)
  } catch (error) {
    if (error instanceof TableRequestError) return undefined
    throw error
  }
}

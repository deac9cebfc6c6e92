import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ExactFloatSum } from './exact-float-sum.ts'

const values = fc.array(fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e300, max: 1e300 }), {
  maxLength: 30,
})

const sumOf = (numbers: readonly number[]) => {
  const sum = new ExactFloatSum()
  for (const each of numbers) sum.add(each)
  return sum
}

test('integers of a double add up as bigints do', () => {
  fc.assert(
    fc.property(
      fc.array(fc.bigInt({ min: -(2n ** 200n), max: 2n ** 200n }), { maxLength: 20 }),
      (integers) => {
        const doubles = integers.map(Number)
        const exact = doubles.reduce((sum, each) => sum + BigInt(each), 0n)
        expect(sumOf(doubles).value + 0).toBe(Number(exact))
      },
    ),
  )
})

test('the order of adding does not show', () => {
  fc.assert(
    fc.property(values, (numbers) => {
      const sorted = [...numbers].sort((a, b) => a - b)
      expect(sumOf(sorted).value).toBe(sumOf(numbers).value)
    }),
  )
})

test('what is taken back out leaves no trace', () => {
  fc.assert(
    fc.property(values, values, (kept, taken) => {
      const sum = sumOf([...taken, ...kept])
      for (const each of taken) sum.add(-each)
      expect(sum.value).toBe(sumOf(kept).value)
    }),
  )
})

test('a sum goes on from its parts', () => {
  fc.assert(
    fc.property(values, values, (before, after) => {
      const sum = new ExactFloatSum(sumOf(before).parts)
      for (const each of after) sum.add(each)
      expect(sum.value).toBe(sumOf([...before, ...after]).value)
    }),
  )
})

import { seededRandom } from '@millrace/values'
import { describe, expect, test } from 'vitest'
import { compileExpressions } from '../expression/expressions.ts'
import { filterCondition } from '../legacy/legacy-conditions.ts'
import { bytesContain, textContains } from './contains-part.ts'

describe('parts of texts and bytes', () => {
  test('are found as the engine finds them', () => {
    const seed = 7
    const random = seededRandom(seed)
    const below = (n: number): number => Math.floor(random.next() * n)
    const word = (length: number): string => Array.from({ length }, () => 'aab'.charAt(below(3))).join('')
    for (let i = 0; i < 60; i++) {
      const text = word(60_000)
      const at = below(50_000)
      const found = text.slice(at, at + 20 + below(400))
      for (const part of [found, `${found}c`, `${found.slice(1)}${word(3)}`, word(18)]) {
        const wanted = text.includes(part)
        expect(textContains(text, part), `seed ${seed}`).toBe(wanted)
        expect(bytesContain(Buffer.from(text), Buffer.from(part)), `seed ${seed}`).toBe(wanted)
      }
    }
    expect(textContains('', '')).toBe(true)
    expect(textContains('a'.repeat(100), 'a'.repeat(20_000))).toBe(false)
  })

  test('that almost fit everywhere cost no more than others', () => {
    const part = `${'a'.repeat(10)}b${'a'.repeat(190_000)}`
    const { filter } = compileExpressions({
      FilterExpression: Array.from({ length: 20 }, () => 'contains(v, :p)').join(' OR '),
      ExpressionAttributeValues: { ':p': { S: part } },
    })
    expect(filter!.holds({ v: { S: 'a'.repeat(400_000) } })).toBe(false)
  })
})

describe('older filters', () => {
  test('compare with lists of any length at the cost of one look', () => {
    const AttributeValueList = Array.from({ length: 100_000 }, (_, i) => ({ N: String(i) }))
    const filter = filterCondition(
      'ScanFilter',
      { n: { ComparisonOperator: 'IN', AttributeValueList } },
      undefined,
    )
    let held = 0
    for (let i = 0; i < 100_000; i++) if (filter!.holds({ n: { N: String(i * 2) } })) held++
    expect(held).toBe(50_000)
    expect(filter!.holds({ n: { S: '1' } })).toBe(false)
    expect(filter!.holds({})).toBe(false)
  })

  test('have as many conditions as expressions have operators', () => {
    const filter = (count: number) =>
      filterCondition(
        'ScanFilter',
        Object.fromEntries(
          Array.from({ length: count }, (_, i) => [`a${i}`, { ComparisonOperator: 'NULL' }]),
        ),
        'OR',
      )
    expect(filter(300)!.holds({})).toBe(true)
    expect(() => filter(301)).toThrow(/too many/)
  })
})

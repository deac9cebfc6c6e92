import { describe, expect, it } from 'vitest'
import { nearestName } from './spelling.ts'

describe('the nearest name', () => {
  const known = ['orders', 'rate', 'file', 'products-file', 'seed']
  it.each([
    ['oders', 'orders'],
    ['order', 'orders'],
    ['odrers', 'orders'],
    ['products_file', 'products-file'],
    ['SEED', 'seed'],
    ['rat', 'rate'],
  ])('%s -> %s', (wrong, near) => expect(nearestName(wrong, known)).toBe(near))

  it('is none where nothing is near', () => {
    expect(nearestName('partition', known)).toBeUndefined()
    expect(nearestName('', known)).toBeUndefined()
  })
})

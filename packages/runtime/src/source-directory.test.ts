import { basename, dirname, join } from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { sourceDirectory } from './source-directory.ts'

test('every name of a source has a folder of its own directly below `sources`', () => {
  const name = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 12 })
  fc.assert(
    fc.property(name, name, (one, other) => {
      const folder = sourceDirectory('/data/app', one)
      expect(dirname(folder)).toBe(join('/data/app', 'sources'))
      expect(basename(folder)).toMatch(/^[A-Za-z0-9_%;-]+$/)
      expect(folder === sourceDirectory('/data/app', other)).toBe(one === other)
    }),
  )
  expect(sourceDirectory('/data/app', 'orders-source')).toBe('/data/app/sources/orders-source')
})

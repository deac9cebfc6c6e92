import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { storeErrorCodes } from './errors.ts'

test('the table of codes and the codes that are thrown are the same', () => {
  const dir = dirname(fileURLToPath(import.meta.url))
  const thrown = new Set<string>()
  for (const name of readdirSync(dir)) {
    if (!name.endsWith('.ts') || name.endsWith('.test.ts') || name === 'errors.ts') continue
    for (const [, code] of readFileSync(join(dir, name), 'utf8').matchAll(/'(STORE_[A-Z_]+)'/g))
      thrown.add(code!)
  }
  expect([...thrown].sort()).toEqual(Object.keys(storeErrorCodes).sort())
})

import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { STARTS_FILE, UNCLEAN_STARTS_MAX } from './crash-guard.ts'
import { DATA_FILE, PAGE_BYTES } from './layout.ts'
import { startChild, testDirectory } from './testing/support.ts'

/** Starts of a program that restarts whatever happens; more than the guard needs to step in. */
const STARTS = UNCLEAN_STARTS_MAX + 2

/** A store with a few hundred items, records and blobs, left by a clean close. */
async function filled(): Promise<string> {
  const dir = testDirectory()
  expect((await startChild('visitor', dir, '200').ended).code).toBe(0)
  return dir
}

test('whatever pages are destroyed, starts end in work or in an error by name, not in crash after crash', {
  timeout: 120_000,
}, async () => {
  const dir = await filled()
  const path = join(dir, DATA_FILE)
  const whole = readFileSync(path)
  const pages = whole.length / PAGE_BYTES
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 2, max: pages - 1 }), fc.nat(), async (page, seed) => {
      const damaged = Buffer.from(whole)
      for (let i = 0; i < PAGE_BYTES; i++) damaged[page * PAGE_BYTES + i]! ^= 1 + ((i * 31 + seed) % 255)
      writeFileSync(path, damaged)
      rmSync(join(dir, STARTS_FILE), { force: true })
      let last = await startChild('visitor', dir, '0').ended
      for (let start = 1; start < STARTS && last.signal !== null; start++)
        last = await startChild('visitor', dir, '0').ended
      expect(last.signal).toBeNull()
      if (last.code !== 0) expect(last.errors).toMatch(/STORE_DAMAGED .*data\.mdb/)
    }),
    { numRuns: 8 },
  )
})

test('starts that were only killed go on: the data is found sound', { timeout: 60_000 }, async () => {
  const dir = await filled()
  for (let start = 0; start < STARTS; start++) {
    const child = startChild('holder', dir)
    expect(await child.line((line) => line === 'open')).toBe('open')
    child.process.kill('SIGKILL')
    await child.ended
  }
  expect((await startChild('visitor', dir, '10').ended).code).toBe(0)
})

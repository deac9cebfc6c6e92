import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { VirtualClock } from '@millrace/values'
import { afterAll, expect, test } from 'vitest'
import { FileCache } from './file-cache.ts'

const base = mkdtempSync(join(tmpdir(), 'millrace-cache-'))
afterAll(() => rmSync(base, { recursive: true }))
let folders = 0
const start = Date.UTC(2026, 5, 1)

test('a copy is fetched once, also when many ask at once', async () => {
  const cache = new FileCache({
    dir: join(base, `${++folders}`),
    bytesMax: 100,
    clock: new VirtualClock(start),
  })
  let fetched = 0
  const ask = () =>
    cache.file('a', async (path) => {
      fetched++
      writeFileSync(path, 'x')
    })
  const paths = await Promise.all([ask(), ask()])
  expect(await ask()).toBe(paths[0])
  expect(paths[1]).toBe(paths[0])
  expect(fetched).toBe(1)
})

test('beyond the bytes allowed the longest unused go, but none that was used within ten minutes', async () => {
  const clock = new VirtualClock(start)
  const dir = join(base, `${++folders}`)
  const open = () => new FileCache({ dir, bytesMax: 25, clock })
  let cache = open()
  const ask = (name: string) => cache.file(name, async (path) => writeFileSync(path, '0123456789'))
  await ask('a')
  await clock.advance(60_000)
  await ask('b')
  await clock.advance(60_000)
  await ask('a')
  await ask('c')
  expect(readdirSync(dir).sort()).toEqual(['a', 'b', 'c'])
  // A process that starts later counts what is there.
  cache = open()
  await clock.advance(600_000)
  await ask('a')
  await ask('d')
  expect(readdirSync(dir).sort()).toEqual(['a', 'd'])
})

test('a fetch that fails leaves nothing, and the next one is made', async () => {
  const dir = join(base, `${++folders}`)
  const cache = new FileCache({ dir, bytesMax: 25, clock: new VirtualClock(start) })
  const failing = cache.file('a', async (path) => {
    writeFileSync(path, 'half')
    throw new Error('cut')
  })
  await expect(failing).rejects.toThrow('cut')
  expect(readdirSync(dir)).toEqual([])
  expect(existsSync(await cache.file('a', async (path) => writeFileSync(path, 'x')))).toBe(true)
})

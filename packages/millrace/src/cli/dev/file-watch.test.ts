import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { VirtualClock } from '@millrace/values'
import { expect, onTestFinished, test } from 'vitest'
import { FileWatch, isBelow } from './file-watch.ts'

const never = new AbortController().signal

function setUp() {
  const dir = mkdtempSync(join(tmpdir(), 'millrace-watch-'))
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }))
  const clock = new VirtualClock()
  const path = (name: string) => join(dir, name)
  for (const folder of ['code/lib', 'code/node_modules/x', 'code/.git'])
    mkdirSync(path(folder), { recursive: true })
  writeFileSync(path('app.ts'), '1')
  writeFileSync(path('code/a.js'), '1')
  const watch = new FileWatch(clock)
  watch.set({ files: [path('app.ts'), path('missing.ts')], folders: [path('code')] })
  return { clock, path, watch }
}

test('what is saved together is told together, however it is saved, and once', async () => {
  const { clock, path, watch } = setUp()
  const told = watch.next(never)
  await clock.advance(400)
  writeFileSync(path('code/lib/new.ts'), '1')
  await clock.advance(200)
  // As editors do it: a new file in the place of the old one.
  writeFileSync(path('app.ts.tmp'), '2')
  renameSync(path('app.ts.tmp'), path('app.ts'))
  await clock.advance(200)
  writeFileSync(path('missing.ts'), 'there')
  rmSync(path('code/a.js'))
  await clock.advance(600)
  expect(await told).toEqual([path('app.ts'), path('code/a.js'), path('code/lib/new.ts'), path('missing.ts')])

  const next = watch.next(never)
  await clock.advance(1000)
  writeFileSync(path('code/lib/new.ts'), '2')
  await clock.advance(400)
  expect(await next).toEqual([path('code/lib/new.ts')])
})

test('packages, hidden folders and what is no code are not looked at; the end comes with the signal', async () => {
  const { clock, path, watch } = setUp()
  const stop = new AbortController()
  const told = watch.next(stop.signal)
  for (const name of ['code/node_modules/x/i.js', 'code/.git/x.js', 'code/out.csv', 'beside.ts']) {
    writeFileSync(path(name), '1')
  }
  await clock.advance(1000)
  stop.abort()
  expect(await told).toEqual([])
})

test('a change between two sets of files is not lost', async () => {
  const { clock, path, watch } = setUp()
  writeFileSync(path('app.ts'), 'changed meanwhile')
  watch.set({ files: [path('app.ts')], folders: [] })
  const told = watch.next(never)
  await clock.advance(400)
  expect(await told).toEqual([path('app.ts')])
})

test('a folder is not below one whose name begins alike', () => {
  expect(isBelow('/a/code', '/a/code/x.js')).toBe(true)
  expect(isBelow('/a/code', '/a/code2/x.js')).toBe(false)
})

/** Nobody goes on before every folder on the way is synced, whoever made it. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { DurableFolders } from './durable-folders.ts'

const roots: string[] = []
afterEach(() => {
  for (const root of roots.splice(0)) rmSync(root, { recursive: true, force: true })
})

function makeRoot(): string {
  const root = mkdtempSync(join(tmpdir(), 'millrace-folders-'))
  roots.push(root)
  return root
}

test('each folder is synced into its parent once, and again after it was deleted and made anew', async () => {
  const root = makeRoot()
  const synced: string[] = []
  const folders = new DurableFolders(async (dir) => {
    synced.push(dir)
  })
  await folders.ensure(root, join(root, 'a/b'))
  expect(synced.splice(0)).toEqual([join(root, 'a'), root])
  await folders.ensure(root, join(root, 'a/b'))
  await folders.ensure(root, join(root, 'a'))
  await folders.ensure(root, root)
  expect(synced).toEqual([])
  await folders.ensure(root, join(root, 'a/c'))
  expect(synced.splice(0)).toEqual([join(root, 'a')])
  rmSync(join(root, 'a'), { recursive: true })
  // Takes the number of the folder that is gone, where the file system gives it out again.
  mkdirSync(join(root, 'other'))
  await folders.ensure(root, join(root, 'a/b'))
  expect(synced).toEqual([join(root, 'a'), root])
})

test('a folder that another put, or a killed process, has made and not synced is synced by whoever needs it', async () => {
  const root = makeRoot()
  mkdirSync(join(root, 'left/behind'), { recursive: true })
  const gates: (() => void)[] = []
  const synced: string[] = []
  const folders = new DurableFolders(async (dir) => {
    await new Promise<void>((resolve) => gates.push(resolve))
    synced.push(dir)
  })
  const ended: string[] = []
  const both = ['first', 'second'].map(async (who) => {
    await folders.ensure(root, join(root, 'left/behind'))
    expect(new Set(synced)).toEqual(new Set([root, join(root, 'left')]))
    ended.push(who)
  })
  while (ended.length < 2) {
    gates.shift()?.()
    await new Promise((resolve) => setImmediate(resolve))
  }
  await Promise.all(both)
})

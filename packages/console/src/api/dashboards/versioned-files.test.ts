/** Documents with versions: of writers that began at the same version one wins, and readers always see one whole. */
import { mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { VersionedFiles } from './versioned-files.ts'

let dir: string
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'millrace-files-'))
})
afterEach(() => rmSync(dir, { recursive: true, force: true }))

it('of many that change one version at the same time, one wins, and none of the others is seen', async () => {
  const files = new VersionedFiles(join(dir, 'new'))
  for (let version = 0; version < 8; version++) {
    const outcomes = await Promise.all(
      Array.from({ length: 6 }, (_, writer) =>
        // Each with a handle of its own, as processes have.
        new VersionedFiles(join(dir, 'new')).save('a', `${version}/${writer}`, version),
      ),
    )
    const winners = outcomes.flatMap((outcome, writer) => (outcome === undefined ? [] : [writer]))
    expect(winners).toHaveLength(1)
    expect(await files.read('a')).toEqual({
      name: 'a',
      version: version + 1,
      text: `${version}/${winners[0]}`,
    })
  }
  expect(readdirSync(join(dir, 'new')).sort()).toEqual(['a.6.json', 'a.7.json', 'a.8.json'])
})

it('a change of an older version is refused, also of one whose file is gone', async () => {
  const files = new VersionedFiles(dir)
  for (let version = 0; version < 6; version++) await files.save('a', String(version), version)
  for (const old of [0, 1, 3, 5]) expect(await files.save('a', 'late', old)).toBeUndefined()
  expect(await files.save('a', 'ahead', 7)).toBeUndefined()
  expect(await files.read('a')).toMatchObject({ version: 6, text: '5' })
  expect(await files.remove('a', 5)).toBe(false)
  expect(await files.remove('a', 6)).toBe(true)
  expect(await files.read('a')).toBeUndefined()
  expect(readdirSync(dir)).toEqual([])
})

it('names stay apart, and what others have put into the folder is left alone', async () => {
  const files = new VersionedFiles(dir)
  await files.save('a', '1', 0)
  await files.save('a-b', '2', 0)
  writeFileSync(join(dir, 'notes.txt'), 'mine')
  writeFileSync(join(dir, 'a.json'), '{}')
  expect(await files.list()).toEqual([
    { name: 'a', version: 1, text: '1' },
    { name: 'a-b', version: 1, text: '2' },
  ])
  expect(await new VersionedFiles(join(dir, 'nowhere')).list()).toEqual([])
})

it('links to nothing and numbers that it would not write are no documents', async () => {
  const files = new VersionedFiles(dir)
  await files.save('a', 'text', 0)
  writeFileSync(join(dir, 'odd.01.json'), '{}')
  symlinkSync(join(dir, 'nowhere'), join(dir, 'gone.1.json'))
  expect(await files.list()).toEqual([{ name: 'a', version: 1, text: 'text' }])
  expect(await files.read('gone')).toBeUndefined()
})

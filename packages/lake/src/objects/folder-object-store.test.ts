import { spawnSync } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock, VirtualClock } from '@millrace/values'
import { afterAll, describe, expect, test } from 'vitest'
import { FolderObjectStore } from './folder-object-store.ts'
import { describeObjectStore } from './object-store-contract.ts'

const base = mkdtempSync(join(tmpdir(), 'millrace-folder-'))
afterAll(() => rmSync(base, { recursive: true }))
let folders = 0
const newDir = () => join(base, `f${++folders}`, 'bucket')
const folderStore = (dir: string) => new FolderObjectStore({ name: 'lake', dir, clock: systemClock })
const text = (value: string) => ({ bytes: Buffer.from(value) })

const dir = newDir()
describeObjectStore('A folder', {
  open: async () => folderStore(dir),
  reopen: async () => folderStore(dir),
  end: async () => {},
})

describe('a folder store', () => {
  test('reading from a folder that is not there finds nothing and makes nothing', async () => {
    const dir = newDir()
    const store = folderStore(dir)
    expect(await store.get('a')).toBeUndefined()
    expect(await store.list('')).toEqual({ objects: [], more: false })
    await store.delete(['a'])
    expect(existsSync(dir)).toBe(false)
  })

  test('objects are plain files, and files that others write are objects', async () => {
    const dir = newDir()
    const store = folderStore(dir)
    await store.put('a/b.json', text('{}'))
    expect(readdirSync(join(dir, 'a'))).toEqual(['b.json'])
    expect(await store.localFile('a/b.json')).toBe(join(dir, 'a', 'b.json'))
    const before = await store.head('a/b.json')
    writeFileSync(join(dir, 'a', 'b.json'), '{"x":1}')
    writeFileSync(join(dir, 'a', 'c.json'), '[]')
    expect((await store.list('')).objects.map(({ key }) => key)).toEqual(['a/b.json', 'a/c.json'])
    expect((await store.head('a/b.json'))?.etag).not.toBe(before?.etag)
  })

  test('files whose names are no keys are not shown', async () => {
    const dir = newDir()
    const store = folderStore(dir)
    await store.put('a', text('x'))
    writeFileSync(join(dir, 'two\nlines'), 'x')
    expect((await store.list('')).objects.map(({ key }) => key)).toEqual(['a'])
  })

  test('an object and a folder of one name cannot both be; the error says so', async () => {
    const dir = newDir()
    const store = folderStore(dir)
    await store.put('a', text('x'))
    await store.put('b/c', text('x'))
    for (const key of ['a/b', 'b']) {
      for (const ifAbsent of [false, true]) {
        await expect(store.put(key, text('x'), { ifAbsent })).rejects.toMatchObject({
          code: 'OBJECT_KEY_INVALID',
          message: expect.stringContaining('has another object in its way'),
        })
      }
    }
    expect(await store.get('a/b')).toBeUndefined()
    expect(await store.head('b')).toBeUndefined()
    expect(readdirSync(join(dir, '.millrace'))).toEqual([])
  })

  test('symbolic links are neither shown nor followed', async () => {
    const dir = newDir()
    const outside = newDir()
    mkdirSync(outside, { recursive: true })
    writeFileSync(join(outside, 'secret'), 's')
    const store = folderStore(dir)
    await store.put('in', text('x'))
    symlinkSync(outside, join(dir, 'way'))
    symlinkSync(join(outside, 'secret'), join(dir, 'link'))
    expect((await store.list('')).objects.map(({ key }) => key)).toEqual(['in'])
    for (const key of ['way/secret', 'link']) {
      expect(await store.get(key)).toBeUndefined()
      expect(await store.head(key)).toBeUndefined()
      await expect(store.localFile(key)).rejects.toMatchObject({ code: 'OBJECT_MISSING' })
    }
    await store.delete(['way/secret'])
    expect(readdirSync(outside)).toEqual(['secret'])
    await expect(store.put('way/new', text('x'))).rejects.toMatchObject({
      code: 'OBJECT_KEY_INVALID',
      message: expect.stringContaining('symbolic link'),
    })
    expect(readdirSync(outside)).toEqual(['secret'])
  })

  test('the bucket itself may be a link', async () => {
    const dir = newDir()
    const other = newDir()
    mkdirSync(other, { recursive: true })
    mkdirSync(join(dir, '..'), { recursive: true })
    symlinkSync(other, dir)
    const store = folderStore(dir)
    await store.put('a/b', text('x'))
    expect(Buffer.from((await store.get('a/b')) ?? []).toString()).toBe('x')
    expect(existsSync(join(other, 'a', 'b'))).toBe(true)
  })

  test('writers at once, some of which delete, lose nothing that was acknowledged last', async () => {
    const dir = newDir()
    const store = folderStore(dir)
    await Promise.all(
      Array.from({ length: 20 }, async (_, i) => {
        for (let round = 0; round < 10; round++) {
          await store.put(`deep/${i % 2}/k${i}`, text(`${round}`))
          if (round < 9) await store.delete([`deep/${i % 2}/k${i}`])
        }
      }),
    )
    expect((await store.list('')).objects).toHaveLength(20)
  })

  test('what fails says the folder and the reason', async () => {
    const dir = newDir()
    mkdirSync(join(dir, '..'), { recursive: true })
    writeFileSync(dir, 'a file')
    await expect(folderStore(dir).put('a', text('x'))).rejects.toMatchObject({
      code: 'OBJECT_STORE_FAILED',
      message: expect.stringContaining(dir),
    })
    await expect(
      folderStore(newDir()).put('a', { file: join(base, 'none'), isMove: true }),
    ).rejects.toMatchObject({ code: 'OBJECT_STORE_FAILED', message: expect.stringContaining('ENOENT') })
  })
})

describe('a put that is killed', () => {
  const child = new URL('./testing/killed-put.mjs', import.meta.url).pathname
  const killAt = (dir: string, step: string, value: string) => {
    const ended = spawnSync(process.execPath, [child, dir, step, value], { encoding: 'utf8' })
    expect(ended.signal, ended.stderr).toBe('SIGKILL')
  }

  test.each(['begin', 'written', 'visible'])(
    'at "%s" leaves the old object or the new one, and its rest is swept',
    async (step) => {
      const dir = newDir()
      await folderStore(dir).put('a/b', text('old'))
      killAt(dir, step, 'new')
      const later = folderStore(dir)
      expect(Buffer.from((await later.get('a/b')) ?? []).toString()).toBe(step === 'visible' ? 'new' : 'old')
      expect((await later.list('')).objects.map(({ key }) => key)).toEqual(['a/b'])
      expect(readdirSync(join(dir, '.millrace'))).toHaveLength(step === 'written' ? 1 : 0)
      await later.put('c', text('x'))
      expect(readdirSync(join(dir, '.millrace'))).toEqual([])
    },
  )

  test('files of others that may still be written stay, until nobody has touched them for an hour', async () => {
    const dir = newDir()
    const start = Date.UTC(2026, 5, 1)
    const hidden = join(dir, '.millrace')
    mkdirSync(hidden, { recursive: true })
    const part = join(hidden, `00000000-1-other.part`)
    writeFileSync(part, 'x')
    utimesSync(part, start / 1000, start / 1000)
    const open = (at: number) => new FolderObjectStore({ name: 'lake', dir, clock: new VirtualClock(at) })
    await open(start + 3_599_000).put('a', text('x'))
    expect(existsSync(part)).toBe(true)
    await open(start + 3_600_000).put('a', text('x'))
    expect(existsSync(part)).toBe(false)
  })
})

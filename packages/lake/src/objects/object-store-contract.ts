/**
 * The contract of every object store, as a suite: each store's test gives it a place, and all promises of the port are checked.
 * Random programs are compared with a map of bytes; their seed is in the test's name.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { seededRandom } from '@millrace/values'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { compareKeys } from './compare-keys.ts'
import type { ObjectStore } from './object-store.ts'

export interface ObjectStoreCase {
  /** An empty store. */
  open(): Promise<ObjectStore>
  /** The same place again, as a process sees it that starts later. Absent: the store does not outlive its handle. */
  reopen?(store: ObjectStore): Promise<ObjectStore>
  /** Clears the place away. */
  end(): Promise<void>
}

const seed = Number(process.env.MILLRACE_SEED ?? 4_711)

const badKeys = [
  '',
  '/a',
  '..',
  '../a',
  'a/../../b',
  'a/./b',
  'a//b',
  'a/',
  '.millrace/tmp/a',
  'a\nb',
  'a\u0000b',
  'a\u007f',
  '\ud800',
  'x'.repeat(256),
  'é/'.repeat(342).slice(0, -1),
]

/** The sorting of the last four differs between UTF-8 and UTF-16. */
const oddKeys = [
  'a b+c&d=e?f#g%20',
  'quotes\'"`',
  'back\\slash',
  'ümläut/日本語',
  '.hidden',
  'a.b',
  'a-b',
  'a/b',
  'a0b',
  'Z',
  '\u{1f600}',
  '\ufb01',
  '\uffee/x',
  '\u{10000}',
]

export function describeObjectStore(name: string, place: ObjectStoreCase): void {
  describe(`${name} keeps the contract of object stores`, () => {
    let store: ObjectStore
    let folder: string
    beforeAll(async () => {
      store = await place.open()
      folder = mkdtempSync(join(tmpdir(), 'millrace-contract-'))
    })
    afterAll(async () => {
      await store?.close()
      await place.end()
      rmSync(folder, { recursive: true })
    })
    const text = (value: string) => ({ bytes: Buffer.from(value) })
    const read = async (key: string) => {
      const bytes = await store.get(key)
      return bytes === undefined ? undefined : Buffer.from(bytes).toString()
    }

    test('what was put is there, whole, under its key; a second put replaces it', async () => {
      expect(await store.get('basic/a')).toBeUndefined()
      expect(await store.head('basic/a')).toBeUndefined()
      const first = await store.put('basic/a', text('one'), { contentType: 'text/plain' })
      expect(first).toMatchObject({ key: 'basic/a', bytes: 3 })
      expect(first?.etag).toMatch(/^[0-9a-f]{32}$/)
      expect(await read('basic/a')).toBe('one')
      const second = await store.put('basic/a', text('three'))
      expect(await read('basic/a')).toBe('three')
      expect(second?.etag).not.toBe(first?.etag)
      const head = await store.head('basic/a')
      expect(head).toMatchObject({ key: 'basic/a', bytes: 5, etag: second?.etag })
      // Endpoints say seconds, and their clocks are theirs.
      expect(Math.abs((head?.modifiedAt ?? 0) - (second?.modifiedAt ?? 0))).toBeLessThan(60_000)
    })

    test('an empty object is an object', async () => {
      expect(await store.put('empty', text(''))).toMatchObject({ bytes: 0 })
      expect(await read('empty')).toBe('')
      expect(await store.head('empty')).toMatchObject({ bytes: 0 })
    })

    test('the caller may change its bytes after put has resolved, and what get gave', async () => {
      const bytes = Buffer.from('mine')
      await store.put('mine', { bytes })
      bytes.fill(0)
      const got = await store.get('mine')
      got?.fill(0)
      expect(await read('mine')).toBe('mine')
    })

    test('a file is copied, or taken away if it is to be moved', async () => {
      const file = join(folder, 'source')
      writeFileSync(file, 'from a file')
      expect(await store.put('files/copied', { file })).toMatchObject({ bytes: 11 })
      expect(readFileSync(file, 'utf8')).toBe('from a file')
      expect(await store.put('files/moved', { file, isMove: true })).toMatchObject({ bytes: 11 })
      expect(existsSync(file)).toBe(false)
      expect(await read('files/copied')).toBe('from a file')
      expect(await read('files/moved')).toBe('from a file')
    })

    test('large objects arrive whole, from memory and from a file', async () => {
      const random = seededRandom(seed)
      const bytes = Buffer.alloc((37 << 20) + 12_345)
      for (let at = 0; at + 4 <= bytes.length; at += 64) bytes.writeUInt32LE(random.below(2 ** 32), at)
      await store.put('large/bytes', { bytes })
      const file = join(folder, 'large')
      writeFileSync(file, bytes)
      await store.put('large/file', { file, isMove: true })
      for (const key of ['large/bytes', 'large/file']) {
        expect(await store.head(key)).toMatchObject({ bytes: bytes.length })
        expect(bytes.equals((await store.get(key)) ?? Buffer.of())).toBe(true)
        expect(bytes.equals(readFileSync(await store.localFile(key)))).toBe(true)
      }
    })

    test('ifAbsent leaves what is there; of many at once one wins, and its bytes stay', async () => {
      await store.put('once', text('first'))
      expect(await store.put('once', text('second'), { ifAbsent: true })).toBeUndefined()
      expect(await read('once')).toBe('first')
      const answers = await Promise.all(
        Array.from({ length: 8 }, (_, i) => store.put('race', text(`writer ${i}`), { ifAbsent: true })),
      )
      const winners = answers.flatMap((answer, i) => (answer === undefined ? [] : [i]))
      expect(winners).toHaveLength(1)
      expect(await read('race')).toBe(`writer ${winners[0]}`)
      const file = join(folder, 'loser')
      writeFileSync(file, 'loser')
      expect(await store.put('race', { file, isMove: true }, { ifAbsent: true })).toBeUndefined()
      expect(existsSync(file)).toBe(false)
      expect(await read('race')).toBe(`writer ${winners[0]}`)
    })

    test('localFile gives the bytes as they are now', async () => {
      await store.put('local/a', text('old'))
      expect(readFileSync(await store.localFile('local/a'), 'utf8')).toBe('old')
      await store.put('local/a', text('new!'))
      expect(readFileSync(await store.localFile('local/a'), 'utf8')).toBe('new!')
      await expect(store.localFile('local/none')).rejects.toMatchObject({ code: 'OBJECT_MISSING' })
    })

    test('keys of all kinds come back from listings as they went in, in the order of their bytes', async () => {
      for (const key of oddKeys) await store.put(`odd/${key}`, text(key))
      const { objects, more } = await store.list('odd/')
      const wanted = oddKeys
        .map((key) => `odd/${key}`)
        .sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
      expect(objects.map(({ key }) => key)).toEqual(wanted)
      expect(more).toBe(false)
      for (const key of oddKeys) expect(await read(`odd/${key}`)).toBe(key)
    })

    test('a listing says what head says', async () => {
      await store.put('same/a', text('a'))
      const { objects } = await store.list('same/')
      expect(objects).toEqual([await store.head('same/a')])
    })

    test.each(badKeys.map((key) => [JSON.stringify(key).slice(0, 40), key]))(
      'the key %s is refused',
      async (_, key) => {
        const refusal = { code: 'OBJECT_KEY_INVALID' }
        await expect(store.put(key, text('x'))).rejects.toMatchObject(refusal)
        await expect(store.get(key)).rejects.toMatchObject(refusal)
        await expect(store.head(key)).rejects.toMatchObject(refusal)
        await expect(store.delete([key])).rejects.toMatchObject(refusal)
        await expect(store.localFile(key)).rejects.toMatchObject(refusal)
      },
    )

    test('deleting many, some of which never were', async () => {
      const keys = Array.from({ length: 30 }, (_, i) => `gone/${i % 3}/${i}`)
      for (const key of keys) await store.put(key, text('x'))
      await store.delete([])
      await store.delete([...keys.slice(1), 'gone/never', 'nowhere/at/all'])
      expect((await store.list('gone/')).objects.map(({ key }) => key)).toEqual([keys[0]])
      // A name that was a folder may become an object's.
      expect(await store.put('gone/1', text('x'))).toMatchObject({ key: 'gone/1' })
    })

    test(`random programs do what they do to a map (seed ${seed})`, async () => {
      const random = seededRandom(seed)
      const model = new Map<string, string>()
      const names = ['a', 'b', 'a-', 'a0', 'é', '日', '\u{1f600}', '\uffee']
      const name = () => names[random.below(names.length)]!
      // Names with different beginnings per depth: no key is a folder of another.
      const randomKey = () =>
        ['model', ...Array.from({ length: random.below(3) }, () => `d${name()}`), `f${name()}`].join('/')
      for (let i = 0; i < 250; i++) {
        const key = randomKey()
        const step = random.below(10)
        if (step < 5) {
          const value = `${i}`.repeat(1 + random.below(20))
          const isAbsent = random.below(4) === 0
          const answer = await store.put(key, text(value), isAbsent ? { ifAbsent: true } : {})
          expect(answer === undefined).toBe(isAbsent && model.has(key))
          if (answer !== undefined) model.set(key, value)
        } else if (step < 7) {
          const others = Array.from({ length: 3 }, randomKey)
          await store.delete(others)
          for (const other of others) model.delete(other)
        } else if (step < 8) expect(await read(key)).toBe(model.get(key))
        else await checkListing(randomKey, 1 + random.below(7))
      }

      async function checkListing(any: () => string, limit: number): Promise<void> {
        // Prefixes are whole code points, as keys are.
        const from = [...any()]
        const prefix = from.slice(0, random.below(from.length + 1)).join('')
        const wanted = [...model.keys()].filter((key) => key.startsWith(prefix)).sort(compareKeys)
        let after = random.below(2) === 0 ? undefined : any()
        const left = wanted.filter((key) => after === undefined || compareKeys(key, after) > 0)
        // Other tests have objects of their own, which only prefixes shorter than ours would show.
        const whole = prefix.startsWith('model/') ? prefix : 'model/'
        const expected =
          whole === prefix ? left : [...model.keys()].filter((k) => left.includes(k)).sort(compareKeys)
        const seen: string[] = []
        for (;;) {
          const page = await store.list(whole, after === undefined ? { limit } : { after, limit })
          expect(page.objects.length).toBeLessThanOrEqual(limit)
          seen.push(...page.objects.map(({ key }) => key))
          if (!page.more) break
          after = page.objects.at(-1)?.key
          expect(page.objects).toHaveLength(limit)
        }
        expect(seen).toEqual(expected)
      }
    }, 120_000)

    test('listings go on over a thousand', async () => {
      const keys = Array.from({ length: 1_005 }, (_, i) => `many/${i % 7}/${i}`)
      for (let at = 0; at < keys.length; at += 50) {
        await Promise.all(keys.slice(at, at + 50).map((key) => store.put(key, text('x'))))
      }
      const first = await store.list('many/')
      expect(first.objects).toHaveLength(1_000)
      expect(first.more).toBe(true)
      const second = await store.list('many/', { after: first.objects.at(-1)!.key })
      expect(second.more).toBe(false)
      expect([...first.objects, ...second.objects].map(({ key }) => key)).toEqual(keys.sort(compareKeys))
      expect((await store.list('many/', { limit: 1_005 })).objects).toHaveLength(1_005)
      await store.delete(keys)
      expect(await store.list('many/')).toEqual({ objects: [], more: false })
    }, 120_000)

    const { reopen } = place
    if (reopen === undefined) return
    test('objects are there for who comes later', async () => {
      await store.put('later/a', text('here'))
      const other = await reopen(store)
      try {
        expect(Buffer.from((await other.get('later/a')) ?? []).toString()).toBe('here')
        expect(await other.head('later/a')).toEqual(await store.head('later/a'))
      } finally {
        await other.close()
      }
    })
  })
}

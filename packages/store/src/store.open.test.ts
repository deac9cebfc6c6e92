import { execFileSync } from 'node:child_process'
import {
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { seededRandom } from '@millrace/values'
import { open } from 'lmdb'
import { describe, expect, test } from 'vitest'
import { MARKER_FILE } from './directory.ts'
import { FORMAT_VERSION, META_TREE, OWNER_KEY, PAGE_BYTES } from './layout.ts'
import { waitForOpening } from './opening.ts'
import { OWNER_FILE, type OwnerRecord, ownerStatus, thisOwner } from './owner-lock.ts'
import { openStore } from './store.ts'
import { bytes, readAll, startChild, TestClock, testDirectory, text } from './testing/support.ts'

const clock = new TestClock()

/** A closed store with some content. */
async function filled(commits = 1): Promise<string> {
  const dir = testDirectory()
  const store = await openStore({ dir, clock })
  store.defineStream({ name: 's', shards: 1, retentionMs: 1_000 })
  store.defineTable({ name: 't', partitionKey: { name: 'p', type: 'string' } })
  store.commit((transaction) => transaction.putItem('t', 'k', undefined, bytes('{}')))
  for (let i = 0; i < commits; i++) {
    store.commit((transaction) =>
      transaction.append('s', [{ key: bytes('k'), data: new Uint8Array(30_000) }]),
    )
  }
  await store.close()
  return dir
}

/** Pages that the last commit counts. */
function pagesOf(file: Buffer): number {
  const metas = [0, PAGE_BYTES].map((at) => ({
    commit: Number(file.readBigUInt64LE(at + 152)),
    pages: Number(file.readBigUInt64LE(at + 144)) + 1,
  }))
  return metas.sort((a, b) => b.commit - a.commit)[0]?.pages ?? 0
}

function listing(dir: string): [string, number][] {
  return readdirSync(dir).map((name) => [name, statSync(join(dir, name)).size])
}

/** Name, bytes and time of the last change of every file. */
function contents(dir: string): [string, string, number][] {
  return readdirSync(dir).map((name) => {
    const path = join(dir, name)
    return [name, readFileSync(path).toString('base64'), statSync(path).mtimeMs]
  })
}

/** Rewrites the stored tables of a closed store. */
async function rewriteTables(
  dir: string,
  change: (table: Record<string, unknown>) => Record<string, unknown>,
): Promise<void> {
  const root = open<Uint8Array, Uint8Array>({
    path: dir,
    noSubdir: false,
    encoding: 'binary',
    keyEncoding: 'binary',
  })
  const meta = root.openDB<Uint8Array, Uint8Array>(META_TREE, { encoding: 'binary', keyEncoding: 'binary' })
  for (const { key, value } of [...meta.getRange({ start: bytes('t'), end: bytes('u') })])
    meta.putSync(key, bytes(JSON.stringify(change(JSON.parse(text(value)!)))))
  await root.close()
}

/** Puts an owner's record into a closed store, as a process that did not close would leave it. */
async function leaveOwner(dir: string, owner: OwnerRecord): Promise<void> {
  const root = open<Uint8Array, Uint8Array>({
    path: dir,
    noSubdir: false,
    encoding: 'binary',
    keyEncoding: 'binary',
  })
  const meta = root.openDB<Uint8Array, Uint8Array>(META_TREE, { encoding: 'binary', keyEncoding: 'binary' })
  meta.putSync(OWNER_KEY, bytes(JSON.stringify(owner)))
  await root.close()
}

describe('ownership', () => {
  test('a second owner is refused with pid, host, time and next step, in this process and in another', async () => {
    const dir = testDirectory()
    const child = startChild('holder', dir)
    await child.line((line) => line === 'open')
    const refusal = openStore({ dir, clock })
    await expect(refusal).rejects.toThrow(
      new RegExp(`^STORE_LOCKED .* process ${child.process.pid} on host .+ since \\d{4}-.*Stop that process`),
    )
    child.process.kill('SIGKILL')
    await child.ended
    const store = await openStore({ dir, clock })
    await expect(openStore({ dir, clock })).rejects.toThrow(`process ${process.pid} `)
    store.defineStream({ name: 's', shards: 1, retentionMs: 1 })
    await store.close()
    await (await openStore({ dir, clock })).close()
  })

  test('a second owner that is refused has not touched the data of the first', async () => {
    const dir = testDirectory()
    const child = startChild('holder', dir)
    await child.line((line) => line === 'open')
    const before = contents(dir)
    await expect(openStore({ dir, clock })).rejects.toThrow(/^STORE_LOCKED/)
    // The lock file would name a visitor, the data file its transaction.
    expect(contents(dir)).toEqual(before)
    child.process.kill('SIGKILL')
    await child.ended
    await (await openStore({ dir, clock })).close()
    expect(readdirSync(dir)).not.toContain(OWNER_FILE)
  })

  test('readers that open while the owner commits cost it no commit', async () => {
    const dir = testDirectory()
    const child = startChild('writer', dir)
    await child.line((line) => line === 'open')
    for (let visit = 0; visit < 300; visit++) await (await openStore({ dir, clock, mode: 'reader' })).close()
    child.process.kill('SIGKILL')
    await child.ended
    const store = await openStore({ dir, clock })
    const commits = JSON.parse(Buffer.from(store.getStage('g') ?? '0').toString()) as number
    const records = store.stream('s')?.shardInfos.reduce((sum, { next }) => sum + next, 0)
    expect(records).toBe(2 * commits)
    await store.close()
  })

  test('without the file that names the owner the record inside the store still refuses a second one', async () => {
    const dir = testDirectory()
    const store = await openStore({ dir, clock })
    for (const left of ['', '{"pid":', 'null']) {
      writeFileSync(join(dir, OWNER_FILE), left)
      await expect(openStore({ dir, clock })).rejects.toThrow(/^STORE_LOCKED/)
    }
    await store.close()
  })

  test('an owner that is certainly gone is replaced: ended, its pid used again, or the system restarted', () => {
    const self = thisOwner(0, 'a')
    expect(ownerStatus(self, self)).toBe('alive')
    expect(ownerStatus({ ...self, started: '1' }, self)).toBe('gone')
    expect(ownerStatus({ ...self, pid: 2 ** 22 + 1 }, self)).toBe('gone')
    expect(ownerStatus({ ...self, boot: 'another' }, self)).toBe('gone')
    expect(ownerStatus({ ...self, namespace: 'pid:[1]' }, self)).toBe('unknown')
    expect(ownerStatus({ ...self, boot: 'another', host: 'elsewhere' }, self)).toBe('unknown')
  })

  test('an owner that cannot be seen keeps the directory unless it is taken over', async () => {
    const dir = await filled()
    await leaveOwner(dir, { ...thisOwner(0, 'a'), boot: 'another', host: 'elsewhere' })
    await expect(openStore({ dir, clock })).rejects.toThrow(/^STORE_LOCKED .*on host elsewhere.*takeOver/)
    const store = await openStore({ dir, clock, takeOver: true })
    await store.close()
    await store.close()
    expect(() => store.news()).toThrow(/^STORE_CLOSED/)
  })

  test('a thread of the owner opens by its share, without a second lock', async () => {
    const dir = testDirectory()
    const store = await openStore({ dir, clock })
    const other = await openStore({ dir, clock, share: store.share() })
    store.defineStream({ name: 's', shards: 1, retentionMs: 1 })
    other.commit((transaction) => transaction.append('s', [{ key: bytes('k'), data: bytes('d') }]))
    expect(readAll(store, 's', 0)).toHaveLength(1)
    await other.close()
    store.commit((transaction) => transaction.setStage('g', bytes('x')))
    await store.close()
  })
})

describe('a directory', () => {
  test('of a newer format is refused before anything is touched', async () => {
    const dir = await filled()
    writeFileSync(
      join(dir, MARKER_FILE),
      JSON.stringify({ millrace: 'store', format: FORMAT_VERSION + 1, ready: true }),
    )
    const before = listing(dir)
    await expect(openStore({ dir, clock })).rejects.toThrow(/^STORE_FORMAT_NEWER .*format 4.*up to 3/)
    await expect(openStore({ dir, clock, mode: 'reader' })).rejects.toThrow(/^STORE_FORMAT_NEWER/)
    expect(listing(dir)).toEqual(before)
  })

  test.each([1, 2])(
    'of format %i is read as it is and becomes the present one when an owner opens it',
    async (old) => {
      const dir = await filled()
      const marker = (format: number): string =>
        `${JSON.stringify({ millrace: 'store', format, ready: true })}\n`
      writeFileSync(join(dir, MARKER_FILE), marker(old))
      await rewriteTables(dir, ({ id, definition }) => ({ id, definition }))
      const reader = await openStore({ dir, clock, mode: 'reader' })
      const before = reader.streams()
      expect(reader.table('t')).toMatchObject({ createdAt: 0, settings: undefined, items: 1 })
      await reader.close()
      expect(readFileSync(join(dir, MARKER_FILE), 'utf8')).toBe(marker(old))
      const owner = await openStore({ dir, clock })
      expect(owner.streams()).toEqual(before)
      expect(text(owner.getItem('t', 'k'))).toBe('{}')
      owner.commit((transaction) => transaction.setTableSettings('t', { a: 1 }))
      expect(owner.table('t')?.settings).toEqual({ a: 1 })
      await owner.close()
      expect(readFileSync(join(dir, MARKER_FILE), 'utf8')).toBe(marker(FORMAT_VERSION))
    },
  )

  test('of something else is refused and left as it is', async () => {
    const dir = testDirectory()
    writeFileSync(join(dir, 'thesis.doc'), 'important')
    await expect(openStore({ dir, clock })).rejects.toThrow(/^STORE_NOT_A_STORE .*thesis\.doc/)
    expect(listing(dir)).toEqual([['thesis.doc', 9]])
    writeFileSync(join(dir, MARKER_FILE), '{"some":"json"}')
    await expect(openStore({ dir, clock })).rejects.toThrow(/^STORE_NOT_A_STORE/)
    writeFileSync(join(dir, MARKER_FILE), 'not json')
    await expect(openStore({ dir, clock })).rejects.toThrow(/^STORE_DAMAGED .*millrace-store\.json/)
  })

  test('that is missing, a file, or empty is no store for a reader', async () => {
    const dir = testDirectory()
    await expect(openStore({ dir, clock, mode: 'reader' })).rejects.toThrow(/^STORE_NOT_A_STORE .*is empty/)
    await expect(openStore({ dir: join(dir, 'none'), clock, mode: 'reader' })).rejects.toThrow(
      /^STORE_OPEN_FAILED/,
    )
    writeFileSync(join(dir, 'file'), '')
    await expect(openStore({ dir: join(dir, 'file'), clock })).rejects.toThrow(/^STORE_OPEN_FAILED/)
  })

  test('whose data file is gone, garbage or cut is reported by name, every time, and not wiped', async () => {
    const dir = await filled(5)
    const data = join(dir, 'data.mdb')
    const whole = readFileSync(data)
    const refused = async (pattern: RegExp): Promise<void> => {
      for (const mode of ['owner', 'reader', 'owner'] as const) {
        await expect(openStore({ dir, clock, mode })).rejects.toThrow(pattern)
      }
    }
    renameSync(data, `${data}.moved`)
    await refused(/^STORE_DAMAGED .*data\.mdb is missing/)
    writeFileSync(data, Buffer.alloc(100_000, 'garbage'))
    await refused(/^STORE_DAMAGED .*data\.mdb/)
    writeFileSync(data, '')
    await refused(/^STORE_DAMAGED .*data\.mdb/)
    for (const size of [100, PAGE_BYTES, 3 * PAGE_BYTES, Math.floor(whole.length / 2)]) {
      writeFileSync(data, whole)
      truncateSync(data, size)
      await refused(/^STORE_DAMAGED .*data\.mdb/)
      expect(statSync(data).size).toBe(size)
    }
    // Pages at the end may be free ones: cut anywhere, the data are refused or whole.
    let opened = 0
    for (let size = whole.length; size >= 0; size -= PAGE_BYTES) {
      writeFileSync(data, whole)
      truncateSync(data, size)
      const store = await openStore({ dir, clock }).catch((error: unknown) => {
        expect(error).toMatchObject({ code: 'STORE_DAMAGED' })
        return undefined
      })
      if (store === undefined) continue
      opened++
      expect(readAll(store, 's', 0)).toHaveLength(5)
      await store.close()
    }
    expect(opened).toBeGreaterThan(0)
    expect(opened).toBeLessThan(whole.length / PAGE_BYTES)
  })

  test('whose last pages were let go of in the commit that took them is whole, and one that lacks others is not', async () => {
    const random = seededRandom(31)
    let short = 0
    for (let round = 0; round < 12; round++) {
      const dir = testDirectory()
      const path = join(dir, 'data.mdb')
      const model = new Map<string, string>()
      const store = await openStore({ dir, clock })
      store.defineTable({ name: 't', partitionKey: { name: 'id', type: 'string' } })
      for (let commit = 1 + random.below(8); commit > 0; commit--) {
        store.commit((transaction) => {
          const own: string[] = []
          for (let i = random.below(200); i > 0; i--) {
            const id = `${random.below(400)}`
            const json = JSON.stringify({
              id,
              pad: 'x'.repeat(random.below(random.below(4) === 0 ? 40_000 : 600)),
            })
            transaction.putItem('t', id, undefined, Buffer.from(json))
            model.set(id, json)
            own.push(id)
          }
          for (const id of own) {
            if (random.below(3) === 0) continue
            transaction.deleteItem('t', id, undefined)
            model.delete(id)
          }
        })
      }
      await store.close()
      if (statSync(path).size < pagesOf(readFileSync(path)) * PAGE_BYTES) short++
      const again = await openStore({ dir, clock })
      const items = [...again.scan('t')].map(({ json }) => Buffer.from(json).toString())
      expect(items.sort()).toEqual([...model.values()].sort())
      await again.close()
      if (model.size === 0) continue
      // Now without a page that is in use.
      truncateSync(path, Math.floor(statSync(path).size / PAGE_BYTES / 2) * PAGE_BYTES)
      await expect(openStore({ dir, clock })).rejects.toMatchObject({ code: 'STORE_DAMAGED' })
    }
    expect(short).toBeGreaterThan(2)
  })

  test('whose first start was cut off is started again', async () => {
    const dir = testDirectory()
    writeFileSync(
      join(dir, MARKER_FILE),
      JSON.stringify({ millrace: 'store', format: FORMAT_VERSION, ready: false }),
    )
    await (await openStore({ dir, clock })).close()
    expect(JSON.parse(text(readFileSync(join(dir, MARKER_FILE)))!).ready).toBe(true)
    rmSync(join(dir, 'lock.mdb'))
    await (await openStore({ dir, clock })).close()
  })

  test('that may not be written is refused with the reason', async ({ skip }) => {
    const dir = testDirectory()
    const sealed = join(dir, 'sealed')
    mkdirSync(sealed)
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'ro', 'tmpfs', sealed], { stdio: 'ignore' })
    } catch {
      skip('needs the right to mount a file system')
    }
    try {
      await expect(openStore({ dir: sealed, clock })).rejects.toThrow(/^STORE_OPEN_FAILED/)
    } finally {
      execFileSync('umount', [sealed])
    }
  })
})

describe('definitions', () => {
  test('come back after a reopen; a change of shards or keys is refused; a change of retention is kept', async () => {
    const dir = testDirectory()
    let store = await openStore({ dir, clock })
    store.defineStream({ name: 's', shards: 2, retentionMs: Number.POSITIVE_INFINITY })
    store.defineTable({ name: 't', partitionKey: { name: 'p', type: 'string' } })
    store.defineStream({ name: 's', shards: 2, retentionMs: 5 })
    await store.close()
    store = await openStore({ dir, clock })
    expect(store.stream('s')).toMatchObject({ shards: 2, retentionMs: 5 })
    expect(store.streams()).toHaveLength(1)
    expect(store.table('t')).toEqual({
      name: 't',
      partitionKey: { name: 'p', type: 'string' },
      settings: undefined,
      createdAt: clock.time,
      items: 0,
      bytes: 0,
    })
    expect(() => store.defineStream({ name: 's', shards: 3, retentionMs: 5 })).toThrow(
      /^STORE_STREAM_CHANGED .*2 shards.*3/,
    )
    const changed = { name: 't', partitionKey: { name: 'p', type: 'number' as const } }
    expect(() => store.defineTable(changed)).toThrow(/^STORE_TABLE_CHANGED .*p \(string\).*p \(number\)/)
    expect(() => store.defineStream({ name: '', shards: 1, retentionMs: 5 })).toThrow(/^STORE_NAME_INVALID/)
    expect(() => store.defineStream({ name: 'x', shards: 0, retentionMs: 5 })).toThrow(
      /^STORE_OPTION_INVALID/,
    )
    expect(() => store.defineStream({ name: 'x', shards: 1, retentionMs: Number.NaN })).toThrow(
      /^STORE_OPTION_INVALID/,
    )
    expect(() => store.read('x', 0, 0, { maxRecords: 1, maxBytes: 1 })).toThrow(
      /^STORE_UNKNOWN_STREAM .*Defined are: s/,
    )
    expect(() => store.shard('s', 2)).toThrow(/^STORE_UNKNOWN_SHARD .*0 to 1, not 2/)
    expect(() => store.getItem('x', 1)).toThrow(/^STORE_UNKNOWN_TABLE/)
    await store.close()
  })
})

test('the file of a visitor that was killed while it opened is removed when its time is over', async () => {
  const dir = await filled()
  writeFileSync(join(dir, 'opening'), '')
  waitForOpening(dir, 3)
  expect(readdirSync(dir)).not.toContain('opening')
  const store = await openStore({ dir, clock })
  store.commit((transaction) => transaction.setStage('g', bytes('x')))
  await store.close()
})

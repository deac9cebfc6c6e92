/** Laws of the Postgres out of an npm package: it runs wherever we may write, as whoever we are, and goes on where it stopped. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, cp, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { createConnection } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import pg from 'pg'
import { afterAll, describe, expect, it } from 'vitest'
import { embeddedPostgres } from './embedded-postgres.ts'
import { embeddedPrograms, findEmbeddedPostgres } from './embedded-programs.ts'
import { unprivilegedAccount } from './server-process.ts'

const folder = await mkdtemp(join(tmpdir(), 'millrace-embedded-'))
await chmod(folder, 0o755)
afterAll(() => rm(folder, { recursive: true, force: true }))

async function query(url: string, text: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return (await client.query({ text, rowMode: 'array' })).rows
  } finally {
    await client.end()
  }
}

function reaches(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection({ host: '127.0.0.1', port })
    socket.once('error', () => resolve(false))
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
  })
}

describe.skipIf(findEmbeddedPostgres() === undefined)('the embedded Postgres', () => {
  it('writes a logical log, and a later start goes on with its data, password and port, after a crash too', async () => {
    const directory = join(folder, 'kept', 'database')
    const first = await embeddedPostgres({ directory })
    expect(first.version).toMatch(/^18\./)
    expect(await query(first.url, 'SHOW wal_level')).toEqual([['logical']])
    expect(await query(first.url, 'SHOW fsync')).toEqual([['on']])
    await query(first.url, 'CREATE TABLE t (id int)')
    await query(first.url, 'INSERT INTO t VALUES (1)')
    await first.kill()
    // In a container that comes back, the killed one's number may by then be that of another process of the account.
    const other = spawn('sleep', ['60'], { ...(await unprivilegedAccount()), stdio: 'ignore' })
    const lock = join(directory, 'data', 'postmaster.pid')
    await writeFile(lock, (await readFile(lock, 'utf8')).replace(/^\d+/, String(other.pid)))
    await using second = await embeddedPostgres({ directory }).finally(() => other.kill('SIGKILL'))
    expect(second.url).toBe(first.url)
    expect(await query(second.url, 'SELECT id FROM t')).toEqual([[1]])
    await second.stop()
    expect(await reaches(second.port)).toBe(false)
  })

  it('is made again where making it was cut off', async () => {
    const directory = join(folder, 'cut')
    const whole = await embeddedPostgres({ directory })
    await whole.stop()
    await rm(join(directory, 'data', 'global'), { recursive: true })
    await rename(join(directory, 'data'), join(directory, 'data.part'))
    await using again = await embeddedPostgres({ directory })
    expect(await query(again.url, 'SELECT 1')).toEqual([[1]])
  })

  it.skipIf(process.getuid?.() !== 0)(
    'as root, in a folder that nobody else may enter: it is kept elsewhere, and found again',
    async () => {
      const directory = join(folder, 'closed', 'database')
      await mkdir(join(folder, 'closed'), { mode: 0o700 })
      const first = await embeddedPostgres({ directory })
      await query(first.url, 'CREATE TABLE t AS SELECT 7 AS id')
      await first.stop()
      expect(await readdir(directory)).toEqual(['place'])
      const place = await readFile(join(directory, 'place'), 'utf8')
      try {
        await using second = await embeddedPostgres({ directory })
        expect(await query(second.url, 'SELECT id FROM t')).toEqual([[7]])
        await second.stop()
      } finally {
        await rm(place, { recursive: true, force: true })
      }
    },
  )

  it.skipIf(process.getuid?.() !== 0)(
    'as root, from a package that nobody else may read: programs are copied',
    async () => {
      const closed = join(folder, 'home')
      await mkdir(closed, { mode: 0o700 })
      await cp(findEmbeddedPostgres() ?? '', join(closed, 'native'), { recursive: true })
      const own = join(folder, 'own')
      await mkdir(own)
      const account = await unprivilegedAccount()
      const { server, version } = await embeddedPrograms(own, account, join(closed, 'native'))
      expect(server).toBe(join(own, 'native', 'bin', 'postgres'))
      expect(version).toMatch(/^18\./)
    },
  )

  it('ends with the process that started it, and leaves nothing behind, also when that is killed', async () => {
    const script = `import { embeddedPostgres } from '@millrace/cdc'
      const server = await embeddedPostgres()
      console.log(server.port)
      setInterval(() => {}, 1000)`
    const before = await temporaries()
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
      cwd: fileURLToPath(new URL('.', import.meta.url)),
      env: { ...process.env, TMPDIR: folder },
    })
    const [line] = await once(createInterface({ input: child.stdout }), 'line')
    expect(await reaches(Number(line))).toBe(true)
    expect(await temporaries()).toBe(before + 1)
    child.kill('SIGKILL')
    await expect.poll(() => reaches(Number(line)), { timeout: 10_000 }).toBe(false)
    await expect.poll(temporaries, { timeout: 10_000 }).toBe(before)
  })
})

async function temporaries(): Promise<number> {
  return (await readdir(folder)).filter((name) => name.startsWith('millrace-postgres-')).length
}

/** `millrace doctor` and a real Postgres: what it names is missing, and the statements that it gives mend it. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { embeddedPostgres, findEmbeddedPostgres } from '@millrace/cdc'
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { CliProcess, cli, type Folder, lines, temporaryFolder } from './cli-process.test-kit.ts'

let folder: Folder
beforeAll(() => {
  folder = temporaryFolder()
  mkdirSync(folder.path, { recursive: true })
})
afterAll(() => folder.remove())

test.skipIf(findEmbeddedPostgres() === undefined)(
  'every prerequisite that a database lacks is named before anything runs, and again at the start; mended, all is well',
  async () => {
    await using server = await embeddedPostgres({ settings: { max_slot_wal_keep_size: '1GB' } })
    const admin = new pg.Client(server.url)
    // The server is restarted below, which ends this connection.
    admin.on('error', () => {})
    await admin.connect()
    await admin.query(`
      CREATE SCHEMA shop;
      CREATE TABLE shop.orders (id int PRIMARY KEY, price numeric(10, 2));
      INSERT INTO shop.orders VALUES (1, 9.5), (2, 3);
      CREATE USER follower PASSWORD 'secret-of-the-test'`)
    const url = server.url.replace(/\/\/[^@]+@/, '//follower:secret-of-the-test@')
    const app = join(folder.path, 'shop.app.ts')
    writeFileSync(
      app,
      `import { defineApp, postgres } from 'millrace'
      export default defineApp('shop', (app) => {
        const url = app.option.string('url', { default: '' })
        app.source(postgres({ url, tables: ['shop.orders'] }), { into: app.stream('changes') })
      })`,
    )
    const dataDir = ['--data-dir', join(folder.path, 'data')]
    const doctor = () => cli(['doctor', app, ...dataDir, '--json', '--', '--url', url])

    const ill = await doctor()
    expect(ill.exitCode, ill.stderr).toBe(1)
    expect(ill.stdout + ill.stderr).not.toContain('secret-of-the-test')
    const findings = lines(ill.stdout).map((line) => JSON.parse(line))
    const errors = findings.filter(({ level }) => level === 'error')
    expect(errors.map(({ code }) => code)).toContain('CDC_PREREQUISITE')
    expect(errors.map(({ next }) => next).join('\n')).toMatch(
      /ALTER ROLE "follower" REPLICATION;[\s\S]*GRANT USAGE/,
    )

    const refused = await cli(['run', app, ...dataDir, '--no-gateway', '--', '--url', url])
    expect(refused.exitCode).toBe(1)
    expect(refused.stderr).toMatch(
      /^SOURCE_FAILED [\s\S]*CDC_PREREQUISITE[\s\S]*ALTER ROLE "follower" REPLICATION/,
    )
    expect(refused.stderr).not.toContain('secret-of-the-test')

    // Some say first who has to run it.
    for (const { next } of errors) await admin.query(next.replace(/^.* run: /, ''))
    const rest = await doctor()
    expect(rest.exitCode, rest.stdout + rest.stderr).toBe(0)
    await admin.end()

    const running = new CliProcess(['run', app, ...dataDir, '--port', '0', '--', '--url', url])
    await running.until(({ stderr }) => /Kinesis at/.test(stderr))
    const read = await cli(['stream', 'read', 'changes', '--limit', '3', '--follow', ...dataDir])
    expect(lines(read.stdout).map((line) => JSON.parse(line).metadata.operation)).toEqual([
      'create-table',
      'load',
      'load',
    ])
    running.child.kill('SIGINT')
    expect((await running.ended).exitCode).toBe(0)
  },
  60_000,
)

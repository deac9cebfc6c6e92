/** `millrace source` and the checks of `millrace doctor`, over a source of an app that stands for a database. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { CliProcess, cli, type Folder, lines, temporaryFolder } from './cli-process.test-kit.ts'

/** Feeds one record for each load that it is asked for; says what the source of a database would say. */
const app = `
import { defineApp } from 'millrace'
function shop() {
  const open = ({ name, position, clock, signal, report, kept }) => {
    let n = typeof position === 'number' ? position : 0
    const asked = []
    const table = (table, phase) => ({ schema: 'my.shop', table, phase, loadedRows: n, changes: 3 })
    const tell = () => report({
      line: 'following 2 tables',
      gauges: [{ name: 'lag_ms', value: 1500 }],
      details: {
        source: name, database: 'postgres://127.0.0.1:5432 18.4', phase: 'following', position: '0/16B3748', lagMs: 1500,
        tables: [table('orders', 'following'), { ...table('items', 'quarantined'), reason: 'column "price" was retyped' }],
        health: { behindBytes: 2048, keptBytesMax: 4096, slotStatus: 'reserved' },
        warnings: [{ atMs: 0, code: 'CDC_LOG_BEHIND', message: 'the log is long' }],
      },
    })
    tell()
    return {
      async read(builders) {
        const first = n
        while (asked.length === 0 && !signal.aborted) await clock.sleep(20, signal)
        for (const text of asked.splice(0)) {
          const key = Buffer.from('k'), data = Buffer.from(text)
          builders[0].add(key, 0, 1, data, 0, data.length, 0)
          n++
        }
        tell()
        return { position: n, taken: n - first, dead: [], done: false }
      },
      async request(request) {
        if (request.tables.some(({ table }) => table === 'nothing'))
          throw Object.assign(new Error('CDC_TABLE_MISSING my.shop.nothing is no table of it'), { code: 'CDC_TABLE_MISSING' })
        asked.push(JSON.stringify(request))
        return { loading: request.tables.length }
      },
      async close() {},
    }
  }
  const check = async ({ name, position, directory }) => [
    { level: 'error', code: 'CDC_PREREQUISITE', message: 'wal_level is "replica"', next: "ALTER SYSTEM SET wal_level = 'logical'" },
    { level: 'warning', code: 'CDC_SLOT', message: 'position ' + position + ' of ' + name, next: directory },
  ]
  return Object.assign(open, { check })
}
export default defineApp('shop', (app) => {
  app.source(shop(), { into: app.stream('changes') })
})
`

let folder: Folder
let data: string
let appFile: string
let child: CliProcess

beforeAll(async () => {
  folder = temporaryFolder()
  data = join(folder.path, 'data')
  mkdirSync(folder.path, { recursive: true })
  appFile = join(folder.path, 'shop.app.ts')
  writeFileSync(appFile, app)
})
afterAll(() => folder.remove())

const source = (...args: string[]) => cli(['source', ...args, '--data-dir', data])
const doctor = (...args: string[]) => cli(['doctor', appFile, '--data-dir', data, ...args])

describe('before the app has run', () => {
  it('doctor asks the database all the same, and names what mends it', async () => {
    const ended = await doctor()
    expect(ended).toMatchObject({ exitCode: 1, stderr: '' })
    expect(lines(ended.stdout)).toEqual([
      'error changes-source: CDC_PREREQUISITE wal_level is "replica"',
      "  ALTER SYSTEM SET wal_level = 'logical'",
      'warning changes-source: CDC_SLOT position undefined of changes-source',
      `  ${join(data, 'sources', 'changes-source')}`,
      expect.stringMatching(/^shop has not run in \S+ yet$/),
    ])
  })
})

describe('beside a running app', () => {
  beforeEach(async () => {
    child = new CliProcess(['run', appFile, '--data-dir', data, '--port', '0'])
    await child.until(({ stderr }) => /running shop/.test(stderr))
  })
  afterEach(async () => {
    child.child.kill('SIGINT')
    await child.ended
  })

  it('lists and shows what the source says, takes requests, and has its figures at /metrics', async () => {
    expect(lines((await source('list')).stdout)).toEqual([
      'source          stream   state    what it does',
      'changes-source  changes  running  following 2 tables',
    ])
    const status = await source('status')
    expect(status).toMatchObject({ exitCode: 0 })
    expect(lines(status.stdout)).toEqual([
      'changes-source: running, following 2 tables',
      'database        postgres://127.0.0.1:5432 18.4',
      'position        0/16B3748',
      'behind          1.5 s',
      'log kept for it 2.0 KiB of 4.0 KiB at most',
      'slot            reserved',
      'table           phase        loaded  of about  rows/s  left  changes  reason',
      'my.shop.orders  following    0       -         -       -     3        -',
      'my.shop.items   quarantined  0       -         -       -     3        column "price" was retyped',
      '1970-01-01T00:00:00.000Z warning CDC_LOG_BEHIND: the log is long',
    ])
    // The dot in the schema is no cut: the source knows its tables.
    const load = await source('load', '--table', 'my.shop.orders', '--table', 'my.shop.items', '--json')
    expect(load).toMatchObject({ exitCode: 0, stdout: '{"loading":2}\n' })
    const released = await source('release', 'changes-source', '--table', 'my.shop.items')
    expect(released.stdout).toMatch(/^following again: my\.shop\.items /)
    const read = await cli(['stream', 'read', 'changes', '--limit', '2', '--follow', '--data-dir', data])
    expect(lines(read.stdout).map((line) => JSON.parse(line))).toEqual([
      {
        request: 'load',
        tables: [
          { schema: 'my.shop', table: 'orders' },
          { schema: 'my.shop', table: 'items' },
        ],
      },
      { request: 'release', tables: [{ schema: 'my.shop', table: 'items' }] },
    ])
    const url = /Kinesis at (\S+)/.exec(child.stderr)?.[1]
    const metrics = await (await fetch(`${url}/metrics`)).text()
    expect(metrics).toContain('millrace_source_lag_ms{source="changes-source"} 1500\n')
    expect(JSON.parse(lines((await source('list', '--json')).stdout)[0]!)).toMatchObject({
      name: 'changes-source',
      details: { tables: [{ loadedRows: 2 }, {}] },
    })
  })

  it('says what is wrong with a request, under the code of whoever refuses it', async () => {
    for (const [args, exitCode, text] of [
      [['load', '--table', 'my.nothing'], 1, /^CDC_TABLE_MISSING my\.shop\.nothing is no table of it/],
      [['load', '--table', 'orders'], 2, /^SOURCE_UNKNOWN: --table is "orders", which is no table/],
      [['load', 'other', '--table', 'a.b'], 2, /^SOURCE_UNKNOWN: There is no source "other".*changes-source/],
      [['load'], 2, /^USAGE: Which tables.*--table SCHEMA\.TABLE/],
      [['status', 'other'], 2, /^SOURCE_UNKNOWN/],
    ] as const) {
      const ended = await source(...args)
      expect(ended, ended.stderr).toMatchObject({ exitCode, stdout: '' })
      expect(ended.stderr).toMatch(text)
    }
  })
})

describe('after it has stopped', () => {
  it('status shows what is committed; what only a running source can do says so; doctor knows the position', async () => {
    const status = await source('status', 'changes-source', '--json')
    expect(JSON.parse(status.stdout)).toMatchObject({ state: 'stopped', appended: 2, position: 2, dead: 0 })
    expect((await source('status', 'changes-source')).stdout).toMatch(/^changes-source: stopped; no process/)
    for (const [args, exitCode, text] of [
      [['list'], 1, /^SOURCE_NOT_RUNNING/],
      [['load', '--table', 'a.b'], 1, /^SOURCE_NOT_RUNNING.*--no-gateway/],
      [['status'], 1, /^SOURCE_NOT_RUNNING.*STREAM-source/],
      [['status', 'other'], 2, /^SOURCE_UNKNOWN/],
    ] as const) {
      const ended = await source(...args)
      expect(ended, ended.stderr).toMatchObject({ exitCode, stdout: '' })
      expect(ended.stderr).toMatch(text)
    }
    const found = await doctor('--json')
    expect(found.exitCode).toBe(1)
    expect(lines(found.stdout).map((line) => JSON.parse(line))).toContainEqual(
      expect.objectContaining({
        stage: 'changes-source',
        kind: 'source',
        level: 'warning',
        message: 'position 2 of changes-source',
      }),
    )
  })
})

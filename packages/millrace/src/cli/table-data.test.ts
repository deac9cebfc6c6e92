/** `table scan`, `query` and `export` of a table with typed items, an index and changes, while its owner has it open. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { openStore, type Store } from '@millrace/store'
import { changeStreamName, openTables, type TypedItem } from '@millrace/tables'
import { type Clock, systemClock } from '@millrace/values'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { cli, type Folder, lines, temporaryFolder } from './cli-process.test-kit.ts'

const hour = 3_600_000
const start = Math.floor(systemClock.now()) - 2 * hour
let now = start
const clock: Clock = { now: () => now, sleep: () => Promise.resolve() }
let folder: Folder
let dir = ''
let store: Store

const racer = (race: string, n: number, time: number): TypedItem => ({
  race: { S: race },
  n: { N: String(n) },
  time: { N: String(time) },
  tags: { SS: ['a'] },
})

beforeAll(async () => {
  folder = temporaryFolder()
  dir = join(folder.path, 'data')
  store = await openStore({ dir, clock })
  const tables = openTables({ store })
  const race = { name: 'race', type: 'string' } as const
  tables.create({
    name: 'Board',
    partitionKey: race,
    sortKey: { name: 'n', type: 'number' },
    settings: {
      indexes: [
        {
          name: 'byTime',
          kind: 'local',
          partitionKey: race,
          sortKey: { name: 'time', type: 'number' },
          projection: { kind: 'ALL' },
        },
      ],
      changes: {
        view: 'NEW_AND_OLD_IMAGES',
        stream: changeStreamName('Board'),
        label: new Date(start).toISOString().slice(0, -1),
      },
      tags: {},
      exports: [],
      isProtected: false,
    },
  })
  now = start + hour
  store.commit((transaction) => {
    const writer = tables.writer(transaction)
    for (let n = 0; n < 12; n++) writer.replace('Board', racer('r1', n, 100 - n))
    writer.replace('Board', racer('r2', 1, 1))
    const key = { partitionKey: 'r1', sortKey: 12 }
    writer.putJson('Board', key, Buffer.from('{"race":"r1","n":12,"time":1.50}'))
  })
  now = start + 2 * hour
  store.commit((transaction) => {
    const writer = tables.writer(transaction)
    writer.replace('Board', racer('r2', 1, 2))
    writer.remove('Board', { partitionKey: 'r1', sortKey: 0 })
  })
})
afterAll(async () => {
  await store.close()
  folder.remove()
})

const table = (...args: string[]) => cli(['table', ...args, '--data-dir', dir])

it('a scan prints plain JSON, whoever wrote the items', async () => {
  const ended = await table('scan', 'Board')
  expect(ended).toMatchObject({ exitCode: 0, stderr: '' })
  const printed = lines(ended.stdout)
  expect(printed).toHaveLength(13)
  expect(printed[0]).toBe('{"race":"r1","n":1,"time":99,"tags":["a"]}')
  expect(printed[11]).toBe('{"race":"r1","n":12,"time":1.50}')
})

it('a query goes by key, range and index, in both directions', async () => {
  const n = async (...args: string[]): Promise<number[]> => {
    const ended = await table('query', 'Board', ...args)
    expect(ended).toMatchObject({ exitCode: 0, stderr: '' })
    return lines(ended.stdout).map((line) => JSON.parse(line).n)
  }
  expect(await n('r1', '--from', '3', '--to', '5')).toEqual([3, 4, 5])
  expect(await n('r1', '--sort', '7')).toEqual([7])
  expect(await n('r1', '--index', 'byTime', '--limit', '3')).toEqual([12, 11, 10])
  expect(await n('r1', '--reverse', '--limit', '2')).toEqual([12, 11])
  expect(await n('nobody')).toEqual([])
})

it.each([
  [['query', 'Bord', 'r1'], /DATA_TABLE_UNKNOWN: .*Did you mean "Board"\? It has: Board\./],
  [['query', 'Board', 'r1', '--index', 'byTim'], /USAGE: .*Did you mean "byTime"/],
  [['query', 'Board', 'r1', '--sort', 'x'], /USAGE: The key "n" is a number, but got "x"/],
  [['query', 'Board', 'r1', '--prefix', '1'], /USAGE: .*has no prefix/],
  [['export', 'Board', '--to', 'x', '--at', 'noon'], /USAGE: --at is "noon"/],
])('%j is refused', async (args, message) => {
  const ended = await table(...args)
  expect(ended).toMatchObject({ exitCode: 2, stdout: '' })
  expect(ended.stderr).toMatch(message)
})

it('an export holds the table as it is, or as it was', async () => {
  const to = join(folder.path, 'backup')
  const exported = async (...args: string[]): Promise<string[]> => {
    const ended = await table('export', 'Board', '--to', to, '--json', ...args)
    expect(ended).toMatchObject({ exitCode: 0, stderr: '' })
    const { path, items, files } = JSON.parse(ended.stdout)
    const names = readdirSync(join(path, 'data'))
    expect(names).toHaveLength(files)
    const found = names.flatMap((name) =>
      lines(gunzipSync(readFileSync(join(path, 'data', name))).toString('utf8')),
    )
    expect(found).toHaveLength(items)
    return found
  }
  const before = await exported('--at', new Date(start + hour).toISOString())
  expect(before).toHaveLength(14)
  expect(before).toContain(JSON.stringify({ Item: racer('r2', 1, 1) }))
  expect(before).toContain(JSON.stringify({ Item: racer('r1', 0, 100) }))
  const after = await exported()
  expect(after).toHaveLength(13)
  expect(after).toContain(JSON.stringify({ Item: racer('r2', 1, 2) }))
  const early = await table('export', 'Board', '--to', to, '--at', String(start - 1))
  expect(early).toMatchObject({ exitCode: 1, stdout: '' })
  expect(early.stderr).toMatch(/^TABLE_EXPORT_IMPOSSIBLE .*the table was made at/)
})

/** `table scan` and `stream read` on a data directory, while its owner writes and after it has closed. */
import { join } from 'node:path'
import { openStore, type Store } from '@millrace/store'
import { systemClock } from '@millrace/values'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { CliProcess, cli, type Folder, lines, temporaryFolder } from './cli-process.test-kit.ts'

const bytes = (text: string) => new TextEncoder().encode(text)
let folder: Folder
let dir = ''
let owner: Store

/** One commit: records of the given payloads, and items 0..items-1. */
function commit(store: Store, payloads: readonly (string | Uint8Array)[], items = 0): void {
  store.commit((transaction) => {
    transaction.append(
      'orders',
      payloads.map((data, i) => ({
        key: bytes(`key-${i}`),
        data: typeof data === 'string' ? bytes(data) : data,
      })),
    )
    for (let id = 0; id < items; id++) transaction.putItem('Items', id, undefined, bytes(`{"id":${id}}`))
  })
}

/** A shop with three commits: nine records, 2,500 items. */
async function openShop(at: string): Promise<Store> {
  const store = await openStore({ dir: at, clock: systemClock })
  store.defineStream({ name: 'orders', shards: 4, retentionMs: 3_600_000 })
  store.defineTable({ name: 'Items', partitionKey: { name: 'id', type: 'number' } })
  commit(store, ['{"n":0}', '{"n":1}', '{"n":2}', '{"n":3}'], 2500)
  commit(store, ['{"n":4}', '{"n":5}'])
  commit(store, ['plain', new Uint8Array([255, 254]), '{\n "a": 12345678901234567890\r\n}'])
  return store
}

beforeAll(async () => {
  folder = temporaryFolder()
  dir = join(folder.path, '.millrace', 'shop')
  owner = await openShop(dir)
})
afterAll(async () => {
  await owner.close()
  folder.remove()
})

const cases = () => {
  it('a scan prints every item in the order of the keys, over all pages', async () => {
    const ended = await cli(['table', 'scan', 'Items', '--data-dir', dir])
    expect(ended).toMatchObject({ exitCode: 0, stderr: '' })
    expect(lines(ended.stdout)).toEqual(Array.from({ length: 2500 }, (_, id) => `{"id":${id}}`))
    const limited = await cli(['table', 'scan', 'Items', '--data-dir', dir, '--limit', '1001', '--json'])
    expect(lines(limited.stdout)).toHaveLength(1001)
  })

  it('a read prints payloads commit by commit, each line one JSON value', async () => {
    const ended = await cli(['stream', 'read', 'orders', '--data-dir', dir])
    expect(ended).toMatchObject({ exitCode: 0, stderr: '' })
    const values = lines(ended.stdout)
    for (const line of values) expect(() => JSON.parse(line)).not.toThrow()
    expect(values.slice(0, 4).sort()).toEqual(['{"n":0}', '{"n":1}', '{"n":2}', '{"n":3}'])
    expect(values.slice(4, 6).sort()).toEqual(['{"n":4}', '{"n":5}'])
    expect(values.slice(6).sort()).toEqual([
      '"plain"',
      '{  "a": 12345678901234567890  }',
      '{"base64":"//4="}',
    ])
  })

  it('with --json each line says where the record stands', async () => {
    const ended = await cli(['stream', 'read', 'orders', '--data-dir', dir, '--json'])
    const records = lines(ended.stdout).map((line) => JSON.parse(line))
    expect(records).toHaveLength(9)
    for (const record of records) {
      const { shard, sequence, arrivalTime, partitionKey } = record
      expect({ shard, sequence }).toEqual({ shard: expect.any(Number), sequence: expect.any(Number) })
      expect(new Date(arrivalTime).toISOString()).toBe(arrivalTime)
      expect(partitionKey).toMatch(/^key-\d$/)
      expect(['data', 'text', 'base64'].filter((name) => name in record)).toHaveLength(1)
    }
    const places = records.map((record) => `${record.shard}/${record.sequence}`)
    expect(new Set(places).size).toBe(9)
  })

  it('a read from a time begins there', async () => {
    const all = await cli(['stream', 'read', 'orders', '--data-dir', dir, '--json'])
    const times = lines(all.stdout).map((line) => Date.parse(JSON.parse(line).arrivalTime))
    const later = await cli(['stream', 'read', 'orders', '--data-dir', dir, '--from', '2999-01-01T00:00:00Z'])
    expect(later).toMatchObject({ exitCode: 0, stdout: '' })
    const from = await cli(['stream', 'read', 'orders', '--data-dir', dir, '--from', String(times[0])])
    expect(lines(from.stdout)).toHaveLength(9)
  })

  it('filters and places narrow a read', async () => {
    const read = async (...flags: string[]) =>
      lines((await cli(['stream', 'read', 'orders', '--data-dir', dir, ...flags])).stdout)
    expect(await read('--where', '$.n >= 4')).toHaveLength(2)
    expect(await read('--where', '$.n missing')).toEqual(['{  "a": 12345678901234567890  }'])
    expect((await read('--key', 'key-1', '--text', '"n"')).sort()).toEqual(['{"n":1}', '{"n":5}'])
    expect(await read('--key', 'key-*', '--limit', '7')).toHaveLength(7)
    const newest = await read('--from', 'latest - 5')
    expect(newest.slice(0, 2).sort()).toEqual(['{"n":4}', '{"n":5}'])
    const bad = await cli(['stream', 'read', 'orders', '--data-dir', dir, '--where', '$.n >'])
    expect(bad).toMatchObject({ exitCode: 2, stdout: '' })
    expect(bad.stderr).toContain('character 6: a value is expected')
    const foreign = await cli(['stream', 'read', 'orders', '--data-dir', dir, '--from', '1'.repeat(56)])
    expect(foreign).toMatchObject({ exitCode: 2, stdout: '' })
    expect(foreign.stderr).toContain('it is no number of this stream')
  })

  it('the only data directory below .millrace is found, and named', async () => {
    const ended = await cli(['table', 'scan', 'Items', '--limit', '1'], { cwd: folder.path })
    expect(ended).toMatchObject({ exitCode: 0, stdout: '{"id":0}\n' })
    expect(ended.stderr).toMatch(/reading \.millrace\/shop/)
  })

  it('an unknown name lists those that exist', async () => {
    const table = await cli(['table', 'scan', 'Itms', '--data-dir', dir])
    expect(table).toMatchObject({ exitCode: 2, stdout: '' })
    expect(table.stderr).toMatch(/DATA_TABLE_UNKNOWN: .*"Itms"\. Did you mean "Items"\? It has: Items\./)
    const stream = await cli(['stream', 'read', 'x', '--data-dir', dir, '--json'])
    expect(JSON.parse(stream.stderr).error).toMatchObject({ code: 'DATA_STREAM_UNKNOWN', exitCode: 2 })
  })

  it('a reader that goes away ends the command quietly', async () => {
    const process = new CliProcess(['table', 'scan', 'Items', '--data-dir', dir])
    process.child.stdout.destroy()
    expect(await process.ended).toMatchObject({ exitCode: 0, stderr: '' })
  })
}

describe('while the owner is open', () => {
  cases()

  it('--from latest waits for new records, and --limit ends it', async () => {
    const live = join(folder.path, 'live')
    const other = await openShop(live)
    const read = (...flags: string[]) =>
      new CliProcess(['stream', 'read', 'orders', '--data-dir', live, ...flags])
    const reader = read('--from', 'latest', '--limit', '2')
    const follower = read('--follow')
    await follower.until(({ stdout }) => lines(stdout).length === 9)
    // The first reader says nothing until it has a record, so new ones are offered until it has ended.
    let ended = false
    const done = reader.ended.then((end) => {
      ended = true
      return end
    })
    for (let n = 0; !ended; n++) {
      commit(other, [`{"new":${n}}`])
      await follower.until(({ stdout }) => stdout.includes(`{"new":${n}}`))
    }
    const end = await done
    expect(end).toMatchObject({ exitCode: 0, stderr: '' })
    expect(lines(end.stdout)).toHaveLength(2)
    for (const line of lines(end.stdout)) expect(line).toMatch(/^\{"new":\d+\}$/)
    follower.child.kill('SIGINT')
    expect(await follower.ended).toMatchObject({ exitCode: 0, stderr: '' })
    await other.close()
  })
})

describe('after the owner has closed', () => {
  beforeAll(() => owner.close())
  cases()
})

describe('a folder that is no data directory', () => {
  it('is refused with exit 3 and left as it is', async () => {
    const other = temporaryFolder()
    const ended = await cli(['table', 'scan', 'Items', '--data-dir', other.path, '--json'])
    expect(ended.exitCode).toBe(3)
    expect(JSON.parse(ended.stderr).error).toMatchObject({ code: 'STORE_NOT_A_STORE', exitCode: 3 })
    other.remove()
  })
})

/** `millrace put` as a user runs it, against a gateway and against a peer that fails. */
import { writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { createAccessKey } from '@millrace/gateway'
import { seededRandom, systemClock } from '@millrace/values'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { CliProcess, type Ended } from './cli-process.test-kit.ts'
import { type GatewayKit, openFaultyPeer, openGatewayKit } from './gateway.test-kit.ts'
import { writeAddress } from './gateway-place.ts'

const noEnvironment = {
  AWS_ENDPOINT_URL: '',
  AWS_ENDPOINT_URL_KINESIS: '',
  AWS_ACCESS_KEY_ID: '',
  AWS_SECRET_ACCESS_KEY: '',
  AWS_SESSION_TOKEN: '',
}

function run(
  args: readonly string[],
  options: { input?: string; env?: NodeJS.ProcessEnv; cwd?: string } = {},
): Promise<Ended> {
  const { input = '', env, cwd } = options
  const process = new CliProcess(args, {
    env: { ...noEnvironment, ...env },
    ...(cwd === undefined ? {} : { cwd }),
  })
  process.child.stdin.end(input)
  return process.ended
}

let kit: GatewayKit
let url = ''
beforeAll(async () => {
  kit = await openGatewayKit()
  url = kit.gateway.url
})
afterAll(() => kit.close())

const stream = (name: string, shards = 2) =>
  kit.store.defineStream({ name, shards, retentionMs: Number.POSITIVE_INFINITY })
const sorted = (records: readonly { key: string; text: string }[]) =>
  records.map(({ key, text }) => `${key} ${text}`).sort()

describe('records', () => {
  it('of --data, of a file and of standard input are what is in the stream', async () => {
    stream('a')
    const one = await run(['put', 'a', '--key', 'home', '--data', '{"n":\n1}', '--endpoint', url])
    expect(one).toMatchObject({ exitCode: 0, stderr: '' })
    expect(one.stdout).toMatch(/^a: 1 record, 12 B in .*: 1 call, 0 sent again, 0 throttled\n$/)
    const file = join(kit.folder.path, 'two.ndjson')
    writeFileSync(file, '{"id":7}\r\n\n{"id":"x"}')
    await run(['put', 'a', '--key-path', '$.id', '--file', file, '--endpoint', url])
    const piped = await run(['put', 'a', '--key', 'k', '--endpoint', url, '--json'], { input: 'p1\np2\n' })
    expect(JSON.parse(piped.stdout)).toMatchObject({
      stream: 'a',
      endpoint: url,
      records: 2,
      bytes: 6,
      entries: 2,
      calls: 1,
      retries: 0,
      throttles: 0,
      elapsedMs: expect.any(Number),
    })
    expect(sorted(kit.records('a'))).toEqual(
      ['7 {"id":7}', 'home {"n":\n1}', 'k p1', 'k p2', 'x {"id":"x"}'].sort(),
    )
  })

  it('without a key go to all shards; an explicit hash key leads to one', async () => {
    stream('spread')
    const input = Array.from({ length: 200 }, (_, i) => `line ${i}\n`).join('')
    await run(['put', 'spread', '--endpoint', url], { input })
    const counts = () => kit.store.stream('spread')!.shardInfos.map(({ next }) => next)
    expect(Math.min(...counts())).toBeGreaterThan(50)
    const [before] = counts()
    await run(['put', 'spread', '--explicit-hash-key', '0', '--endpoint', url], { input })
    expect(counts()[0]).toBe((before ?? 0) + 200)
  })

  it('packed into aggregates are the same ones, in their order per key, in far fewer entries', async () => {
    stream('packed', 4)
    const lines = Array.from({ length: 5000 }, (_, i) => `{"id":${i % 50},"n":${i}}`)
    const ended = await run(
      ['put', 'packed', '--aggregate', '--key-path', '$.id', '--endpoint', url, '--json'],
      { input: lines.join('\n') },
    )
    const counts = JSON.parse(ended.stdout)
    expect(counts).toMatchObject({ records: 5000 })
    expect(counts.entries).toBeLessThan(200)
    const read = kit.records('packed')
    expect(read.map(({ text }) => text).sort()).toEqual([...lines].sort())
    for (let id = 0; id < 50; id++) {
      const numbers = read.filter(({ key }) => key === String(id)).map(({ text }) => JSON.parse(text).n)
      expect(numbers).toEqual([...numbers].sort((a, b) => a - b))
    }
  })

  it('without a readable key are named, once', async () => {
    stream('keyless')
    const input = '{"id":1}\n{}\nno json\n'
    const ended = await run(['put', 'keyless', '--key-path', '$.id', '--endpoint', url], { input })
    expect(ended.stderr).toBe(
      'KEY_MISSING: 2 lines of stdin have no readable partition key, the first is stdin:2; they were put under the key file:line.\n',
    )
    expect(sorted(kit.records('keyless'))).toEqual(['1 {"id":1}', 'stdin:2 {}', 'stdin:3 no json'].sort())
  })
})

describe('a peer that fails', () => {
  it('gets only what failed again, until each record was accepted, keys in their order', async () => {
    const seed = 20260101
    const random = seededRandom(seed)
    let hot = 40
    const peer = await openFaultyPeer((call) => {
      if (call > 0 && random.below(6) === 0) return { kind: 'drop' }
      if (call > 0 && random.below(6) === 0)
        return { kind: 'error', status: 500, type: 'InternalFailureException' }
      const isHot = hot-- > 0 && random.below(2) === 0
      return {
        kind: 'entries',
        refused: ({ PartitionKey }) =>
          isHot && PartitionKey === 'k1' ? 'ProvisionedThroughputExceededException' : undefined,
      }
    })
    const lines = Array.from({ length: 6000 }, (_, i) => `{"id":"k${i % 4}","n":${i}}`)
    const ended = await run(['put', 's', '--key-path', '$.id', '--endpoint', peer.url, '--json'], {
      input: lines.join('\n'),
    })
    await peer.close()
    expect(ended, `seed ${seed}`).toMatchObject({ exitCode: 0, stderr: '' })
    const counts = JSON.parse(ended.stdout)
    expect(counts.records).toBe(6000)
    expect(counts.retries).toBeGreaterThan(0)
    expect(peer.accepted).toHaveLength(6000)
    const byKey = new Map<string, number[]>()
    for (const { PartitionKey, Data } of peer.accepted) {
      const { n } = JSON.parse(Buffer.from(Data, 'base64').toString())
      byKey.set(PartitionKey, [...(byKey.get(PartitionKey) ?? []), n])
    }
    for (const numbers of byKey.values()) expect(numbers).toEqual([...numbers].sort((a, b) => a - b))
  })

  it('that refuses for good ends it, with what it said and what was put before', async () => {
    const peer = await openFaultyPeer((call) =>
      call === 0
        ? { kind: 'entries', refused: () => undefined }
        : { kind: 'error', status: 400, type: 'ValidationException' },
    )
    const input = 'x\n'.repeat(3000)
    const ended = await run(['put', 's', '--endpoint', peer.url], { input })
    await peer.close()
    expect(ended).toMatchObject({ exitCode: 1, stdout: '' })
    expect(ended.stderr).toMatch(
      /^\d+ records had been put before the error\nENDPOINT_REFUSED: PutRecords was refused with ValidationException: as told/,
    )
  })
})

describe('the endpoint', () => {
  it('that nobody answers at is an error that names millrace serve', async () => {
    // A port that was free a moment ago.
    const server = createServer().listen(0, '127.0.0.1')
    await new Promise((resolve) => server.on('listening', resolve))
    const address = server.address()
    const port = typeof address === 'object' && address !== null ? address.port : 0
    await new Promise((resolve) => server.close(resolve))
    const ended = await run(['put', 's', '--data', 'x', '--endpoint', `http://127.0.0.1:${port}`, '--json'])
    expect(ended.exitCode).toBe(1)
    expect(JSON.parse(ended.stderr).error).toMatchObject({
      code: 'ENDPOINT_UNREACHABLE',
      message: expect.stringMatching(/ECONNREFUSED/),
      next: expect.stringMatching(/millrace serve/),
    })
  })

  it('is that of the environment, or the gateway of a data directory', async () => {
    stream('places', 1)
    await run(['put', 'places', '--data', 'env'], { env: { AWS_ENDPOINT_URL: url } })
    const wrong = { AWS_ENDPOINT_URL: 'http://127.0.0.1:1', AWS_ENDPOINT_URL_KINESIS: url }
    await run(['put', 'places', '--data', 'kinesis'], { env: wrong })
    writeAddress(kit.dataDir, { url, pid: process.pid })
    await run(['put', 'places', '--data', 'directory', '--data-dir', kit.dataDir], {
      env: { AWS_ENDPOINT_URL: wrong.AWS_ENDPOINT_URL },
    })
    const home = join(kit.folder.path, 'home')
    writeAddress(join(home, '.millrace', 'serve'), { url, pid: process.pid })
    await run(['put', 'places', '--data', 'here'], { cwd: home })
    expect(kit.records('places').map(({ text }) => text)).toEqual(['env', 'kinesis', 'directory', 'here'])
    const none = await run(['put', 'places', '--data', 'x', '--data-dir', kit.folder.path])
    expect(none).toMatchObject({ exitCode: 1 })
    expect(none.stderr).toMatch(/ENDPOINT_UNREACHABLE: No gateway runs on .*millrace serve --data-dir/)
  })

  it('that knows no such stream says which it has', async () => {
    stream('clicks')
    const ended = await run(['put', 'clcks', '--data', 'x', '--endpoint', url])
    expect(ended).toMatchObject({ exitCode: 2, stdout: '' })
    expect(ended.stderr).toMatch(
      /DATA_STREAM_UNKNOWN: .* no stream "clcks"\. Did you mean "clicks"\? It has: .*clicks/,
    )
  })

  it('that verifies signatures takes the keys of the environment, and no others', async () => {
    const strict = await openGatewayKit('verify')
    strict.store.defineStream({ name: 's', shards: 1, retentionMs: 1e9 })
    const key = createAccessKey({ directory: strict.dataDir, clock: systemClock })
    const put = ['put', 's', '--data', 'x', '--endpoint', strict.gateway.url]
    const env = { AWS_ACCESS_KEY_ID: key.id, AWS_SECRET_ACCESS_KEY: key.secret }
    // The gateway looks at its keys now and then: until it knows this one, it refuses it like any other.
    let known = await run(put, { env })
    while (known.exitCode !== 0 && known.stderr.includes('UnrecognizedClientException'))
      known = await run(put, { env })
    expect(known).toMatchObject({ exitCode: 0, stderr: '' })
    const unknown = await run(put)
    expect(unknown.exitCode).toBe(1)
    expect(unknown.stderr).toMatch(/UnrecognizedClientException.*millrace keys create/)
    const forged = await run(put, { env: { ...env, AWS_SECRET_ACCESS_KEY: 'wrong' } })
    expect(forged.stderr).toMatch(/InvalidSignatureException/)
    expect(forged.stderr).not.toContain('wrong')
    expect(strict.records('s')).toHaveLength(1)
    await strict.close()
  })
})

describe('wrong usage', () => {
  it.each([
    [['put'], /Missing required argument 'stream'/],
    [['put', 's', '--data', 'a', '--file', 'b'], /--data and --file are both given/],
    [['put', 's', '--key', 'a', '--key-path', '$.b'], /--key and --key-path are both given/],
    [['put', 's', '--key', 'x'.repeat(257)], /--key must have 1 to 256 characters/],
    [['put', 's', '--key-path', 'id'], /--key-path is "id".*like \$\.data\.id/],
    [['put', 's', '--data', ''], /--data is empty/],
    [
      ['put', 's', '--explicit-hash-key', '340282366920938463463374607431768211456'],
      /--explicit-hash-key is/,
    ],
    [['put', 's', '--aggregate', '5'], /--aggregate is 5/],
    [['put', 's', '--rate', '0'], /number above 0/],
    [['put', 's', '--endpoint', 'localhost:4567'], /Give it as a URL/],
    [['put', 's', '--file', 'nowhere.ndjson'], /INPUT_FAILED: Nowhere\.ndjson cannot be read/],
  ])('%j ends with 2', async (args, text) => {
    const ended = await run(args, { cwd: kit.folder.path })
    expect(ended).toMatchObject({ exitCode: 2, stdout: '' })
    expect(ended.stderr).toMatch(text)
  })
})

describe('ctrl-C', () => {
  it('ends the reading; what was read is put and counted', async () => {
    stream('stopped', 1)
    const process = new CliProcess(['put', 'stopped', '--endpoint', url, '--json'], { env: noEnvironment })
    process.child.stdin.write('one\ntwo\n')
    while (kit.records('stopped').length < 2) await kit.store.waitForNews(kit.store.news(), 1000)
    process.child.kill('SIGINT')
    const ended = await process.ended
    expect(ended.exitCode).toBe(0)
    expect(JSON.parse(ended.stdout)).toMatchObject({ records: 2 })
  })
})

/** `millrace replay` as a user runs it: files and streams, into streams and files, stopped and followed. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { aggregate } from '@millrace/values'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { CliProcess, type Ended, lines } from './cli-process.test-kit.ts'
import { type GatewayKit, openGatewayKit } from './gateway.test-kit.ts'

const noEnvironment = { AWS_ENDPOINT_URL: '', AWS_ENDPOINT_URL_KINESIS: '' }
const bytes = (text: string) => new TextEncoder().encode(text)

let kit: GatewayKit
let url = ''
let files = 0
beforeAll(async () => {
  kit = await openGatewayKit()
  url = kit.gateway.url
  define('ranged', 1)
})
afterAll(() => kit.close())

function start(...args: string[]): CliProcess {
  const process = new CliProcess(['replay', ...args], { cwd: kit.folder.path, env: noEnvironment })
  process.child.stdin.end()
  return process
}
const run = (...args: string[]): Promise<Ended> => start(...args).ended
const outFile = () => join(kit.folder.path, `out-${files++}`, 'records.ndjson')
const define = (name: string, shards: number) =>
  kit.store.defineStream({ name, shards, retentionMs: Number.POSITIVE_INFINITY })

function append(stream: string, from: number, to: number): void {
  const records = Array.from({ length: to - from }, (_, i) => {
    const n = from + i
    return { key: bytes(`k${n % 7}`), data: bytes(`{"key":"k${n % 7}","n":${n}}`) }
  })
  kit.store.commit((transaction) => transaction.append(stream, records))
}

/** A stream of 300 records in 30 commits, split and merged in between. */
function history(name: string): string[] {
  define(name, 1)
  for (let i = 0; i < 30; i++) {
    append(name, i * 10, i * 10 + 10)
    const open = kit.store.stream(name)!.shardInfos.filter(({ closedAt }) => closedAt === undefined)
    const [first, second] = open
    if (i % 10 === 4 && first !== undefined) {
      const { start: low, end } = first.range
      const middle = (low + end) / 2n
      const parents = [first.shard]
      const halves = [
        { start: low, end: middle },
        { start: middle + 1n, end },
      ]
      kit.store.reshard(name, { close: parents, open: halves.map((range) => ({ range, parents })) })
    }
    if (i % 10 === 9 && first !== undefined && second !== undefined) {
      const range = { start: first.range.start, end: second.range.end }
      const parents = [first.shard, second.shard]
      kit.store.reshard(name, { close: parents, open: [{ range, parents }] })
    }
  }
  return kit.records(name).map(({ text }) => text)
}

/** Each key's numbers in the order of the lines. */
function byKey(texts: readonly string[]): Map<string, number[]> {
  const keys = new Map<string, number[]>()
  for (const text of texts) {
    const { key, n } = JSON.parse(text)
    keys.set(key, [...(keys.get(key) ?? []), n])
  }
  return keys
}

function expectKeyOrder(texts: readonly string[]): void {
  for (const [key, numbers] of byKey(texts)) expect(numbers, key).toEqual([...numbers].sort((a, b) => a - b))
}

const read = (path: string) => lines(readFileSync(path, 'utf8'))
const folderOf = (path: string) => readdirSync(join(path, '..'))

describe('a stream into a file', () => {
  let all: string[] = []
  beforeAll(() => {
    all = history('clicks')
  })

  it.each([
    ['the data directory, beside its owner', () => ['--data-dir', kit.dataDir]],
    ['an endpoint', () => ['--endpoint', url]],
    ['an endpoint by fan-out', () => ['--endpoint', url, '--fan-out']],
  ])(
    'from %s holds every record once, in the order of each key, for one slice and for several',
    async (_, place) => {
      for (const slices of ['1', '4']) {
        const out = outFile()
        const ended = await run('--stream', 'clicks', '--out', out, '--slices', slices, ...place(), '--json')
        expect(ended).toMatchObject({ exitCode: 0 })
        expect(read(out).sort()).toEqual([...all].sort())
        expectKeyOrder(read(out))
        expect(folderOf(out)).toEqual(['records.ndjson'])
        const result = JSON.parse(ended.stdout)
        expect(result).toMatchObject({ stream: 'clicks', out, records: 300, cutOver: expect.any(Object) })
        const open = kit.store.stream('clicks')!.shardInfos.filter(({ closedAt }) => closedAt === undefined)
        expect(Object.keys(result.cutOver)).toEqual(
          open.map(({ shard }) => `shardId-${String(shard).padStart(12, '0')}`),
        )
      }
    },
    60_000,
  )

  it('names one cut-over, whichever way it is read', async () => {
    const cut = async (...place: string[]) =>
      JSON.parse((await run('--stream', 'clicks', '--out', outFile(), '--json', ...place)).stdout).cutOver
    expect(await cut('--endpoint', url)).toEqual(await cut('--data-dir', kit.dataDir))
  })

  it('leaves no consumer behind after a fan-out', async () => {
    expect(await consumers('clicks')).toEqual([])
  })

  it('on standard output is the records alone', async () => {
    for (const slices of ['1', '3']) {
      const flags = ['--out', '-', '--slices', slices, '--data-dir', kit.dataDir, '--json']
      const ended = await run('--stream', 'clicks', ...flags)
      expect(ended.exitCode).toBe(0)
      expect(lines(ended.stdout).sort()).toEqual([...all].sort())
      expect(JSON.parse(lines(ended.stderr).at(-1) ?? '')).toMatchObject({ records: 300 })
    }
  })

  it('between two times holds what arrived in [from, to)', async () => {
    const times = kit.store
      .read('clicks', 0, 0, { maxRecords: 1e6, maxBytes: 1e9 })
      .batches.flatMap((batch) => ('reason' in batch ? [] : [batch.arrivalTime]))
    const [from, to] = [times[1] ?? 0, times[3] ?? 0]
    const out = outFile()
    const flags = ['--from', new Date(from).toISOString(), '--to', String(to), '--with-metadata']
    await run('--stream', 'clicks', '--out', out, '--data-dir', kit.dataDir, ...flags)
    const whole = outFile()
    await run('--stream', 'clicks', '--out', whole, '--data-dir', kit.dataDir, '--with-metadata')
    const expected = read(whole).filter((line) => {
      const time = Date.parse(JSON.parse(line).arrivalTime)
      return time >= from && time < to
    })
    expect(read(out)).toEqual(expected)
    expect(JSON.parse(read(whole)[0] ?? '')).toEqual({
      shardId: 'shardId-000000000000',
      sequenceNumber: expect.stringMatching(/^\d{56}$/),
      arrivalTime: new Date(times[0] ?? 0).toISOString(),
      partitionKey: 'k0',
      data: { key: 'k0', n: 0 },
    })
  })

  it('takes aggregates apart where asked to', async () => {
    define('packed', 1)
    const users = ['a', 'b', 'c'].map((key) => ({ partitionKey: key, data: bytes(`"${key}"`) }))
    const [packed] = aggregate(users)
    kit.store.commit((transaction) => transaction.append('packed', [{ key: bytes('a'), data: packed!.data }]))
    const out = outFile()
    await run('--stream', 'packed', '--out', out, '--data-dir', kit.dataDir, '--deaggregate')
    expect(read(out)).toEqual(['"a"', '"b"', '"c"'])
    await run('--stream', 'packed', '--out', out, '--data-dir', kit.dataDir)
    expect(read(out)).toEqual([expect.stringMatching(/^\{"base64":/)])
  })

  it('that is stopped leaves no file, and says so', async () => {
    define('slow', 1)
    append('slow', 0, 1)
    // The second record is due in an hour, if a ms takes that long.
    let before = 0
    while (before < 2) {
      append('slow', ++before, before + 1)
      await kit.store.waitForNews(kit.store.news(), 5)
    }
    const out = outFile()
    const process = start('--stream', 'slow', '--out', out, '--speed', '0.000001', '--data-dir', kit.dataDir)
    await process.until(({ stderr }) => stderr.includes('1 slice'))
    process.child.kill('SIGINT')
    const ended = await process.ended
    expect(ended).toMatchObject({ exitCode: 1, stdout: '' })
    expect(ended.stderr).toMatch(/REPLAY_STOPPED: Stopped after \d records\. .* was not written\./)
    expect(existsSync(out)).toBe(false)
    expect(existsSync(join(out, '..')) ? folderOf(out) : []).toEqual([])
  })

  it('that cannot be written is an error', async () => {
    writeFileSync(join(kit.folder.path, 'file'), '')
    const out = join(kit.folder.path, 'file', 'x')
    const ended = await run('--stream', 'clicks', '--out', out, '--data-dir', kit.dataDir)
    expect(ended).toMatchObject({ exitCode: 1, stdout: '' })
    expect(ended.stderr).toMatch(/OUTPUT_FAILED: .*file\/x.* cannot be written/)
  })
})

describe('followed', () => {
  it.each([
    ['the data directory', () => ['--data-dir', kit.dataDir]],
    ['an endpoint', () => ['--endpoint', url]],
  ])(
    'from %s a file holds every record once, also over a split',
    async (name, place) => {
      const stream = name === 'an endpoint' ? 'followed-e' : 'followed-d'
      history(stream)
      const out = outFile()
      const process = start(
        '--stream',
        stream,
        '--out',
        out,
        '--slices',
        '3',
        '--follow',
        '--json',
        ...place(),
      )
      await process.until(({ stderr }) => stderr.includes('following'))
      expect(read(out)).toHaveLength(300)
      append(stream, 300, 310)
      const [open] = kit.store.stream(stream)!.shardInfos.filter(({ closedAt }) => closedAt === undefined)
      const { start: low, end } = open!.range
      const middle = (low + end) / 2n
      const parents = [open!.shard]
      kit.store.reshard(stream, {
        close: parents,
        open: [
          { range: { start: low, end: middle }, parents },
          { range: { start: middle + 1n, end }, parents },
        ],
      })
      append(stream, 310, 330)
      while (read(out).length < 330) await kit.store.waitForNews(kit.store.news(), 50)
      process.child.kill('SIGINT')
      const ended = await process.ended
      expect(ended.exitCode).toBe(0)
      expect(JSON.parse(ended.stdout)).toMatchObject({ records: 300, live: 30 })
      expect(read(out).sort()).toEqual(
        kit
          .records(stream)
          .map(({ text }) => text)
          .sort(),
      )
      expectKeyOrder(read(out))
    },
    60_000,
  )
})

describe('a stream into a stream', () => {
  it('holds the same records under their keys; with one slice in the order of each key', async () => {
    const all = history('original')
    define('copy', 3)
    const ended = await run(
      '--stream',
      'original',
      '--into',
      'copy',
      '--data-dir',
      kit.dataDir,
      '--endpoint',
      url,
      '--json',
    )
    expect(ended.exitCode).toBe(0)
    expect(JSON.parse(ended.stdout)).toMatchObject({
      into: 'copy',
      records: 300,
      put: { records: 300, retries: 0 },
    })
    const copied = kit.records('copy')
    expect(copied.map(({ text }) => text).sort()).toEqual([...all].sort())
    for (const { key, text } of copied) expect(JSON.parse(text).key).toBe(key)
    expectKeyOrder(copied.map(({ text }) => text))
    define('packed-copy', 3)
    const flags = ['--into', 'packed-copy', '--aggregate', '--slices', '4', '--endpoint', url, '--json']
    const packed = JSON.parse((await run('--stream', 'copy', ...flags)).stdout)
    expect(packed.put.entries).toBeLessThan(100)
    expect(
      kit
        .records('packed-copy')
        .map(({ text }) => text)
        .sort(),
    ).toEqual([...all].sort())
  })

  it('that is missing says which there are', async () => {
    const from = await run('--stream', 'clcks', '--out', outFile(), '--endpoint', url)
    expect(from).toMatchObject({ exitCode: 2, stdout: '' })
    expect(from.stderr).toMatch(/DATA_STREAM_UNKNOWN: .*Did you mean "clicks"/)
    const place = ['--data-dir', kit.dataDir, '--endpoint', url]
    const into = await run('--stream', 'clicks', '--into', 'nowhere', ...place)
    expect(into).toMatchObject({ exitCode: 2, stdout: '' })
    expect(into.stderr).toMatch(/DATA_STREAM_UNKNOWN: .*no stream "nowhere"/)
    const itself = await run('--stream', 'clicks', '--into', 'clicks', '--endpoint', url)
    expect(itself.stderr).toMatch(/USAGE: Stream "clicks" would be replayed into itself/)
  })
})

describe('a file into a stream', () => {
  const line = (second: number, id: number) =>
    `{"id":${id},"at":"2026-01-01T00:00:${String(second).padStart(2, '0')}Z"}`

  it('holds its lines, or those between two of their times', async () => {
    const file = join(kit.folder.path, 'changes.ndjson')
    const all = [line(0, 1), line(10, 2), line(20, 1), line(30, 3)]
    writeFileSync(file, all.join('\n'))
    define('whole', 1)
    const flags = ['--file', file, '--endpoint', url, '--key-path', '$.id']
    const ended = await run(...flags, '--into', 'whole')
    expect(ended).toMatchObject({ exitCode: 0, stderr: '' })
    expect(ended.stdout).toMatch(/^whole: 4 records, .*: \d calls, 0 sent again, 0 throttled\n$/)
    expect(kit.records('whole')).toEqual(all.map((text) => ({ key: String(JSON.parse(text).id), text })))
    define('part', 1)
    const range = ['--time-path', '$.at', '--from', '2026-01-01T00:00:10Z', '--to', '2026-01-01T00:00:30Z']
    const part = await run(...flags, '--into', 'part', ...range, '--speed', '1000', '--json')
    expect(JSON.parse(part.stdout)).toMatchObject({ records: 2, left: 2, lines: 4, wasStopped: false })
    expect(kit.records('part').map(({ text }) => text)).toEqual([line(10, 2), line(20, 1)])
  })

  it('whose times cannot be read says so; one that is stopped says how far it came', async () => {
    const file = join(kit.folder.path, 'times.ndjson')
    writeFileSync(file, [line(0, 1), line(59, 2)].join('\n'))
    define('times', 1)
    const flags = ['--file', file, '--into', 'times', '--endpoint', url]
    const timeless = await run(...flags, '--time-path', '$.time')
    expect(timeless.stderr).toMatch(/TIME_NEVER_READ: no line of times\.ndjson/)
    const process = start(...flags, '--time-path', '$.at', '--speed', '0.001', '--json')
    while (kit.records('times').length < 3) await kit.store.waitForNews(kit.store.news(), 1000)
    process.child.kill('SIGINT')
    const ended = await process.ended
    expect(ended.exitCode).toBe(1)
    expect(ended.stderr).toMatch(/stopped in line 2/)
    expect(JSON.parse(ended.stdout)).toMatchObject({ records: 1, wasStopped: true })
  })
})

describe('wrong usage', () => {
  it.each([
    [[], /a replay is of a file or of a stream/i],
    [['--file', 'a', '--stream', 'b'], /a replay is of a file or of a stream/i],
    [['--file', 'a', '--into', 'b', '--time-path', 'at'], /--time-path is "at"/],
    [['--stream', 'a'], /goes into a stream or a file/],
    [['--file', 'a', '--out', 'b'], /--out is for the replay of a stream/],
    [['--file', 'a', '--into', 'b', '--slices', '2'], /--slices is for the replay of a stream/],
    [['--file', 'a', '--into', 'b', '--fan-out'], /--fan-out is for the replay of a stream/],
    [['--file', 'a', '--into', 'b', '--speed', '2'], /Say where it is, for example --time-path/],
    [['--stream', 'a', '--out', 'b', '--time-path', '$.t'], /--time-path is for the replay of a file/],
    [['--stream', 'a', '--out', 'b', '--slices', '21'], /Give 1 to 20/],
    [['--stream', 'a', '--out', 'b', '--slices', '2', '--speed', '2'], /no common speed/],
    [['--stream', 'a', '--out', 'b', '--follow', '--to', '2026-01-01'], /--follow goes on from now/],
    [['--stream', 'a', '--out', 'b', '--aggregate'], /--aggregate is for --into/],
    [['--stream', 'a', '--into', 'b', '--with-metadata'], /--with-metadata is for --out/],
    [['--stream', 'a', '--out', 'b', '--speed', 'fast'], /Give max, or a number above 0/],
    [['--stream', 'a', '--out', 'b', '--from', 'yesterday'], /Allowed: trim-horizon, a time like/],
    [
      ['--stream', 'clicks', '--out', 'b', '--from', '2999-01-01', '--endpoint', 'URL'],
      /REPLAY_RANGE.*is in the future/,
    ],
  ])('%j ends with 2', async (args, text) => {
    const ended = await run(...args.map((word) => (word === 'URL' ? url : word)))
    expect(ended).toMatchObject({ exitCode: 2, stdout: '' })
    expect(ended.stderr).toMatch(text)
  })
})

async function consumers(stream: string): Promise<unknown> {
  const response = await fetch(url, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-amz-json-1.1',
      'x-amz-target': 'Kinesis_20131202.ListStreamConsumers',
      authorization:
        'AWS4-HMAC-SHA256 Credential=a/20260101/us-east-1/kinesis/aws4_request, SignedHeaders=host, Signature=00',
      'x-amz-date': '20260101T000000Z',
    },
    body: JSON.stringify({ StreamARN: `arn:aws:kinesis:us-east-1:000000000000:stream/${stream}` }),
  })
  return Reflect.get(Object(await response.json()), 'Consumers')
}

/**
 * Clients on a JVM: the AWS SDK 2 for Java (CBOR over HTTP/2), and an application of the Kinesis Client Library that reads
 * a stream over a split, polling and with fan-out, its leases in tables of the same endpoint. Needs Maven, a JDK of 17 and
 * Maven Central, so it runs with MILLRACE_NIGHTLY=1 only; then it never skips.
 */
import { execFile, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTestServer, type TestServer } from '../testing/test-server.ts'
import { bytes, hashKeyMax, shardId, World } from './cases/world.ts'
import { PlainClient } from './clients/plain-client.ts'
import { jsonCodec } from './clients/plain-codecs.ts'
import { type JsonObject, TablePeer } from './dynamodb/table-peer.ts'

const project = fileURLToPath(new URL('../../blackbox-java', import.meta.url))
const keys = 20

describe.skipIf(process.env.MILLRACE_NIGHTLY === undefined)('on a JVM (nightly)', () => {
  let classpath: string
  let server: TestServer
  let admin: PlainClient
  let world: World
  let tables: TablePeer

  beforeAll(async () => {
    const list = join(project, 'target/classpath.txt')
    const goals = ['compile', 'dependency:build-classpath', `-Dmdep.outputFile=${list}`]
    await promisify(execFile)('mvn', ['-q', '-B', ...goals], { cwd: project })
    classpath = [join(project, 'target/classes'), readFileSync(list, 'utf8').trim()].join(':')
    server = await startTestServer()
    const { url, credentials, clock } = server
    admin = new PlainClient({ url, credentials, clock, codec: jsonCodec })
    world = new World(server, admin)
    tables = new TablePeer({
      name: 'millrace',
      url,
      clock,
      credentials: credentials.owner,
      stop: async () => {},
    })
  }, 600_000)

  afterAll(async () => {
    await tables.close()
    await admin.close()
    await server.close()
    expect(server.failures).toEqual([])
  })

  async function run(main: string, args: readonly string[], onLine: (line: string) => void = () => {}) {
    const child = spawn('java', ['-cp', classpath, `blackbox.${main}`, ...args])
    const lines: string[] = []
    let errors = ''
    child.stderr.on('data', (chunk) => {
      errors = (errors + chunk).slice(-5000)
    })
    createInterface({ input: child.stdout }).on('line', (line) => {
      lines.push(line)
      onLine(line)
    })
    const code = await new Promise((resolve) => child.on('close', resolve))
    expect(code, `${lines.slice(-20).join('\n')}\n${errors}`).toBe(0)
    return lines
  }

  test('the SDK puts, reads, subscribes, and sees errors by their classes', {
    timeout: 120_000,
  }, async () => {
    const { owner } = server.credentials
    const lines = await run('SdkClient', [server.url, owner.id, owner.secret])
    expect(lines).toEqual([
      'right: CreateStream, DescribeStreamSummary',
      'right: PutRecords',
      'right: PutRecord',
      'right: GetShardIterator, GetRecords',
      'right: RegisterStreamConsumer, DescribeStreamConsumer, SubscribeToShard',
      'right: errors have their classes',
      'right: every call but the subscription was CBOR',
    ])
  })

  test.each([
    ['polling', '2'],
    ['polling', '3'],
    ['fan-out', '3'],
  ])(
    'an application of the Kinesis Client Library (%s, leases as in version %s) reads each record once, in order, over a split',
    { timeout: 180_000 },
    async (way, version) => {
      const stream = await world.stream({ ShardCount: 1 })
      await put(stream, 0)
      let seen = 0
      let more: Promise<void> | undefined
      const splitAndPut = async () => {
        const NewStartingHashKey = String((hashKeyMax + 1n) / 2n)
        await world.admin('SplitShard', { StreamName: stream, ShardToSplit: shardId(0), NewStartingHashKey })
        await put(stream, 500)
      }
      const { owner } = server.credentials
      const application = `kcl-${way}-${version}`
      const lines = await run(
        'KclApp',
        [server.url, owner.id, owner.secret, stream, application, way, version, '1000'],
        (line) => {
          if (line.startsWith('record ') && ++seen === 500) more = splitAndPut()
        },
      )
      await more
      const read = lines.filter((line) => line.startsWith('record ')).map((line) => line.split(' ')[2]!)
      expect(read.map(Number).sort((a, b) => a - b)).toEqual(Array.from({ length: 1000 }, (_, i) => i))
      for (let key = 0; key < keys; key++) {
        const own = read.map(Number).filter((n) => n % keys === key)
        expect(own).toEqual([...own].sort((a, b) => a - b))
      }
      expect(lines.filter((line) => line.startsWith('end '))).toEqual([`end ${shardId(0)}`])
      const { body } = await tables.call('Scan', { TableName: application })
      // Leases alone: the coordinator of version 3 keeps its own items beside them.
      const leases = (body.Items as readonly JsonObject[]).filter(({ leaseKey }) =>
        JSON.stringify(leaseKey).includes('shardId-'),
      )
      expect(leases).toHaveLength(3)
      expect(leases).toContainEqual(expect.objectContaining({ checkpoint: { S: 'SHARD_END' } }))
    },
  )

  async function put(StreamName: string, from: number): Promise<void> {
    const Records = Array.from({ length: 500 }, (_, i) => ({
      PartitionKey: `k${(from + i) % keys}`,
      Data: bytes(`${from + i}`),
    }))
    expect(await world.admin('PutRecords', { StreamName, Records })).toMatchObject({ FailedRecordCount: 0 })
  }
})

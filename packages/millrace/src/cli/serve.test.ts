/** `millrace serve`, `millrace keys` and the endpoint of `millrace run`, as processes, spoken to by the AWS SDK as it comes. */
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import {
  CreateDeliveryStreamCommand,
  FirehoseClient,
  type ProcessorParameterName,
  PutRecordBatchCommand,
} from '@aws-sdk/client-firehose'
import {
  CreateStreamCommand,
  DeleteStreamCommand,
  DescribeStreamSummaryCommand,
  KinesisClient,
  PutRecordsCommand,
  SplitShardCommand,
  UpdateShardCountCommand,
} from '@aws-sdk/client-kinesis'
import { systemClock } from '@millrace/values'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { CliProcess, cli, type Folder, lines, temporaryFolder } from './cli-process.test-kit.ts'

let folder: Folder
beforeAll(() => {
  folder = temporaryFolder()
})
afterAll(() => folder.remove())
let directories = 0
const dataDir = (): string => join(folder.path, `data-${directories++}`)

interface Address {
  readonly url: string
  readonly tlsUrl?: string
  readonly authMode: string
}

async function serve(dir: string, ...flags: string[]): Promise<{ server: CliProcess; address: Address }> {
  const server = new CliProcess(['serve', '--data-dir', dir, '--port', '0', '--json', ...flags])
  await server.until(({ stdout }) => stdout.includes('\n'))
  return { server, address: JSON.parse(server.stdout) as Address }
}

async function stop(server: CliProcess): Promise<void> {
  server.child.kill('SIGTERM')
  expect(await server.ended).toMatchObject({ exitCode: 0 })
}

function client(url: string, key = { id: 'AKIDEXAMPLEAKIDEXAMP', secret: 'secret' }): KinesisClient {
  const credentials = { accessKeyId: key.id, secretAccessKey: key.secret }
  return new KinesisClient({ region: 'us-east-1', endpoint: url, credentials, maxAttempts: 1 })
}

function firehose(url: string): FirehoseClient {
  const credentials = { accessKeyId: 'AKIDEXAMPLEAKIDEXAMP', secretAccessKey: 'secret' }
  return new FirehoseClient({ region: 'us-east-1', endpoint: url, credentials, maxAttempts: 1 })
}

/** Visible ones, below a folder. */
function files(dir: string): string[] {
  if (!existsSync(dir)) return []
  return readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((each) => each.isFile() && !each.parentPath.includes('.millrace'))
    .map(({ parentPath, name }) => relative(dir, join(parentPath, name)))
}

const records = (count: number) =>
  Array.from({ length: count }, (_, i) => ({
    PartitionKey: `k${i % 10}`,
    Data: Buffer.from(JSON.stringify({ id: `r${i}` })),
  }))

describe('serve', () => {
  it('keeps what clients put, over a restart, and other commands read it while it runs', async () => {
    const dir = dataDir()
    const first = await serve(dir)
    const kinesis = client(first.address.url)
    await kinesis.send(new CreateStreamCommand({ StreamName: 'clicks', ShardCount: 2 }))
    await kinesis.send(new PutRecordsCommand({ StreamName: 'clicks', Records: records(20) }))
    const read = await cli(['stream', 'read', 'clicks', '--data-dir', dir])
    expect(lines(read.stdout)).toHaveLength(20)
    expect(existsSync(join(dir, 'gateway.json'))).toBe(true)
    await stop(first.server)
    expect(existsSync(join(dir, 'gateway.json'))).toBe(false)
    const second = await serve(dir)
    const again = client(second.address.url)
    const { StreamDescriptionSummary } = await again.send(
      new DescribeStreamSummaryCommand({ StreamName: 'clicks' }),
    )
    expect(StreamDescriptionSummary).toMatchObject({ StreamStatus: 'ACTIVE', OpenShardCount: 2 })
    const metrics = await fetch(`${second.address.url}/metrics`)
    expect(metrics.status).toBe(200)
    kinesis.destroy()
    again.destroy()
    await stop(second.server)
  })

  it('runs a handler on what is put, where a delivery names it', async () => {
    const dir = dataDir()
    const lake = join(folder.path, 'lake-of-functions')
    const code = `exports.upper = async ({ records }) => ({
      records: records.map(({ recordId, data }) => ({
        recordId,
        result: 'Ok',
        data: Buffer.from(Buffer.from(data, 'base64').toString().toUpperCase()).toString('base64'),
      })),
    })`
    writeFileSync(join(folder.path, 'clean.cjs'), code)
    const { server, address } = await serve(
      dir,
      ...['--bucket', `lake=${lake}`, '--function', `clean=${join(folder.path, 'clean.upper')}`],
    )
    const client = firehose(address.url)
    const lambda = {
      LambdaArn: 'arn:aws:lambda:us-east-1:000000000000:function:clean',
      BufferIntervalInSeconds: '0',
    }
    await client.send(
      new CreateDeliveryStreamCommand({
        DeliveryStreamName: 'orders',
        ExtendedS3DestinationConfiguration: {
          RoleARN: 'arn:aws:iam::000000000000:role/r',
          BucketARN: 'arn:aws:s3:::lake',
          BufferingHints: { SizeInMBs: 1, IntervalInSeconds: 0 },
          ProcessingConfiguration: {
            Enabled: true,
            Processors: [
              {
                Type: 'Lambda',
                Parameters: Object.entries(lambda).map(([ParameterName, ParameterValue]) => ({
                  ParameterName: ParameterName as ProcessorParameterName,
                  ParameterValue,
                })),
              },
            ],
          },
        },
      }),
    )
    await client.send(
      new PutRecordBatchCommand({ DeliveryStreamName: 'orders', Records: [{ Data: Buffer.from('shout') }] }),
    )
    while (files(lake).length === 0) await systemClock.sleep(20)
    expect(readFileSync(join(lake, files(lake)[0]!), 'utf8')).toBe('SHOUT')
    await stop(server)
    const refused = await cli(['serve', '--data-dir', dir, '--function', 'clean=./nowhere.upper'])
    expect(refused).toMatchObject({ exitCode: 2 })
    expect(refused.stderr).toContain('--function is "clean=./nowhere.upper"')
  })

  it('delivers what is put to the folder of a bucket, also what a stop has left waiting', async () => {
    const dir = dataDir()
    const lake = join(folder.path, 'lake-of-serve')
    const first = await serve(dir, '--bucket', `lake=${lake}`)
    const destination = {
      RoleARN: 'arn:aws:iam::000000000000:role/r',
      BucketARN: 'arn:aws:s3:::lake',
      Prefix: 'orders/',
    }
    const made = firehose(first.address.url)
    await made.send(
      new CreateDeliveryStreamCommand({
        DeliveryStreamName: 'orders',
        ExtendedS3DestinationConfiguration: {
          ...destination,
          BufferingHints: { SizeInMBs: 1, IntervalInSeconds: 900 },
        },
      }),
    )
    await made.send(
      new PutRecordBatchCommand({ DeliveryStreamName: 'orders', Records: [{ Data: Buffer.from('a,') }] }),
    )
    await stop(first.server)
    expect(files(lake)).toEqual([])
    // The place is kept.
    const second = await serve(dir)
    const again = firehose(second.address.url)
    await again.send(
      new PutRecordBatchCommand({
        DeliveryStreamName: 'orders',
        Records: [
          { Data: Buffer.from('b,') },
          { Data: Buffer.alloc(1_000_000, 'c') },
          { Data: Buffer.alloc(100_000, 'd') },
        ],
      }),
    )
    while (files(lake).length === 0) await systemClock.sleep(20)
    const [object] = files(lake)
    expect(readFileSync(join(lake, object!), 'utf8')).toMatch(/^a,b,c+d*$/)
    expect(object).toMatch(/^orders[\\/]\d{4}[\\/]/)
    await stop(second.server)
    const refused = await cli(['serve', '--data-dir', dir, '--bucket', 'lake'])
    expect(refused).toMatchObject({ exitCode: 2 })
    expect(refused.stderr).toContain('--bucket is "lake"')
  })

  it('verifies signatures from the first key on, by what the key may do, until it is revoked', async () => {
    const dir = dataDir()
    const created = await cli(['keys', 'create', '--data-dir', dir, '--allow', 'kinesis:*:clicks', '--json'])
    const { accessKeyId, secretAccessKey } = JSON.parse(created.stdout)
    expect(statSync(join(dir, 'access-keys.json')).mode & 0o777).toBe(0o600)
    const { server, address } = await serve(dir)
    expect(address.authMode).toBe('verify')
    const create = (StreamName: string) => new CreateStreamCommand({ StreamName, ShardCount: 1 })
    const right = client(address.url, { id: accessKeyId, secret: secretAccessKey })
    await right.send(create('clicks'))
    await expect(right.send(create('orders'))).rejects.toMatchObject({ name: 'AccessDeniedException' })
    const wrong = client(address.url, { id: accessKeyId, secret: `${secretAccessKey}x` })
    await expect(wrong.send(create('clicks'))).rejects.toMatchObject({ name: 'InvalidSignatureException' })
    const listed = await cli(['keys', 'list', '--data-dir', dir, '--json'])
    expect(JSON.parse(listed.stdout)).toMatchObject({ accessKeyId, status: 'active' })
    expect(`${listed.stdout}${server.stdout}${server.stderr}`).not.toContain(secretAccessKey)
    expect((await cli(['keys', 'revoke', accessKeyId, '--data-dir', dir])).exitCode).toBe(0)
    expect((await cli(['keys', 'revoke', 'nobody', '--data-dir', dir])).exitCode).toBe(2)
    for (const kinesis of [right, wrong]) kinesis.destroy()
    await stop(server)
  })

  it('shows metrics beyond loopback to nobody unknown, unless told so', async () => {
    for (const [flags, status] of [
      [[], 401],
      [['--open-metrics'], 200],
    ] as const) {
      const { server, address } = await serve(dataDir(), '--host', '0.0.0.0', ...flags)
      expect(address.authMode).toBe('verify')
      for (const page of ['/metrics', '/metrics.json'])
        expect((await fetch(address.url + page)).status).toBe(status)
      expect((await fetch(`${address.url}/healthz`)).status).toBe(200)
      await stop(server)
    }
  })

  it.each([
    [['--auth', 'maybe'], 2, /USAGE.*verify, lenient, off/],
    [['--auth', 'off', '--host', '0.0.0.0'], 2, /GATEWAY_AUTH_REFUSED/],
    [['--limits', 'huge'], 2, /GATEWAY_OPTION_INVALID.*aws and local/],
    [['--limit', 'speed=1'], 2, /GATEWAY_OPTION_INVALID.*speed/],
    [['--tls-cert', 'x.pem'], 2, /--tls-cert and --tls-key/],
    [['--alarms', 'nowhere.json'], 2, /ALARM_FILE_UNREADABLE/],
    [['--port', '70000'], 2, /0 to 65535/],
  ])('refuses %j', async (flags, exitCode, message) => {
    const ended = await cli(['serve', '--data-dir', dataDir(), ...flags])
    expect(ended.stderr).toMatch(message)
    expect(ended).toMatchObject({ exitCode, stdout: '' })
  })
})

const saver = `import { defineApp } from 'millrace'

export default defineApp('saver', (app) => {
  const changes = app.stream<{ readonly id: string }>('changes', {
    shards: 1,
    autoscale: { target: 0.5, min: 1, max: 4 },
  })
  const table = app.table('Changes', { partitionKey: 'id' })
  app.function('save', { from: changes }, (records) => table.put(records))
})
`

describe('run', () => {
  it("opens an endpoint on the app's streams: what clients put the stages read, also after a split", async () => {
    const dir = dataDir()
    writeFileSync(join(folder.path, 'saver.app.ts'), saver)
    const app = new CliProcess(['run', 'saver.app.ts', '--data-dir', dir, '--port', '0'], {
      cwd: folder.path,
    })
    await app.until(({ stderr }) => /Kinesis at \S+/.test(stderr))
    const kinesis = client(/Kinesis at (\S+)/.exec(app.stderr)![1]!)
    const put = (from: number) =>
      kinesis.send(
        new PutRecordsCommand({ StreamName: 'changes', Records: records(60).slice(from, from + 30) }),
      )
    await put(0)
    await kinesis.send(
      new UpdateShardCountCommand({
        StreamName: 'changes',
        TargetShardCount: 2,
        ScalingType: 'UNIFORM_SCALING',
      }),
    )
    await put(30)
    await expect(kinesis.send(new DeleteStreamCommand({ StreamName: 'changes' }))).rejects.toMatchObject({
      name: 'ResourceInUseException',
      message: expect.stringContaining('saver'),
    })
    const split = { StreamName: 'changes', ShardToSplit: 'shardId-000000000009', NewStartingHashKey: '10' }
    await expect(kinesis.send(new SplitShardCommand(split))).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
    })
    let items = ''
    while (lines(items).length < 60)
      items = (await cli(['table', 'scan', 'Changes', '--data-dir', dir])).stdout
    const settings = await cli(['table', 'scan', 'system.kinesis', '--data-dir', dir])
    expect(settings.stdout).toContain('"target":0.5')
    kinesis.destroy()
    app.child.kill('SIGTERM')
    const ended = await app.ended
    expect(ended.exitCode).toBe(0)
    expect(ended.stdout).toMatch(/ledger: balanced/)
  })

  it('takes another port where the usual one is taken, but not where one was asked for', async () => {
    const dir = dataDir()
    writeFileSync(join(folder.path, 'saver.app.ts'), saver)
    const { server, address } = await serve(dataDir())
    const { port } = new URL(address.url)
    const asked = await cli(['run', 'saver.app.ts', '--data-dir', dir, '--port', port], { cwd: folder.path })
    expect(asked.stderr).toMatch(/GATEWAY_PORT_TAKEN/)
    expect(asked.exitCode).toBe(1)
    await stop(server)
  })
})

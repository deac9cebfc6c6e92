/** The vendor's client library works unchanged, over each transport, and is refused where its signature is wrong. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  DeleteStreamCommand,
  DescribeLimitsCommand,
  DescribeStreamSummaryCommand,
  GetRecordsCommand,
  KinesisClient,
  type KinesisClientConfig,
  ListStreamsCommand,
  PutRecordCommand,
  PutRecordsCommand,
  SubscribeToShardCommand,
} from '@aws-sdk/client-kinesis'
import { systemClock } from '@millrace/values'
import { NodeHttp2Handler, NodeHttpHandler } from '@smithy/node-http-handler'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { AccessKey } from './auth/access-key.ts'
import { createAccessKey } from './auth/key-file.ts'
import { type Gateway, startGateway } from './gateway.ts'
import type { GatewayFailure } from './http/dispatcher.ts'
import { ToyService } from './testing/toy-service.ts'

const directory = mkdtempSync(join(tmpdir(), 'millrace-gateway-'))
const service = new ToyService()
const failures: GatewayFailure[] = []
let key: AccessKey
let gateway: Gateway

beforeAll(async () => {
  key = createAccessKey({ directory, clock: systemClock })
  gateway = await startGateway({
    services: [service],
    port: 0,
    tls: { port: 0, certificate: 'self-signed' },
    directory,
    auth: { mode: 'verify' },
    onFailure: (failure) => failures.push(failure),
  })
})

afterAll(async () => {
  await gateway.close()
  rmSync(directory, { recursive: true })
})

const clients: KinesisClient[] = []
afterEach(() => {
  for (const client of clients.splice(0)) client.destroy()
  service.callers.length = 0
  service.bodies.length = 0
})

function clientOf(config: KinesisClientConfig): KinesisClient {
  const client = new KinesisClient({
    region: 'eu-west-3',
    credentials: { accessKeyId: key.id, secretAccessKey: key.secret },
    maxAttempts: 1,
    ...config,
  })
  clients.push(client)
  return client
}

const transports: Record<string, () => KinesisClientConfig> = {
  'HTTP/2 with prior knowledge': () => ({ endpoint: gateway.url }),
  'HTTP/1.1': () => ({ endpoint: gateway.url, requestHandler: new NodeHttpHandler() }),
  'TLS, HTTP/2': () => ({
    endpoint: gateway.tlsUrl!,
    requestHandler: new NodeHttp2Handler({ nodeHttp2ConnectOptions: { rejectUnauthorized: false } }),
  }),
  'TLS, HTTP/1.1': () => ({
    endpoint: gateway.tlsUrl!,
    requestHandler: new NodeHttpHandler({ httpsAgent: { rejectUnauthorized: false } }),
  }),
}

describe.each(Object.entries(transports))('%s', (_name, config) => {
  test('a signed call verifies, and its reply comes back whole', async () => {
    const client = clientOf(config())
    const listed = await client.send(new ListStreamsCommand({}))
    expect(listed.StreamNames).toEqual(['toy'])
    expect(listed.$metadata.requestId).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/)
    expect(service.callers[0]).toMatchObject({ keyId: key.id, account: '000000000000' })

    const { Records } = await client.send(new GetRecordsCommand({ ShardIterator: 'x' }))
    expect(new TextDecoder().decode(Records![0]!.Data)).toBe('hello')
    expect(Records![0]!.ApproximateArrivalTimestamp).toEqual(new Date(1_700_000_000_123))
    await client.send(new DeleteStreamCommand({ StreamName: 'toy' }))
  })

  test('bodies of any legal size arrive as they were sent', async () => {
    const client = clientOf(config())
    for (const size of [0, 1, 100_000, 7 * 1024 * 1024]) {
      const Data = new Uint8Array(size).fill(7)
      await client.send(new PutRecordCommand({ StreamName: 'toy', PartitionKey: 'k', Data }))
      expect(service.bodies.at(-1)!.Data).toBe(Buffer.from(Data).toString('base64'))
    }
    const Records = Array.from({ length: 500 }, (_, i) => ({
      PartitionKey: `k${i}`,
      Data: new Uint8Array(20_971),
    }))
    const put = await client.send(new PutRecordsCommand({ StreamName: 'toy', Records }))
    expect(put.Records).toHaveLength(500)
  })

  test('an error has its type and text; a failure of ours shows nothing but its request id', async () => {
    const client = clientOf(config())
    await expect(client.send(new DescribeStreamSummaryCommand({ StreamName: 'toy' }))).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
      message: 'Stream toy under account 000000000000 not found.',
      $metadata: { httpStatusCode: 400 },
    })
    const error = await client.send(new DescribeLimitsCommand({})).catch((caught: unknown) => caught)
    expect(error).toMatchObject({ name: 'InternalFailureException', $metadata: { httpStatusCode: 500 } })
    expect(String(error)).not.toContain('secret')
    expect(failures.at(-1)).toMatchObject({ call: 'DescribeLimits' })
  })

  test('a wrong secret and an unknown key are refused', async () => {
    const wrong = clientOf({ ...config(), credentials: { accessKeyId: key.id, secretAccessKey: 'wrong' } })
    await expect(wrong.send(new ListStreamsCommand({}))).rejects.toMatchObject({
      name: 'InvalidSignatureException',
    })
    const unknown = clientOf({
      ...config(),
      credentials: { accessKeyId: 'AKIAUNKNOWN', secretAccessKey: 'x' },
    })
    await expect(unknown.send(new ListStreamsCommand({}))).rejects.toMatchObject({
      name: 'UnrecognizedClientException',
    })
    expect(service.callers).toEqual([])
  })

  test('an event stream begins before its first event, brings all events in order, and ends', async () => {
    let start = () => {}
    const started = new Promise<void>((resolve) => {
      start = resolve
    })
    service.events = async function* () {
      await started
      for (let i = 0; i < 5; i++) {
        yield {
          kind: 'event',
          type: 'SubscribeToShardEvent',
          value: {
            Records: [{ Data: Buffer.alloc(100_000, i), PartitionKey: `${i}`, SequenceNumber: `${i}` }],
            ContinuationSequenceNumber: `${i}`,
            MillisBehindLatest: 0,
          },
        }
      }
    }
    const reply = await clientOf(config()).send(
      new SubscribeToShardCommand({ ConsumerARN: 'c', ShardId: 's', StartingPosition: { Type: 'LATEST' } }),
    )
    start()
    const seen: string[] = []
    for await (const { SubscribeToShardEvent: event } of reply.EventStream!) {
      seen.push(event!.ContinuationSequenceNumber!)
      expect(event!.Records![0]!.Data).toHaveLength(100_000)
    }
    expect(seen).toEqual(['0', '1', '2', '3', '4'])
  })

  test('an exception event rejects at the client with its type', async () => {
    service.events = async function* () {
      yield { kind: 'exception', error: { type: 'ResourceInUseException', message: 'taken over' } }
    }
    const reply = await clientOf(config()).send(
      new SubscribeToShardCommand({ ConsumerARN: 'c', ShardId: 's', StartingPosition: { Type: 'LATEST' } }),
    )
    const read = async () => {
      for await (const _ of reply.EventStream!);
    }
    await expect(read()).rejects.toMatchObject({ name: 'ResourceInUseException', message: 'taken over' })
  })
})

/** Real clients at an app, and at an endpoint alone, under virtual time. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DeleteTableCommand, DynamoDBClient, PutItemCommand, QueryCommand } from '@aws-sdk/client-dynamodb'
import {
  DeleteDeliveryStreamCommand,
  DescribeDeliveryStreamCommand,
  FirehoseClient,
  PutRecordCommand as PutFirehoseRecordCommand,
} from '@aws-sdk/client-firehose'
import {
  CreateStreamCommand,
  DeleteStreamCommand,
  GetRecordsCommand,
  GetShardIteratorCommand,
  KinesisClient,
  PutRecordCommand,
  PutRecordsCommand,
} from '@aws-sdk/client-kinesis'
import { afterEach, describe, expect, test } from 'vitest'
import { defineApp } from '../define/define-app.ts'
import { testApp } from './test-app.ts'
import { testGateway } from './test-gateway.ts'

const clients: KinesisClient[] = []
const clientOf = (endpoint: string) => {
  const credentials = { accessKeyId: 'any', secretAccessKey: 'any' }
  const client = new KinesisClient({ endpoint, region: 'us-east-1', credentials, maxAttempts: 1 })
  clients.push(client)
  return client
}
afterEach(() => {
  for (const client of clients.splice(0)) client.destroy()
})

function firehoseOf(url: string): FirehoseClient {
  const credentials = { accessKeyId: 'any', secretAccessKey: 'any' }
  return new FirehoseClient({ endpoint: url, region: 'us-east-1', credentials, maxAttempts: 1 })
}

const words = defineApp('words', (app) => {
  const said = app.stream('said', { shards: 2 })
  const loud = app.stream('loud')
  const table = app.table('Words', { partitionKey: 'word' })
  app.function('shout', { from: said }, async (records, context) => {
    for (const record of records) {
      await table.put({ word: record.text(), times: 1 })
      context.emit(loud, record.text().toUpperCase(), { partitionKey: record.partitionKey })
    }
  })
})

describe('an endpoint of an app', () => {
  test('its tables are those of DynamoDB clients, and stay while it runs', async () => {
    await using app = await testApp(words)
    const { url } = await app.gateway()
    const credentials = { accessKeyId: 'any', secretAccessKey: 'any' }
    const client = new DynamoDBClient({ endpoint: url, region: 'us-east-1', credentials, maxAttempts: 1 })
    const Item = { word: { S: 'hi' }, times: { N: '2' } }
    await client.send(new PutItemCommand({ TableName: 'Words', Item }))
    expect(app.items('Words')).toEqual([{ word: 'hi', times: 2 }])
    const { Items } = await client.send(
      new QueryCommand({
        TableName: 'Words',
        KeyConditionExpression: 'word = :w',
        ExpressionAttributeValues: { ':w': { S: 'hi' } },
      }),
    )
    expect(Items).toEqual([Item])
    await expect(client.send(new DeleteTableCommand({ TableName: 'Words' }))).rejects.toThrow(
      'Table Words belongs to the running app words; stop the app first.',
    )
    client.destroy()
  })

  test('what a client puts, the app reads, and the other way round', async () => {
    await using app = await testApp(words)
    const { url } = await app.gateway()
    const kinesis = clientOf(url)
    await kinesis.send(
      new PutRecordCommand({ StreamName: 'said', PartitionKey: 'a', Data: Buffer.from('hello') }),
    )
    expect(app.items('Words')).toEqual([])
    await app.runUntilIdle()
    expect(app.items('Words')).toEqual([{ word: 'hello', times: 1 }])

    const { ShardIterator } = await kinesis.send(
      new GetShardIteratorCommand({
        StreamName: 'loud',
        ShardId: 'shardId-000000000000',
        ShardIteratorType: 'TRIM_HORIZON',
      }),
    )
    const { Records = [] } = await kinesis.send(new GetRecordsCommand({ ShardIterator }))
    expect(Records.map(({ Data }) => Buffer.from(Data!).toString())).toEqual(['"HELLO"'])
    expect(Records[0]?.ApproximateArrivalTimestamp?.getTime()).toBe(app.now())
    expect(app.report().ledgerBalanced).toBe(true)
  })

  test('its direct deliveries take what a client puts, and are the app’s to change', async () => {
    const orders = defineApp('orders', (app) => {
      app.delivery('orders', {
        from: 'direct',
        to: app.bucket('lake'),
        prefix: 'orders/',
        buffer: { seconds: 60 },
      })
    })
    await using app = await testApp(orders)
    const { url } = await app.gateway()
    await app.runUntilIdle()
    const firehose = firehoseOf(url)
    const DeliveryStreamName = 'orders'
    const put = { DeliveryStreamName, Record: { Data: Buffer.from('one') } }
    await firehose.send(new PutFirehoseRecordCommand(put))
    await app.advance(60_000)
    const { objects } = await app.bucket('lake').list('orders/')
    expect(objects).toHaveLength(1)
    const { DeliveryStreamDescription } = await firehose.send(
      new DescribeDeliveryStreamCommand({ DeliveryStreamName }),
    )
    expect(DeliveryStreamDescription?.Destinations?.[0]?.ExtendedS3DestinationDescription).toMatchObject({
      BucketARN: 'arn:aws:s3:::lake',
      Prefix: 'orders/',
    })
    await expect(
      firehose.send(new DeleteDeliveryStreamCommand({ DeliveryStreamName })),
    ).rejects.toMatchObject({
      name: 'ResourceInUseException',
    })
    firehose.destroy()
  })

  test('a client cannot delete the streams of the app', async () => {
    await using app = await testApp(words)
    const { url } = await app.gateway()
    const deleting = clientOf(url).send(new DeleteStreamCommand({ StreamName: 'said' }))
    await expect(deleting).rejects.toMatchObject({ name: 'ResourceInUseException' })
  })

  test('ends with the app', async () => {
    const app = await testApp(words)
    const { url } = await app.gateway()
    expect((await fetch(`${url}/healthz`)).status).toBe(200)
    await app.close()
    await expect(fetch(`${url}/healthz`)).rejects.toThrow()
  })

  test('ends although a client keeps a call open', async () => {
    const app = await testApp(words)
    const { url } = await app.gateway()
    const { port, hostname } = new URL(url)
    const socket = connect(Number(port), hostname)
    const ended = new Promise((resolve) => socket.on('close', resolve))
    socket.write('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nhalf')
    // The endpoint has the request when it answers one that came later.
    await fetch(`${url}/healthz`)
    await app.close()
    socket.resume()
    await ended
  })
})

describe('an endpoint alone', () => {
  test('enforces rates in virtual time', async () => {
    await using endpoint = await testGateway({ limits: 'aws', limit: ['statusMs=0'] })
    const kinesis = clientOf(endpoint.url)
    await kinesis.send(new CreateStreamCommand({ StreamName: 's', ShardCount: 1 }))
    const accepted = async () => {
      let count = 0
      for (let call = 0; call < 3; call++) {
        const Records = Array.from({ length: 500 }, () => ({
          PartitionKey: 'k',
          Data: Buffer.from('x'),
        }))
        const { FailedRecordCount = 0 } = await kinesis.send(
          new PutRecordsCommand({ StreamName: 's', Records }),
        )
        count += 500 - FailedRecordCount
      }
      return count
    }
    expect(await accepted()).toBe(1000)
    expect(await accepted()).toBe(0)
    await endpoint.advance(300)
    expect(await accepted()).toBe(300)
    await endpoint.advance(60_000)
    expect(await accepted()).toBe(1000)
  })

  test('calls of a client that runs beside are answered before time moves on', async () => {
    await using endpoint = await testGateway()
    const { clock, url } = endpoint
    const kinesis = clientOf(url)
    await kinesis.send(new CreateStreamCommand({ StreamName: 's', ShardCount: 1 }))
    const stop = new AbortController()
    const durations: number[] = []
    const beside = (async () => {
      while (!stop.signal.aborted) {
        const begun = clock.now()
        await kinesis.send(
          new PutRecordCommand({ StreamName: 's', PartitionKey: 'a', Data: Buffer.from('x') }),
        )
        durations.push(clock.now() - begun)
        await clock.sleep(100, stop.signal)
      }
    })()
    await endpoint.advance(10_000)
    stop.abort()
    await beside
    expect(durations.length).toBeGreaterThanOrEqual(100)
    expect(durations.filter((ms) => ms > 0)).toEqual([])
  })

  test('alarms fire and clear with virtual minutes', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'millrace-alarms-'))
    try {
      const alarms = join(dir, 'alarms.json')
      const rule = {
        name: 'busy',
        metric: 'IncomingRecords',
        statistic: 'Sum',
        comparison: '>',
        threshold: 0,
        forMinutes: 1,
      }
      writeFileSync(alarms, JSON.stringify({ alarms: [rule] }))
      const lines: string[] = []
      await using endpoint = await testGateway({ alarms, onAlarm: (line) => lines.push(line) })
      const kinesis = clientOf(endpoint.url)
      await kinesis.send(new CreateStreamCommand({ StreamName: 's', ShardCount: 1 }))
      await kinesis.send(new PutRecordCommand({ StreamName: 's', PartitionKey: 'a', Data: Buffer.from('x') }))
      expect(lines).toEqual([])
      await endpoint.advance(3 * 60_000)
      expect(lines.map((line) => line.split(':')[0])).toEqual(['ALARM busy', 'OK busy'])
    } finally {
      rmSync(dir, { recursive: true, force: true })
    }
  })

  test('a wrong limit is refused', async () => {
    await expect(testGateway({ limit: ['shards=1'] })).rejects.toMatchObject({
      code: 'GATEWAY_OPTION_INVALID',
    })
  })
})

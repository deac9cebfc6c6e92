/** What a case of deliveries finds around it: a server, a second client that prepares and looks after, names nobody has used. */
import { systemClock } from '@millrace/values'
import { expect } from 'vitest'
import type { TestServer } from '../../../testing/test-server.ts'
import type { BlackboxClient, Members } from '../../client.ts'
import { PlainClient } from '../../clients/plain-client.ts'
import { jsonCodec } from '../../clients/plain-codecs.ts'
import type { ServiceCase } from '../../service-case.ts'

export type DeliveryCase = ServiceCase<DeliveryWorld>

export const account = '000000000000'
export const region = 'us-east-1'
export const roleArn = `arn:aws:iam::${account}:role/firehose`
export const bucket = 'lake'
export const destinationId = 'destinationId-000000000001'
/** Objects come as soon as records do. */
export const atOnce = { SizeInMBs: 1, IntervalInSeconds: 0 }

export interface FoundObject {
  readonly key: string
  readonly bytes: Buffer
}

export class DeliveryWorld {
  readonly server: TestServer
  readonly #admin: BlackboxClient
  #names = 0
  #streams = 0

  constructor(server: TestServer, admin: BlackboxClient) {
    this.server = server
    this.#admin = admin
  }

  /** A call of the second client, as the owner of all. */
  admin(operation: string, input: Members = {}): Promise<Members> {
    return this.#admin.call(operation, input, 'owner')
  }

  name(): string {
    return `delivery-${++this.#names}.case_x`
  }

  arn(name: string): string {
    return `arn:aws:firehose:${region}:${account}:deliverystream/${name}`
  }

  /** Its objects are below its name. */
  destination(name: string, more: Members = {}): Members {
    return {
      RoleARN: roleArn,
      BucketARN: `arn:aws:s3:::${bucket}`,
      Prefix: `${name}/`,
      BufferingHints: atOnce,
      ...more,
    }
  }

  /** A new delivery, ACTIVE. */
  async delivery(destination: Members = {}, more: Members = {}): Promise<string> {
    const DeliveryStreamName = this.name()
    await this.admin('CreateDeliveryStream', {
      DeliveryStreamName,
      ExtendedS3DestinationConfiguration: this.destination(DeliveryStreamName, destination),
      ...more,
    })
    await this.active(DeliveryStreamName)
    return DeliveryStreamName
  }

  async active(name: string): Promise<void> {
    await this.until(
      'the delivery is ACTIVE',
      async () => (await this.describe(name)).DeliveryStreamStatus === 'ACTIVE',
    )
  }

  async describe(DeliveryStreamName: string): Promise<Members> {
    const { DeliveryStreamDescription } = await this.admin('DescribeDeliveryStream', { DeliveryStreamName })
    // By the API's model.
    return DeliveryStreamDescription as Members
  }

  /** As DescribeDeliveryStream says its S3 destination. */
  async described(name: string): Promise<Members> {
    const { Destinations } = await this.describe(name)
    // By the API's model.
    const [first] = Destinations as readonly { readonly ExtendedS3DestinationDescription: Members }[]
    return first!.ExtendedS3DestinationDescription
  }

  async put(DeliveryStreamName: string, ...texts: string[]): Promise<void> {
    const Records = texts.map((text) => ({ Data: base64(text) }))
    const { FailedPutCount } = await this.admin('PutRecordBatch', { DeliveryStreamName, Records })
    expect(FailedPutCount).toBe(0)
  }

  /** A data stream with one shard. */
  async stream(): Promise<string> {
    const name = `source-${++this.#streams}`
    const { url, credentials, clock } = this.server
    const kinesis = new PlainClient({ url, credentials, clock, codec: jsonCodec })
    await kinesis.call('CreateStream', { StreamName: name, ShardCount: 1 }, 'owner')
    await kinesis.close()
    return name
  }

  async putToStream(StreamName: string, text: string): Promise<void> {
    const { url, credentials, clock } = this.server
    const kinesis = new PlainClient({ url, credentials, clock, codec: jsonCodec })
    await kinesis.call('PutRecord', { StreamName, Data: Buffer.from(text), PartitionKey: 'k' }, 'owner')
    await kinesis.close()
  }

  /** In the order of their keys. */
  async objects(prefix: string): Promise<FoundObject[]> {
    const place = this.server.buckets.open(bucket)
    const { objects } = await place.list(prefix)
    const found: FoundObject[] = []
    for (const { key } of objects) found.push({ key, bytes: Buffer.from((await place.get(key)) ?? []) })
    return found
  }

  /** Resolves with the objects once their texts hold all that is named. */
  async delivered(
    prefix: string,
    texts: readonly string[],
    read: (bytes: Buffer) => string = String,
  ): Promise<readonly FoundObject[]> {
    let found: readonly FoundObject[] = []
    await this.until(`${texts.join(', ')} is below ${prefix}`, async () => {
      found = await this.objects(prefix)
      const whole = found.map(({ bytes }) => read(bytes)).join('')
      return texts.every((text) => whole.includes(text))
    })
    return found
  }

  /** Resolves once the condition holds, asked again as the server's time goes on. */
  async until(what: string, condition: () => Promise<boolean>): Promise<void> {
    for (let i = 0; i < 5000; i++) {
      if (await condition()) return
      await this.server.pass(250)
      // Time that stands still goes on by steps; disks and threads need some of the machine's.
      await systemClock.sleep(2)
    }
    const all = await this.objects('')
    const shown = all.slice(-10).map(({ key, bytes }) => `${key}: ${String(bytes).slice(0, 100)}`)
    throw new Error(`waited in vain until ${what}; there is\n${shown.join('\n')}`)
  }
}

export function base64(text: string | Uint8Array): string {
  return Buffer.from(text).toString('base64')
}

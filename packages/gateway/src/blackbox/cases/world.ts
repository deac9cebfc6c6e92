/**
 * What a case finds around it: a server, a second client that prepares and looks after, names that nobody has used.
 * Streams that refusals need but do not change are made once and shared.
 */
import type { TestServer } from '../../testing/test-server.ts'
import { type BlackboxClient, ClientFault, type Members } from '../client.ts'

export const account = '000000000000'
export const region = 'us-east-1'

/** Highest hash key. */
export const hashKeyMax = 2n ** 128n - 1n

export interface Shared {
  /** Two shards, provisioned, active. */
  readonly stream: string
  readonly consumerArn: string
  readonly iterator: string
  readonly onDemand: string
}

export class World {
  readonly server: TestServer
  readonly #admin: BlackboxClient
  #names = 0
  #shared: Promise<Shared> | undefined

  constructor(server: TestServer, admin: BlackboxClient) {
    this.server = server
    this.#admin = admin
  }

  /** A call of the second client, as the owner of all. */
  admin(operation: string, input: Members = {}): Promise<Members> {
    return this.#admin.call(operation, input, 'owner')
  }

  /** A call that has to fail; gives the error's type. */
  async adminFault(operation: string, input: Members): Promise<string> {
    try {
      await this.#admin.call(operation, input, 'owner')
    } catch (error) {
      if (error instanceof ClientFault) return error.type
      throw error
    }
    throw new Error(`${operation} was expected to fail`)
  }

  /** The first record of a subscription by the second client, which then leaves. */
  async subscribe(input: Members): Promise<void> {
    await this.#admin.subscribe(input, 'owner', 1)
  }

  name(): string {
    return `s-${++this.#names}.case_x`
  }

  arn(stream: string): string {
    return `arn:aws:kinesis:${region}:${account}:stream/${stream}`
  }

  /** A new stream, ACTIVE; two shards unless the input of CreateStream says otherwise. */
  async stream(input: Members = { ShardCount: 2 }): Promise<string> {
    const StreamName = this.name()
    await this.admin('CreateStream', { StreamName, ...input })
    await this.active(StreamName)
    return StreamName
  }

  /** Resolves once the stream is ACTIVE. */
  async active(StreamName: string): Promise<void> {
    await this.until(
      'the stream is ACTIVE',
      async () => (await this.summary(StreamName)).StreamStatus === 'ACTIVE',
    )
  }

  /** Resolves once the stream has vanished. */
  async gone(StreamName: string): Promise<void> {
    await this.until('the stream is gone', async () => {
      const { StreamNames } = await this.admin('ListStreams', { Limit: 10_000 })
      return !(StreamNames as readonly string[]).includes(StreamName)
    })
  }

  /** Resolves once the condition holds, asked again as the server's time goes on. */
  async until(what: string, condition: () => Promise<boolean>): Promise<void> {
    for (let i = 0; i < 500; i++) {
      if (await condition()) return
      // Often, but less often than the limits of AWS allow.
      await this.server.pass(250)
    }
    throw new Error(`waited in vain until ${what}`)
  }

  async summary(StreamName: string): Promise<Members> {
    const { StreamDescriptionSummary } = await this.admin('DescribeStreamSummary', { StreamName })
    // By the API's model.
    return StreamDescriptionSummary as Members
  }

  /** All shards, expired ones left out, in order. */
  async shards(StreamName: string): Promise<readonly Shard[]> {
    const { Shards } = await this.admin('ListShards', { StreamName })
    // By the API's model.
    return Shards as readonly Shard[]
  }

  /** An ACTIVE consumer of the stream. */
  async consumer(stream: string, ConsumerName = 'reader'): Promise<string> {
    const StreamARN = this.arn(stream)
    await this.admin('RegisterStreamConsumer', { StreamARN, ConsumerName })
    let arn = ''
    await this.until('the consumer is ACTIVE', async () => {
      const { ConsumerDescription } = await this.admin('DescribeStreamConsumer', { StreamARN, ConsumerName })
      // By the API's model.
      const { ConsumerStatus, ConsumerARN } = ConsumerDescription as {
        ConsumerStatus: string
        ConsumerARN: string
      }
      arn = ConsumerARN
      return ConsumerStatus === 'ACTIVE'
    })
    return arn
  }

  async iterator(StreamName: string, input: Members = {}): Promise<string> {
    const { ShardIterator } = await this.admin('GetShardIterator', {
      StreamName,
      ShardId: shardId(0),
      ShardIteratorType: 'TRIM_HORIZON',
      ...input,
    })
    return String(ShardIterator)
  }

  /** Puts a record into the first shard; gives its sequence number. */
  async put(StreamName: string, text: string, input: Members = {}): Promise<string> {
    const put = await this.admin('PutRecord', {
      StreamName,
      Data: bytes(text),
      PartitionKey: 'k',
      ExplicitHashKey: '0',
      ...input,
    })
    return String(put.SequenceNumber)
  }

  /** Everything in a shard, from the horizon on. */
  async read(StreamName: string, shard = 0): Promise<readonly ReadRecord[]> {
    const records: ReadRecord[] = []
    let ShardIterator: unknown = await this.iterator(StreamName, { ShardId: shardId(shard) })
    for (;;) {
      const page = await this.admin('GetRecords', { ShardIterator })
      // By the API's model.
      records.push(...(page.Records as readonly ReadRecord[]))
      if (page.NextShardIterator === undefined || page.MillisBehindLatest === 0) return records
      ShardIterator = page.NextShardIterator
    }
  }

  /** The shared streams may have come to harm; new ones take their place. */
  renew(): Promise<Shared> {
    this.#shared = undefined
    return this.shared()
  }

  shared(): Promise<Shared> {
    this.#shared ??= this.#makeShared()
    return this.#shared
  }

  async #makeShared(): Promise<Shared> {
    const stream = await this.stream()
    return {
      stream,
      consumerArn: await this.consumer(stream),
      iterator: await this.iterator(stream),
      onDemand: await this.stream({ StreamModeDetails: { StreamMode: 'ON_DEMAND' } }),
    }
  }
}

export interface Shard {
  readonly ShardId: string
  readonly ParentShardId?: string
  readonly AdjacentParentShardId?: string
  readonly HashKeyRange: { readonly StartingHashKey: string; readonly EndingHashKey: string }
  readonly SequenceNumberRange: {
    readonly StartingSequenceNumber: string
    readonly EndingSequenceNumber?: string
  }
}

export interface ReadRecord {
  readonly SequenceNumber: string
  readonly ApproximateArrivalTimestamp: Date
  readonly Data: Uint8Array
  readonly PartitionKey: string
}

export function shardId(n: number): string {
  return `shardId-${String(n).padStart(12, '0')}`
}

export function bytes(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text, 'utf8'))
}

export function text(value: unknown): string {
  if (!(value instanceof Uint8Array)) throw new Error(`no bytes: ${String(value)}`)
  return Buffer.from(value).toString('utf8')
}

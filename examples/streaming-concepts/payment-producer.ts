/** The few calls of the Kinesis API that the lessons use, on the streams of the app. */
import {
  GetRecordsCommand,
  GetShardIteratorCommand,
  KinesisClient,
  ListShardsCommand,
  PutRecordCommand,
  PutRecordsCommand,
  type PutRecordsResultEntry,
  type Shard,
} from '@aws-sdk/client-kinesis'
import type { Payment } from './concepts.app.ts'

export const paymentStream = 'payments'
export const balanceStream = 'balances'

export interface Place {
  /** Of the app's endpoint. */
  readonly url: string
  /** Lets time pass. */
  readonly wait: (ms: number) => Promise<void>
  readonly print: (line: string) => void
}

export function connect(url: string, { maxAttempts }: { maxAttempts: number }): KinesisClient {
  // On a laptop any access key will do.
  const credentials = { accessKeyId: 'any', secretAccessKey: 'any' }
  return new KinesisClient({ endpoint: url, region: 'us-east-1', credentials, maxAttempts })
}

export class PaymentProducer {
  readonly client: KinesisClient
  readonly #wait: Place['wait']
  /** Records that went into the stream, duplicates included. */
  stored = 0

  constructor(client: KinesisClient, wait: Place['wait']) {
    this.client = client
    this.#wait = wait
  }

  /** One record, waiting until the shard takes it. `after`: the sequence number of the one before. */
  async putOne(payment: Payment, after?: string): Promise<{ shardId: string; sequenceNumber: string }> {
    const command = new PutRecordCommand({
      StreamName: paymentStream,
      PartitionKey: payment.account,
      Data: dataOf(payment),
      ...(after === undefined ? {} : { SequenceNumberForOrdering: after }),
    })
    const { ShardId = '', SequenceNumber = '' } = await this.#patiently(() => this.client.send(command))
    this.stored++
    return { shardId: ShardId, sequenceNumber: SequenceNumber }
  }

  /** One call; what became of each record, in their order. */
  async putMany(payments: readonly Payment[]): Promise<PutRecordsResultEntry[]> {
    const Records = payments.map((payment) => ({ PartitionKey: payment.account, Data: dataOf(payment) }))
    const { Records: results = [] } = await this.client.send(
      new PutRecordsCommand({ StreamName: paymentStream, Records }),
    )
    this.stored += results.filter(({ ErrorCode }) => ErrorCode === undefined).length
    return results
  }

  async shards(): Promise<Shard[]> {
    const { Shards = [] } = await this.client.send(new ListShardsCommand({ StreamName: paymentStream }))
    return Shards
  }

  /** What a shard holds, parsed, from a sequence number on or from its beginning. */
  async read<T>(stream: string, shardId: string, from?: string): Promise<T[]> {
    const start = {
      StreamName: stream,
      ShardId: shardId,
      ...(from === undefined
        ? { ShardIteratorType: 'TRIM_HORIZON' as const }
        : { ShardIteratorType: 'AT_SEQUENCE_NUMBER' as const, StartingSequenceNumber: from }),
    }
    let { ShardIterator } = await this.#patiently(() => this.client.send(new GetShardIteratorCommand(start)))
    const values: T[] = []
    for (let isBehind = true; isBehind && ShardIterator !== undefined; ) {
      const command = new GetRecordsCommand({ ShardIterator })
      const page = await this.#patiently(() => this.client.send(command))
      // The app's own streams: their records are JSON of these types.
      for (const { Data } of page.Records ?? []) values.push(JSON.parse(Buffer.from(Data!).toString()) as T)
      ShardIterator = page.NextShardIterator
      isBehind = (page.MillisBehindLatest ?? 0) > 0
    }
    return values
  }

  /** Repeats a call that a shard's rate refused. */
  async #patiently<T>(call: () => Promise<T>): Promise<T> {
    for (;;) {
      try {
        return await call()
      } catch (error) {
        if (!(error instanceof Error) || error.name !== 'ProvisionedThroughputExceededException') throw error
        await this.#wait(250)
      }
    }
  }
}

function dataOf(payment: Payment): Uint8Array {
  return Buffer.from(JSON.stringify(payment))
}

/**
 * A stream behind the Kinesis API, on AWS or at an endpoint that speaks it, as a Kinesis stream of the port. Reads by
 * polling, or by fan-out with a registered consumer of its own rate.
 *
 * The AWS client is an optional package, loaded with the first call.
 */
import { type Clock, type Random, seededRandom, systemClock } from '@millrace/values'
import { ConnectError } from '../errors.ts'
import { AwsFanOutReader } from './aws-fan-out-reader.ts'
import { AwsKinesis, type AwsStreamName } from './aws-kinesis.ts'
import { AwsPollingReader } from './aws-polling-reader.ts'
import { awsErrorName } from './aws-sdk.ts'
import { shardFilter, shardsOf } from './aws-shapes.ts'
import type {
  KinesisShard,
  KinesisStreamPort,
  OpenReader,
  ShardReader,
  StartPosition,
} from './kinesis-stream-port.ts'

export interface AwsStreamOptions extends AwsStreamName {
  /** Default 'polling'. */
  readonly mode?: 'polling' | 'fan-out'
  /** For fan-out: name of the stream's consumer, registered where there is none. */
  readonly consumerName?: string
  /** Polling: wait after an answer without records. Default 1000. */
  readonly emptyReadMs?: number
  readonly clock?: Clock
  readonly random?: Random
}

const attemptsMax = 10
const listedMax = 1000
const betweenReadsMs = 200
const emptyReadMsDefault = 1000
const consumerLookMs = 1000
const consumerLooksMax = 120
/** The stream is being made, or changed by somebody. */
const inUse: ReadonlySet<string> = new Set(['ResourceInUseException'])

/** Errors: KINESIS_OPTION here; AWS_SDK_MISSING, KINESIS_CALL, KINESIS_SHARD_GONE of its calls. */
export function awsStream(options: AwsStreamOptions): KinesisStreamPort {
  return new AwsStream(options)
}

class AwsStream implements KinesisStreamPort {
  readonly name: string
  readonly #kinesis: AwsKinesis
  readonly #options: AwsStreamOptions
  readonly #closing = new AbortController()
  #consumer: Promise<string | undefined> | undefined

  constructor(options: AwsStreamOptions) {
    const clock = options.clock ?? systemClock
    this.#kinesis = new AwsKinesis('awsStream', options, clock, options.random ?? seededRandom(clock.now()))
    if (options.mode === 'fan-out' && options.consumerName === undefined) {
      throw new ConnectError('KINESIS_OPTION', 'awsStream: mode "fan-out" needs "consumerName".')
    }
    this.#options = options
    this.name = this.#kinesis.name
  }

  async listShards(from?: StartPosition): Promise<readonly KinesisShard[]> {
    try {
      return await this.#listShards(from)
    } catch (error) {
      throw this.#kinesis.failure('listing its shards', error)
    }
  }

  openReader(options: OpenReader): ShardReader {
    if (this.#options.mode === 'fan-out') {
      return new AwsFanOutReader(this.#kinesis, () => this.#consumerArn(), options)
    }
    const emptyReadMs = this.#options.emptyReadMs ?? emptyReadMsDefault
    return new AwsPollingReader(this.#kinesis, options, { betweenReadsMs, emptyReadMs }, (shardId) =>
      this.#childrenOf(shardId),
    )
  }

  async close(): Promise<void> {
    this.#closing.abort()
    this.#kinesis.close()
  }

  async #listShards(from: StartPosition | undefined): Promise<KinesisShard[]> {
    const shards: KinesisShard[] = []
    let NextToken: string | undefined
    do {
      const first = {
        ...this.#kinesis.reference,
        MaxResults: listedMax,
        ...(from === undefined ? {} : { ShardFilter: shardFilter(from) }),
      }
      const page = await this.#call((sdk, client) =>
        client.send(new sdk.ListShardsCommand(NextToken === undefined ? first : { NextToken })),
      )
      shards.push(...(shardsOf(page?.Shards) ?? []))
      NextToken = page?.NextToken
    } while (NextToken !== undefined)
    return shards
  }

  /** For endpoints that do not say what followed a shard. */
  async #childrenOf(shardId: string): Promise<readonly KinesisShard[]> {
    return (await this.listShards()).filter((shard) => shard.parents.includes(shardId))
  }

  /** Of the registered consumer, once it is active; shared by all readers. */
  #consumerArn(): Promise<string | undefined> {
    this.#consumer ??= this.#register().catch((error) => {
      this.#consumer = undefined
      throw this.#kinesis.failure(`registering consumer "${this.#options.consumerName}"`, error)
    })
    return this.#consumer
  }

  async #register(): Promise<string | undefined> {
    const { consumerName } = this.#options
    const StreamARN = await this.#streamArn()
    for (let looks = 0; looks < consumerLooksMax && !this.#closing.signal.aborted; looks++) {
      const found = await this.#call(async (sdk, client) => {
        try {
          const command = new sdk.DescribeStreamConsumerCommand({ StreamARN, ConsumerName: consumerName })
          return (await client.send(command)).ConsumerDescription
        } catch (error) {
          if (awsErrorName(error) !== 'ResourceNotFoundException') throw error
          const command = new sdk.RegisterStreamConsumerCommand({ StreamARN, ConsumerName: consumerName })
          return (await client.send(command)).Consumer
        }
      })
      if (found?.ConsumerStatus === 'ACTIVE') return found.ConsumerARN
      await this.#kinesis.clock.sleep(consumerLookMs, this.#closing.signal)
    }
    throw new Error(`it did not become active in ${(consumerLookMs * consumerLooksMax) / 1000} s`)
  }

  async #streamArn(): Promise<string | undefined> {
    const { reference } = this.#kinesis
    if ('StreamARN' in reference) return reference.StreamARN
    const summary = await this.#call((sdk, client) =>
      client.send(new sdk.DescribeStreamSummaryCommand(reference)),
    )
    return summary?.StreamDescriptionSummary?.StreamARN
  }

  #call<T>(work: Parameters<typeof AwsKinesis.prototype.once<T>>[0]): Promise<T | undefined> {
    return this.#kinesis.call({ signal: this.#closing.signal, attemptsMax, alsoPassing: inUse }, work)
  }
}

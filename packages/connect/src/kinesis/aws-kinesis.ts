/**
 * Calls of the Kinesis API through the AWS client: the client is loaded and made with the first call, and calls that fail
 * for passing reasons (throttles, faults of the server, lost connections) are repeated after a while.
 */
import type { KinesisClient } from '@aws-sdk/client-kinesis'
import type { Clock, Random } from '@millrace/values'
import { ConnectError } from '../errors.ts'
import {
  type AwsEndpoint,
  awsErrorName,
  clientSettings,
  isPassing,
  type KinesisSdk,
  loadKinesisSdk,
} from './aws-sdk.ts'
import { Backoff } from './backoff.ts'

/** A stream elsewhere: by name in the region, or by ARN. */
export interface AwsStreamName extends AwsEndpoint {
  readonly stream?: string
  readonly arn?: string
}

export interface CallOptions {
  readonly signal: AbortSignal
  /** Attempts in all. Default: until the signal aborts. */
  readonly attemptsMax?: number
  /** Errors that pass besides the usual ones, by their names. */
  readonly alsoPassing?: ReadonlySet<string>
}

const backoffOptions = { firstMs: 200, mostMs: 10_000 }

export class AwsKinesis {
  /** For messages. */
  readonly name: string
  /** The members that name the stream in a call. */
  readonly reference: { readonly StreamName: string } | { readonly StreamARN: string }
  readonly clock: Clock
  readonly random: Random
  readonly #endpoint: AwsEndpoint
  #sdk: KinesisSdk | undefined
  #client: KinesisClient | undefined

  constructor(user: string, options: AwsStreamName, clock: Clock, random: Random) {
    const { stream, arn, region } = options
    if ((stream === undefined) === (arn === undefined)) {
      throw new ConnectError('KINESIS_OPTION', `${user}: give either "stream" (a name) or "arn".`)
    }
    if (typeof region !== 'string' || region === '') {
      throw new ConnectError('KINESIS_OPTION', `${user}: "region" must be given, for example "eu-central-1".`)
    }
    this.name = stream ?? String(arn?.split('/').at(-1))
    this.reference = stream === undefined ? { StreamARN: String(arn) } : { StreamName: stream }
    this.#endpoint = options
    this.clock = clock
    this.random = random
  }

  /** One attempt. Errors: AWS_SDK_MISSING, and those of the service as they come. */
  async once<T>(work: (sdk: KinesisSdk, client: KinesisClient) => Promise<T>): Promise<T> {
    this.#sdk ??= await loadKinesisSdk()
    this.#client ??= new this.#sdk.KinesisClient(clientSettings(this.#endpoint))
    return work(this.#sdk, this.#client)
  }

  /** Undefined only when the signal aborted. Other errors than passing ones come as they are. */
  async call<T>(
    options: CallOptions,
    work: (sdk: KinesisSdk, client: KinesisClient) => Promise<T>,
  ): Promise<T | undefined> {
    const { signal, attemptsMax = Number.POSITIVE_INFINITY, alsoPassing } = options
    const backoff = this.backoff()
    while (!signal.aborted) {
      try {
        return await this.once(work)
      } catch (error) {
        if (signal.aborted) break
        const isOver = backoff.failures + 1 >= attemptsMax
        if (isOver || !(isPassing(error) || alsoPassing?.has(awsErrorName(error)))) throw error
        await backoff.wait(signal)
      }
    }
    return undefined
  }

  backoff(): Backoff {
    return new Backoff(this.clock, this.random, backoffOptions)
  }

  /** An error of the service, in our words. */
  failure(what: string, cause: unknown): ConnectError {
    if (cause instanceof ConnectError) return cause
    const reason = cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause)
    return new ConnectError('KINESIS_CALL', `stream "${this.name}": ${what} failed: ${reason}`, { cause })
  }

  close(): void {
    this.#client?.destroy()
  }
}

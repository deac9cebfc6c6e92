/** AWS SDK 3 for JavaScript: over HTTP/2 as it comes (prior knowledge), or over HTTP/1.1. */
import { createRequire } from 'node:module'
import * as sdk from '@aws-sdk/client-kinesis'
import { NodeHttpHandler } from '@smithy/node-http-handler'
import { type BlackboxClient, ClientFault, type Credentials, type Members, type Signer } from '../client.ts'

export interface JsSdkOptions {
  readonly url: string
  readonly credentials: Readonly<Record<Signer, Credentials>>
  readonly http: 1 | 2
  /** Of the server's clock against the machine's, ms: signatures carry the time. */
  readonly clockOffset?: () => number
}

type Command = Parameters<sdk.KinesisClient['send']>[0]
type Exports = Readonly<Record<string, unknown>>

const version = String(createRequire(import.meta.url)('@aws-sdk/client-kinesis/package.json').version)

export class JsSdkClient implements BlackboxClient {
  readonly title: string
  readonly kind = 'library'
  readonly #options: JsSdkOptions
  readonly #clients = new Map<Signer, sdk.KinesisClient>()

  constructor(options: JsSdkOptions) {
    this.#options = options
    this.title = `JavaScript SDK ${version}, HTTP/${options.http === 1 ? '1.1' : '2'}`
  }

  lacks(): undefined {
    return undefined
  }

  async call(operation: string, input: Members, signer: Signer): Promise<Members> {
    const { $metadata, ...output } = await this.#send(operation, input, signer)
    return withoutUndefined(output)
  }

  async subscribe(input: Members, signer: Signer, records: number): Promise<readonly Members[]> {
    // The reply of SubscribeToShard has this one member.
    const { EventStream } = (await this.#send('SubscribeToShard', input, signer)) as {
      EventStream: AsyncIterable<sdk.SubscribeToShardEventStream>
    }
    const events: Members[] = []
    let seen = 0
    for await (const { SubscribeToShardEvent: event } of EventStream) {
      if (event === undefined) throw new Error('an event of a kind that the library does not know')
      events.push(withoutUndefined({ ...event }))
      seen += event.Records?.length ?? 0
      if (seen >= records) break
    }
    return events
  }

  async close(): Promise<void> {
    for (const client of this.#clients.values()) client.destroy()
  }

  async #send(operation: string, input: Members, signer: Signer): Promise<Members> {
    // Every command of the library is exported under this name and takes its input.
    const CommandClass = (sdk as Exports)[`${operation}Command`] as new (given: Members) => Command
    try {
      // Replies are records of members.
      return (await this.#client(signer).send(new CommandClass(input))) as unknown as Members
    } catch (error) {
      throw faultOf(error)
    }
  }

  #client(signer: Signer): sdk.KinesisClient {
    const known = this.#clients.get(signer)
    if (known !== undefined) return known
    const { id, secret } = this.#options.credentials[signer]
    const client = new sdk.KinesisClient({
      endpoint: this.#options.url,
      region: 'us-east-1',
      credentials: { accessKeyId: id, secretAccessKey: secret },
      maxAttempts: 1,
      ...(this.#options.http === 1 ? { requestHandler: new NodeHttpHandler() } : {}),
    })
    this.#clients.set(signer, client)
    return client
  }
}

function faultOf(error: unknown): unknown {
  if (!(error instanceof sdk.KinesisServiceException)) return error
  const ErrorClass = (sdk as Exports)[error.name]
  return new ClientFault(error.name, error.message, {
    status: error.$metadata.httpStatusCode ?? 0,
    isModelled: typeof ErrorClass === 'function' && error instanceof ErrorClass,
  })
}

/** The library fills absent members with undefined in some replies. */
function withoutUndefined(members: Members): Members {
  return Object.fromEntries(Object.entries(members).filter(([, member]) => member !== undefined))
}

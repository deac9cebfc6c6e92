/** AWS SDK 3 for JavaScript: the clients of DynamoDB and of its streams. */
import * as tables from '@aws-sdk/client-dynamodb'
import * as streams from '@aws-sdk/client-dynamodb-streams'
import {
  type BlackboxClient,
  ClientFault,
  type Credentials,
  type Members,
  type Signer,
} from '../../client.ts'
import { serviceOf } from '../cases/table-case.ts'
import { fromLibrary, toLibrary } from './wire-form.ts'

type Client = tables.DynamoDBClient | streams.DynamoDBStreamsClient
type Command = Parameters<tables.DynamoDBClient['send']>[0]
type Exports = Readonly<Record<string, unknown>>

export class JsTableClient implements BlackboxClient {
  readonly title = 'JavaScript SDK 3'
  readonly kind = 'library'
  readonly #options: { readonly url: string; readonly credentials: Readonly<Record<Signer, Credentials>> }
  readonly #clients = new Map<string, Client>()

  constructor(options: {
    readonly url: string
    readonly credentials: Readonly<Record<Signer, Credentials>>
  }) {
    this.#options = options
  }

  lacks(): undefined {
    return undefined
  }

  async call(operation: string, input: Members, signer: Signer): Promise<Members> {
    const exports: Exports = serviceOf(operation) === 'dynamodb' ? tables : streams
    // Every command of the libraries is exported under this name and takes its input.
    const CommandClass = exports[`${operation}Command`] as new (given: unknown) => Command
    try {
      // Both clients send commands of their own library alike.
      const client = this.#client(operation, signer) as tables.DynamoDBClient
      const { $metadata, ...output } = await client.send(new CommandClass(toLibrary(input)))
      // Replies are records of members.
      return fromLibrary(output) as Members
    } catch (error) {
      throw faultOf(error, exports)
    }
  }

  subscribe(): never {
    throw new Error('tables have no subscriptions')
  }

  async close(): Promise<void> {
    for (const client of this.#clients.values()) client.destroy()
  }

  #client(operation: string, signer: Signer): Client {
    const service = serviceOf(operation)
    const known = this.#clients.get(`${service} ${signer}`)
    if (known !== undefined) return known
    const { id, secret } = this.#options.credentials[signer]
    const options = {
      endpoint: this.#options.url,
      region: 'us-east-1',
      credentials: { accessKeyId: id, secretAccessKey: secret },
      maxAttempts: 1,
    }
    const client =
      service === 'dynamodb' ? new tables.DynamoDBClient(options) : new streams.DynamoDBStreamsClient(options)
    this.#clients.set(`${service} ${signer}`, client)
    return client
  }
}

function faultOf(error: unknown, exports: Exports): unknown {
  if (!(error instanceof Error && '$metadata' in error)) return error
  const { httpStatusCode } = error.$metadata as { httpStatusCode?: number }
  const ErrorClass = exports[error.name]
  return new ClientFault(error.name, error.message, {
    status: httpStatusCode ?? 0,
    isModelled: typeof ErrorClass === 'function' && error instanceof ErrorClass,
  })
}

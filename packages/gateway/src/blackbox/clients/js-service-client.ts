/** AWS SDK 3 for JavaScript: the clients of any of its services, by what each library exports. */
import { type BlackboxClient, ClientFault, type Credentials, type Members, type Signer } from '../client.ts'

/** How a library says values: the form of the wire on one side, that of the library on the other. */
export interface WireForm {
  toLibrary(input: Members): unknown
  fromLibrary(output: unknown): unknown
}

export interface JsClientSettings {
  readonly endpoint: string
  readonly region: string
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string }
  readonly maxAttempts: number
}

/** The part of a library's client that is used here. */
export interface JsClient {
  send(command: unknown): Promise<object>
  destroy(): void
}

export interface JsLibrary {
  readonly name: string
  readonly exports: Readonly<Record<string, unknown>>
  open(settings: JsClientSettings): JsClient
}

export interface JsServiceClientOptions {
  readonly url: string
  readonly credentials: Readonly<Record<Signer, Credentials>>
  readonly form: WireForm
  readonly libraryOf: (operation: string) => JsLibrary
}

export class JsServiceClient implements BlackboxClient {
  readonly title = 'JavaScript SDK 3'
  readonly kind = 'library'
  readonly #options: JsServiceClientOptions
  readonly #clients = new Map<string, JsClient>()

  constructor(options: JsServiceClientOptions) {
    this.#options = options
  }

  lacks(): undefined {
    return undefined
  }

  async call(operation: string, input: Members, signer: Signer): Promise<Members> {
    const { form, libraryOf } = this.#options
    const library = libraryOf(operation)
    // Every command of the libraries is exported under this name and takes its input.
    const CommandClass = library.exports[`${operation}Command`] as new (given: unknown) => unknown
    try {
      const output = await this.#client(library, signer).send(new CommandClass(form.toLibrary(input)))
      const { $metadata, ...members } = output as Members
      // Replies are records of members.
      return form.fromLibrary(members) as Members
    } catch (error) {
      throw faultOf(error, library.exports)
    }
  }

  subscribe(): never {
    throw new Error('only data streams have subscriptions')
  }

  async close(): Promise<void> {
    for (const client of this.#clients.values()) client.destroy()
  }

  #client(library: JsLibrary, signer: Signer): JsClient {
    const key = `${library.name} ${signer}`
    const known = this.#clients.get(key)
    if (known !== undefined) return known
    const { id, secret } = this.#options.credentials[signer]
    const client = library.open({
      endpoint: this.#options.url,
      region: 'us-east-1',
      credentials: { accessKeyId: id, secretAccessKey: secret },
      maxAttempts: 1,
    })
    this.#clients.set(key, client)
    return client
  }
}

function faultOf(error: unknown, exports: Readonly<Record<string, unknown>>): unknown {
  if (!(error instanceof Error && '$metadata' in error)) return error
  const { httpStatusCode } = error.$metadata as { httpStatusCode?: number }
  const ErrorClass = exports[error.name]
  return new ClientFault(error.name, error.message, {
    status: httpStatusCode ?? 0,
    isModelled: typeof ErrorClass === 'function' && error instanceof ErrorClass,
  })
}

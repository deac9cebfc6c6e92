/** boto3 and the AWS CLI on any service that the driver knows. */
import { type BlackboxClient, ClientFault, type Credentials, type Members, type Signer } from '../client.ts'
import type { PythonDriver } from './python-client.ts'

export interface PythonServiceClientOptions {
  readonly driver: PythonDriver
  readonly library: 'boto3' | 'cli'
  readonly url: string
  readonly credentials: Readonly<Record<Signer, Credentials>>
  readonly serviceOf: (operation: string) => string
  /** Inputs as the driver takes them: blobs are {"$bytes": base64}. */
  readonly toDriver: (input: Members) => unknown
  readonly fromLibrary: (output: unknown) => unknown
}

export class PythonServiceClient implements BlackboxClient {
  readonly title: string
  readonly kind = 'library'
  readonly #options: PythonServiceClientOptions

  constructor(options: PythonServiceClientOptions) {
    this.#options = options
    this.title = options.library === 'boto3' ? 'boto3' : 'AWS CLI'
  }

  lacks(operation: string): string | undefined {
    const { driver, library, serviceOf } = this.#options
    if (driver.libraries.services[library][serviceOf(operation)]?.includes(operation) === true)
      return undefined
    return `${this.title} has no ${operation}`
  }

  async call(operation: string, given: Members, signer: Signer): Promise<Members> {
    const { driver, library, url, credentials, serviceOf, toDriver, fromLibrary } = this.#options
    const { id, secret } = credentials[signer]
    const input = toDriver(given)
    const service = serviceOf(operation)
    const call = { client: library, service, url, keyId: id, secret, operation, input }
    const { output, error, failure } = await driver.ask(call)
    if (error !== undefined) {
      throw new ClientFault(error.type, error.message, {
        // The CLI does not show it; every error of the APIs that it can name here is a 400, but for those that ask for patience.
        status: error.status ?? (error.type === 'ServiceUnavailableException' ? 503 : 400),
        isModelled: error.class === null || error.class === error.type,
      })
    }
    if (output === undefined) throw new Error(`${this.title}, ${operation}: ${failure}`)
    // A record of members stays one.
    return fromLibrary(output) as Members
  }

  subscribe(): never {
    throw new Error('only data streams have subscriptions')
  }

  /** The driver belongs to the test file. */
  async close(): Promise<void> {}
}

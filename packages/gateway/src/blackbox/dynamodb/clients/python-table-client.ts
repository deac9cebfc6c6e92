/** boto3 and the AWS CLI on tables, by the driver that Kinesis is tested with. */
import {
  type BlackboxClient,
  ClientFault,
  type Credentials,
  type Members,
  type Signer,
} from '../../client.ts'
import type { PythonDriver } from '../../clients/python-client.ts'
import { serviceOf } from '../cases/table-case.ts'
import { fromLibrary } from './wire-form.ts'

export interface PythonTableClientOptions {
  readonly driver: PythonDriver
  readonly library: 'boto3' | 'cli'
  readonly url: string
  readonly credentials: Readonly<Record<Signer, Credentials>>
}

export class PythonTableClient implements BlackboxClient {
  readonly title: string
  readonly kind = 'library'
  readonly #options: PythonTableClientOptions

  constructor(options: PythonTableClientOptions) {
    this.#options = options
    this.title = options.library === 'boto3' ? 'boto3' : 'AWS CLI'
  }

  lacks(operation: string): string | undefined {
    const { driver, library } = this.#options
    if (driver.libraries.services[library][serviceOf(operation)]?.includes(operation) === true)
      return undefined
    return `${this.title} has no ${operation}`
  }

  async call(operation: string, given: Members, signer: Signer): Promise<Members> {
    const { driver, library, url, credentials } = this.#options
    const { id, secret } = credentials[signer]
    const service = serviceOf(operation)
    const input = toDriver(given)
    const call = { client: library, service, url, keyId: id, secret, operation, input }
    const { output, error, failure } = await driver.ask(call)
    if (error !== undefined) {
      throw new ClientFault(error.type, error.message, {
        // The CLI does not show it; every error of the API that it can name is a 400.
        status: error.status ?? 400,
        isModelled: error.class === null || error.class === error.type,
      })
    }
    if (output === undefined) throw new Error(`${this.title}, ${operation}: ${failure}`)
    // A record of members stays one.
    return fromLibrary(output) as Members
  }

  subscribe(): never {
    throw new Error('tables have no subscriptions')
  }

  /** The driver belongs to the test file. */
  async close(): Promise<void> {}
}

function toDriver(value: unknown, name = ''): unknown {
  if (name === 'B') return { $bytes: value }
  if (name === 'BS' && Array.isArray(value)) return value.map((each) => toDriver(each, 'B'))
  if (Array.isArray(value)) return value.map((each) => toDriver(each))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, toDriver(member, key)]))
}

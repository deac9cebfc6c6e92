/** boto3 and the AWS CLI: one Python process (aws-driver.py) that both clients of a test file share. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import {
  type BlackboxClient,
  ClientFault,
  type Credentials,
  fromJson,
  type Members,
  type Signer,
} from '../client.ts'

/** What the driver found in its Python: versions, null where a library is missing, and what each can call. */
export interface PythonLibraries {
  readonly boto3: string | null
  readonly cli: string | null
  /** Of Kinesis. */
  readonly operations: { readonly boto3: readonly string[]; readonly cli: readonly string[] }
  readonly services: Readonly<Record<'boto3' | 'cli', Readonly<Record<string, readonly string[]>>>>
}

export interface Answer {
  readonly id: number
  readonly output?: Members
  readonly error?: {
    readonly type: string
    readonly message: string
    readonly status: number | null
    readonly class: string | null
  }
  readonly failure?: string
}

const script = fileURLToPath(new URL('./aws-driver.py', import.meta.url))

export class PythonDriver {
  readonly libraries: PythonLibraries
  readonly #child: ChildProcessWithoutNullStreams
  readonly #waiting = new Map<number, { resolve(answer: Answer): void; reject(error: Error): void }>()
  #calls = 0

  private constructor(child: ChildProcessWithoutNullStreams, libraries: PythonLibraries) {
    this.#child = child
    this.libraries = libraries
  }

  /** Undefined where there is no Python. MILLRACE_PYTHON names the one to take. */
  static start(): Promise<PythonDriver | undefined> {
    const child = spawn(process.env.MILLRACE_PYTHON ?? 'python3', [script])
    let errors = ''
    child.stderr.on('data', (chunk) => {
      errors += chunk
    })
    // Writes to a driver that has ended are reported by its end.
    child.stdin.on('error', () => {})
    return new Promise((resolve, reject) => {
      let driver: PythonDriver | undefined
      child.on('error', () => resolve(undefined))
      child.on('close', () => {
        const error = new Error(`the Python driver has ended: ${errors}`)
        reject(error)
        if (driver !== undefined) for (const waiting of driver.#waiting.values()) waiting.reject(error)
      })
      createInterface({ input: child.stdout }).on('line', (line) => {
        const answer = JSON.parse(line)
        if (driver === undefined) {
          driver = new PythonDriver(child, answer)
          resolve(driver)
        } else {
          driver.#waiting.get(answer.id)?.resolve(answer)
          driver.#waiting.delete(answer.id)
        }
      })
    })
  }

  ask(call: Members): Promise<Answer> {
    const id = ++this.#calls
    this.#child.stdin.write(`${JSON.stringify({ id, ...call })}\n`)
    return new Promise((resolve, reject) => this.#waiting.set(id, { resolve, reject }))
  }

  close(): void {
    this.#child.stdin.end()
  }
}

export interface PythonClientOptions {
  readonly driver: PythonDriver
  readonly library: 'boto3' | 'cli'
  readonly url: string
  readonly credentials: Readonly<Record<Signer, Credentials>>
}

export class PythonClient implements BlackboxClient {
  readonly title: string
  readonly kind = 'library'
  readonly #options: PythonClientOptions

  constructor(options: PythonClientOptions) {
    this.#options = options
    const { driver, library } = options
    this.title = `${library === 'boto3' ? 'boto3' : 'AWS CLI'} ${driver.libraries[library]}`
  }

  lacks(operation: string): string | undefined {
    const { driver, library } = this.#options
    if (driver.libraries.operations[library].includes(operation)) return undefined
    return `${this.title} has no ${operation}`
  }

  async call(operation: string, input: Members, signer: Signer): Promise<Members> {
    return this.#ask(operation, { input, signer })
  }

  async subscribe(input: Members, signer: Signer, records: number): Promise<readonly Members[]> {
    const { Events } = await this.#ask('SubscribeToShard', { input, signer, records })
    // The driver answers with a list of events.
    return Events as readonly Members[]
  }

  /** The driver belongs to the test file. */
  async close(): Promise<void> {}

  async #ask(
    operation: string,
    { input, signer, records }: { input: Members; signer: Signer; records?: number },
  ): Promise<Members> {
    const { driver, library, url, credentials } = this.#options
    const { id, secret } = credentials[signer]
    const call = { client: library, url, keyId: id, secret, operation, input: toDriver(input), records }
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
    return fromJson(output) as Members
  }
}

function toDriver(value: unknown): unknown {
  if (value instanceof Uint8Array) return { $bytes: Buffer.from(value).toString('base64') }
  if (value instanceof Date) return { $time: value.getTime() }
  if (Array.isArray(value)) return value.map(toDriver)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, toDriver(member)]))
}

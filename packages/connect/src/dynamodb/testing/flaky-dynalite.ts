/**
 * A dynalite in the test's process behind an AWS client, with faults between the two: items that come back unprocessed,
 * calls that are refused, and answers that are lost. It stands below the client as its request handler.
 */
import { request as httpRequest, type Server } from 'node:http'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import type { AwsEndpoint } from '../../kinesis/aws-sdk.ts'
import type { Json } from '../../kinesis/testing/fake-kinesis.ts'

// dynalite brings no types: it gives an HTTP server.
const dynalite = createRequire(import.meta.url)('dynalite') as (options: object) => Server

export interface BatchRequest {
  readonly PutRequest?: { readonly Item: Json }
  readonly DeleteRequest?: { readonly Key: Json }
}

export class FlakyDynalite {
  /** Calls that reached the service, the faulty ones too. */
  readonly calls: { readonly operation: string; readonly input: Json }[] = []
  /** Whether a request of a batch comes back unprocessed. */
  isUnprocessed: (request: BatchRequest) => boolean = () => false
  /** What becomes of a call: refused, its answer lost, or called done without being done. */
  fate: (operation: string, call: number) => Error | 'lost' | 'swallowed' | undefined = () => undefined
  readonly #server: Server

  private constructor(server: Server) {
    this.#server = server
  }

  static async start(): Promise<FlakyDynalite> {
    const server = dynalite({ createTableMs: 0 })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    return new FlakyDynalite(server)
  }

  async close(): Promise<void> {
    await new Promise((resolve) => this.#server.close(resolve))
  }

  /** Options of a sink that writes here. */
  get endpoint(): AwsEndpoint {
    return {
      region: 'eu-central-1',
      endpoint: 'http://fake.invalid',
      credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
      client: { requestHandler: this },
    }
  }

  /** Makes a table whose keys have these names and types. */
  async makeTable(name: string, keys: Readonly<Record<string, 'S' | 'N' | 'B'>>): Promise<void> {
    await this.ask('CreateTable', {
      TableName: name,
      KeySchema: Object.keys(keys).map((key, i) => ({
        AttributeName: key,
        KeyType: i === 0 ? 'HASH' : 'RANGE',
      })),
      AttributeDefinitions: Object.entries(keys).map(([AttributeName, AttributeType]) => ({
        AttributeName,
        AttributeType,
      })),
      BillingMode: 'PAY_PER_REQUEST',
    })
    for (;;) {
      const { Table: table } = await this.ask('DescribeTable', { TableName: name })
      if ((table as Json).TableStatus === 'ACTIVE') return
    }
  }

  async items(table: string): Promise<readonly Json[]> {
    return (await this.ask('Scan', { TableName: table })).Items as Json[]
  }

  callsOf(operation: string): Json[] {
    return this.calls.filter((call) => call.operation === operation).map((call) => call.input)
  }

  /** Past the faults. */
  async ask(operation: string, input: object): Promise<Json> {
    const { statusCode, text } = await this.#forward(operation, JSON.stringify(input))
    if (statusCode !== 200) throw new Error(`${operation}: ${text}`)
    return JSON.parse(text)
  }

  /** The client's interface of a request handler. */
  async handle(request: { headers: Record<string, string>; body: Uint8Array | string }) {
    const operation = String(request.headers['x-amz-target']).split('.').at(-1)!
    const body = typeof request.body === 'string' ? request.body : new TextDecoder().decode(request.body)
    const input: Json = JSON.parse(body)
    this.calls.push({ operation, input })
    const fate = this.fate(operation, this.callsOf(operation).length)
    if (fate instanceof Error)
      return response(400, JSON.stringify({ __type: fate.name, message: fate.message }))
    if (fate === 'swallowed') return response(200, '{}')
    const answer =
      operation === 'BatchWriteItem' ? await this.#batch(input) : await this.#forward(operation, body)
    if (fate === 'lost') throw Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' })
    return response(answer.statusCode, answer.text)
  }

  destroy(): void {}

  httpHandlerConfigs() {
    return {}
  }

  updateHttpClientConfig(): void {}

  /** What is not unprocessed goes on to the service. */
  async #batch(input: Json): Promise<{ statusCode: number; text: string }> {
    const [[table, requests]] = Object.entries(input.RequestItems as object) as [[string, BatchRequest[]]]
    const unprocessed = requests.filter(this.isUnprocessed)
    const rest = requests.filter((request) => !unprocessed.includes(request))
    if (rest.length > 0) {
      const answer = await this.#forward(
        'BatchWriteItem',
        JSON.stringify({ RequestItems: { [table]: rest } }),
      )
      if (answer.statusCode !== 200) return answer
    }
    const left = unprocessed.length === 0 ? {} : { [table]: unprocessed }
    return { statusCode: 200, text: JSON.stringify({ UnprocessedItems: left }) }
  }

  #forward(operation: string, text: string): Promise<{ statusCode: number; text: string }> {
    return new Promise((resolve, reject) => {
      const call = httpRequest(
        {
          host: '127.0.0.1',
          // Listening on a TCP port, so the address has one.
          port: (this.#server.address() as AddressInfo).port,
          method: 'POST',
          headers: {
            'Content-Type': 'application/x-amz-json-1.0',
            'X-Amz-Target': `DynamoDB_20120810.${operation}`,
            'X-Amz-Date': '20250101T000000Z',
            Authorization:
              'AWS4-HMAC-SHA256 Credential=a/20250101/us-east-1/dynamodb/aws4_request, SignedHeaders=host, Signature=b',
            'Content-Length': Buffer.byteLength(text),
          },
        },
        (answer) => {
          const chunks: Buffer[] = []
          answer.on('data', (chunk: Buffer) => chunks.push(chunk))
          answer.on('end', () =>
            resolve({ statusCode: answer.statusCode ?? 0, text: Buffer.concat(chunks).toString() }),
          )
        },
      )
      call.on('error', reject)
      call.end(text)
    })
  }
}

function response(statusCode: number, text: string) {
  const body = new TextEncoder().encode(text)
  return { response: { statusCode, headers: { 'content-type': 'application/x-amz-json-1.0' }, body } }
}

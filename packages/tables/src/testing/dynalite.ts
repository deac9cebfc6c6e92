/** A dynalite in this process, with one table of string keys "id", spoken to as clients do. */
import { Agent, request as httpRequest, type Server } from 'node:http'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'

// dynalite brings no types: it gives an HTTP server.
const dynalite = createRequire(import.meta.url)('dynalite') as (options: object) => Server

export interface Answer {
  readonly status: number
  /** Name and message of an error, or the result. */
  readonly body: { readonly [member: string]: unknown }
}

export class Dynalite {
  readonly #server: Server
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 1 })

  private constructor(server: Server) {
    this.#server = server
  }

  static async start(): Promise<Dynalite> {
    const server = dynalite({ createTableMs: 0 })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const one = new Dynalite(server)
    await one.call('CreateTable', {
      TableName: 'items',
      KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
      AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
      BillingMode: 'PAY_PER_REQUEST',
    })
    for (;;) {
      const { body } = await one.call('DescribeTable', { TableName: 'items' })
      const table = body.Table as { TableStatus?: string } | undefined
      if (table?.TableStatus === 'ACTIVE') return one
    }
  }

  async close(): Promise<void> {
    this.#agent.destroy()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  call(operation: string, input: object): Promise<Answer> {
    const text = JSON.stringify(input)
    return new Promise((resolve, reject) => {
      const call = httpRequest(
        {
          // Listening on a TCP port, so the address has one.
          port: (this.#server.address() as AddressInfo).port,
          host: '127.0.0.1',
          method: 'POST',
          agent: this.#agent,
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
          answer.on('end', () => {
            const body = Buffer.concat(chunks).toString()
            resolve({ status: answer.statusCode ?? 0, body: body.startsWith('{') ? JSON.parse(body) : {} })
          })
        },
      )
      call.on('error', reject)
      call.end(text)
    })
  }
}

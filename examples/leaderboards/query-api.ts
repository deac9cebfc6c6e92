/**
 * The leaderboard over HTTP, for a page in a browser: a client of the app's endpoint with the AWS SDK.
 *
 *   GET /races/race-1/top?limit=1000   final scores, best first
 *   GET /races/race-1/live             the totals of the last window
 *
 * Run beside the app: node --experimental-strip-types examples/leaderboards/query-api.ts http://127.0.0.1:4567
 */
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { DynamoDBDocumentClient, GetCommand, QueryCommand } from '@aws-sdk/lib-dynamodb'

const topMax = 1_000

export interface QueryApi {
  readonly url: string
  close(): Promise<void>
}

export interface QueryApiOptions {
  /** Of the app: `millrace run` names it. */
  readonly endpoint: string
  /** Default: a free one. */
  readonly port?: number
}

export async function startQueryApi({ endpoint, port = 0 }: QueryApiOptions): Promise<QueryApi> {
  const client = new DynamoDBClient({
    endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'leaderboards', secretAccessKey: 'any' },
  })
  const documents = DynamoDBDocumentClient.from(client)
  const server = createServer((request, response) => {
    answer(documents, request.url ?? '/').then(
      ({ status, body }) => {
        response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(body))
      },
      (error: unknown) => {
        process.stderr.write(`${request.url}: ${error}\n`)
        response.writeHead(502).end('{"error":"the table could not be asked"}')
      },
    )
  })
  await listening(server, port)
  return {
    // A server on a port has an address with a port.
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
      client.destroy()
    },
  }
}

interface Answer {
  readonly status: number
  readonly body: unknown
}

async function answer(documents: DynamoDBDocumentClient, path: string): Promise<Answer> {
  const url = new URL(path, 'http://localhost')
  const [, race = '', what = ''] = /^\/races\/([\w-]+)\/(top|live)$/.exec(url.pathname) ?? []
  if (what === 'top') return top(documents, race, url.searchParams.get('limit'))
  if (what === 'live') return live(documents, race)
  return { status: 404, body: { error: 'there are /races/RACE/top and /races/RACE/live' } }
}

async function top(documents: DynamoDBDocumentClient, race: string, asked: string | null): Promise<Answer> {
  const limit = asked === null ? topMax : Number(asked)
  if (!Number.isInteger(limit) || limit < 1 || limit > topMax)
    return { status: 400, body: { error: `limit has to be 1 to ${topMax}` } }
  const { Items = [] } = await documents.send(
    new QueryCommand({
      TableName: 'Leaderboard',
      IndexName: 'by-score',
      KeyConditionExpression: 'PK = :race',
      ExpressionAttributeValues: { ':race': race },
      ScanIndexForward: false,
      Limit: limit,
    }),
  )
  const places = Items.map(({ SK, score }, i) => ({ place: i + 1, racer: SK, score }))
  return { status: 200, body: { race, places } }
}

async function live(documents: DynamoDBDocumentClient, race: string): Promise<Answer> {
  const { Item } = await documents.send(
    new GetCommand({ TableName: 'Leaderboard', Key: { PK: race, SK: 'results' } }),
  )
  if (Item === undefined) return { status: 404, body: { error: `${race} has no results yet` } }
  const { second, isOver, results } = Item
  return { status: 200, body: { race, second, isOver, results } }
}

function listening(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', () => resolve())
  })
}

// Started as a program, and not imported.
if (process.argv[1] === import.meta.filename) {
  const endpoint = process.argv[2] ?? 'http://127.0.0.1:4567'
  const { url } = await startQueryApi({ endpoint, port: Number(process.argv[3] ?? 8080) })
  process.stdout.write(`${url}/races/race-1/top?limit=10\n`)
}

/**
 * Runs cases of tables through a client as tests. Their names are read from the report by
 * scripts/write-dynamodb-compatibility.mjs (client > operation > case).
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTestServer, type TestServer } from '../../testing/test-server.ts'
import { type BlackboxClient, ClientFault, type Members } from '../client.ts'
import { PlainClient, type PlainClientOptions } from '../clients/plain-client.ts'
import { serviceOf, type TableCase } from './cases/table-case.ts'
import { TableWorld } from './cases/table-world.ts'

export interface RunTableOptions {
  readonly title: string
  readonly kind: BlackboxClient['kind']
  readonly client: (server: TestServer) => BlackboxClient
  /** Names of operations that the client has. Default: all. */
  readonly has?: (operation: string) => boolean
}

/** Requests as they stand on the wire. */
export function plainTableClient({ url, credentials, clock }: TestServer): BlackboxClient {
  return makePlainTableClient({ url, credentials, clock })
}

export function makePlainTableClient({
  url,
  credentials,
  clock,
}: Pick<PlainClientOptions, 'url' | 'credentials' | 'clock'>): BlackboxClient {
  return new PlainClient({
    url,
    credentials,
    clock,
    codec: {
      title: 'Plain JSON',
      contentType: 'application/x-amz-json-1.0',
      encode: (input) => Buffer.from(JSON.stringify(input)),
      decode: (bytes) => JSON.parse(Buffer.from(bytes).toString('utf8')),
    },
    service: 'dynamodb',
    targetOf: (operation) =>
      `${serviceOf(operation) === 'dynamodb' ? 'DynamoDB' : 'DynamoDBStreams'}_20120810.${operation}`,
    typeOf: (type) => type.slice(type.indexOf('#') + 1),
  })
}

export function runTableCases(cases: readonly TableCase[], options: RunTableOptions): void {
  describe(options.title, () => {
    let server: TestServer
    let client: BlackboxClient
    let admin: BlackboxClient
    let world: TableWorld
    beforeAll(async () => {
      server = await startTestServer()
      client = options.client(server)
      admin = plainTableClient(server)
      world = new TableWorld(server, admin)
    })
    afterAll(async () => {
      await client.close()
      await admin.close()
      await server.close()
      expect(server.failures).toEqual([])
    })

    const runnable = cases.filter(
      ({ operation, isPlain }) =>
        (isPlain !== true || options.kind === 'plain') && (options.has?.(operation) ?? true),
    )
    for (const operation of new Set(runnable.map((each) => each.operation))) {
      describe(operation, () => {
        for (const each of runnable) {
          if (each.operation === operation) test(tableCaseTitle(each), () => runCase(each, { client, world }))
        }
      })
    }
  })
}

export function tableCaseTitle({ name, error }: TableCase): string {
  return error === undefined ? name : `fails ${name}: ${error}`
}

async function runCase(
  each: TableCase,
  { client, world }: { client: BlackboxClient; world: TableWorld },
): Promise<void> {
  const input = await each.input(world)
  let outcome: Members | ClientFault
  try {
    outcome = await client.call(each.operation, input, each.signer ?? 'owner')
  } catch (error) {
    if (!(error instanceof ClientFault)) throw error
    outcome = error
  }
  if (each.error === undefined) {
    if (outcome instanceof ClientFault) throw outcome
    await each.check?.(outcome, world, input)
    return
  }
  if (!(outcome instanceof ClientFault)) expect.fail(`succeeded with ${JSON.stringify(outcome)}`)
  const { type, status, message } = outcome
  expect(type, message).toBe(each.error)
  expect(status, message).toBe(400)
  if (each.message !== undefined) expect(message).toMatch(each.message)
  await each.check?.({}, world, input)
}

/**
 * Runs cases through a client as tests, and keeps score for the compatibility table: the tests' names are read from the
 * report by scripts/write-kinesis-compatibility.mjs (client > operation > case).
 */
import { VirtualClock } from '@millrace/values'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTestServer, type TestServer, type TestServerOptions } from '../testing/test-server.ts'
import type { BlackboxCase } from './cases/case.ts'
import { World } from './cases/world.ts'
import { type BlackboxClient, ClientFault, type Members } from './client.ts'
import { PlainClient } from './clients/plain-client.ts'
import { jsonCodec } from './clients/plain-codecs.ts'

export interface RunOptions {
  /** As describe shows it: the library without its version, so that the table's columns stay when versions change. */
  readonly title: string
  readonly server?: () => TestServerOptions
  readonly client: (server: TestServer) => BlackboxClient | Promise<BlackboxClient>
  /** Names of operations that the client has; others are not run and noted as such. Default: all. */
  readonly has?: (operation: string) => boolean
  readonly kind: BlackboxClient['kind']
}

export function runCases(cases: readonly BlackboxCase[], options: RunOptions): void {
  describe(options.title, () => {
    let server: TestServer
    let client: BlackboxClient
    let admin: BlackboxClient
    let world: World
    beforeAll(async () => {
      server = await startTestServer(options.server?.() ?? {})
      const { url, credentials, clock } = server
      client = await options.client(server)
      admin = new PlainClient({ url, credentials, clock, codec: jsonCodec })
      world = new World(server, admin)
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
        const own = runnable.filter((each) => each.operation === operation)
        for (const each of own) test(caseTitle(each), () => runCase(each, { client, world }))
      })
    }
  })
}

export function caseTitle({ name, error }: BlackboxCase): string {
  return error === undefined ? name : `fails ${name}: ${error}`
}

async function runCase(each: BlackboxCase, around: { client: BlackboxClient; world: World }): Promise<void> {
  const { client, world } = around
  // What the case before has used of limits by the second is given back.
  if (world.server.clock instanceof VirtualClock) await world.server.pass(2000)
  const input = await each.input(world)
  const outcome = await outcomeOf(each, input, client)
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

async function outcomeOf(
  { operation, signer = 'owner', records }: BlackboxCase,
  input: Members,
  client: BlackboxClient,
): Promise<Members | ClientFault> {
  try {
    if (operation !== 'SubscribeToShard') return await client.call(operation, input, signer)
    return { Events: await client.subscribe(input, signer, records ?? 1) }
  } catch (error) {
    if (error instanceof ClientFault) return error
    throw error
  }
}

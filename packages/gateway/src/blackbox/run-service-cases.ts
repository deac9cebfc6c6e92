/**
 * Runs cases of a service through a client as tests. Their names are read from the report by the scripts that write the pages of
 * compatibility (client > operation > case).
 */
import { VirtualClock } from '@millrace/values'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTestServer, type TestServer, type TestServerOptions } from '../testing/test-server.ts'
import { type BlackboxClient, ClientFault, type Members } from './client.ts'
import { type ServiceCase, serviceCaseTitle } from './service-case.ts'

export interface RunServiceOptions<World> {
  readonly title: string
  readonly kind: BlackboxClient['kind']
  readonly server?: () => TestServerOptions
  readonly client: (server: TestServer) => BlackboxClient
  /** Prepares and looks after what cases do. */
  readonly admin: (server: TestServer) => BlackboxClient
  readonly world: (server: TestServer, admin: BlackboxClient) => World
  /** Names of operations that the client has. Default: all. */
  readonly has?: (operation: string) => boolean
}

export function runServiceCases<World>(
  cases: readonly ServiceCase<World>[],
  options: RunServiceOptions<World>,
): void {
  describe(options.title, () => {
    let server: TestServer
    let client: BlackboxClient
    let admin: BlackboxClient
    let world: World
    beforeAll(async () => {
      server = await startTestServer(options.server?.() ?? {})
      client = options.client(server)
      admin = options.admin(server)
      world = options.world(server, admin)
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
          if (each.operation !== operation) continue
          test(serviceCaseTitle(each), async () => {
            // What the case before has used of limits by the second is given back.
            if (server.clock instanceof VirtualClock) await server.pass(2000)
            await runCase(each, { client, world })
          })
        }
      })
    }
  })
}

async function runCase<World>(
  each: ServiceCase<World>,
  { client, world }: { client: BlackboxClient; world: World },
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
  if (status !== undefined) expect(status, message).toBe(each.status ?? 400)
  if (each.message !== undefined) expect(message).toMatch(each.message)
  await each.check?.({}, world, input)
}

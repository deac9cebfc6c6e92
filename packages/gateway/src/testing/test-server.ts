/**
 * A whole server for black-box tests: a store in a directory of its own and the gateway over it, on free ports, with
 * verified signatures. Clients see what users see.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Buckets, bucketsOf } from '@millrace/lake'
import { openStore } from '@millrace/store'
import { type Clock, seededRandom, systemClock, VirtualClock } from '@millrace/values'
import { createAccessKey } from '../auth/key-file.ts'
import type { Credentials, Signer } from '../blackbox/client.ts'
import { openStoredDeliveries } from '../firehose/open-stored-deliveries.ts'
import type { GatewayFailure } from '../http/dispatcher.ts'
import type { HttpLimits } from '../http/http-limits.ts'
import type { KinesisLimits } from '../kinesis/kinesis-limits.ts'
import { defaultRegion, openStoreGateway } from '../store-gateway.ts'

export interface TestServerOptions {
  /** Default: the machine's. */
  readonly clock?: Clock
  /** Default: the local profile. */
  readonly limits?: KinesisLimits
  readonly http?: Partial<HttpLimits>
  /** How far a client's clock may be off. Default 5 minutes. */
  readonly clockSkewMs?: number
}

export interface TestServer {
  readonly url: string
  readonly tlsUrl: string
  readonly clock: Clock
  readonly credentials: Readonly<Record<Signer, Credentials>>
  /** Where its deliveries deliver to. */
  readonly buckets: Buckets
  /** What went wrong inside; a test that provokes no fault of the server expects none. */
  readonly failures: readonly GatewayFailure[]
  /** Lets time go on: virtual time at once, the machine's by waiting. */
  pass(ms: number): Promise<void>
  close(): Promise<void>
}

export async function startTestServer(options: TestServerOptions = {}): Promise<TestServer> {
  const { clock = systemClock, limits, http, clockSkewMs } = options
  const directory = mkdtempSync(join(tmpdir(), 'millrace-blackbox-'))
  const { owner, denied } = makeKeys(directory, clock)
  const store = await openStore({ dir: join(directory, 'data'), clock })
  const failures: GatewayFailure[] = []
  const gateway = await openStoreGateway({
    store,
    clock,
    random: seededRandom(1),
    port: 0,
    tls: { port: 0, certificate: 'self-signed' },
    directory,
    auth: { mode: 'verify', ...(clockSkewMs === undefined ? {} : { clockSkewMs }) },
    drainMs: 0,
    onFailure: (failure) => failures.push(failure),
    deliveries: (meter) =>
      openStoredDeliveries({ store, clock, random: seededRandom(2), meter, region: defaultRegion }),
    ...(limits === undefined ? {} : { limits }),
    ...(http === undefined ? {} : { http }),
  })
  return {
    url: gateway.url,
    tlsUrl: gateway.tlsUrl ?? '',
    clock,
    credentials: credentialsOf(owner, denied),
    buckets: bucketsOf(store),
    failures,
    pass: (ms) => (clock instanceof VirtualClock ? clock.advance(ms) : clock.sleep(ms)),
    async close() {
      await gateway.close()
      await store.close()
      rmSync(directory, { recursive: true, force: true })
    },
  }
}

/** Keys of somebody who may do everything and of somebody who may do nothing; made before the gateway looks for keys. */
export function makeKeys(directory: string, clock: Clock): { owner: Credentials; denied: Credentials } {
  const owner = createAccessKey({ directory, clock })
  const denied = createAccessKey({
    directory,
    clock,
    policy: [{ allow: ['kinesis:None'], streams: ['none'] }],
  })
  return { owner, denied }
}

export function credentialsOf(
  owner: Credentials,
  denied: Credentials,
): Readonly<Record<Signer, Credentials>> {
  return {
    owner,
    denied,
    unknown: { id: 'AKIANOBODYKNOWSTHISK', secret: owner.secret },
    wrong: { id: owner.id, secret: denied.secret },
    nobody: { id: '', secret: '' },
  }
}

/**
 * An endpoint of Kinesis, DynamoDB and Firehose for tests: real clients over real sockets on a free port of 127.0.0.1, rates and metrics and alarms
 * under virtual time. Any access key is taken. See docs/testing.md.
 *
 * Sockets have no virtual time. A test that awaits its client's calls needs to know nothing of that. For clients that run
 * beside the test, `advance` lets the event loop turn between two timers until calls on loopback have been answered; a
 * call that takes longer (it reads megabytes, or waits for a file) is in progress while time moves on.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  defaultRegion,
  formatAlarmEvent,
  loadAlarmRules,
  openStoredDeliveries,
  openStoreGateway,
  overrideLimits,
  parseLimitProfile,
  type StoreGateway,
  type StoreGatewayOptions,
} from '@millrace/gateway'
import { openStore } from '@millrace/store'
import { seededRandom, VirtualClock } from '@millrace/values'

export interface TestGatewaySettings {
  /** 'aws': the service's rates are enforced; 'local' (default): there are none. */
  readonly limits?: 'aws' | 'local'
  /** Single limits in place of the profile's, each NAME=VALUE, as `millrace serve --limit` takes them. */
  readonly limit?: readonly string[]
  /** Path of a file of alarm rules. */
  readonly alarms?: string
  /** Gets the line of each transition of an alarm. */
  readonly onAlarm?: (line: string) => void
}

export interface OwnTestGatewaySettings extends TestGatewaySettings {
  /** Where virtual time begins, ms since the epoch; default 2026-01-01T00:00:00Z. */
  readonly startMs?: number
  /** Seed of everything random in the endpoint; default 1. */
  readonly seed?: number
}

/** An endpoint without an app. */
export interface TestGateway {
  /** Like http://127.0.0.1:40123. */
  readonly url: string
  /** For what runs beside the test: consumers, producers. */
  readonly clock: VirtualClock
  /** Moves virtual time on, timer by timer, letting calls over loopback finish at each. */
  advance(ms: number): Promise<void>
  /** Ends the endpoint and removes its data. */
  close(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

export const defaultStartMs = Date.UTC(2026, 0, 1)
/** Measured with the AWS SDK: 3 to 10 turns for a small call, about 40 for each MiB of a reply. */
const turnsOfACall = 100
const drainMs = 10

export async function testGateway(settings: OwnTestGatewaySettings = {}): Promise<TestGateway> {
  const dir = mkdtempSync(join(tmpdir(), 'millrace-test-'))
  const clock = new VirtualClock(settings.startMs ?? defaultStartMs)
  const store = await openStore({ dir, clock })
  let gateway: StoreGateway
  try {
    gateway = await openTestGateway({ store, clock, random: seededRandom(settings.seed ?? 1) }, settings)
  } catch (error) {
    await store.close()
    rmSync(dir, { recursive: true, force: true })
    throw error
  }
  let closed: Promise<void> | undefined
  const close = () => {
    closed ??= gateway
      .close()
      .finally(() => store.close())
      .finally(() => rmSync(dir, { recursive: true, force: true }))
    return closed
  }
  return {
    url: gateway.url,
    clock,
    async advance(ms) {
      const target = clock.now() + ms
      await calls()
      while (clock.nextWake <= target) {
        await clock.advance(clock.nextWake - clock.now())
        await calls()
      }
      await clock.advance(target - clock.now())
      await calls()
    },
    close,
    [Symbol.asyncDispose]: close,
  }
}

/** On a store that is open already. */
export async function openTestGateway(
  place: Pick<StoreGatewayOptions, 'store' | 'random' | 'guard'> & { readonly clock: VirtualClock },
  { limits = 'local', limit = [], alarms, onAlarm }: TestGatewaySettings,
): Promise<StoreGateway> {
  const gateway = await openStoreGateway({
    ...place,
    port: 0,
    drainMs,
    // Clients sign with the real time, which virtual time has nothing to do with.
    auth: { mode: 'lenient' },
    limits: overrideLimits(parseLimitProfile(limits), limit),
    deliveries: (meter) => openStoredDeliveries({ ...place, meter, region: defaultRegion }),
    ...(alarms === undefined
      ? {}
      : {
          alarms: {
            rules: loadAlarmRules(alarms),
            onEvent: (event) => onAlarm?.(formatAlarmEvent(event)),
          },
        }),
  })
  return {
    ...gateway,
    get authMode() {
      return gateway.authMode
    },
    async close() {
      const closing = gateway.close()
      await calls()
      // A client that keeps a call open would be waited for until time passes, which nobody moves on any more.
      await place.clock.advance(drainMs)
      await closing
    },
  }
}

async function calls(): Promise<void> {
  for (let turn = 0; turn < turnsOfACall; turn++) await new Promise<void>((resolve) => setImmediate(resolve))
}

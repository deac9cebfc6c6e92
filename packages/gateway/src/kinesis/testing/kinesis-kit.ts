/** A Kinesis service over a real store in a directory of its own, called as the listener calls it. Not part of the package's door. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type CommitPoint, openStore, type Store } from '@millrace/store'
import { seededRandom, VirtualClock } from '@millrace/values'
import { afterEach } from 'vitest'
import { silentMeter } from '../../metrics/meter.ts'
import { encodeBody, parseBody } from '../../wire/body-codec.ts'
import { WireError } from '../../wire/wire-error.ts'
import type { Caller, WireCall, WireEncoding } from '../../wire/wire-service.ts'
import type { ScalingEvent } from '../autoscale.ts'
import type { InputOf, OperationName } from '../input-shapes.ts'
import type { AutoscaleTarget } from '../kinesis-context.ts'
import { type KinesisLimits, localLimits } from '../kinesis-limits.ts'
import { type DataOperations, type KinesisService, openKinesisService } from '../kinesis-service.ts'
import type { StreamGuard } from '../streams/kinesis-streams.ts'

export const account = '123456789012'
export const region = 'eu-central-1'
export const startTime = 1_700_000_000_000

const directories: string[] = []
const open = new Set<Kit>()

afterEach(async () => {
  for (const kit of [...open]) await kit.close()
  for (const dir of directories.splice(0)) rmSync(dir, { recursive: true, force: true })
})

export function testDirectory(): string {
  const dir = mkdtempSync(join(tmpdir(), 'millrace-kinesis-'))
  directories.push(dir)
  return dir
}

export interface KitOptions {
  readonly dir?: string
  readonly clock?: VirtualClock
  readonly limits?: Partial<KinesisLimits>
  readonly guard?: StreamGuard
  readonly encoding?: WireEncoding
  /** Given: streams scale by themselves, and each change is told. */
  readonly onScaling?: (event: ScalingEvent) => void
  readonly autoscale?: Readonly<Record<string, AutoscaleTarget | undefined>>
  readonly probe?: (point: CommitPoint) => void
  /** Puts something between the service and the store. */
  readonly wrap?: (store: Store) => Store
}

export interface Kit {
  readonly dir: string
  readonly clock: VirtualClock
  readonly store: Store
  readonly service: KinesisService
  /** The reply of a call; rejects with the WireError. Its tree is as a client reads it: it went through the encoding. */
  call<N extends OperationName>(operation: N, input: InputOf<N> | object, caller?: Caller): Promise<Reply>
  /** Type and text of the error that a call ends with. */
  fault(operation: OperationName, input: object, caller?: Caller): Promise<string>
  close(): Promise<void>
}

/** Replies are looked at by tests alone, which know what they asked for: what a client's parser gives. */
export type Reply = ReturnType<typeof JSON.parse>

export const anyone: Caller = { keyId: 'test', account, authorize: () => {} }

export async function openKit(options: KitOptions = {}): Promise<Kit> {
  const dir = options.dir ?? testDirectory()
  const clock = options.clock ?? new VirtualClock(startTime)
  const { probe, guard, encoding = 'json' } = options
  const own = await openStore({ dir, clock, ...(probe === undefined ? {} : { probe }) })
  const store = options.wrap === undefined ? own : options.wrap(own)
  const closeAll: (() => Promise<void>)[] = [() => own.close()]
  try {
    const service = openKinesisService({
      store,
      clock,
      random: seededRandom(1),
      meter: silentMeter,
      limits: { ...localLimits, ...options.limits },
      region,
      data: () => noData,
      ...(guard === undefined ? {} : { guard }),
      scaling: options.onScaling !== undefined,
      ...(options.onScaling === undefined ? {} : { onScaling: options.onScaling }),
      ...(options.autoscale === undefined ? {} : { autoscale: options.autoscale }),
    })
    closeAll.unshift(() => service.close())
    const call: Kit['call'] = async (operation, input, caller = anyone) => {
      const reply = await service.handle(wireCall(operation, encodeBody(input, encoding), encoding, caller))
      if (reply.kind !== 'value') throw new Error(`a ${reply.kind} reply`)
      return reply.value === undefined ? undefined : parseBody(encodeBody(reply.value, encoding), encoding)
    }
    const kit: Kit = {
      dir,
      clock,
      store,
      service,
      call,
      async fault(operation, input, caller) {
        try {
          await call(operation, input, caller)
        } catch (error) {
          if (error instanceof WireError) return `${error.type}: ${error.message}`
          throw error
        }
        return 'no error'
      },
      async close() {
        if (!open.delete(kit)) return
        for (const close of closeAll) await close()
      },
    }
    open.add(kit)
    return kit
  } catch (error) {
    await own.close()
    throw error
  }
}

export function wireCall(
  operation: string,
  body: Uint8Array,
  encoding: WireEncoding = 'json',
  caller: Caller = anyone,
): WireCall {
  return {
    operation,
    encoding,
    body,
    requestId: 'request',
    signal: new AbortController().signal,
    authenticate: () => caller,
  }
}

export function streamArnOf(name: string): string {
  return `arn:aws:kinesis:${region}:${account}:stream/${name}`
}

const none = {
  name: 'none',
  run(): never {
    throw new Error('the data plane is not part of this kit')
  },
}

const noData: DataOperations = {
  operations: {
    PutRecord: none,
    PutRecords: none,
    GetShardIterator: none,
    GetRecords: none,
    SubscribeToShard: none,
  },
}

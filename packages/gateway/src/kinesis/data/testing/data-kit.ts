/** What tests of the data plane share: a real store under virtual time, a directory without policies, calls by name. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type CommitPoint, openStore, type Store } from '@millrace/store'
import { seededRandom, VirtualClock } from '@millrace/values'
import { afterEach } from 'vitest'
import { type Meter, silentMeter } from '../../../metrics/meter.ts'
import { encodeBody } from '../../../wire/body-codec.ts'
import { WireError } from '../../../wire/wire-error.ts'
import type { Caller, WireEncoding, WireReply } from '../../../wire/wire-service.ts'
import {
  defaultSettings,
  type KinesisContext,
  type StreamConsumer,
  type StreamDirectory,
  type StreamSettings,
} from '../../kinesis-context.ts'
import { type KinesisLimits, localLimits } from '../../kinesis-limits.ts'
import type { OperationCall } from '../../operation.ts'
import { type DataPlane, makeDataPlane } from '../data-plane.ts'

export const START_MS = 1_763_700_000_000
export const ACCOUNT = '000000000000'
export const HOUR_MS = 3_600_000

export const noRates: KinesisLimits = { ...localLimits, shardsMax: 1_000, onDemandStreamsMax: 50 }

export const awsRates: KinesisLimits = {
  ...noRates,
  shardWriteBytesPerSecond: 1024 * 1024,
  shardWriteRecordsPerSecond: 1_000,
  shardReadBytesPerSecond: 2 * 1024 * 1024,
  shardReadCallsPerSecond: 5,
  iteratorCallsPerSecond: 5,
  fanOutBytesPerSecond: 2 * 1024 * 1024,
  subscribeCallsPerSecond: 1,
}

export { defaultSettings }

const closers: (() => Promise<void>)[] = []

afterEach(async () => {
  for (const close of closers.splice(0)) await close()
})

export interface DataKit {
  readonly clock: VirtualClock
  store: Store
  data: DataPlane
  context: KinesisContext
  readonly settings: Map<string, StreamSettings>
  readonly consumers: Map<string, StreamConsumer>
  /** Closes and opens the store again, with a new data plane. */
  reopen(): Promise<void>
  call(options?: { encoding?: WireEncoding; signal?: AbortSignal }): OperationCall
}

export async function dataKit(
  options: {
    limits?: KinesisLimits
    meter?: Meter
    startMs?: number
    probe?: (point: CommitPoint) => void
  } = {},
): Promise<DataKit> {
  const dir = mkdtempSync(join(tmpdir(), 'millrace-data-'))
  const clock = new VirtualClock(options.startMs ?? START_MS)
  const settings = new Map<string, StreamSettings>()
  const consumers = new Map<string, StreamConsumer>()
  const open = () =>
    openStore({ dir, clock, ...(options.probe === undefined ? {} : { probe: options.probe }) })
  const plane = (store: Store) => {
    const context: KinesisContext = {
      store,
      clock,
      random: seededRandom(1),
      meter: options.meter ?? silentMeter,
      limits: options.limits ?? noRates,
      region: 'us-east-1',
      streams: directory(store, settings, consumers),
    }
    return { context, data: makeDataPlane(context) }
  }
  const store = await open()
  const kit: DataKit = {
    clock,
    store,
    ...plane(store),
    settings,
    consumers,
    async reopen() {
      kit.data.close()
      await kit.store.close()
      kit.store = await open()
      Object.assign(kit, plane(kit.store))
    },
    call: ({ encoding = 'json', signal = new AbortController().signal } = {}) => ({
      caller: anyone,
      encoding,
      requestId: 'test',
      signal,
    }),
  }
  closers.push(async () => {
    kit.data.close()
    await kit.store.close()
    rmSync(dir, { recursive: true, force: true })
  })
  return kit
}

export const anyone: Caller = { keyId: 'anonymous', account: ACCOUNT, authorize: () => {} }

export function streamArn(name: string): string {
  return `arn:aws:kinesis:us-east-1:${ACCOUNT}:stream/${name}`
}

function directory(
  store: Store,
  settings: ReadonlyMap<string, StreamSettings>,
  consumers: ReadonlyMap<string, StreamConsumer>,
): StreamDirectory {
  const settingsOf = (name: string): StreamSettings | undefined =>
    store.stream(name) === undefined ? undefined : (settings.get(name) ?? defaultSettings)
  return {
    resolve({ StreamName, StreamARN }) {
      const name = StreamName ?? StreamARN?.split('/')[1] ?? ''
      if (StreamARN !== undefined && streamArn(name) !== StreamARN)
        throw new WireError('InvalidArgumentException', 'StreamARN and StreamName differ')
      const info = store.stream(name)
      if (info === undefined) {
        throw new WireError('ResourceNotFoundException', `Stream ${name} under account ${ACCOUNT} not found.`)
      }
      return {
        name,
        arn: streamArn(name),
        account: ACCOUNT,
        status: 'ACTIVE',
        settings: settingsOf(name)!,
        info,
      }
    },
    settings: settingsOf,
    resolveConsumer(arn) {
      const consumer = consumers.get(arn)
      if (consumer === undefined) throw new WireError('ResourceNotFoundException', `no consumer ${arn}`)
      return consumer
    },
    onConsumerRemoved: () => () => {},
  }
}

/** A reply as a client parses it. */
export function parsedReply(reply: WireReply | object | undefined): unknown {
  if (reply !== undefined && 'kind' in reply && reply.kind === 'bytes')
    return JSON.parse(Buffer.from(reply.bytes).toString('utf8'))
  const value = reply !== undefined && 'kind' in reply && reply.kind === 'value' ? reply.value : reply
  return JSON.parse(encodeBody(value ?? {}, 'json').toString('utf8'))
}

/** Type and text of the WireError that the work ends in. */
export async function errorOf(work: () => unknown): Promise<{ type: string; message: string }> {
  try {
    await work()
  } catch (error) {
    if (error instanceof WireError) return { type: error.type, message: error.message }
    throw error
  }
  throw new Error('an error was expected')
}

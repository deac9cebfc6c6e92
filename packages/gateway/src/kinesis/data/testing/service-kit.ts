/** The whole Kinesis service with its data plane over a real store under virtual time, called as the listener calls it. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type CommitPoint, openStore, type Store } from '@millrace/store'
import { seededRandom, VirtualClock } from '@millrace/values'
import { afterEach } from 'vitest'
import { type Meter, silentMeter } from '../../../metrics/meter.ts'
import { encodeBody, parseBody } from '../../../wire/body-codec.ts'
import { WireError } from '../../../wire/wire-error.ts'
import type { WireEncoding, WireEvent } from '../../../wire/wire-service.ts'
import type { OperationName } from '../../input-shapes.ts'
import { type KinesisLimits, localLimits } from '../../kinesis-limits.ts'
import { type KinesisService, openKinesisService } from '../../kinesis-service.ts'
import { wireCall } from '../../testing/kinesis-kit.ts'
import { makeDataPlane } from '../data-plane.ts'

export const START_MS = 1_763_700_000_000

const closers = new Set<() => Promise<void>>()

afterEach(async () => {
  for (const close of [...closers]) await close()
})

/** Replies are looked at by tests alone, which know what they asked for: what a client's parser gives. */
export type Reply = ReturnType<typeof JSON.parse>

export interface ServiceKit {
  readonly dir: string
  readonly clock: VirtualClock
  readonly store: Store
  readonly service: KinesisService
  /** The reply as a client of the encoding parses it. */
  call(operation: OperationName, input: object, encoding?: WireEncoding): Promise<Reply>
  /** Type of the error that a call ends with. */
  fault(operation: OperationName, input: object): Promise<string>
  subscribe(input: object, options?: { encoding?: WireEncoding; signal?: AbortSignal }): Promise<Reader>
  close(): Promise<void>
}

export interface ServiceKitOptions {
  readonly dir?: string
  readonly clock?: VirtualClock
  readonly limits?: Partial<KinesisLimits>
  readonly meter?: Meter
  readonly probe?: (point: CommitPoint) => void
}

export async function serviceKit(options: ServiceKitOptions = {}): Promise<ServiceKit> {
  const dir = options.dir ?? mkdtempSync(join(tmpdir(), 'millrace-service-'))
  const clock = options.clock ?? new VirtualClock(START_MS)
  const { probe, meter = silentMeter } = options
  const store = await openStore({ dir, clock, ...(probe === undefined ? {} : { probe }) })
  const service = openKinesisService({
    store,
    clock,
    random: seededRandom(1),
    meter,
    limits: { ...localLimits, ...options.limits },
    region: 'us-east-1',
    data: makeDataPlane,
  })
  const handle = async (operation: string, input: object, encoding: WireEncoding, signal?: AbortSignal) => {
    const call = wireCall(operation, encodeBody(input, encoding), encoding)
    return service.handle(signal === undefined ? call : { ...call, signal })
  }
  const kit: ServiceKit = {
    dir,
    clock,
    store,
    service,
    async call(operation, input, encoding = 'json') {
      const reply = await handle(operation, input, encoding)
      if (reply.kind === 'events') throw new Error('an event stream')
      const bytes = reply.kind === 'bytes' ? reply.bytes : encodeBody(reply.value ?? {}, encoding)
      return parseBody(bytes, encoding)
    },
    async fault(operation, input) {
      try {
        await handle(operation, input, 'json')
      } catch (error) {
        if (error instanceof WireError) return error.type
        throw error
      }
      return 'none'
    },
    async subscribe(input, { encoding = 'json', signal } = {}) {
      const reply = await handle('SubscribeToShard', input, encoding, signal)
      if (reply.kind !== 'events') throw new Error('not an event stream')
      return new Reader(reply.events, encoding, clock)
    },
    async close() {
      if (!closers.delete(kit.close)) return
      await service.close()
      await store.close()
      if (options.dir === undefined) rmSync(dir, { recursive: true, force: true })
    },
  }
  closers.add(kit.close)
  return kit
}

export interface ReadEvent {
  readonly atMs: number
  /** Of an event: its payload. */
  readonly value?: Reply
  /** Of an exception: its type. */
  readonly error?: string
}

/** Takes events as the listener does, one after the other, and notes when each came. */
export class Reader {
  readonly events: ReadEvent[] = []
  isOver = false

  constructor(events: AsyncIterable<WireEvent>, encoding: WireEncoding, clock: VirtualClock) {
    void this.#run(events, encoding, clock)
  }

  async #run(events: AsyncIterable<WireEvent>, encoding: WireEncoding, clock: VirtualClock): Promise<void> {
    for await (const event of events) {
      const atMs = clock.now()
      if (event.kind === 'exception') this.events.push({ atMs, error: event.error.type })
      else {
        const bytes = event.kind === 'event' ? encodeBody(event.value, encoding) : event.bytes
        this.events.push({ atMs, value: parseBody(bytes, encoding) })
      }
    }
    this.isOver = true
  }

  get records(): Reply[] {
    return this.events.flatMap(({ value }) => value?.Records ?? [])
  }

  get last(): ReadEvent | undefined {
    return this.events.at(-1)
  }
}

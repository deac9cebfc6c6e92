/**
 * Runs one function stage under virtual time with a function that a test makes up: the stage as it is, over a real store,
 * stepped until nothing can go on without time passing.
 */
import { type CommitPoint, openStore, type Store, type StreamDefinition } from '@millrace/store'
import type { Random, VirtualClock } from '@millrace/values'
import { defineLetterTables } from '../../dead-letters/letter-counts.ts'
import { noDeliveryMeter } from '../../delivery-meter.ts'
import type { FunctionHandler } from '../../function-api.ts'
import { FunctionStage } from '../../function-stage.ts'
import { noServices } from '../../lambda/lambda-environment.ts'
import { Latency } from '../../latency.ts'
import { resolveLimits } from '../../limits.ts'
import type { RunLimits } from '../../run-limits.ts'
import { Warnings } from '../../warnings.ts'
import { noFunctionMeter } from '../function-meter.ts'
import type { CallOutcome, FunctionCall, FunctionRunner } from '../function-runner.ts'
import { type MappingSettings, mappingDefaults } from '../mapping-settings.ts'

export interface HostOptions {
  readonly dir: string
  readonly clock: VirtualClock
  readonly random: Random
  readonly streams: readonly StreamDefinition[]
  readonly mapping: Partial<MappingSettings>
  readonly limits?: Partial<RunLimits>
  /** Makes the calls; or else the handler, by the runner that apps have. */
  readonly call?: (call: FunctionCall) => Promise<CallOutcome>
  readonly handler?: FunctionHandler
  readonly callBytesMax?: number
  readonly probe?: (point: CommitPoint) => void
}

const decoder = new TextDecoder()

/** Reads stream `in`; the stage's name is `f`. */
export class StageHost {
  readonly store: Store
  readonly warnings = new Warnings()
  private readonly clock: VirtualClock
  private readonly stage: FunctionStage
  private readonly stopping = new AbortController()

  static async open(options: HostOptions): Promise<StageHost> {
    const { dir, clock, probe, streams } = options
    const store = await openStore({ dir, clock, ...(probe === undefined ? {} : { probe }) })
    try {
      for (const stream of streams) store.defineStream(stream)
      defineLetterTables(store)
      const host = new StageHost(store, options)
      await host.stage.open()
      return host
    } catch (error) {
      await store.close()
      throw error
    }
  }

  private constructor(store: Store, options: HostOptions) {
    const { clock, random, limits, mapping } = options
    this.store = store
    this.clock = clock
    const { call, handler = () => undefined } = options
    const runner: FunctionRunner | undefined = call && {
      codeVersion: 'test',
      callBytesMax: options.callBytesMax ?? Number.POSITIVE_INFINITY,
      callBytes: (record) => record.byteLength,
      itemId: (record) => record.text(),
      open: async () => {},
      call,
      close: async () => {},
    }
    this.stage = new FunctionStage(
      {
        kind: 'function',
        name: 'f',
        from: 'in',
        mapping: { ...mappingDefaults, ...mapping },
        code: { form: 'batch', handler },
      },
      [],
      options.streams.map(({ name }) => name),
      {
        store,
        clock,
        random,
        limits: resolveLimits(limits),
        warnings: this.warnings,
        latency: new Latency(),
        tableLatency: new Latency(),
        lambdas: {
          services: noServices,
          makeRunner: () => {
            throw new Error('no Lambda handlers here')
          },
        },
        meter: noFunctionMeter,
        deliveryMeter: noDeliveryMeter,
        stopping: this.stopping.signal,
      },
      runner,
    )
  }

  /**
   * Steps until nothing goes on without time: a stage that says so, and has no call in flight, is believed. Rejects when the
   * stage fails.
   */
  async settle(): Promise<void> {
    for (let idle = 0; idle < 3; ) {
      if ((await this.stage.step()) === 'worked') {
        idle = 0
        continue
      }
      let isReady = false
      this.stage.onReady(() => {
        isReady = true
      })
      if (!isReady && !this.stage.busy()) return
      // Calls that wait for nothing but the clock are idle; two turns let the others end.
      idle++
      await new Promise((resolve) => setImmediate(resolve))
    }
  }

  dueInMs(): number {
    return this.stage.dueInMs()
  }

  /** Lets time pass up to `toMs`, stopping at each moment at which something may happen. */
  async runTo(toMs: number): Promise<void> {
    await this.settle()
    for (;;) {
      const due = this.clock.now() + this.stage.dueInMs()
      const next = Math.min(this.clock.nextWake, due)
      if (next > toMs) break
      await this.clock.advance(next - this.clock.now())
      this.store.enforceRetention(this.clock.now())
      await this.settle()
    }
    await this.clock.advance(toMs - this.clock.now())
    await this.settle()
  }

  /** Stops as an app does: what runs is waited for and committed. */
  async stop(): Promise<void> {
    this.stopping.abort()
    while ((await this.stage.step()) !== 'done') {
      const next = this.clock.nextWake
      if (next < Number.POSITIVE_INFINITY) await this.clock.advance(next - this.clock.now())
      await new Promise((resolve) => setImmediate(resolve))
    }
    await this.close()
  }

  /** As after a crash: nothing more is committed. */
  async close(): Promise<void> {
    this.stopping.abort()
    await this.stage.close()
    await this.store.close()
  }

  items(table: string): Record<string, unknown>[] {
    return [...this.store.scan(table)].map(({ json }) => JSON.parse(decoder.decode(json)))
  }
}

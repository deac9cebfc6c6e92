/**
 * Runs the stages of the deliveries that clients make, on the calling thread. Each delivery runs by itself: what stops one is told by
 * `failure`, and it is started again after a while.
 */
import {
  codeOf,
  defineLetterTables,
  Latency,
  messageOf,
  noFunctionMeter,
  resolveLimits,
  retryDelayMs,
  runStage,
  type Stage,
  type StageContext,
} from '@millrace/runtime'
import { defineDeliveryTables, readDeliveries, type StoredDelivery } from './delivery-items.ts'
import type { DeliveryHost, DeliveryHostOptions } from './delivery-port.ts'
import { DeliveryStage } from './delivery-stage.ts'
import { storedStages } from './delivery-stages.ts'

/** Waits before a failed delivery is started again. */
const restartDelays = { retryDelayMs: 1_000, retryDelayMaxMs: 60_000 }

/** `refresh` starts what there is. */
export function openDeliveryHost(options: DeliveryHostOptions): DeliveryHost {
  defineDeliveryTables(options.store)
  defineLetterTables(options.store)
  return new Host(options)
}

class Host implements DeliveryHost {
  readonly #options: DeliveryHostOptions
  /** By name. */
  readonly #running = new Map<string, RunningDelivery>()
  readonly #ending = new Set<Promise<void>>()
  #isClosed = false

  constructor(options: DeliveryHostOptions) {
    this.#options = options
  }

  refresh(): void {
    if (this.#isClosed) return
    const deliveries = readDeliveries(this.#options.store).filter(({ owner }) => owner === 'api')
    const byName = new Map(deliveries.map((delivery) => [delivery.name, delivery]))
    for (const [name, running] of this.#running) {
      const delivery = byName.get(name)
      if (delivery !== undefined && running.isOf(delivery)) continue
      this.#running.delete(name)
      this.#end(running)
    }
    for (const [name, delivery] of byName) {
      if (this.#running.has(name)) continue
      // Positions belong to one stage at a time: one of the same name has to have ended.
      const before = [...this.#ending]
      this.#running.set(name, new RunningDelivery(this.#options, delivery, before))
    }
  }

  failure(name: string): { readonly type: string; readonly details: string } | undefined {
    return this.#running.get(name)?.failure()
  }

  async close(): Promise<void> {
    this.#isClosed = true
    for (const running of this.#running.values()) this.#end(running)
    this.#running.clear()
    await Promise.all(this.#ending)
  }

  #end(running: RunningDelivery): void {
    const ended = running.stop()
    this.#ending.add(ended)
    void ended.then(() => this.#ending.delete(ended))
  }
}

class RunningDelivery {
  readonly #options: DeliveryHostOptions
  readonly #delivery: StoredDelivery
  readonly #stopping = new AbortController()
  readonly #ended: Promise<void>
  #stages: readonly Stage[] = []
  #failure: { readonly type: string; readonly details: string } | undefined

  constructor(options: DeliveryHostOptions, delivery: StoredDelivery, after: readonly Promise<void>[]) {
    this.#options = options
    this.#delivery = delivery
    this.#ended = Promise.all(after).then(() => this.#run())
  }

  /** Other stages than these need another run; other settings the stages see by themselves. */
  isOf(delivery: StoredDelivery): boolean {
    return delivery.id === this.#delivery.id && stagesText(delivery) === stagesText(this.#delivery)
  }

  failure(): { readonly type: string; readonly details: string } | undefined {
    if (this.#failure !== undefined) return this.#failure
    for (const stage of this.#stages)
      if (stage instanceof DeliveryStage && stage.blocked !== undefined)
        return { type: 'DELIVERY_BLOCKED', details: stage.blocked }
    return undefined
  }

  /** Never rejects. */
  stop(): Promise<void> {
    this.#stopping.abort()
    return this.#ended
  }

  /** Until it is stopped. Never rejects. */
  async #run(): Promise<void> {
    const { clock, random } = this.#options
    for (let attempt = 1; !this.#stopping.signal.aborted; attempt++) {
      const failed = new AbortController()
      try {
        await this.#runStages(failed)
        // Its stages end when it is deleted.
        return
      } catch (error) {
        this.#failure = { type: codeOf(error), details: messageOf(error) }
      }
      await clock.sleep(retryDelayMs(attempt + 1, restartDelays, random), this.#stopping.signal)
    }
  }

  /** All of them, or none: when one fails the others stop. */
  async #runStages(failed: AbortController): Promise<void> {
    const { store, clock, services } = this.#options
    const stopping = AbortSignal.any([this.#stopping.signal, failed.signal])
    const made: Stage[] = []
    try {
      for (const definition of storedStages(this.#delivery, { services: () => services })) {
        const stage = definition.make(this.#context(stopping))
        made.push(stage)
        await stage.open()
      }
      this.#stages = made
      this.#failure = undefined
      const ends = made.map(async (stage) => {
        try {
          await runStage(stage, store, stopping, { between: () => Number.POSITIVE_INFINITY, clock })
        } catch (error) {
          failed.abort()
          throw error
        }
      })
      const results = await Promise.allSettled(ends)
      for (const result of results) if (result.status === 'rejected') throw result.reason
    } finally {
      this.#stages = []
      for (const stage of made) await stage.close().catch(() => {})
    }
  }

  #context(stopping: AbortSignal): StageContext {
    const { store, clock, random, warnings, lambdas, meter } = this.#options
    return {
      store,
      clock,
      random,
      limits: resolveLimits(undefined),
      warnings,
      latency: new Latency(),
      tableLatency: new Latency(),
      lambdas,
      meter: noFunctionMeter,
      deliveryMeter: meter(this.#delivery.name),
      stopping,
    }
  }
}

function stagesText({ isPrepared, editions }: StoredDelivery): string {
  return JSON.stringify([isPrepared, editions.at(-1)?.settings.backup !== undefined])
}

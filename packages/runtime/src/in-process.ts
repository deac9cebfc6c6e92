/**
 * The in-process host: all stages on one thread under virtual time, for tests of apps and of the runtime itself. The same
 * stage code as in workers. Stages are stepped in turn, so a run is a function of its input, its seed and the calls made.
 *
 * Between two turns everything that can go on without time does go on (one macrotask). A step that does not settle waits
 * for the clock (a paced source); a handler that waits for something real (a file) is waited for, unless a timer is set.
 */
import { openStore, type Store } from '@millrace/store'
import { openTables, type Tables } from '@millrace/tables'
import type { VirtualClock } from '@millrace/values'
import type { AppDefinition, StageDefinition } from './app-model.ts'
import { defineAll, functionNameOf, makeStage } from './app-stages.ts'
import { buildReport, type StageLatencies } from './build-report.ts'
import { noDeliveryMeter } from './delivery-meter.ts'
import { noServices } from './lambda/lambda-environment.ts'
import { makeLambdaHost } from './lambda/lambda-host.ts'
import { Latency } from './latency.ts'
import { resolveLimits } from './limits.ts'
import { noFunctionMeter } from './mapping/function-meter.ts'
import { isQuiescent } from './quiescence.ts'
import type { Report } from './report.ts'
import type { InProcessApp, InProcessOptions } from './running-app.ts'
import { sourceStatuses } from './source-stage.ts'
import type { Stage, StepResult } from './stage.ts'
import { assertValidApp } from './validate-app.ts'
import { Warnings } from './warnings.ts'

export async function runInProcess(options: InProcessOptions): Promise<InProcessApp> {
  const { app, clock, dataDir, probe, random } = options
  assertValidApp(app)
  const store = await openStore({ dir: dataDir, clock, ...(probe === undefined ? {} : { probe }) })
  const stopping = new AbortController()
  const warnings = new Warnings()
  const startedAt = clock.now()
  const latencies = new Map<string, StageLatencies>()
  const stages: HostedStage[] = []
  try {
    defineAll(app, store, clock)
    const limits = resolveLimits(options.limits)
    const lambdas =
      (await options.lambdas?.(store)) ?? makeLambdaHost({ services: noServices, cacheDir: undefined })
    for (const definition of app.stages) {
      const own = { latency: new Latency(), tableLatency: new Latency() }
      latencies.set(definition.name, own)
      const meter = options.meter?.(functionNameOf(definition)) ?? noFunctionMeter
      const deliveryMeter = options.deliveryMeter?.(definition.name) ?? noDeliveryMeter
      const context = {
        store,
        clock,
        random,
        limits,
        warnings,
        lambdas,
        meter,
        deliveryMeter,
        stopping: stopping.signal,
        ...own,
      }
      const stage = makeStage(app, definition, context)
      stages.push(new HostedStage(stage, isOutside(definition, app)))
      await stage.open()
    }
  } catch (error) {
    for (const { stage } of stages) await stage.close().catch(() => {})
    await store.close()
    throw error
  }
  return new InProcessHost(app, store, clock, stages, stopping, () =>
    buildReport({
      app,
      store,
      elapsedMs: clock.now() - startedAt,
      latencies,
      warnings: warnings.list(),
      statuses: sourceStatuses(stages.map(({ stage }) => stage)),
    }),
  )
}

/** Items deleted at one go when their time has passed. */
const expiredItemsMax = 20_000

class HostedStage {
  readonly stage: Stage
  done = false
  /** A step that has not settled. */
  pending = false
  result: StepResult | undefined
  /** A step has settled since the last look: perhaps while another stage had its turn. */
  fresh = false
  error: unknown
  failed = false
  /** When it is busy it waits for something real, never for the clock. */
  readonly isOutside: boolean

  constructor(stage: Stage, isOutside: boolean) {
    this.stage = stage
    this.isOutside = isOutside
  }

  begin(): void {
    this.pending = true
    this.result = undefined
    this.stage.step().then(
      (result) => {
        this.pending = false
        this.fresh = true
        this.result = result
        this.done = result === 'done'
      },
      (error: unknown) => {
        this.pending = false
        this.fresh = true
        this.failed = true
        this.error = error
      },
    )
  }
}

class InProcessHost implements InProcessApp {
  readonly store: Store
  readonly report: () => Report
  private readonly app: AppDefinition
  private readonly tables: Tables
  private readonly clock: VirtualClock
  private readonly stages: readonly HostedStage[]
  private readonly stopping: AbortController
  /** Ends the timers that stand for the stages' due times. */
  private timers = new AbortController()
  private closing: Promise<Report> | undefined

  constructor(
    app: AppDefinition,
    store: Store,
    clock: VirtualClock,
    stages: readonly HostedStage[],
    stopping: AbortController,
    report: () => Report,
  ) {
    this.app = app
    this.store = store
    this.tables = openTables({ store })
    this.clock = clock
    this.stages = stages
    this.stopping = stopping
    this.report = report
  }

  reload(): void {
    for (const { stage } of this.stages) stage.reload?.()
  }

  async runUntilIdle(): Promise<void> {
    this.timers.abort()
    this.timers = new AbortController()
    for (;;) {
      const worked = await this.round()
      // Without time passing there is nothing more to expire, so this ends.
      if (!worked && this.tables.expire(this.clock.now(), expiredItemsMax) > 0) continue
      if (worked || this.stages.some(({ fresh }) => fresh)) continue
      const busy = this.stages.filter(({ stage }) => stage.busy())
      // A handler in this process may be waiting for the clock; a busy source and a handler in a process of its own never are.
      const outside = busy.some(({ isOutside }) => isOutside)
      if (busy.length === 0 || (!outside && this.clock.nextWake < Number.POSITIVE_INFINITY)) break
      await someReady(busy)
    }
    for (const { stage, done } of this.stages) {
      const due = done ? Number.POSITIVE_INFINITY : stage.dueInMs()
      if (due < Number.POSITIVE_INFINITY) void this.clock.sleep(due, this.timers.signal)
    }
  }

  async advance(ms: number): Promise<void> {
    await this.runUntilIdle()
    const target = this.clock.now() + ms
    while (this.clock.nextWake <= target) {
      await this.clock.advance(this.clock.nextWake - this.clock.now())
      await this.runUntilIdle()
    }
    await this.clock.advance(target - this.clock.now())
    await this.runUntilIdle()
  }

  async runToEnd(): Promise<Report> {
    for (;;) {
      await this.runUntilIdle()
      const fed = this.stages.every(({ stage, done }) => stage.kind !== 'source' || done)
      if (fed && isQuiescent(this.app, this.store)) break
      const next = this.clock.nextWake
      if (next === Number.POSITIVE_INFINITY) break
      await this.clock.advance(next - this.clock.now())
    }
    return this.report()
  }

  close(): Promise<Report> {
    this.closing ??= this.drain()
    return this.closing
  }

  private async drain(): Promise<Report> {
    this.stopping.abort()
    this.timers.abort()
    try {
      if (!this.stages.some(({ failed }) => failed)) await this.runToStop()
      return this.report()
    } finally {
      for (const { stage } of this.stages) await stage.close().catch(() => {})
      await this.store.close()
    }
  }

  private async runToStop(): Promise<void> {
    while (this.stages.some(({ done }) => !done)) {
      if (await this.round()) continue
      const outside = this.stages.filter(({ stage, isOutside }) => isOutside && stage.busy())
      if (outside.length > 0) {
        await someReady(outside)
        continue
      }
      const next = this.clock.nextWake
      if (next < Number.POSITIVE_INFINITY) await this.clock.advance(next - this.clock.now())
      else await turn()
    }
  }

  /** One step of each stage; true if any of them worked. */
  private async round(): Promise<boolean> {
    let worked = false
    for (const hosted of this.stages) {
      if (hosted.done) {
        hosted.fresh = false
        continue
      }
      if (!hosted.pending) hosted.begin()
      // A step takes a few turns at most, unless it waits for the clock or for something real.
      for (let turns = 0; hosted.pending && turns < 4; turns++) await turn()
      if (hosted.failed) throw hosted.error
      if (!hosted.pending && hosted.result !== 'idle') worked = true
      hosted.fresh = false
    }
    return worked
  }
}

function isOutside(definition: StageDefinition, { buckets = [] }: AppDefinition): boolean {
  if (definition.kind === 'delivery') return definition.waitsOutside
  if (definition.kind === 'source') return true
  // A function of an app with buckets may wait for objects.
  return definition.kind === 'function' && (definition.code.form === 'lambda' || buckets.length > 0)
}

function someReady(stages: readonly HostedStage[]): Promise<void> {
  return new Promise((resolve) => {
    for (const { stage } of stages) stage.onReady(resolve)
  })
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

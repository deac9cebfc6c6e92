/**
 * The threaded host: sources and supervision on the calling thread, each query and function in a worker thread with its
 * own handle of the store. The supervisor starts the workers, watches for the end (idle, asked to stop, or a failure) and
 * makes the report from what is committed.
 *
 * Stopping: sources are told to stop, workers commit what is in flight and end by themselves, then the store is closed.
 * When a stage fails the others are stopped in the same way, so that all that can be committed is; then `finished` rejects.
 */
import { randomUUID } from 'node:crypto'
import { openStore, type Store } from '@millrace/store'
import { openTables } from '@millrace/tables'
import { seededRandom, systemClock } from '@millrace/values'
import type { StageDefinition } from './app-model.ts'
import { defineAll, functionNameOf, lambdaCodes, makeStage, pacedBy, readersOf } from './app-stages.ts'
import { unreadBytes } from './back-pressure.ts'
import { buildReport, overallLatency, type StageLatencies } from './build-report.ts'
import { noDeliveryMeter } from './delivery-meter.ts'
import { messageOf, RuntimeError } from './errors.ts'
import type { FunctionLogLine } from './lambda/invocation-log.ts'
import { noServices } from './lambda/lambda-environment.ts'
import { type LambdaSettings, makeLambdaHost, makeRunningCounts } from './lambda/lambda-host.ts'
import { LogWriter } from './lambda/log-files.ts'
import { Latency } from './latency.ts'
import { resolveLimits } from './limits.ts'
import { loadProbe } from './load-probe.ts'
import { noFunctionMeter } from './mapping/function-meter.ts'
import { hasProcessedAll, isQuiescent, lagOf } from './quiescence.ts'
import { RemoteStage } from './remote-stage.ts'
import type { AppCounts, AppSnapshot, Report, StageLive, StageNow, StageReport, Warning } from './report.ts'
import type { RunLimits } from './run-limits.ts'
import type { Companion, RunningApp, RunningSource, StartOptions } from './running-app.ts'
import { SourceStage, sourceStatuses } from './source-stage.ts'
import type { Stage } from './stage.ts'
import { runStage } from './stage-loop.ts'
import { assertValidApp } from './validate-app.ts'
import { Warnings } from './warnings.ts'
import type { StageJob } from './worker-messages.ts'

const youngGenerationMbDefault = 192
const retentionEveryMs = 60_000
/** Items deleted at one go when their time has passed; the others wait for the next look. */
const expiredItemsMax = 20_000
/** Least time between two looks whether all is idle: each reads all positions and heads. */
const idleCheckMs = 5

/** Resolves when every stage has recovered and runs; rejects, with everything closed again, if one cannot. */
export async function startApp(options: StartOptions): Promise<RunningApp> {
  assertValidApp(options.app)
  const probe = await loadProbe(options.probe, 'main')
  const store = await openStore({
    dir: options.dataDir,
    clock: systemClock,
    ...(probe === undefined ? {} : { probe }),
  })
  const supervisor = new Supervisor(options, store)
  try {
    await supervisor.start()
  } catch (error) {
    await supervisor.abandon()
    throw error
  }
  return supervisor
}

interface LocalStage {
  readonly stage: Stage
  readonly latencies: StageLatencies
  state: StageLive['state']
}

class Supervisor implements RunningApp {
  readonly finished: Promise<Report>
  private readonly options: StartOptions
  private readonly store: Store
  private readonly stopping = new AbortController()
  /** Of the sources; each worker has its own and sends them with its progress. */
  private readonly warnings: Warnings
  private readonly said = new Set<string>()
  private readonly startedAt = systemClock.now()
  private readonly locals: LocalStage[] = []
  private readonly remotes: RemoteStage[] = []
  private companion: Companion | undefined
  private companionClosed: Promise<void> | undefined
  private hasLambdas = false
  private readonly logs: LogWriter
  private readonly limits: RunLimits
  /** Stage -> why it stopped. */
  private readonly failures = new Map<string, string>()
  private failure: unknown
  private finish: (report: Report) => void = () => {}
  private giveUp: (error: unknown) => void = () => {}
  private lastReport: Report | undefined
  private rates = new Map<string, { in: number; out: number; at: number; inRate: number; outRate: number }>()

  constructor(options: StartOptions, store: Store) {
    this.options = options
    this.store = store
    this.logs = new LogWriter(options.dataDir)
    this.limits = resolveLimits(options.limits)
    this.warnings = new Warnings((warning, subject) => this.sayOnce(subject, warning))
    this.finished = new Promise((resolve, reject) => {
      this.finish = resolve
      this.giveUp = reject
    })
    // Whoever does not wait for the end must not be struck by its failure.
    this.finished.catch(() => {})
  }

  async start(): Promise<void> {
    const { app } = this.options
    defineAll(app, this.store, systemClock)
    const { limits } = this
    this.companion = await this.options.companion?.(this.store)
    const codes = lambdaCodes(app)
    this.hasLambdas = codes.length > 0
    const lambdas: LambdaSettings = {
      services: this.companion?.functionServices ?? noServices,
      cacheDir: this.options.handlerCacheDir,
      running: makeRunningCounts(codes),
    }
    const youngMb = this.options.youngGenerationMb ?? youngGenerationMbDefault
    for (const definition of app.stages) {
      if (definition.kind === 'source') continue
      const job: StageJob = {
        stage: definition.name,
        share: this.store.share(),
        loader: this.options.loader,
        probe: this.options.probe,
        limits,
        lambdas,
      }
      const remote = new RemoteStage(job, youngMb, {
        onProgress: ({ warnings }) => {
          for (const [subject, warning] of warnings) this.sayOnce(subject, warning)
        },
        onLog: (lines) => this.takeLog(lines),
        onMetrics: (statistics) =>
          this.companion?.onFunctionMetrics?.(functionNameOf(definition), statistics),
        onDeliveryMetrics: (statistics) => this.companion?.onDeliveryMetrics?.(definition.name, statistics),
      })
      this.remotes.push(remote)
    }
    await Promise.all(this.remotes.map((remote) => remote.opened))
    for (const definition of app.stages) {
      if (definition.kind !== 'source') continue
      const latencies = { latency: new Latency(), tableLatency: new Latency() }
      const stage = makeStage(app, definition, {
        store: this.store,
        clock: systemClock,
        random: seededRandom(`${definition.name} ${randomUUID()}`),
        limits,
        warnings: this.warnings,
        lambdas: makeLambdaHost(lambdas),
        meter: noFunctionMeter,
        deliveryMeter: noDeliveryMeter,
        stopping: this.stopping.signal,
        ...latencies,
      })
      this.locals.push({ stage, latencies, state: 'starting' })
      await stage.open()
    }
    void this.run()
  }

  /** After a start that failed: nothing may stay open. */
  async abandon(): Promise<void> {
    this.stopping.abort()
    for (const remote of this.remotes) remote.stop()
    await Promise.allSettled(this.remotes.map((remote) => remote.ended))
    for (const { stage } of this.locals) await stage.close().catch(() => {})
    await this.closeCompanion()
    this.logs.close()
    await this.store.close()
  }

  snapshot(): AppSnapshot {
    const { now, latency, ...report } = this.counts()
    const at = systemClock.now()
    return { ...report, live: report.stages.map((stage, i) => this.withRates(stage, now[i]!, at)) }
  }

  counts(): AppCounts {
    const report = this.lastReport ?? this.report()
    return {
      ...report,
      now: this.options.app.stages.map((stage) => this.now(stage)),
      latency: overallLatency(this.options.app, this.latencies()),
    }
  }

  reload(): void {
    for (const remote of this.remotes) remote.reload()
  }

  sources(): RunningSource[] {
    return this.options.app.stages.flatMap((definition): RunningSource[] => {
      if (definition.kind !== 'source') return []
      const { name, into } = definition
      const local = this.locals.find(({ stage }) => stage.name === name)
      const status = local?.stage instanceof SourceStage ? local.stage.status : undefined
      return [{ name, into, state: local?.state ?? 'starting', ...(status === undefined ? {} : { status }) }]
    })
  }

  async requestSource(name: string, request: unknown): Promise<unknown> {
    const local = this.locals.find(({ stage }) => stage.name === name)
    if (local?.stage instanceof SourceStage && local.state === 'running') return local.stage.request(request)
    throw new RuntimeError('SOURCE_REQUEST', {
      place: `source "${name}"`,
      what: local === undefined ? 'the app has no such source that is open' : `it is ${local.state}`,
      next: 'See the sources and their states: millrace source list',
    })
  }

  async stop(): Promise<Report> {
    this.beginStop()
    return this.finished
  }

  /** From start to end. Never rejects: how it ended is told by `finished`. */
  private async run(): Promise<void> {
    const retention = this.keepRetention()
    const sources = this.locals.map((local) => this.runSource(local))
    const workers = this.remotes.map((remote) =>
      remote.ended.catch((error: unknown) => this.fail(remote.name, error)),
    )
    await Promise.all(sources)
    if (this.options.untilIdle) {
      await this.untilQuiescent()
      this.beginStop()
    }
    // With a companion records may come though no source is left, and there may be nothing but streams to take them.
    else if (this.companion !== undefined) await aborted(this.stopping.signal)
    await Promise.all(workers)
    this.beginStop()
    await retention
    await this.closeCompanion()
    await this.close()
  }

  private async runSource(local: LocalStage): Promise<void> {
    local.state = 'running'
    try {
      await runStage(local.stage, this.store, this.stopping.signal, {
        between: () => Number.POSITIVE_INFINITY,
      })
      local.state = 'done'
    } catch (error) {
      local.state = 'failed'
      this.fail(local.stage.name, error)
    }
    await local.stage.close().catch((error: unknown) => this.fail(local.stage.name, error))
  }

  /** Called when all sources are done. Deliveries wait for more until all that may feed them has nothing left. */
  private async untilQuiescent(): Promise<void> {
    let flushed = false
    while (!this.stopping.signal.aborted) {
      const seen = this.store.news()
      if (!flushed && hasProcessedAll(this.options.app, this.store)) {
        for (const remote of this.remotes) remote.flush()
        flushed = true
      }
      if (isQuiescent(this.options.app, this.store)) return
      await this.store.waitForNews(seen, 1_000, this.stopping.signal)
      await systemClock.sleep(idleCheckMs, this.stopping.signal)
    }
  }

  private async keepRetention(): Promise<void> {
    while (!this.stopping.signal.aborted) {
      try {
        this.store.enforceRetention(systemClock.now())
        openTables({ store: this.store }).expire(systemClock.now(), expiredItemsMax)
      } catch (error) {
        this.fail('retention', error)
      }
      await systemClock.sleep(retentionEveryMs, this.stopping.signal)
    }
  }

  private sayOnce(subject: string, warning: Warning): void {
    const key = `${warning.code} ${subject}`
    if (this.said.has(key)) return
    this.said.add(key)
    this.options.onWarning?.(warning)
  }

  private beginStop(): void {
    if (this.stopping.signal.aborted) return
    this.stopping.abort()
    for (const remote of this.remotes) remote.stop()
    // Functions in processes may still need it for what they are doing.
    if (!this.hasLambdas) void this.closeCompanion()
  }

  private closeCompanion(): Promise<void> {
    this.companionClosed ??=
      this.companion?.close().catch((error: unknown) => this.fail('companion', error)) ?? Promise.resolve()
    return this.companionClosed
  }

  /** The log is a help, not a result: that it cannot be written (a full disk) is said, and stops nothing. */
  private takeLog(lines: readonly FunctionLogLine[]): void {
    try {
      this.logs.write(lines)
    } catch (error) {
      this.warnings.say(
        'LOG_NOT_WRITTEN',
        'logs',
        `the log of functions cannot be written: ${messageOf(error)}`,
      )
    }
    this.options.onFunctionLog?.(lines)
  }

  private fail(stage: string, error: unknown): void {
    this.failures.set(stage, messageOf(error))
    this.failure ??= new RuntimeError('STAGE_FAILED', {
      place: `stage "${stage}"`,
      what: `it stopped: ${messageOf(error)}`,
      next: 'What is committed is safe; mend the cause and start again, the app continues from there',
      cause: error,
    })
    this.beginStop()
  }

  private async close(): Promise<void> {
    const note = (error: unknown): void => {
      this.failure ??= error
    }
    this.logs.close()
    await this.store.flushed().catch(note)
    try {
      // Kept for snapshots after the store is closed.
      this.lastReport = this.report()
    } catch (error) {
      note(error)
    }
    await this.store.close().catch(note)
    if (this.failure !== undefined || this.lastReport === undefined) this.giveUp(this.failure)
    else this.finish(this.lastReport)
  }

  private latencies(): Map<string, StageLatencies> {
    const latencies = new Map<string, StageLatencies>()
    for (const local of this.locals) latencies.set(local.stage.name, local.latencies)
    for (const remote of this.remotes) latencies.set(remote.name, remote.latencies)
    return latencies
  }

  private report(): Report {
    return buildReport({
      app: this.options.app,
      store: this.store,
      elapsedMs: systemClock.now() - this.startedAt,
      latencies: this.latencies(),
      warnings: this.allWarnings(),
      statuses: sourceStatuses(this.locals.map(({ stage }) => stage)),
    })
  }

  /** Of all stages; what several parts of a query say is said once. */
  private allWarnings(): Warning[] {
    const bySubject = new Map<string, Warning>()
    const entries = [
      ...this.warnings.entries(),
      ...this.remotes.flatMap((remote) => remote.progress?.warnings ?? []),
    ]
    for (const [subject, warning] of entries) {
      const key = `${warning.code} ${subject}`
      if (!bySubject.has(key)) bySubject.set(key, warning)
    }
    return [...bySubject.values()]
  }

  private now(stage: StageDefinition): StageNow {
    const { name, kind } = stage
    const local = this.locals.find((candidate) => candidate.stage.name === name)
    const remote = this.remotes.find((candidate) => candidate.name === name)
    const isOpen = this.lastReport === undefined
    const state = local?.state ?? remote?.state ?? 'starting'
    const waitsFor = isOpen && state === 'running' ? this.pressureOn(stage) : undefined
    const failure = this.failures.get(name)
    return {
      name,
      kind,
      lagRecords: isOpen ? lagOf(this.options.app, this.store, name) : 0,
      latencyMs: (local?.latencies ?? remote?.latencies)?.latency.summary() ?? new Latency().summary(),
      state,
      ...(waitsFor === undefined ? {} : { waitsFor }),
      ...(failure === undefined ? {} : { failure }),
    }
  }

  /** The stream whose readers a stage has to wait for, as it sees it itself at its next look (back-pressure.ts). */
  private pressureOn(stage: StageDefinition): StageNow['waitsFor'] {
    const bytesMax = this.limits.unreadBytesMax
    for (const stream of pacedBy(stage)) {
      const unread = unreadBytes(this.store, stream, readersOf(this.options.app, stream))
      if (unread > bytesMax) return { stream, unreadBytes: Math.round(unread), bytesMax }
    }
    return undefined
  }

  private withRates(stage: StageReport, now: StageNow, at: number): StageLive {
    const { name } = stage
    const before = this.rates.get(name) ?? { in: stage.in, out: stage.out, at, inRate: 0, outRate: 0 }
    const seconds = (at - before.at) / 1000
    // Two snapshots within an instant say nothing about rates: the last ones stand.
    const rate =
      seconds < 0.05
        ? before
        : {
            in: stage.in,
            out: stage.out,
            at,
            inRate: (stage.in - before.in) / seconds,
            outRate: (stage.out - before.out) / seconds,
          }
    this.rates.set(name, rate)
    return { ...now, inPerSecond: rate.inRate, outPerSecond: rate.outRate }
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}

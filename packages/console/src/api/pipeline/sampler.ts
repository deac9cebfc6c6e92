/**
 * Samples of the pipeline for all who listen: taken once a second, whoever many they are, from when the first one comes until the
 * last one has gone. Who is slow gets the newest sample and misses those before it, so nothing queues up.
 */
import type { AdminEvent } from '@millrace/gateway'
import { diagnoseApp, Latency } from '@millrace/runtime'
import type { Store } from '@millrace/store'
import type { Clock } from '@millrace/values'
import type { LatencyFigures, PipelineGraph, PipelineSample, ProcessSample } from '../../protocol/pipeline.ts'
import { drawPipeline } from './draw-pipeline.ts'
import { type Look, type LookPlaces, lookAt } from './look.ts'
import { type DrawnLook, makeSample } from './make-sample.ts'
import { Stillness } from './stillness.ts'

export const sampleEveryMs = 1_000
/** The second sample, which is the first with rates, comes sooner: somebody has just opened a page. */
const firstSampleMs = 250
/** Of the recent latencies. */
const recentSamples = 10

export interface SamplerPlaces extends LookPlaces {
  readonly store: Store
  readonly clock: Clock
  readonly process: ProcessMeter
}

/** What the operating system says of this process. */
export interface ProcessMeter {
  rssBytes(): number
  /** Since the process began. */
  cpuMs(): number
}

export const thisProcess: ProcessMeter = {
  rssBytes: () => process.memoryUsage.rss(),
  cpuMs: () => {
    const { user, system } = process.cpuUsage()
    return (user + system) / 1000
  },
}

export class PipelineSampler {
  private readonly places: SamplerPlaces
  private readonly listeners = new Set<Listener>()
  private running: AbortController | undefined
  private before: DrawnLook | undefined
  private newest: PipelineSample | undefined
  private cpu: { readonly at: number; readonly ms: number } | undefined
  private latencies: Latency[] = []
  private stillness: Stillness

  constructor(places: SamplerPlaces) {
    this.places = places
    this.stillness = this.freshStillness()
  }

  graph(): PipelineGraph {
    return this.draw().drawn.graph
  }

  /** Until the signal aborts. A sample that is there is told at once. */
  async *listen(signal: AbortSignal): AsyncGenerator<AdminEvent> {
    const listener = new Listener()
    const leave = () => listener.wake()
    signal.addEventListener('abort', leave, { once: true })
    this.listeners.add(listener)
    try {
      if (this.running === undefined) this.start()
      else if (this.newest !== undefined) listener.give(this.newest)
      while (!signal.aborted) {
        const sample = await listener.take()
        if (sample !== undefined) yield { event: 'sample', data: sample }
      }
    } finally {
      signal.removeEventListener('abort', leave)
      this.listeners.delete(listener)
      if (this.listeners.size === 0) this.stop()
    }
  }

  /** Whether samples are taken now. */
  get isRunning(): boolean {
    return this.running !== undefined
  }

  private start(): void {
    const running = new AbortController()
    this.running = running
    void this.run(running.signal)
  }

  private stop(): void {
    this.running?.abort()
    this.running = undefined
    // What was counted before a pause says nothing about now.
    this.before = undefined
    this.newest = undefined
    this.latencies = []
    this.cpu = undefined
    this.stillness = this.freshStillness()
  }

  private async run(signal: AbortSignal): Promise<void> {
    const { clock } = this.places
    while (!signal.aborted) {
      const isFirst = this.before === undefined
      try {
        this.newest = this.sample()
        for (const listener of this.listeners) listener.give(this.newest)
      } catch (error) {
        // As the app ends, its store closes below us; listeners are let go by their connections.
        for (const listener of this.listeners) listener.fail(error)
        this.stop()
        return
      }
      await clock.sleep(isFirst ? firstSampleMs : sampleEveryMs, signal)
    }
  }

  private sample(): PipelineSample {
    const now = this.draw()
    const why = this.stillness.next(now)
    const recent = this.recentLatency(now.look)
    const sample = makeSample(this.before, now, this.places.store, {
      process: this.processSample(now.look.at),
      ...(why === undefined ? {} : { why }),
      ...(recent === undefined ? {} : { recentLatencyMs: recent }),
    })
    this.before = now
    return sample
  }

  private draw(): DrawnLook {
    const look = lookAt(this.places)
    return { look, drawn: drawPipeline(look, this.places.store) }
  }

  private recentLatency({ counts }: Look): LatencyFigures | undefined {
    if (counts === undefined) return undefined
    const { latency } = counts
    const [oldest = new Latency()] = this.latencies
    const recent = this.latencies.length === 0 ? counts.latencyMs : latency.since(oldest)
    this.latencies.push(latency)
    if (this.latencies.length > recentSamples) this.latencies.shift()
    return recent
  }

  private processSample(at: number): ProcessSample {
    const { process } = this.places
    const ms = process.cpuMs()
    const then = this.cpu
    this.cpu = { at, ms }
    const cpu = then === undefined || at <= then.at ? 0 : Math.max(0, ms - then.ms) / (at - then.at)
    return { rssBytes: process.rssBytes(), cpu }
  }

  private freshStillness(): Stillness {
    return new Stillness(() => {
      const { app, store, clock } = this.places
      return app === undefined ? [] : diagnoseApp(app.definition, store, clock)
    })
  }
}

/** One who listens: holds the newest sample that he has not taken. */
class Listener {
  private sample: PipelineSample | undefined
  private failure: unknown
  private woken: (() => void) | undefined

  give(sample: PipelineSample): void {
    this.sample = sample
    this.wake()
  }

  fail(error: unknown): void {
    this.failure = error
    this.wake()
  }

  wake(): void {
    this.woken?.()
    this.woken = undefined
  }

  /** Undefined: woken for another reason. */
  async take(): Promise<PipelineSample | undefined> {
    if (this.sample === undefined && this.failure === undefined)
      await new Promise<void>((resolve) => {
        this.woken = resolve
      })
    if (this.failure !== undefined) throw this.failure
    const { sample } = this
    this.sample = undefined
    return sample
  }
}

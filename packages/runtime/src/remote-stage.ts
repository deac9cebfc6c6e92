/**
 * A stage in its worker thread, as the supervisor sees it: two promises (opened, ended) and what it last said about
 * itself. The worker ends by itself after `stop`, or when its stage is done or has failed.
 */
import { Worker } from 'node:worker_threads'
import { systemClock } from '@millrace/values'
import type { StageLatencies } from './build-report.ts'
import type { DeliveryStatistics } from './delivery-meter.ts'
import { RuntimeError } from './errors.ts'
import type { FunctionLogLine } from './lambda/invocation-log.ts'
import { Latency } from './latency.ts'
import type { FunctionStatistics } from './mapping/function-tally.ts'
import { isOwnFile, stackPlace } from './stack-place.ts'
import {
  errorFromRemote,
  type FromWorker,
  type Progress,
  type StageJob,
  type ToWorker,
} from './worker-messages.ts'

/** Works from src and from dist alike. */
const workerEntry = new URL('../dist/stage-worker.js', import.meta.url)

/** How long a worker that has said its last word may take to be gone before it is left to itself. */
const lingerMs = 1_000

export interface RemoteStageListener {
  readonly onProgress: (progress: Progress) => void
  readonly onLog: (lines: readonly FunctionLogLine[]) => void
  readonly onMetrics: (statistics: FunctionStatistics) => void
  readonly onDeliveryMetrics: (statistics: DeliveryStatistics) => void
}

export class RemoteStage {
  readonly name: string
  /** Settles when the stage has recovered its positions and state, or has failed to. */
  readonly opened: Promise<void>
  /** Resolves when the worker is gone after its stage ended well; rejects with the stage's error. */
  readonly ended: Promise<void>
  state: 'starting' | 'running' | 'done' | 'failed' = 'starting'
  progress: Progress | undefined
  /** Of `progress`: unpacked when they are first asked for, since histograms are large. */
  private unpacked: { readonly of: Progress | undefined; readonly latencies: StageLatencies } | undefined
  private readonly worker: Worker
  private failure: Error | undefined

  constructor(
    job: StageJob,
    youngGenerationMb: number,
    { onProgress, onLog, onMetrics, onDeliveryMetrics }: RemoteStageListener,
  ) {
    this.name = job.stage
    this.worker = new Worker(workerEntry, {
      name: job.stage,
      workerData: job,
      resourceLimits: { maxYoungGenerationSizeMb: youngGenerationMb },
    })
    const gone = new AbortController()
    let opened = (): void => {}
    let notOpened = (_: Error): void => {}
    this.opened = new Promise((resolve, reject) => {
      opened = resolve
      notOpened = reject
    })
    this.ended = new Promise((resolve, reject) => {
      const settle = (): void => {
        if (this.state !== 'done' && this.failure === undefined) this.fail(this.crash(undefined))
        if (this.failure === undefined) {
          opened()
          resolve()
        } else {
          notOpened(this.failure)
          reject(this.failure)
        }
      }
      this.worker.on('message', (message: FromWorker) => {
        if ('progress' in message && message.progress !== undefined) {
          this.progress = message.progress
          onProgress(message.progress)
        }
        if (message.kind === 'log') {
          onLog(message.lines)
          return
        }
        if (message.kind === 'metrics') {
          onMetrics(message.statistics)
          return
        }
        if (message.kind === 'delivery-metrics') {
          onDeliveryMetrics(message.statistics)
          return
        }
        if (message.kind === 'opened') {
          this.state = 'running'
          opened()
          return
        }
        if (message.kind === 'progress') return
        if (message.kind === 'done') this.state = 'done'
        else this.fail(errorFromRemote(message.error))
        // It has closed its store and its port. A timer that a handler left behind must not hold the process for long; until
        // then the worker does hold it, or the process could end before `ended` has settled.
        void systemClock.sleep(lingerMs, gone.signal).then(() => {
          this.worker.unref()
          settle()
        })
      })
      // An error that nobody caught: code outside the stage's own work, such as a timer of a handler.
      this.worker.on('error', (error) => this.fail(this.crash(error)))
      this.worker.on('exit', () => {
        gone.abort()
        settle()
      })
    })
    // Whoever waits for one of them hears of the failure; the other must not count as unhandled.
    this.opened.catch(() => {})
    this.ended.catch(() => {})
  }

  /** Not to be changed. */
  get latencies(): StageLatencies {
    if (this.unpacked === undefined || this.unpacked.of !== this.progress) {
      const latencies = { latency: new Latency(), tableLatency: new Latency() }
      if (this.progress !== undefined) {
        latencies.latency.addMessage(this.progress.latency)
        latencies.tableLatency.addMessage(this.progress.tableLatency)
      }
      this.unpacked = { of: this.progress, latencies }
    }
    return this.unpacked.latencies
  }

  stop(): void {
    this.tell({ kind: 'stop' })
  }

  reload(): void {
    this.tell({ kind: 'reload' })
  }

  /** Nothing more is fed: what it holds back is to go out. */
  flush(): void {
    this.tell({ kind: 'flush' })
  }

  private tell(message: ToWorker): void {
    this.worker.postMessage(message)
  }

  private fail(error: Error): void {
    this.state = 'failed'
    this.failure ??= error
  }

  private crash(cause: unknown): Error {
    const isThrown = cause instanceof Error
    const safe = 'What is committed is safe; start the app again, it continues from there'
    return new RuntimeError('STAGE_CRASHED', {
      place: `stage "${this.name}"`,
      what: isThrown
        ? `an error came up where nothing in its code waits for it: ${cause.message}${thrownAt(cause)}`
        : 'its worker thread ended unexpectedly',
      next: isThrown
        ? `Write await before each call that gives a promise (none in forEach), and catch errors in timers. ${safe}`
        : safe,
      cause,
    })
  }
}

function thrownAt({ stack = '' }: Error): string {
  const place = stackPlace(stack.split('\n'), (file) => !isOwnFile(file))
  return place === undefined ? '' : ` (${place})`
}

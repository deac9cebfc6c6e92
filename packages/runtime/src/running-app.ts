/** The face of the hosts: how an app is started, and what the caller holds while it runs. */
import type { CommitPoint } from '@millrace/store'
import type { Clock, Random } from '@millrace/values'
import type { AppDefinition } from './app-model.ts'
import type { AppSnapshot, Report, Warning } from './report.ts'

/**
 * A module that a worker thread imports to get the app again, since functions cannot cross threads. It exports
 * `loadApp(spec): Promise<AppDefinition> | AppDefinition`. `spec` must be structured-clonable.
 */
export interface AppLoader {
  /** URL of the module, `file:` as a rule. */
  readonly module: string
  readonly spec: unknown
}

/**
 * A module that gives each thread its commit probe, for tests that stop the process at a commit point. It exports
 * `makeProbe(spec, stageName): (point: CommitPoint) => void`; stageName is 'main' on the main thread.
 */
export interface ProbeModule {
  readonly module: string
  readonly spec: unknown
}

export type Probe = (point: CommitPoint) => void

export interface RunLimits {
  /** A source pauses while a stream's slowest reader is this many bytes behind. Default 64 MiB. */
  readonly unreadBytesMax: number
  /** Records that a micro-batch starts with, and may grow to while the stage is behind. */
  readonly batchRecords: number
  readonly batchRecordsMax: number
  readonly batchBytes: number
  readonly batchBytesMax: number
  /** Wait before a function's first retry, doubled for each further one up to `retryDelayMaxMs`; with jitter. */
  readonly retryDelayMs: number
  readonly retryDelayMaxMs: number
}

export interface StartOptions {
  readonly app: AppDefinition
  readonly dataDir: string
  readonly loader: AppLoader
  /** End when all sources are done and everything they fed has been committed by every stage. */
  readonly untilIdle?: boolean
  readonly probe?: ProbeModule
  readonly limits?: Partial<RunLimits>
  /** Size of each worker's young generation. Default 64 MB, which halves garbage collection (measured). */
  readonly youngGenerationMb?: number
  /** Called at once for each warning, which is also in the report. */
  readonly onWarning?: (warning: Warning) => void
}

export interface RunningApp {
  /** The report as of now, with rates since the snapshot before. */
  snapshot(): AppSnapshot
  /** Stops the sources, lets what is in flight be committed, closes the store. Resolves with the last report. */
  stop(): Promise<Report>
  /** Resolves when the app has ended; rejects with the error of the stage that failed, after the others have drained. */
  readonly finished: Promise<Report>
}

/** The in-process host: every stage on the calling thread, time and randomness from outside. */
export interface InProcessOptions {
  readonly app: AppDefinition
  readonly dataDir: string
  readonly clock: Clock
  readonly random: Random
  readonly probe?: Probe
  readonly limits?: Partial<RunLimits>
  /**
   * Called when no stage can go on until time passes. Virtual time moves on to the next timer here and answers true;
   * false means that no timer is set. Without it the host waits for the clock itself.
   */
  readonly advance?: () => boolean | Promise<boolean>
}

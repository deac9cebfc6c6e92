/** The face of the hosts: how an app is started, and what the caller holds while it runs. */
import type { CommitPoint, Store } from '@millrace/store'
import type { Random, VirtualClock } from '@millrace/values'
import type { AppDefinition } from './app-model.ts'
import type { DeliveryMeter, DeliveryStatistics } from './delivery-meter.ts'
import type { FunctionLogLine } from './lambda/invocation-log.ts'
import type { FunctionServices } from './lambda/lambda-environment.ts'
import type { LambdaHost } from './lambda/lambda-host.ts'
import type { FunctionMeter } from './mapping/function-meter.ts'
import type { FunctionStatistics } from './mapping/function-tally.ts'
import type { AppCounts, AppSnapshot, Report, StageLive, Warning } from './report.ts'
import type { RunLimits } from './run-limits.ts'
import type { SourceStatus } from './source-port.ts'

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

/** Something that works on the app's store beside its stages, on the supervisor's thread: a gateway, for example. */
export interface Companion {
  /** What it is to functions that run in processes of their own: an endpoint for their SDKs. */
  readonly functionServices?: FunctionServices
  /** Hears what a function's invocations added up to since the last time, a few times a second. */
  readonly onFunctionMetrics?: (functionName: string, statistics: FunctionStatistics) => void
  /** Likewise of a delivery's stages, by the name of the stage. */
  readonly onDeliveryMetrics?: (stage: string, statistics: DeliveryStatistics) => void
  /**
   * Ends it: called when the app stops, before the store closes, and after functions in processes have finished. What it had
   * accepted must be committed when it resolves.
   */
  close(): Promise<void>
}

export interface StartOptions {
  readonly app: AppDefinition
  readonly dataDir: string
  readonly loader: AppLoader
  /** End when all sources are done and everything they fed has been committed by every stage. */
  readonly untilIdle?: boolean
  readonly probe?: ProbeModule
  readonly limits?: Partial<RunLimits>
  /** Size of each worker's young generation, MB. Default 192: semi-spaces of 64 MB, which halve garbage collection (measured). */
  readonly youngGenerationMb?: number
  /** Called at once for each warning, which is also in the report. */
  readonly onWarning?: (warning: Warning) => void
  /**
   * Started with the app's store before the stages are, since functions may need it from their first line on. A rejection
   * fails the start.
   */
  readonly companion?: (store: Store) => Promise<Companion>
  /** Where translated TypeScript of Lambda handlers is kept; default: nowhere. */
  readonly handlerCacheDir?: string
  /** Hears what Lambda functions print, soon after. It is kept in the data directory as well. */
  readonly onFunctionLog?: (lines: readonly FunctionLogLine[]) => void
}

export interface RunningApp {
  /** The report as of now, with rates since the snapshot before. */
  snapshot(): AppSnapshot
  /** The same without rates, for others that look at the app at times of their own. */
  counts(): AppCounts
  /** Stops the sources, lets what is in flight be committed, closes the store. Resolves with the last report. */
  stop(): Promise<Report>
  /** Asks all queries to read their reference files again. What was joined before is not corrected. */
  reload(): void
  /** The sources as they are now. */
  sources(): readonly RunningSource[]
  /** Asks a running source for something: a table to be loaded again. Errors: SOURCE_REQUEST, and the source's own. */
  requestSource(name: string, request: unknown): Promise<unknown>
  /** Resolves when the app has ended; rejects with the error of the stage that failed, after the others have drained. */
  readonly finished: Promise<Report>
}

export interface RunningSource {
  readonly name: string
  /** The stream that it feeds. */
  readonly into: string
  readonly state: StageLive['state']
  /** What it said of itself last. */
  readonly status?: SourceStatus
}

/** The in-process host: every stage on the calling thread, time and randomness from outside. */
export interface InProcessOptions {
  readonly app: AppDefinition
  readonly dataDir: string
  readonly clock: VirtualClock
  readonly random: Random
  readonly probe?: Probe
  readonly limits?: Partial<RunLimits>
  /**
   * How Lambda handlers are run, with the app's store, whose streams and tables are defined by then. Default: in real
   * processes without an endpoint. Processes live in the machine's time: while
   * they work, virtual time stands still.
   */
  readonly lambdas?: (store: Store) => Promise<LambdaHost>
  /** Of each function, by its name. Default: nobody looks. */
  readonly meter?: (functionName: string) => FunctionMeter
  /** Of each delivery stage. */
  readonly deliveryMeter?: (stage: string) => DeliveryMeter
}

/** An app that runs only inside calls of this object: nothing happens and no time passes between them. */
export interface InProcessApp {
  /** Reads the reference files of all queries again. */
  reload(): void
  /** For reading, and for appending what no source feeds. */
  readonly store: Store
  /** Lets every stage work until nothing can go on without time passing or new records. Rejects when a stage fails. */
  runUntilIdle(): Promise<void>
  /** Moves the clock on by `ms`, timer by timer, letting the stages work at each; idle at the end. */
  advance(ms: number): Promise<void>
  /** Lets time pass as needed until all sources are done and everything is committed, or no timer is left. */
  runToEnd(): Promise<Report>
  /** The report as of now. */
  report(): Report
  /** Stops the stages after what is in flight, closes the store. */
  close(): Promise<Report>
}

/**
 * What a run says about itself: the report (also the JSON of `--report`) and the live snapshot around it.
 * All counts come from the stages' committed records and the store, so that a report after a restart speaks of the whole
 * life of the data directory; only latencies, rates and `elapsedMs` are of this run.
 */
import type { Latency, LatencySummary } from './latency.ts'
import type { SourceStatus } from './source-port.ts'

export type { LatencySummary } from './latency.ts'

export interface Report {
  readonly app: string
  readonly elapsedMs: number
  readonly stages: readonly StageReport[]
  readonly streams: readonly StreamReport[]
  readonly tables: readonly TableReport[]
  /** Of stages that ever had a dead letter. */
  readonly deadLetters: readonly DeadLetterReport[]
  readonly latencyMs: LatencySummary
  readonly ledgerBalanced: boolean
  readonly warnings: readonly Warning[]
}

/**
 * For each stage in = out + late + filtered + dead + inFlight. Counts are input records: `out` those that were processed
 * into the stage's result, `late` those that came behind a promise of time, `filtered` those that the stage's own rule
 * left out, `dead` those that could not be processed, `inFlight` those read but not yet committed.
 */
export interface StageReport {
  readonly name: string
  readonly kind: 'source' | 'query' | 'function' | 'delivery'
  readonly in: number
  readonly out: number
  readonly late: number
  readonly filtered: number
  readonly dead: number
  readonly inFlight: number
  /** Records that the stage appended to streams and items that it wrote to tables. */
  readonly emitted: number
  /** Rows that it appended to its error stream. */
  readonly errors: number
  /** Of a source that says something of itself, while it runs and in the report at its end. */
  readonly status?: SourceStatus
  /** Of a query: what its operators hold, at most a second old; none for stages without state. */
  readonly state: readonly OperatorSize[]
}

export interface OperatorSize {
  /** join, window-aggregate, over, ... */
  readonly operator: string
  /** Entries. */
  readonly rows: number
  /** About how many bytes they are when they are written. */
  readonly bytes: number
}

export interface StreamReport {
  readonly name: string
  /** Records appended since the stream was made. */
  readonly records: number
  /** Bytes of keys and data now retained. */
  readonly bytes: number
}

export interface TableReport {
  readonly name: string
  readonly items: number
}

/**
 * What became of a stage's dead letters, in records: all that ever died wait, were redriven (each time that one was) or were
 * dropped.
 */
export interface DeadLetterReport {
  readonly stage: string
  readonly waiting: number
  readonly redriven: number
  readonly dropped: number
}

export interface Warning {
  readonly code: string
  readonly message: string
}

/** The report as of now, with what only a running app has. */
export interface AppSnapshot extends Report {
  readonly live: readonly StageLive[]
}

/** The report as of now with how each stage is, without rates: whoever looks makes them of two looks of his own. */
export interface AppCounts extends Report {
  readonly now: readonly StageNow[]
  /** All that `latencyMs` sums up, for who wants to know what came since an earlier look. */
  readonly latency: Latency
}

export interface StageNow {
  readonly name: string
  readonly kind: 'source' | 'query' | 'function' | 'delivery'
  /** Records of the input streams that the stage has not committed yet. */
  readonly lagRecords: number
  readonly latencyMs: LatencySummary
  readonly state: 'starting' | 'running' | 'done' | 'failed'
  /** Back-pressure: the stage appends nothing until the slowest reader of this stream has come closer. */
  readonly waitsFor?: { readonly stream: string; readonly unreadBytes: number; readonly bytesMax: number }
  /** Why it has failed. */
  readonly failure?: string
}

export interface StageLive extends StageNow {
  /** Records per second since the snapshot before. */
  readonly inPerSecond: number
  readonly outPerSecond: number
}

/** What the supervisor and a stage's worker thread say to each other. Positions and ledger travel through the store. */
import type { StoreShare } from '@millrace/store'
import type { DeliveryStatistics } from './delivery-meter.ts'
import type { FunctionLogLine } from './lambda/invocation-log.ts'
import type { LambdaSettings } from './lambda/lambda-host.ts'
import type { LatencyMessage } from './latency.ts'
import type { FunctionStatistics } from './mapping/function-tally.ts'
import type { Warning } from './report.ts'
import type { RunLimits } from './run-limits.ts'
import type { AppLoader, ProbeModule } from './running-app.ts'

/** workerData of a stage's worker. */
export interface StageJob {
  readonly stage: string
  readonly share: StoreShare
  readonly loader: AppLoader
  readonly probe: ProbeModule | undefined
  readonly limits: RunLimits
  readonly lambdas: LambdaSettings
}

export type ToWorker = { readonly kind: 'stop' | 'reload' | 'flush' }

export type FromWorker =
  | { readonly kind: 'opened' }
  | { readonly kind: 'progress'; readonly progress: Progress }
  | { readonly kind: 'metrics'; readonly statistics: FunctionStatistics }
  | { readonly kind: 'delivery-metrics'; readonly statistics: DeliveryStatistics }
  | { readonly kind: 'log'; readonly lines: readonly FunctionLogLine[] }
  | { readonly kind: 'done'; readonly progress: Progress }
  | { readonly kind: 'failed'; readonly error: RemoteError; readonly progress: Progress | undefined }

/** Everything so far, not what is new: a message that comes late or not at all does no harm. */
export interface Progress {
  readonly latency: LatencyMessage
  readonly tableLatency: LatencyMessage
  readonly warnings: readonly (readonly [subject: string, warning: Warning])[]
}

/** An error as it crosses threads: its class is lost, its code is not. */
export interface RemoteError {
  readonly code: string
  readonly name: string
  readonly message: string
  readonly stack: string | undefined
}

export function errorFromRemote(remote: RemoteError): Error & { readonly code: string } {
  const error = Object.assign(new Error(remote.message), { code: remote.code })
  error.name = remote.name
  if (remote.stack !== undefined) error.stack = remote.stack
  return error
}

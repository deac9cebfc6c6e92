/**
 * A stage as its host sees it. Every stage works in the same order: read -> compute -> commit. A host calls `step` in a
 * loop; what the stage needs from outside comes in the context, so that the same code runs in a worker thread under the
 * machine's clock and in a test under virtual time.
 */
import type { Store } from '@millrace/store'
import type { Clock, Random } from '@millrace/values'
import type { DeliveryMeter } from './delivery-meter.ts'
import type { LambdaHost } from './lambda/lambda-host.ts'
import type { Latency } from './latency.ts'
import type { FunctionMeter } from './mapping/function-meter.ts'
import type { RunLimits } from './run-limits.ts'
import type { Warnings } from './warnings.ts'

/**
 * worked: something was read or committed, call again at once. idle: nothing to do until another stage commits, until
 * `dueInMs` has passed or until `onReady` calls. done: nothing more will ever come from this stage in this run.
 */
export type StepResult = 'worked' | 'idle' | 'done'

export interface Stage {
  readonly name: string
  readonly kind: 'source' | 'query' | 'function' | 'delivery'
  /** Recovers positions and state from the store. Called once, before the first step. */
  open(): Promise<void>
  /** Never called while an earlier call has not settled. Rejects when the stage cannot go on; it is then only closed. */
  step(): Promise<StepResult>
  /** Clock time until a step may have work though nobody commits; Infinity if there is no such time. */
  dueInMs(): number
  /** Calls back once when a step may have work for a reason inside the stage; at once if it has now. */
  onReady(callback: () => void): void
  /** Work that goes on inside and will call `onReady` (handlers that run). */
  busy(): boolean
  /** Reads reference files again; what they held before is replaced as a whole. Throws if a file is faulty: nothing changes. */
  reload?(): void
  /** Nothing more is fed from outside: what is held back to wait for more goes out as soon as the stage has caught up. */
  flush?(): void
  close(): Promise<void>
}

export interface StageContext {
  readonly store: Store
  readonly clock: Clock
  readonly random: Random
  readonly limits: RunLimits
  readonly warnings: Warnings
  /** From the arrival of a record in the first stream to the durable commit of what this stage made of it. */
  readonly latency: Latency
  /** Likewise, only for records whose items are durable in a table. */
  readonly tableLatency: Latency
  readonly lambdas: LambdaHost
  /** Of a function stage: hears of each invocation. */
  readonly meter: FunctionMeter
  /** Of a delivery stage. */
  readonly deliveryMeter: DeliveryMeter
  /** Aborts when the app is to stop: a stage takes nothing new, commits what is in flight and answers `done`. */
  readonly stopping: AbortSignal
}

/**
 * The port between an event source mapping and the process that runs a Lambda handler. The mapping makes events and reads
 * answers; the runner owns processes, limits, logs and the handler's environment.
 */

/** A handler as it would be deployed. */
export interface LambdaCode {
  /** Name of the function, in `context.functionName` and in metrics. */
  readonly functionName: string
  /** Absolute path of the folder that the handler text is relative to. */
  readonly codeDir: string
  /** `file.export`, as AWS writes it: `app.handler`, `src/orders.handler`. */
  readonly handler: string
  /** MB, 128 to 10,240. A process that goes beyond is ended, and the invocation has failed. */
  readonly memoryMb: number
  /** 1,000 to 900,000. */
  readonly timeoutMs: number
  readonly environment: Readonly<Record<string, string>>
  /** Invocations at the same time at most, over all shards and lanes; undefined: no limit of its own. */
  readonly reservedConcurrency: number | undefined
}

export interface LambdaRunner {
  /** Loads the handler once, so that a start fails early. Errors: HANDLER_MISSING (with the names that exist), HANDLER_FAILED. */
  open(): Promise<void>
  /** Runs the handler with the event's JSON text. Resolves for everything that the function does; never rejects but after close. */
  invoke(event: string): Promise<LambdaOutcome>
  /** Invocations that begin from now on run the code as it is on disk now. */
  reload(): void
  close(): Promise<void>
}

export type LambdaOutcome =
  /** `payload`: JSON text of what the handler returned, `null` for nothing. */
  | (LambdaRun & { readonly kind: 'returned'; readonly payload: string })
  /** It threw, timed out, ran out of memory, or its process ended. */
  | (LambdaRun & { readonly kind: 'failed'; readonly error: LambdaError })
  /** It was not run: reserved concurrency is used up, or no process could be made. Does not use up a retry. */
  | { readonly kind: 'throttled'; readonly reason: string }

export interface LambdaRun {
  readonly requestId: string
  readonly durationMs: number
  /** Of a cold start: process and module, before the handler was entered. */
  readonly initMs: number | undefined
  readonly memoryUsedMb: number
  readonly log: readonly string[]
}

/** As AWS answers a failed invocation; `errorType` is the error's name, `Sandbox.Timedout`, `Runtime.ExitError`, ... */
export interface LambdaError {
  readonly errorType: string
  readonly errorMessage: string
  readonly stackTrace: readonly string[]
}

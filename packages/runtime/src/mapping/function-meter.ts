/**
 * The port of a function's metrics: what its mapping tells about each invocation. Names and definitions are those of
 * AWS/Lambda (`Invocations`, `Errors`, `Throttles`, `Duration`, `ConcurrentExecutions`, `IteratorAge`, ...), by the name of
 * the function. Calls are cheap and never throw.
 */
export interface FunctionMeter {
  /** Records are handed to the function; `ageMs`: how long ago the last of them arrived, if there are any. */
  started(ageMs: number | undefined): void
  /** The invocation that was started has ended; `failed`: by an exception, a timeout or the end of its process. */
  ended(durationMs: number, failed: boolean): void
  /** The invocation that was started was refused for concurrency: it counts as no invocation and no error. */
  throttled(): void
  /** A record could not be stored among the dead letters. */
  deadLetterFailed(): void
  /** A report could not be brought to its on-failure destination. */
  destinationFailed(): void
}

/** Where nobody looks. */
export const noFunctionMeter: FunctionMeter = {
  started: () => {},
  ended: () => {},
  throttled: () => {},
  deadLetterFailed: () => {},
  destinationFailed: () => {},
}

/** Ports for time and randomness. Code takes them as arguments, so that tests run under virtual time and a seed. */
export interface Clock {
  /** Wall-clock time in ms since the epoch, with a fraction where the platform has one. */
  now(): number
  /** Resolves after `ms` of this clock's time, or at once when `signal` aborts. Never rejects. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
}

export interface Random {
  /** Uniform in [0, 1). */
  next(): number
  /** Uniform integer in [0, bound). */
  below(bound: number): number
}

/**
 * Ctrl-C and SIGTERM while an app runs: the first asks it to drain, the second ends the process at once, which is safe,
 * since whatever is not committed is done again at the next start.
 */
import { exitCodes } from './exit-code.ts'

export interface StopSignals {
  /** Aborts at the first signal. */
  readonly asked: AbortSignal
  /** Gives the signals back. */
  release(): void
}

export function watchStopSignals(onFirst: (signal: NodeJS.Signals) => void): StopSignals {
  const controller = new AbortController()
  const handle = (signal: NodeJS.Signals): void => {
    if (controller.signal.aborted) {
      process.exit(signal === 'SIGTERM' ? exitCodes.terminated : exitCodes.interrupted)
    }
    controller.abort()
    onFirst(signal)
  }
  process.on('SIGINT', handle)
  process.on('SIGTERM', handle)
  return {
    asked: controller.signal,
    release() {
      process.off('SIGINT', handle)
      process.off('SIGTERM', handle)
    },
  }
}

/**
 * What a stage needs to run Lambda handlers, and how the parts of an app share it: stages have runners of their own, in their
 * own threads; reserved concurrency is counted over all runners of a function.
 */
import type { Clock } from '@millrace/values'
import { ConcurrencyLimit } from './concurrency-limit.ts'
import type { StartProcess } from './handler-process.ts'
import type { FunctionLogLine } from './invocation-log.ts'
import type { FunctionServices } from './lambda-environment.ts'
import type { LambdaCode, LambdaRunner } from './lambda-port.ts'
import { ProcessLambdaRunner } from './process-lambda-runner.ts'

export interface LambdaHost {
  /** What functions find outside of their process; its region and account are those of events, too. */
  readonly services: FunctionServices
  /** The stage opens and closes it. */
  makeRunner(code: LambdaCode): LambdaRunner
}

/** For every thread of an app alike; structured-clonable. */
export interface LambdaSettings {
  readonly services: FunctionServices
  /** Where translated TypeScript is kept; undefined: nowhere. */
  readonly cacheDir: string | undefined
  /** Running invocations of each function that has reserved concurrency, by its name. */
  readonly running: ReadonlyMap<string, SharedArrayBuffer>
}

/** Without `running` the counts are those of this host alone. */
export interface LambdaHostOptions
  extends Omit<LambdaSettings, 'running'>,
    Partial<Pick<LambdaSettings, 'running'>> {
  readonly onLine?: (line: FunctionLogLine) => void
  /** For tests: processes and time of their own. */
  readonly start?: StartProcess
  readonly clock?: Clock
}

export function makeLambdaHost(options: LambdaHostOptions): LambdaHost {
  const { services, cacheDir, onLine, start, clock } = options
  const running = new Map(options.running)
  return {
    services,
    makeRunner(code) {
      const shared = running.get(code.functionName) ?? ConcurrencyLimit.makeShared()
      running.set(code.functionName, shared)
      return new ProcessLambdaRunner({
        code,
        services,
        limit: new ConcurrencyLimit(code.reservedConcurrency, shared),
        ...(cacheDir === undefined ? {} : { cacheDir }),
        ...(onLine === undefined ? {} : { onLine }),
        ...(start === undefined ? {} : { start }),
        ...(clock === undefined ? {} : { clock }),
      })
    },
  }
}

/** One count for each function with reserved concurrency. */
export function makeRunningCounts(codes: readonly LambdaCode[]): Map<string, SharedArrayBuffer> {
  const limited = codes.filter(({ reservedConcurrency }) => reservedConcurrency !== undefined)
  return new Map(limited.map(({ functionName }) => [functionName, ConcurrencyLimit.makeShared()]))
}

/**
 * The port between the runner and a process that has loaded a handler. The real one is `spawnHandlerProcess`; tests of the
 * runner's rules take one that lives in virtual time.
 */
import type { LambdaError } from './lambda-port.ts'
import type { InvokeHead, NotLoadedHead } from './process-messages.ts'

export interface ProcessJob {
  readonly codeDir: string
  readonly handler: string
  readonly memoryMb: number
  readonly environment: Readonly<Record<string, string>>
  readonly cacheDir: string | undefined
}

/** What a process says. Nothing comes before `startProcess` has returned, and nothing after `exited`. */
export interface ProcessEvents {
  loaded(): void
  notLoaded(why: NotLoadedHead): void
  /** A line of the invocation that runs, or of loading. */
  log(text: string): void
  returned(payload: string, memoryMb: number): void
  failed(error: LambdaError, memoryMb: number, isFatal: boolean): void
  exited(how: ProcessExit): void
}

export interface ProcessExit {
  readonly code: number | null
  readonly signal: string | null
  /** Set if it never ran: the system's reason. */
  readonly notStarted?: string
}

export interface HandlerProcess {
  /** Only after `loaded`, and one at a time. */
  invoke(head: InvokeHead, event: string): void
  /** Ends it at once. `exited` follows. */
  kill(): void
  /** Memory that it has for itself now; undefined where the system does not say. */
  memoryMb(): number | undefined
}

export type StartProcess = (job: ProcessJob, events: ProcessEvents) => HandlerProcess

/** Heads of the messages between the host and a handler's process (frames.ts). */
import type { LambdaError } from './lambda-port.ts'

/** The first message: what to load. */
export interface StartHead {
  readonly codeDir: string
  readonly handler: string
  /** Where translated TypeScript is kept; undefined: nowhere. */
  readonly cacheDir: string | undefined
}

/** Its body is the event. */
export interface InvokeHead {
  readonly requestId: string
  readonly functionArn: string
  /** Time that the function has, counted from the arrival of this message. */
  readonly timeoutMs: number
}

/** Why a handler could not be loaded. `missing`: there is no such file or export; `names` are those that exist. */
export interface NotLoadedHead {
  readonly reason: 'missing' | 'failed'
  readonly error: LambdaError
  readonly names: readonly string[]
}

/** Its body is the JSON text of what the function returned. */
export interface ReturnedHead {
  /** The most memory that the process has had. */
  readonly memoryMb: number
}

export interface FailedHead {
  readonly memoryMb: number
  readonly error: LambdaError
  /** The process ends after this message. */
  readonly fatal: boolean
}

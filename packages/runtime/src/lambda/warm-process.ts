/**
 * One process of a function, from its start to its end: it loads the handler, then runs one invocation at a time. It is ended
 * when an invocation takes too long or holds too much memory; then, and when it ends by itself, the invocation has failed
 * as it would on AWS, and the process is of no more use (`isUsable`).
 *
 * Time is the clock's. A process runs in the machine's time, so outside of tests that replace the process too the clock has
 * to be the machine's.
 */
import type { Clock } from '@millrace/values'
import type { HandlerProcess, ProcessExit, ProcessJob, StartProcess } from './handler-process.ts'
import type { InvocationLog } from './invocation-log.ts'
import type { LambdaError } from './lambda-port.ts'
import type { InvokeHead, NotLoadedHead } from './process-messages.ts'

/** Loading has this long, or the function's own timeout where that is more. */
const loadTimeoutMs = 10_000

export interface WarmProcessOptions {
  readonly job: ProcessJob
  readonly timeoutMs: number
  readonly clock: Clock
  readonly start: StartProcess
  /** Lines that belong to no invocation. */
  readonly onLine: (text: string) => void
}

export interface ProcessAnswer {
  readonly result:
    | { readonly kind: 'returned'; readonly payload: string }
    | { readonly kind: 'failed'; readonly error: LambdaError }
  readonly durationMs: number
  readonly memoryUsedMb: number
}

interface Running {
  readonly head: InvokeHead
  readonly log: InvocationLog
  readonly startedAt: number
  readonly timer: AbortController
  readonly settle: (answer: ProcessAnswer) => void
}

export class WarmProcess {
  /** Undefined once the handler is loaded; else why it is not. */
  readonly opened: Promise<NotLoadedHead | undefined>
  /** Of the start, until the first invocation has reported it. */
  initMs: number | undefined
  readonly #options: WarmProcessOptions
  readonly #process: HandlerProcess
  readonly #startedAt: number
  #opening: ((failure: NotLoadedHead | undefined) => void) | undefined
  readonly #opener = new AbortController()
  #running: Running | undefined
  #usable = true
  #memoryMb = 0

  constructor(options: WarmProcessOptions) {
    const { clock, job, start } = options
    this.#options = options
    this.#startedAt = clock.now()
    this.opened = new Promise((resolve) => {
      this.#opening = resolve
    })
    this.#process = start(job, {
      loaded: () => {
        this.initMs = clock.now() - this.#startedAt
        this.#open(undefined)
      },
      notLoaded: (why) => {
        this.#open(why)
        this.end()
      },
      log: (text) => {
        if (this.#running === undefined) options.onLine(text)
        else this.#running.log.print(text)
      },
      returned: (payload, memoryMb) => this.#settle({ kind: 'returned', payload }, memoryMb),
      failed: (error, memoryMb, isFatal) => {
        if (isFatal) this.#usable = false
        this.#settle({ kind: 'failed', error }, memoryMb)
      },
      exited: (how) => this.#exited(how),
    })
    void this.#endSlowLoad()
  }

  /** It may be given an invocation. */
  get isUsable(): boolean {
    return this.#usable
  }

  get isRunning(): boolean {
    return this.#running !== undefined
  }

  /** Only once opened, while usable and not running. Never rejects. */
  invoke(head: InvokeHead, event: string, log: InvocationLog): Promise<ProcessAnswer> {
    return new Promise((settle) => {
      const timer = new AbortController()
      this.#running = { head, log, startedAt: this.#options.clock.now(), timer, settle }
      this.#process.invoke(head, event)
      void this.#endSlow(this.#running)
    })
  }

  /** Ends it at once; an invocation that runs fails. */
  end(): void {
    this.#usable = false
    this.#process.kill()
  }

  /** Ends it if it holds more memory than it may. Looked at now and then, also while it is busy. */
  checkMemory(): void {
    const usedMb = this.#process.memoryMb()
    if (usedMb === undefined) return
    this.#memoryMb = Math.max(this.#memoryMb, Math.ceil(usedMb))
    const { memoryMb } = this.#options.job
    if (usedMb <= memoryMb || !this.#usable) return
    const used = `${Math.ceil(usedMb)} MB of memory, ${memoryMb} MB are allowed`
    this.#running?.log.print(`RequestId: ${this.#running.head.requestId} Error: the process used ${used}`)
    this.end()
  }

  #open(failure: NotLoadedHead | undefined): void {
    this.#opener.abort()
    this.#opening?.(failure)
    this.#opening = undefined
  }

  async #endSlowLoad(): Promise<void> {
    const { clock, timeoutMs } = this.#options
    const waitMs = Math.max(loadTimeoutMs, timeoutMs)
    await clock.sleep(waitMs, this.#opener.signal)
    if (this.#opening === undefined) return
    const seconds = (waitMs / 1000).toFixed(2)
    this.#open(notLoaded('Sandbox.Timedout', `loading the handler timed out after ${seconds} seconds`))
    this.end()
  }

  async #endSlow(running: Running): Promise<void> {
    const { clock } = this.#options
    await clock.sleep(running.head.timeoutMs, running.timer.signal)
    if (this.#running !== running) return
    const { requestId, timeoutMs } = running.head
    const what = `Task timed out after ${(timeoutMs / 1000).toFixed(2)} seconds`
    running.log.print(`${new Date(clock.now()).toISOString()} ${requestId} ${what}`)
    this.end()
    this.#settle(failed('Sandbox.Timedout', `RequestId: ${requestId} Error: ${what}`), 0)
  }

  #exited(how: ProcessExit): void {
    this.#usable = false
    this.#open(
      notLoaded(
        'Runtime.ExitError',
        how.notStarted ?? `the process ended while it loaded the handler: ${exitText(how)}`,
      ),
    )
    const requestId = this.#running?.head.requestId
    this.#settle(failed('Runtime.ExitError', `RequestId: ${requestId} Error: ${exitText(how)}`), 0)
  }

  #settle(result: ProcessAnswer['result'], memoryMb: number): void {
    const running = this.#running
    if (running === undefined) return
    this.#running = undefined
    running.timer.abort()
    this.#memoryMb = Math.max(this.#memoryMb, memoryMb)
    running.settle({
      result,
      durationMs: this.#options.clock.now() - running.startedAt,
      memoryUsedMb: this.#memoryMb,
    })
  }
}

function failed(errorType: string, errorMessage: string): ProcessAnswer['result'] {
  return { kind: 'failed', error: { errorType, errorMessage, stackTrace: [] } }
}

function notLoaded(errorType: string, errorMessage: string): NotLoadedHead {
  return { reason: 'failed', error: { errorType, errorMessage, stackTrace: [] }, names: [] }
}

const signalNames: Readonly<Record<string, string>> = {
  SIGKILL: 'killed',
  SIGABRT: 'aborted',
  SIGSEGV: 'segmentation fault',
  SIGTERM: 'terminated',
}

function exitText({ code, signal }: ProcessExit): string {
  if (signal !== null) return `Runtime exited with error: signal: ${signalNames[signal] ?? signal}`
  return code === 0 || code === null
    ? 'Runtime exited without providing a reason'
    : `Runtime exited with error: exit status ${code}`
}

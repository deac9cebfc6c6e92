/**
 * Runs a Lambda handler in processes: one invocation at a time in each, the one used last first, so that those that are not
 * needed grow old and end. A process that was ended, or ended itself, is replaced at the next invocation.
 *
 * Order of an invocation: reserved concurrency, a process (warm, or a new one that loads the handler first; only so many
 * at a time, others wait), the handler. Whatever the function does is an outcome; nothing of it reaches the caller as an
 * exception.
 */
import { randomUUID } from 'node:crypto'
import { type Clock, systemClock } from '@millrace/values'
import { ConcurrencyLimit } from './concurrency-limit.ts'
import type { StartProcess } from './handler-process.ts'
import { type FunctionLogLine, InvocationLog } from './invocation-log.ts'
import {
  type FunctionServices,
  functionArn,
  functionVersion,
  lambdaEnvironment,
  noServices,
} from './lambda-environment.ts'
import type { LambdaCode, LambdaError, LambdaOutcome, LambdaRunner } from './lambda-port.ts'
import { loadFailure } from './load-failure.ts'
import type { NotLoadedHead } from './process-messages.ts'
import { spawnHandlerProcess } from './spawn-handler-process.ts'
import { type ProcessAnswer, WarmProcess } from './warm-process.ts'

/** Processes of one function at most; invocations beyond wait for one. */
const processesMaxDefault = 64
const idleMsDefault = 5 * 60_000
/** How often the memory of processes is looked at, and whether some are idle. */
const watchEveryMs = 100

export interface LambdaRunnerOptions {
  readonly code: LambdaCode
  readonly services?: FunctionServices
  /** Shared with the other runners of the function. Default: one for this runner alone. */
  readonly limit?: ConcurrencyLimit
  /** Where translated TypeScript is kept. */
  readonly cacheDir?: string
  /** Told of every line as it comes. */
  readonly onLine?: (line: FunctionLogLine) => void
  /**
   * Default: the machine's. Real processes need that one: their time is the machine's, also in tests of apps under virtual
   * time, where an invocation then takes no virtual time at all.
   */
  readonly clock?: Clock
  readonly start?: StartProcess
  readonly processesMax?: number
  /** A process that has had nothing to do for so long is ended. */
  readonly idleMs?: number
  /** Default: process.env. */
  readonly hostEnvironment?: { readonly [name: string]: string | undefined }
}

interface Pooled {
  readonly process: WarmProcess
  /** Of the code that it has loaded. */
  readonly generation: number
  idleSince: number
}

export class ProcessLambdaRunner implements LambdaRunner {
  readonly #code: LambdaCode
  readonly #options: LambdaRunnerOptions
  readonly #clock: Clock
  readonly #limit: ConcurrencyLimit
  readonly #services: FunctionServices
  readonly #closing = new AbortController()
  /** The one used last is at the end. */
  #idle: Pooled[] = []
  readonly #busy = new Set<Pooled>()
  readonly #waiting: (() => void)[] = []
  #generation = 0
  #watching = false

  constructor(options: LambdaRunnerOptions) {
    this.#options = options
    this.#code = options.code
    this.#clock = options.clock ?? systemClock
    this.#services = options.services ?? noServices
    this.#limit = options.limit ?? new ConcurrencyLimit(options.code.reservedConcurrency)
  }

  async open(): Promise<void> {
    const pooled = this.#start()
    const failure = await pooled.process.opened
    this.#giveBack(pooled)
    if (failure !== undefined) throw loadFailure(this.#code, failure)
  }

  async invoke(event: string): Promise<LambdaOutcome> {
    this.#assertOpen()
    if (!this.#limit.tryAcquire()) {
      const reason = `reserved concurrency of ${this.#code.reservedConcurrency} is used up`
      return { kind: 'throttled', reason }
    }
    try {
      while (
        this.#idle.length === 0 &&
        this.#busy.size >= (this.#options.processesMax ?? processesMaxDefault)
      ) {
        await new Promise<void>((resolve) => this.#waiting.push(resolve))
        this.#assertOpen()
      }
      return await this.#run(event)
    } finally {
      this.#limit.release()
    }
  }

  reload(): void {
    this.#generation++
    for (const { process } of this.#idle) process.end()
    this.#idle = []
  }

  async close(): Promise<void> {
    this.#closing.abort()
    for (const { process } of [...this.#idle, ...this.#busy]) process.end()
    this.#idle = []
  }

  async #run(event: string): Promise<LambdaOutcome> {
    let pooled: Pooled
    try {
      pooled = this.#take()
    } catch (error) {
      return { kind: 'throttled', reason: `no process could be started: ${String(error)}` }
    }
    try {
      const failure = await pooled.process.opened
      const requestId = randomUUID()
      const log = new InvocationLog(requestId, (text) => this.#say(requestId, text))
      const { initMs } = pooled.process
      pooled.process.initMs = undefined
      const answer =
        failure === undefined ? await this.#answer(pooled, { requestId, event, log }) : notRun(failure)
      const figures = { durationMs: answer.durationMs, initMs, memoryUsedMb: answer.memoryUsedMb }
      if (answer.result.kind === 'failed') sayOnce(log, answer.result.error)
      log.end(this.#code, figures)
      return { ...answer.result, ...figures, requestId, log: log.lines }
    } finally {
      this.#giveBack(pooled)
    }
  }

  #answer(
    { process }: Pooled,
    { requestId, event, log }: { requestId: string; event: string; log: InvocationLog },
  ): Promise<ProcessAnswer> {
    const arn = functionArn(this.#code, this.#services)
    return process.invoke({ requestId, functionArn: arn, timeoutMs: this.#code.timeoutMs }, event, log)
  }

  #assertOpen(): void {
    if (this.#closing.signal.aborted) throw new Error(`function ${this.#code.functionName} is closed`)
  }

  /** A process of its own for one invocation. */
  #take(): Pooled {
    let pooled = this.#idle.pop()
    // Some may have ended by themselves.
    while (pooled !== undefined && !pooled.process.isUsable) pooled = this.#idle.pop()
    if (pooled === undefined) return this.#start()
    this.#busy.add(pooled)
    return pooled
  }

  #start(): Pooled {
    const { code, start = spawnHandlerProcess, cacheDir, hostEnvironment = process.env } = this.#options
    const day = new Date(this.#clock.now()).toISOString().slice(0, 10).replaceAll('-', '/')
    const logStream = `${day}/[${functionVersion}]${randomUUID().replaceAll('-', '')}`
    const environment = lambdaEnvironment({
      code,
      services: this.#services,
      logStream,
      host: hostEnvironment,
    })
    const pooled = {
      process: new WarmProcess({
        job: { codeDir: code.codeDir, handler: code.handler, memoryMb: code.memoryMb, environment, cacheDir },
        timeoutMs: code.timeoutMs,
        clock: this.#clock,
        start,
        onLine: (text) => this.#say(undefined, text),
      }),
      generation: this.#generation,
      idleSince: 0,
    }
    this.#busy.add(pooled)
    void this.#watch()
    return pooled
  }

  #giveBack(pooled: Pooled): void {
    this.#busy.delete(pooled)
    const isCurrent = pooled.generation === this.#generation && !this.#closing.signal.aborted
    if (isCurrent && pooled.process.isUsable) {
      pooled.idleSince = this.#clock.now()
      this.#idle.push(pooled)
    } else {
      pooled.process.end()
    }
    this.#waiting.shift()?.()
  }

  /** While there are processes: ends those that hold too much memory or have long been idle. */
  async #watch(): Promise<void> {
    if (this.#watching) return
    this.#watching = true
    const { idleMs = idleMsDefault } = this.#options
    while (this.#busy.size + this.#idle.length > 0 && !this.#closing.signal.aborted) {
      await this.#clock.sleep(watchEveryMs, this.#closing.signal)
      const now = this.#clock.now()
      for (const { process } of [...this.#busy, ...this.#idle]) process.checkMemory()
      const old = this.#idle.filter(({ idleSince }) => now - idleSince >= idleMs)
      for (const { process } of old) process.end()
      this.#idle = this.#idle.filter((pooled) => pooled.process.isUsable)
    }
    this.#watching = false
  }

  #say(requestId: string | undefined, text: string): void {
    const { functionName } = this.#code
    this.#options.onLine?.({ functionName, timeMs: this.#clock.now(), requestId, text })
  }
}

function notRun({ error }: NotLoadedHead): ProcessAnswer {
  return { result: { kind: 'failed', error }, durationMs: 0, memoryUsedMb: 0 }
}

/** Where its process did not live to say it: what it says of an error is one line with the message as JSON. */
function sayOnce(log: InvocationLog, { errorType, errorMessage }: LambdaError): void {
  const said = JSON.stringify(errorMessage).slice(1, -1)
  if (log.lines.every((line) => !line.includes(said))) log.print(`${errorType}: ${errorMessage}`)
}

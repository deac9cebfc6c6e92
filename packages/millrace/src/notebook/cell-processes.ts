/**
 * Processes for cells, one for each run. Processes and not worker threads: they can be ended in the middle of a join, what they
 * need of memory is bounded and theirs alone, and their collections of garbage do not stop the app's threads.
 *
 * One process waits with everything loaded as long as cells are run now and then, so that a run begins at once.
 */
import { type ChildProcess, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { CellOutcome, RunningCell } from '@millrace/console'
import { type Clock, codeOf, messageOf } from '@millrace/values'
import { millraceErrorCodes } from '../error-codes.ts'
import type { AppendBatch, FromProcess, ProcessJob, ToProcess } from './cell-messages.ts'

/** Works from src and from dist alike. */
const entry = fileURLToPath(new URL('../../dist/notebook/cell-process.js', import.meta.url))
/** V8's limit above the one that a cell notices itself. */
const heapShare = 1.25
/** Opening the directory takes milliseconds; killed in the middle of it, the owner's next commit would wait for a while. */
const openingMs = 1_000
/** A process that waits for a cell is kept so long. */
const spareMs = 300_000

export interface CellProcessesOptions {
  readonly clock: Clock
  /** Of each cell. */
  readonly memoryBytes: number
  /** Errors are told to the cell. */
  readonly append: (batch: AppendBatch) => void
}

export class CellProcesses {
  readonly #options: CellProcessesOptions
  #spare: { readonly child: ChildProcess; readonly wait: AbortController } | undefined
  readonly #running = new Set<ProcessRun>()
  #closed = false

  constructor(options: CellProcessesOptions) {
    this.#options = options
  }

  /** A run is likely to follow. */
  warm(): void {
    if (this.#spare !== undefined || this.#closed) return
    const child = this.#fork()
    const wait = new AbortController()
    const spare = { child, wait }
    this.#spare = spare
    child.once('exit', () => {
      if (this.#spare === spare) this.#spare = undefined
    })
    void this.#options.clock.sleep(spareMs, wait.signal).then(() => {
      if (wait.signal.aborted || this.#spare !== spare) return
      this.#spare = undefined
      child.kill('SIGKILL')
    })
  }

  run(job: Omit<ProcessJob, 'memoryBytes'>, tell: (outcome: CellOutcome) => void): RunningCell {
    // The API may still be asked while it drains.
    if (this.#closed) {
      tell({ kind: 'done', reason: 'stopped', ms: 0 })
      return { stop: async () => {} }
    }
    const child = this.#spare?.child ?? this.#fork()
    this.#spare?.wait.abort()
    this.#spare = undefined
    const { memoryBytes } = this.#options
    const run = new ProcessRun(child, { ...job, memoryBytes }, this.#options, tell)
    this.#running.add(run)
    void run.ended.then(() => this.#running.delete(run))
    this.warm()
    return run
  }

  async close(): Promise<void> {
    this.#closed = true
    this.#spare?.wait.abort()
    this.#spare?.child.kill('SIGKILL')
    this.#spare = undefined
    await Promise.all([...this.#running].map((run) => run.stop()))
  }

  #fork(): ChildProcess {
    const heapMb = Math.ceil((this.#options.memoryBytes * heapShare) / 1024 / 1024)
    const child = fork(entry, [], {
      execArgv: [`--max-old-space-size=${heapMb}`],
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    })
    child.on('error', () => {})
    // It ends with its host and must not keep it.
    child.unref()
    child.channel?.unref()
    return child
  }
}

class ProcessRun implements RunningCell {
  readonly ended: Promise<void>
  readonly #child: ChildProcess
  readonly #clock: Clock
  readonly #startedAt: number
  readonly #memoryBytes: number
  readonly #tell: (outcome: CellOutcome) => void
  readonly #opened = new AbortController()
  #done = false

  constructor(
    child: ChildProcess,
    job: ProcessJob,
    { clock, append }: CellProcessesOptions,
    tell: (outcome: CellOutcome) => void,
  ) {
    this.#child = child
    // Whoever waits for a run waits for its process.
    child.ref()
    child.channel?.ref()
    this.#clock = clock
    this.#startedAt = clock.now()
    this.#memoryBytes = job.memoryBytes
    this.#tell = tell
    child.on('message', (message: FromProcess) => this.#take(message, append))
    this.ended = new Promise((resolve) => {
      const over = (code: number | null, signal: NodeJS.Signals | null) => {
        this.#opened.abort()
        this.#lost(code, signal)
        resolve()
      }
      if (child.exitCode !== null || child.signalCode !== null) over(child.exitCode, child.signalCode)
      else {
        child.once('exit', over)
        // One that could not be made says nothing else; others have their exit to tell.
        child.once('error', () => {
          if (child.pid === undefined) over(child.exitCode, child.signalCode)
        })
      }
    })
    this.#send({ kind: 'start', job })
  }

  async stop(): Promise<void> {
    this.#end({ reason: 'stopped' })
    await this.#clock.sleep(openingMs, this.#opened.signal)
    if (this.#child.exitCode === null && this.#child.signalCode === null) this.#child.kill('SIGKILL')
    await this.ended
  }

  #take(message: FromProcess, append: (batch: AppendBatch) => void): void {
    if (message.kind === 'opened') this.#opened.abort()
    // What comes after a stop is of a run that is over.
    else if (this.#done) return
    else if (message.kind === 'outcome') {
      if (message.outcome.kind === 'done') this.#done = true
      this.#tell(message.outcome)
    } else if (message.kind === 'failed') {
      const { code, message: text } = message
      this.#end({ reason: 'failed', error: { code, message: text } })
    } else {
      try {
        append(message.batch)
        this.#send({ kind: 'appended' })
      } catch (error) {
        this.#send({ kind: 'refused', code: codeOf(error) ?? 'NOTEBOOK_FAILED', message: messageOf(error) })
      }
    }
  }

  #end(how: { reason: 'stopped' } | { reason: 'failed'; error: { code: string; message: string } }): void {
    if (this.#done) return
    this.#done = true
    this.#tell({ kind: 'done', ms: this.#clock.now() - this.#startedAt, ...how })
  }

  /** It ended without a last word. V8 aborts when its memory is full. */
  #lost(code: number | null, signal: NodeJS.Signals | null): void {
    const isMemory = signal === 'SIGABRT' || signal === 'SIGTRAP' || code === 134
    const error = isMemory
      ? {
          code: 'NOTEBOOK_MEMORY',
          message: `The cell needs more than ${Math.round(this.#memoryBytes / 1024 / 1024)} MiB of memory. ${millraceErrorCodes.NOTEBOOK_MEMORY.next}`,
        }
      : {
          code: 'NOTEBOOK_ENDED',
          message: `The process of the cell ended (${signal ?? `exit code ${code}`}). ${millraceErrorCodes.NOTEBOOK_ENDED.next}`,
        }
    this.#end({ reason: 'failed', error })
  }

  #send(message: ToProcess): void {
    if (this.#child.connected) this.#child.send(message, () => {})
  }
}

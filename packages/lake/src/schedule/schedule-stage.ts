/**
 * The stage that runs an app's scheduled tasks (views that are refreshed, crawlers) beside its deliveries, one after the other, each
 * once in a stretch of its length; the first time at once. Of stretches that were missed only the present one is worked for.
 *
 * A task that fails is told as a warning and tried again after a while; others and the app go on.
 */
import type { Stage, StageContext, StepResult } from '@millrace/runtime'
import { tickOf } from './ticks.ts'

export interface ScheduledTask {
  /** For warnings: `view "default.ratio"`. */
  readonly name: string
  readonly everyMs: number
  /** The stretch that was last worked for; undefined: none. */
  last(): number | undefined
  run(tick: number, signal: AbortSignal): Promise<void>
}

export interface OpenTasks {
  readonly tasks: readonly ScheduledTask[]
  close(): Promise<void>
}

const retryMs = 30_000

export class ScheduleStage implements Stage {
  readonly name: string
  readonly kind = 'delivery'
  readonly #context: Pick<StageContext, 'clock' | 'stopping' | 'warnings'>
  readonly #openTasks: () => OpenTasks
  #open: OpenTasks | undefined
  #running = false
  /** Task -> not before this time, after a failure. */
  readonly #notBefore = new Map<ScheduledTask, number>()
  #listeners: (() => void)[] = []

  constructor(
    name: string,
    context: Pick<StageContext, 'clock' | 'stopping' | 'warnings'>,
    openTasks: () => OpenTasks,
  ) {
    this.name = name
    this.#context = context
    this.#openTasks = openTasks
  }

  async open(): Promise<void> {
    this.#open = this.#openTasks()
  }

  async step(): Promise<StepResult> {
    if (this.#running) return 'idle'
    if (this.#context.stopping.aborted) return 'done'
    const task = this.#tasks.find((each) => this.#dueAt(each) <= this.#context.clock.now())
    if (task === undefined) return 'idle'
    this.#running = true
    void this.#run(task).finally(() => {
      this.#running = false
      for (const listener of this.#listeners.splice(0)) listener()
    })
    return 'idle'
  }

  dueInMs(): number {
    if (this.#running) return Number.POSITIVE_INFINITY
    const times = this.#tasks.map((task) => this.#dueAt(task))
    return Math.max(0, Math.min(...times) - this.#context.clock.now())
  }

  onReady(callback: () => void): void {
    if (this.#running) this.#listeners.push(callback)
    else if (this.#context.stopping.aborted) callback()
  }

  busy(): boolean {
    return this.#running
  }

  async close(): Promise<void> {
    await this.#open?.close()
  }

  get #tasks(): readonly ScheduledTask[] {
    return this.#open?.tasks ?? []
  }

  #dueAt(task: ScheduledTask): number {
    const last = task.last()
    const notBefore = this.#notBefore.get(task) ?? Number.NEGATIVE_INFINITY
    if (last === undefined) return notBefore
    // One that was asked for by hand lies in the middle of its stretch.
    return Math.max(notBefore, tickOf(last, task.everyMs) + task.everyMs)
  }

  async #run(task: ScheduledTask): Promise<void> {
    const { clock, warnings, stopping } = this.#context
    try {
      await task.run(tickOf(clock.now(), task.everyMs), stopping)
      this.#notBefore.delete(task)
      warnings.retract('SCHEDULE_FAILED', task.name)
    } catch (error) {
      if (stopping.aborted) return
      this.#notBefore.set(task, clock.now() + retryMs)
      warnings.say(
        'SCHEDULE_FAILED',
        task.name,
        `${task.name} failed and is tried again: ${error instanceof Error ? error.message : String(error)}`,
      )
    }
  }
}

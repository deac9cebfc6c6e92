/**
 * Plans that are being stored: a bounded number at the same time, the others wait; what fails is tried again without end, with
 * growing waits. Where only one may be stored at a time, that is in order: nothing overtakes a plan that has failed.
 * Whoever owns it commits what is stored, and may stop at any time: plans are kept, and made again by the next run.
 */
import { messageOf, type RunLimits, retryDelayMs } from '@millrace/runtime'
import type { Clock, Random } from '@millrace/values'
import type { PartBuffer } from './part-buffer.ts'
import type { Plan } from './progress.ts'
import type { StoredRows } from './row-buffer.ts'

export interface PlannedPart {
  readonly plan: Plan
  readonly buffer: PartBuffer
}

export interface StoredPlan extends PlannedPart {
  readonly stored: StoredRows
  readonly attempts: number
  readonly tookMs: number
}

/** So many that have failed keep others from being tried: each may have left a file on disk, and holds no memory that ends the reading. */
const failingMax = 64

interface Running extends PlannedPart {
  attempts: number
  state: 'waiting' | 'storing' | 'stored'
  /** Clock time of the next attempt. */
  retryAt: number
  stored: StoredRows | undefined
  startedAt: number
}

export interface PlanWatcher {
  failed(plan: Plan, error: unknown): void
  /** Something is stored, or has to be tried again. */
  wake(): void
}

export class RunningPlans {
  /** In the order in which they were made. */
  #running: Running[] = []
  #storing = 0
  #stored = 0
  /** Of all that is here. */
  #memory = 0
  readonly #clock: Clock
  readonly #random: Random
  readonly #limits: RunLimits
  readonly #concurrency: number
  readonly #watcher: PlanWatcher

  constructor(init: {
    readonly clock: Clock
    readonly random: Random
    readonly limits: RunLimits
    readonly concurrency: number
    readonly watcher: PlanWatcher
  }) {
    this.#clock = init.clock
    this.#random = init.random
    this.#limits = init.limits
    this.#concurrency = init.concurrency
    this.#watcher = init.watcher
  }

  get count(): number {
    return this.#running.length
  }

  get memory(): number {
    return this.#memory
  }

  /** Attempts that are made now: the outside is waited for. */
  get storing(): number {
    return this.#storing
  }

  *buffers(): Iterable<PartBuffer> {
    for (const { buffer } of this.#running) yield buffer
  }

  /** The plan is committed. One of an earlier run whose records are all lost has nothing to store. */
  add({ plan, buffer }: PlannedPart): void {
    const isEmpty = buffer.rows.rows === 0
    if (isEmpty) this.#stored++
    this.#memory += buffer.rows.memory
    this.#running.push({
      plan,
      buffer,
      attempts: 0,
      state: isEmpty ? 'stored' : 'waiting',
      retryAt: Number.NEGATIVE_INFINITY,
      stored: isEmpty ? { bytes: 0, commit: () => {} } : undefined,
      startedAt: 0,
    })
  }

  /** Begins what may begin; true if anything did. */
  start(): boolean {
    let started = false
    let failing = 0
    const now = this.#clock.now()
    for (const each of this.#running) {
      if (this.#storing >= this.#concurrency) break
      if (each.state !== 'waiting') continue
      if (each.attempts > 0) failing++
      else if (failing >= failingMax) continue
      if (each.retryAt > now) {
        if (this.#concurrency === 1) break
        continue
      }
      started = true
      void this.#store(each, now)
    }
    return started
  }

  /** Clock time of the next further attempt; Infinity if none waits. */
  get retryAt(): number {
    let at = Number.POSITIVE_INFINITY
    let failing = 0
    if (this.#storing >= this.#concurrency) return at
    for (const each of this.#running) {
      if (each.state !== 'waiting') continue
      if (each.attempts > 0) failing++
      else if (failing >= failingMax) continue
      at = Math.min(at, each.retryAt)
      if (this.#concurrency === 1) break
    }
    return at
  }

  /**
   * A commit is worth its cost: a good part of what is here is stored, or nothing more comes. Each commit looks at every open buffer,
   * so that one for each of ten thousand objects would cost more than the objects.
   */
  get isCommitDue(): boolean {
    if (this.#stored === 0) return false
    return this.#stored * 8 >= this.#running.length || this.#storing === 0
  }

  /** What is stored; whoever takes one calls `remove`. In order. */
  stored(): StoredPlan[] {
    const now = this.#clock.now()
    return this.#running.flatMap(({ plan, buffer, stored, attempts, startedAt }) =>
      stored === undefined ? [] : [{ plan, buffer, stored, attempts, tookMs: now - startedAt }],
    )
  }

  remove(plans: ReadonlySet<Plan>): void {
    const kept: Running[] = []
    for (const each of this.#running) {
      if (!plans.has(each.plan)) {
        kept.push(each)
        continue
      }
      this.#stored--
      this.#memory -= each.buffer.rows.memory
      each.buffer.rows.close()
    }
    this.#running = kept
  }

  close(): void {
    for (const { buffer } of this.#running) buffer.rows.close()
    this.#running = []
  }

  /** Never rejects. */
  async #store(each: Running, now: number): Promise<void> {
    this.#storing++
    each.state = 'storing'
    each.attempts++
    each.startedAt = now
    const before = each.buffer.rows.memory
    try {
      each.stored = await each.buffer.rows.store(each.plan)
      each.state = 'stored'
      this.#stored++
    } catch (error) {
      each.state = 'waiting'
      each.retryAt = this.#clock.now() + retryDelayMs(each.attempts + 1, this.#limits, this.#random)
      this.#watcher.failed(each.plan, error)
    }
    // Storing may have let go of memory, or have taken some.
    this.#memory += each.buffer.rows.memory - before
    this.#storing--
    this.#watcher.wake()
  }
}

export function failureText(plan: Plan, error: unknown): string {
  return `${plan.key ?? `batch ${plan.id}`}: ${messageOf(error)}`
}

/**
 * Which record may be tried next: records of one key go one after the other, those of different keys at the same time. Of each
 * key the first record is ready, being tried, decided and not yet committed, or waiting for its next try; the others wait behind
 * it. A key that waits for a retry holds up nobody else.
 */
import type { Task } from './task.ts'

export class KeyOrder {
  /** The last record of each key that is in flight. */
  private readonly last = new Map<string, Task>()
  private ready: Task[] = []
  private readyHead = 0
  private delayed: Task[] = []
  private delayedUntil = Number.POSITIVE_INFINITY

  get readyCount(): number {
    return this.ready.length - this.readyHead
  }

  /** Clock time of the earliest retry; Infinity if none waits for one. */
  get retryAt(): number {
    return this.delayedUntil
  }

  add(task: Task): void {
    const before = this.last.get(task.key)
    this.last.set(task.key, task)
    if (before === undefined) this.ready.push(task)
    else before.next = task
  }

  /** Takes a record whose turn it is. */
  take(): Task | undefined {
    const task = this.ready[this.readyHead]
    if (task === undefined) return undefined
    this.readyHead++
    if (this.readyHead === this.ready.length) {
      this.ready = []
      this.readyHead = 0
    } else if (this.readyHead > 4096 && this.readyHead * 2 > this.ready.length) {
      // Give the done half back; amortised, each is moved at most once.
      this.ready = this.ready.slice(this.readyHead)
      this.readyHead = 0
    }
    return task
  }

  /** A task that was taken is to be tried again at once. */
  again(task: Task): void {
    this.ready.push(task)
  }

  /** A task that was taken is to be tried again at `task.retryAt`. */
  delay(task: Task): void {
    this.delayed.push(task)
    this.delayedUntil = Math.min(this.delayedUntil, task.retryAt)
  }

  /** Makes those ready whose retry is due. */
  wake(nowMs: number): void {
    if (nowMs < this.delayedUntil) return
    const { delayed } = this
    this.delayed = []
    this.delayedUntil = Number.POSITIVE_INFINITY
    for (const task of delayed) {
      if (task.retryAt <= nowMs) this.ready.push(task)
      else this.delay(task)
    }
  }

  /** The task's fate is committed: the next record of its key may go. */
  release(task: Task): void {
    if (task.next !== undefined) this.ready.push(task.next)
    else if (this.last.get(task.key) === task) this.last.delete(task.key)
  }
}

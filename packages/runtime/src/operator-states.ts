/**
 * Operator state of a query in the store: change blobs in each commit, trimmed when time has passed them, replaced by a
 * snapshot when they have outgrown the state that they describe. Recovery feeds everything back in order.
 *
 * A snapshot is taken when the changes since the last one exceed twice the state's size now (and a floor): changes of a
 * windowed operator that are trimmed in time never do, so that no pause comes from copying a large state; changes that
 * overwrite each other do, and then a snapshot costs less than what it replaces.
 */

import type { OperatorState } from '@millrace/sql'
import type { Store, Transaction } from '@millrace/store'
import type { StatePlan } from './state-plan.ts'
import type { Warnings } from './warnings.ts'

const snapshotFloorBytes = 4 * 1024 * 1024
/** Row time between two trims, ms: a trim walks the leading blobs. */
const trimEveryMs = 10_000

/** A running program of either dialect, as far as its state goes. */
export interface StatefulInstance {
  /** Addresses of everything that keeps state. */
  readonly operators: readonly string[]
  /** Time that trims are measured by, ms. */
  readonly time: number
  restore(operator: string, blob: Uint8Array): void
  snapshot(operator: string): Uint8Array[]
  stateInfo(): readonly { readonly operator: string; readonly bytes: number }[]
}

export class OperatorStates {
  private readonly stage: string
  private readonly instance: StatefulInstance
  /** Bytes of change blobs since the last snapshot, by operator. */
  private readonly changeBytes = new Map<string, number>()
  /** Stored operators that the program does not have. */
  private readonly orphans = new Set<string>()
  private trimmedAt = Number.NEGATIVE_INFINITY
  /** The whole state is new and has to be written. */
  private rebuilt = false

  constructor(stage: string, instance: StatefulInstance) {
    this.stage = stage
    this.instance = instance
  }

  /**
   * Feeds stored state back, unless the plan says that all of it is rebuilt; then the stage does that, and the first commit
   * replaces what is stored.
   */
  restore(store: Store, warnings: Warnings, plan: StatePlan): void {
    this.rebuilt = plan.action === 'rebuild'
    const known = new Set(this.rebuilt ? [] : this.instance.operators)
    for (const { operator, blob } of store.readState(this.stage)) {
      if (!known.has(operator)) {
        this.orphans.add(operator)
        continue
      }
      this.instance.restore(operator, blob)
      this.changeBytes.set(operator, (this.changeBytes.get(operator) ?? 0) + blob.length)
    }
    this.say(warnings, plan)
  }

  private say(warnings: Warnings, { fresh, gone, action }: StatePlan): void {
    const { stage } = this
    const changed = `query "${stage}": the program computes something else than the one that ran before, or in other parts`
    const named = (operators: StatePlan['fresh']) => operators.map(([, kind]) => kind).join(', ')
    if (action === 'rebuild')
      warnings.say(
        'STATE_REBUILT',
        stage,
        `${changed}; its state (new: ${named(fresh)}) was rebuilt from the log, which still holds everything`,
      )
    else if (action === 'start-empty')
      warnings.say(
        'STATE_EMPTY',
        stage,
        `${changed}; what is new in it (${named(fresh)}) begins empty, since retention has deleted a part of the log. Its results count from now on`,
      )
    if (action !== 'rebuild' && (gone.length > 0 || this.orphans.size > 0))
      warnings.say(
        'STATE_DROPPED',
        stage,
        `${changed}, so the state of ${Math.max(gone.length, this.orphans.size)} of its operators has no place and is dropped. What they had seen of open windows is not counted again`,
      )
  }

  commit(transaction: Transaction, changes: readonly OperatorState[]): void {
    const { stage, instance } = this
    for (const operator of this.orphans) transaction.dropState(stage, operator)
    this.orphans.clear()
    if (this.rebuilt) {
      this.rebuilt = false
      for (const operator of instance.operators) {
        const blobs = instance.snapshot(operator)
        if (blobs.length > 0) transaction.replaceState(stage, operator, blobs)
      }
      return
    }
    for (const { operator, blob, liveUntil } of changes) {
      transaction.appendState(stage, operator, blob, liveUntil)
      this.changeBytes.set(operator, (this.changeBytes.get(operator) ?? 0) + blob.length)
    }
    if (instance.time - this.trimmedAt < trimEveryMs) return
    this.trimmedAt = instance.time
    for (const { operator, bytes } of instance.stateInfo()) {
      const freed = transaction.trimState(stage, operator, instance.time)
      const left = (this.changeBytes.get(operator) ?? 0) - freed
      if (left <= Math.max(snapshotFloorBytes, 2 * bytes)) {
        this.changeBytes.set(operator, left)
        continue
      }
      transaction.replaceState(stage, operator, instance.snapshot(operator))
      this.changeBytes.set(operator, 0)
    }
  }
}

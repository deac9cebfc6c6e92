/**
 * How large each operator's state is, as part of the stage's record and so of every report. An estimate looks at some
 * hundred entries, so sizes are taken at most once a second of the clock.
 */
import type { Clock } from '@millrace/values'
import type { StoredOperator } from './stage-record.ts'
import { storedOperators } from './state-plan.ts'

const everyMs = 1_000

export interface SizedInstance {
  readonly operators: readonly string[]
  kindOf(operator: string): string | undefined
  stateInfo(): readonly { readonly operator: string; readonly rows: number; readonly bytes: number }[]
}

export class StateSizes {
  private readonly instance: SizedInstance
  private readonly clock: Clock
  private takenAt = Number.NEGATIVE_INFINITY
  private sizes: readonly StoredOperator[] = []

  constructor(instance: SizedInstance, clock: Clock) {
    this.instance = instance
    this.clock = clock
  }

  operators(): readonly StoredOperator[] {
    const now = this.clock.now()
    if (now - this.takenAt < everyMs) return this.sizes
    this.takenAt = now
    const info = new Map(this.instance.stateInfo().map((each) => [each.operator, each]))
    this.sizes = storedOperators(this.instance).map(([id, kind]) => {
      const size = info.get(id)
      return [id, kind, size?.rows ?? 0, Math.round(size?.bytes ?? 0)] as const
    })
    return this.sizes
  }
}

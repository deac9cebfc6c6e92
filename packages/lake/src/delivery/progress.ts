/**
 * How far the parts of a delivery's output have come beyond the position up to which everything is settled.
 *
 * A part is what its own buffer collects: the objects of one partition, the errors of one type. Its records stand scattered in the
 * log, and it is stored when its own buffer is due, so each part has come to another place. Of each part that is ahead is kept
 *   delivered   positions up to which its records are stored for good
 *   plans       in their order, what is being stored: each covers its records from there up to `to`
 * so that after a stop, when the log is read again from the low position, each record is found to be delivered, part of a plan
 * (which is then made again, with the same records under the same key), or free.
 *
 * A plan for refused records (of partitions beyond the limit) is also the plan of each partition that it refused: their records up to
 * there are in it. Plans are taken as done in the order in which each of their parts has them.
 *
 * Cost: one small item for each part that is ahead, written when it changes.
 */
import type { Store, Transaction } from '@millrace/store'
import { progressTable } from './delivery-items.ts'
import { isCovered } from './positions.ts'

/** What an object holds and where it goes: all that is needed to make it again. */
export interface Plan {
  /** Derived from what it covers; a UUID. */
  readonly id: string
  readonly part: string
  readonly to: readonly number[]
  /** Arrival of its oldest record, ms. */
  readonly instant: number
  readonly version: number
  /** Key of the object; of a batch for a table undefined. */
  readonly key?: string
  /** Of partitions: key -> value, as the prefix has them. */
  readonly values?: PartitionValues
  /** Parts whose records up to `to` are here because there were too many partitions. */
  readonly refused?: readonly string[]
}

export interface PartitionValues {
  readonly query: Readonly<Record<string, string>>
  readonly function: Readonly<Record<string, string>>
}

interface PartState {
  delivered: readonly number[]
  readonly plans: Plan[]
}

interface StoredPart {
  readonly delivered: readonly number[]
  /** Its own plans; those that refuse it are kept with their own part. */
  readonly plans: readonly Plan[]
}

const encoder = new TextEncoder()
const decoder = new TextDecoder()

/** Where a record belongs. */
export type Fate = Plan | 'delivered' | 'free'

export class Progress {
  readonly #stage: string
  readonly #parts = new Map<string, PartState>()
  readonly #changed = new Set<string>()
  #low: readonly number[] = []

  constructor(stage: string) {
    this.#stage = stage
  }

  /** Reads what an earlier run has left; returns its plans in the order in which they were made. */
  load(store: Pick<Store, 'scan'>): Plan[] {
    const plans: Plan[] = []
    for (const { sortKey, json } of store.scan(progressTable.name, { partitionKey: this.#stage })) {
      // Only `save` writes these items.
      const stored = JSON.parse(decoder.decode(json)) as StoredPart
      this.#parts.set(String(sortKey), { delivered: stored.delivered, plans: [] })
      plans.push(...stored.plans)
    }
    // Plans of one part cover one another; of different parts, each covers what its stage had read by then. So their positions,
    // none of which ever goes back, add up to their order.
    plans.sort((a, b) => sum(a.to) - sum(b.to))
    for (const plan of plans) this.#add(plan)
    return plans
  }

  /** Nothing is ahead, so that every record is free. */
  get isEmpty(): boolean {
    return this.#parts.size === 0
  }

  has(part: string): boolean {
    return this.#parts.has(part)
  }

  fate(part: string, place: number, sequence: number): Fate {
    const state = this.#parts.get(part)
    if (state === undefined) return 'free'
    if (sequence < (state.delivered[place] ?? 0)) return 'delivered'
    for (const plan of state.plans) if (sequence < (plan.to[place] ?? 0)) return plan
    return 'free'
  }

  plan(plan: Plan): void {
    this.#add(plan)
    this.#changed.add(plan.part)
  }

  /** Whether all plans that its parts had before are done. */
  isNext(plan: Plan): boolean {
    return partsOf(plan).every((part) => this.#parts.get(part)?.plans[0] === plan)
  }

  done(plan: Plan): void {
    for (const part of partsOf(plan)) {
      const state = this.#parts.get(part)
      if (state === undefined || state.plans[0] !== plan)
        throw new Error(`lake invariant: plan ${plan.id} is not the next of part "${part}"`)
      state.plans.shift()
      state.delivered = plan.to
      this.#changed.add(part)
    }
  }

  /** Writes what has changed since the last call, and forgets parts that are not ahead of the low position any more. */
  save(transaction: Transaction, low: readonly number[]): void {
    const moved = !isCovered(low, this.#low)
    this.#low = [...low]
    for (const part of moved ? this.#parts.keys() : [...this.#changed]) {
      const { plans, delivered } = this.#parts.get(part)!
      if (plans.length > 0 || !isCovered(delivered, low)) continue
      this.#parts.delete(part)
      this.#changed.add(part)
    }
    for (const part of this.#changed) {
      const state = this.#parts.get(part)
      if (state === undefined) {
        transaction.deleteItem(progressTable.name, this.#stage, part)
        continue
      }
      const plans = state.plans.filter((plan) => plan.part === part)
      const item = { stage: this.#stage, part, delivered: state.delivered, plans }
      transaction.putItem(progressTable.name, this.#stage, part, encoder.encode(JSON.stringify(item)))
    }
    this.#changed.clear()
  }

  #add(plan: Plan): void {
    for (const part of partsOf(plan)) {
      const state = this.#parts.get(part)
      if (state === undefined) this.#parts.set(part, { delivered: [], plans: [plan] })
      else state.plans.push(plan)
    }
  }
}

function partsOf({ part, refused }: Plan): readonly string[] {
  return refused === undefined ? [part] : [part, ...refused]
}

function sum(positions: readonly number[]): number {
  let total = 0
  for (const position of positions) total += position
  return total
}

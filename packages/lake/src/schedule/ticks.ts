/**
 * Schedules of the lake: a task is due once in each stretch of its length, counted from 1970 (an hourly one at full hours). The last
 * stretch that a task has worked for is kept in the store, in the transaction with what came of it, so that it has one result for each,
 * wherever the process is killed.
 */
import type { Store, Transaction } from '@millrace/store'
import { catalogTable, readValue, writeValue } from '../catalog/catalog-items.ts'

/** The beginning of the stretch that a time lies in, ms. */
export function tickOf(time: number, everyMs: number): number {
  return Math.floor(time / everyMs) * everyMs
}

interface Tick {
  readonly tick: number
  readonly edition: number
}

/** `edition`: of the task; what another one of it has done does not count. Undefined: never. */
export function lastTick(store: Store, task: string, edition = 0): number | undefined {
  const last = readValue<Tick>(store, catalogTable, 'tick', task)
  return last?.edition === edition ? last.tick : undefined
}

/** False if this edition of the task has done this stretch, or a later one, before: then nothing else may be written. */
export function claimTick(transaction: Transaction, task: string, { tick, edition }: Tick): boolean {
  const last = readValue<Tick>(transaction, catalogTable, 'tick', task)
  if (last !== undefined && last.edition === edition && last.tick >= tick) return false
  writeValue(transaction, catalogTable, 'tick', task, { tick, edition })
  return true
}

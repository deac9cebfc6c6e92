/**
 * What a source keeps beside its position: JSON values under short keys, each as one piece of the stage's state in the store, so that
 * a commit writes only what has changed. All of them are in memory while the source runs.
 */
import type { Store, Transaction } from '@millrace/store'
import type { KeptValues } from './source-port.ts'

type StateReader = Pick<Store, 'readState'>
type StateWriter = Pick<Transaction, 'replaceState' | 'dropState'>

const operatorPrefix = 'kept/'
const encoder = new TextEncoder()

export class SourceKept implements KeptValues {
  private readonly values = new Map<string, unknown>()
  /** Not yet committed. */
  private changed = new Map<string, unknown>()

  static read(store: StateReader, stage: string): SourceKept {
    const kept = new SourceKept()
    for (const { operator, blob } of store.readState(stage)) {
      if (!operator.startsWith(operatorPrefix)) continue
      kept.values.set(operator.slice(operatorPrefix.length), JSON.parse(Buffer.from(blob).toString('utf8')))
    }
    return kept
  }

  get(key: string): unknown {
    return this.values.get(key)
  }

  keys(): Iterable<string> {
    return this.values.keys()
  }

  /** Takes changes for the next commit. */
  change(changes: ReadonlyMap<string, unknown>): void {
    for (const [key, value] of changes) this.changed.set(key, value)
  }

  /** Writes what has changed; may be called again if the transaction failed. */
  write(transaction: StateWriter, stage: string): void {
    for (const [key, value] of this.changed) {
      const operator = `${operatorPrefix}${key}`
      if (value === undefined) transaction.dropState(stage, operator)
      else transaction.replaceState(stage, operator, [encoder.encode(JSON.stringify(value))])
    }
  }

  /** The commit stands: what it wrote is what `get` says. */
  written(): void {
    if (this.changed.size === 0) return
    for (const [key, value] of this.changed) {
      if (value === undefined) this.values.delete(key)
      else this.values.set(key, value)
    }
    this.changed = new Map()
  }
}

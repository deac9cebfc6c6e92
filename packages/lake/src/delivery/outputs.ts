/**
 * Which output holds for a record: that of the edition of its arrival time and, where rows follow a table of the catalog, of the
 * table's version that was the newest when the record was first read. The latter is kept by position (`from`: records at or after
 * it), because rows that were refused under one schema may fit another.
 */
import type { Store, Transaction } from '@millrace/store'
import {
  deliveriesTable,
  type Edition,
  editionAt,
  readDelivery,
  type StoredDelivery,
} from './delivery-items.ts'
import type { Output } from './delivery-output.ts'

/** From which position on a version of the table holds for records of an edition. */
export interface SchemaStep {
  readonly version: number
  readonly schema: number
  readonly from: readonly number[]
}

export interface OutputMaker {
  /** The newest version of the table that rows of the edition follow; undefined: they follow none. */
  followed(edition: Edition): number | undefined
  make(edition: Edition, id: string, schema: number | undefined): Output
}

/** Steps of one edition that are kept; records that wait since so many changes of the table take the oldest. */
const stepsMax = 20

export class Outputs {
  readonly #store: Store
  readonly #name: string
  readonly #maker: OutputMaker
  readonly #outputs = new Map<string, Output>()
  #stored: StoredDelivery
  #bytes: Uint8Array | undefined
  #steps: SchemaStep[]
  readonly #byVersion = new Map<number, readonly SchemaStep[]>()
  #last: { readonly edition: Edition; readonly output: Output } | undefined

  /** Error: DELIVERY_MISSING is the caller's to raise; `stored` was just read. */
  constructor(store: Store, stored: StoredDelivery, maker: OutputMaker, steps: readonly SchemaStep[]) {
    this.#store = store
    this.#name = stored.name
    this.#stored = stored
    this.#maker = maker
    this.#steps = [...steps]
  }

  get steps(): readonly SchemaStep[] {
    return this.#steps
  }

  /** Whether it was deleted, perhaps to be made again. */
  isGone(transaction: Transaction): boolean {
    return readDelivery(transaction, this.#name)?.id !== this.#stored.id
  }

  /** Takes in what has changed; `position`: from where on a new schema is to hold. False: the delivery is gone. */
  refresh(position: () => readonly number[]): boolean {
    const stored = this.#readIfChanged()
    if (stored === undefined) return false
    this.#stored = stored
    for (const edition of stored.editions) {
      const schema = this.#maker.followed(edition)
      if (schema === undefined) continue
      const last = this.#steps.findLast(({ version }) => version === edition.version)
      if (last?.schema === schema) continue
      const from = last === undefined ? [] : [...position()]
      this.#steps.push({ version: edition.version, schema, from })
      this.#last = undefined
      this.#byVersion.clear()
      const own = this.#stepsOf(edition.version)
      if (own.length <= stepsMax) continue
      this.#steps = this.#steps.filter((step) => step !== own[0])
      this.#byVersion.clear()
    }
    return true
  }

  at(arrivedAt: number, place: number, sequence: number): Output {
    const edition = editionAt(this.#stored.editions, arrivedAt)
    if (this.#last?.edition === edition) return this.#last.output
    const steps = this.#stepsOf(edition.version)
    const step = steps.findLast(({ from }) => sequence >= (from[place] ?? 0)) ?? steps[0]
    const output = this.#output(edition, step?.schema)
    // With several steps the next record may be of another one.
    this.#last = steps.length <= 1 ? { edition, output } : undefined
    return output
  }

  /** All records that arrived from one time to another have this output, or undefined where that has to be asked for each. */
  all(arrivedAt: number): Output | undefined {
    const output = this.at(arrivedAt, 0, 0)
    return this.#last === undefined ? undefined : output
  }

  /** Of a part that an earlier run has left. */
  byId(id: string): Output {
    const known = this.#outputs.get(id)
    if (known !== undefined) return known
    const [version, schema] = id.split('.').map(Number)
    const { editions } = this.#stored
    const edition = editions.find((each) => each.version === version) ?? editions[0]!
    return this.#make(edition, id, schema)
  }

  #stepsOf(version: number): readonly SchemaStep[] {
    let steps = this.#byVersion.get(version)
    if (steps === undefined) {
      steps = this.#steps.filter((step) => step.version === version)
      this.#byVersion.set(version, steps)
    }
    return steps
  }

  #output(edition: Edition, schema: number | undefined): Output {
    const id = schema === undefined ? String(edition.version) : `${edition.version}.${schema}`
    return this.#outputs.get(id) ?? this.#make(edition, id, schema)
  }

  #make(edition: Edition, id: string, schema: number | undefined): Output {
    const output = this.#maker.make(edition, id, schema)
    this.#outputs.set(id, output)
    return output
  }

  #readIfChanged(): StoredDelivery | undefined {
    const bytes = this.#store.getItem(deliveriesTable.name, this.#name)
    if (bytes === undefined) return undefined
    if (this.#bytes !== undefined && Buffer.compare(bytes, this.#bytes) === 0) return this.#stored
    const stored = readDelivery(this.#store, this.#name)
    if (stored?.id !== this.#stored.id) return undefined
    this.#bytes = new Uint8Array(bytes)
    this.#last = undefined
    return stored
  }
}

/** What a call has consumed of a table and its indexes, and how replies show it (ReturnConsumedCapacity). */
import type { TableSpec } from '@millrace/tables'
import type { WriteUnits } from './capacity-units.ts'

export type ReturnConsumedCapacity = 'INDEXES' | 'TOTAL' | 'NONE' | undefined

export class ConsumedCapacity {
  readonly #table: TableSpec
  readonly #kind: 'read' | 'write'
  readonly #indexes = new Map<string, number>()
  #units = 0

  constructor(table: TableSpec, kind: 'read' | 'write') {
    this.#table = table
    this.#kind = kind
  }

  /** Of the table alone. */
  get tableUnits(): number {
    return this.#units
  }

  get indexUnits(): ReadonlyMap<string, number> {
    return this.#indexes
  }

  get total(): number {
    let total = this.#units
    for (const units of this.#indexes.values()) total += units
    return total
  }

  add(units: number): void {
    this.#units += units
  }

  addIndex(name: string, units: number): void {
    this.#indexes.set(name, (this.#indexes.get(name) ?? 0) + units)
  }

  /** `times`: 2 in transactions. */
  addWrite({ table, indexes }: WriteUnits, times = 1): void {
    this.#units += table * times
    for (const [name, units] of indexes) this.addIndex(name, units * times)
  }

  /** `isTyped`: with the units of reads or of writes by themselves, as transactions show them. */
  shown(how: ReturnConsumedCapacity, options: { readonly isTyped?: boolean } = {}): object | undefined {
    if (how === undefined || how === 'NONE') return undefined
    const unitsOf = (units: number): object => ({
      CapacityUnits: units,
      ...(options.isTyped === true
        ? this.#kind === 'read'
          ? { ReadCapacityUnits: units }
          : { WriteCapacityUnits: units }
        : {}),
    })
    return {
      TableName: this.#table.name,
      ...unitsOf(this.total),
      ...(how === 'INDEXES' ? { Table: unitsOf(this.#units), ...this.#shownIndexes(unitsOf) } : {}),
    }
  }

  #shownIndexes(unitsOf: (units: number) => object): object {
    const shown: { LocalSecondaryIndexes?: object; GlobalSecondaryIndexes?: object } = {}
    for (const kind of ['local', 'global'] as const) {
      const entries = this.#table.settings.indexes
        .filter((index) => index.kind === kind && this.#indexes.has(index.name))
        .map(({ name }) => [name, unitsOf(this.#indexes.get(name) ?? 0)] as const)
      if (entries.length === 0) continue
      shown[kind === 'local' ? 'LocalSecondaryIndexes' : 'GlobalSecondaryIndexes'] =
        Object.fromEntries(entries)
    }
    return shown
  }
}

/** What an app wants to happen when a table changes: the first rule that fits the table and the kind decides, per kind. */
import type { SchemaChange } from '../model/log-event.ts'
import type { TableName } from '../model/table-schema.ts'
import type { SchemaPolicy, SchemaPolicyRule } from './cdc-options.ts'
import { kindsBetween, type SchemaChangeKind } from './table-shape.ts'

/** Whether a table fits a pattern such as `shop.order_%`. */
export type TablePattern = (table: TableName) => boolean

/** Where several kinds come at once, the most careful policy of them holds. */
const byCare: readonly SchemaPolicy[] = ['follow', 'ignore', 'quarantine', 'stop']

export class SchemaPolicies {
  readonly #rules: readonly {
    readonly fits: TablePattern
    readonly kinds: ReadonlySet<string> | undefined
    readonly policy: SchemaPolicy
  }[]

  constructor(rules: readonly SchemaPolicyRule[], pattern: (text: string) => TablePattern) {
    this.#rules = rules.map(({ table, changes, policy }) => ({
      fits: table === undefined ? () => true : pattern(table),
      kinds: changes === undefined ? undefined : new Set(changes),
      policy,
    }))
  }

  /** Without kinds (another order of columns, another key): what holds for all kinds. */
  policy(table: TableName, kinds: readonly SchemaChangeKind[]): SchemaPolicy {
    const policies =
      kinds.length === 0 ? [this.#first(table, undefined)] : kinds.map((kind) => this.#first(table, kind))
    return policies.reduce((a, b) => (byCare.indexOf(a) > byCare.indexOf(b) ? a : b))
  }

  #first(table: TableName, kind: SchemaChangeKind | undefined): SchemaPolicy {
    const rule = this.#rules.find(
      ({ fits, kinds }) => fits(table) && (kinds === undefined || (kind !== undefined && kinds.has(kind))),
    )
    return rule?.policy ?? 'follow'
  }
}

export function kindsOf({ operation, before, after }: SchemaChange): readonly SchemaChangeKind[] {
  switch (operation) {
    case 'create-table':
      return ['create']
    case 'rename-table':
      return ['rename-table']
    case 'drop-table':
      return ['drop-table']
    case 'add-column':
      return ['add']
    case 'drop-column':
      return ['drop-column']
    case 'rename-column':
      return ['rename-column']
    case 'column-type-change':
      return ['retype']
    case 'change-columns':
      return before === undefined || after === undefined ? [] : kindsBetween(before, after)
  }
}

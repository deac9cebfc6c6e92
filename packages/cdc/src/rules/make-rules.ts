/**
 * Table rules from an app's options: a plain list of `schema.table` patterns, or DMS' table mappings. What is wrong is refused here with
 * CDC_RULES_INVALID; what can only be seen in a table (a column that is missing) when its schema is known.
 */
import { CdcError } from '../errors.ts'
import type { TableName, TableSchema } from '../model/table-schema.ts'
import type { CdcOptions } from '../source/cdc-options.ts'
import { parseLike } from './like-pattern.ts'
import { readRuleDocument } from './rule-document.ts'
import { includingRules, readSelection, type SelectionRule } from './selection.ts'
import type { ObjectMapping, TableRules, TableTransform } from './table-rules.ts'

export function makeRules(options: Pick<CdcOptions, 'tables' | 'mappings'>): TableRules {
  const { tables, mappings } = options
  if (mappings === undefined) return new Rules(selectionOfList(tables ?? ['%.%']))
  if (tables !== undefined)
    throw new CdcError(
      'CDC_OPTION',
      'tables and mappings are both given. Allowed: one of them; a selection rule of the mappings does what tables does.',
    )
  const rules = readRuleDocument(mappings)
  const selection = rules.map(({ rule, type }) => {
    if (type !== 'selection') throw rule.error('rule-type', '"selection"')
    return readSelection(rule)
  })
  return new Rules(selection)
}

class Rules implements TableRules {
  readonly #selection: readonly SelectionRule[]
  readonly #transforms = new WeakMap<TableSchema, TableTransform>()
  readonly #mappings = new WeakMap<TableSchema, ObjectMapping>()

  constructor(selection: readonly SelectionRule[]) {
    this.#selection = selection
  }

  isSelected(table: TableName & { readonly type?: 'table' | 'view' }): boolean {
    return includingRules(this.#selection, table, table.type ?? 'table').length > 0
  }

  loadOrder(table: TableName): number {
    const rules = [
      ...includingRules(this.#selection, table, 'table'),
      ...includingRules(this.#selection, table, 'view'),
    ]
    return rules.length === 0 ? 0 : Math.max(...rules.map(({ loadOrder }) => loadOrder))
  }

  describe(): string {
    return this.#selection
      .map(({ action, schema, table }) => `${action === 'exclude' ? 'not ' : ''}${schema.text}.${table.text}`)
      .join(', ')
  }

  forTable(schema: TableSchema): TableTransform {
    let transform = this.#transforms.get(schema)
    if (transform === undefined) {
      transform = { schema, apply: (event) => event, mapping: undefined }
      this.#transforms.set(schema, transform)
    }
    return transform
  }

  mappingOf(transformed: TableSchema): ObjectMapping | undefined {
    return this.#mappings.get(transformed)
  }
}

/** `schema.table`: the first dot outside of brackets parts the two; a table's name may have dots. */
function selectionOfList(tables: readonly string[]): SelectionRule[] {
  if (tables.length === 0)
    throw new CdcError(
      'CDC_OPTION',
      'tables is an empty list. Allowed: patterns as "shop.orders" or "shop.%".',
    )
  return tables.map((text) => {
    const match = typeof text === 'string' ? /^((?:\[[^\]]+\]|[^.[])+)\.(.+)$/s.exec(text) : null
    if (match === null)
      throw new CdcError(
        'CDC_OPTION',
        `tables has ${JSON.stringify(text)}. Allowed: schema and table with a dot between them, as "shop.orders" or "shop.%".`,
      )
    return {
      action: 'include',
      schema: parseLike(match[1]!),
      table: parseLike(match[2]!),
      types: 'table',
      loadOrder: 0,
      filters: [],
    }
  })
}

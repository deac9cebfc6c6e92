/**
 * Table rules from an app's options: a plain list of `schema.table` patterns, or DMS' table mappings. What is wrong is refused here with
 * CDC_RULES_INVALID; what can only be seen in a table (a column that is missing) when its schema is known.
 */
import { CdcError } from '../errors.ts'
import type { TableName, TableSchema } from '../model/table-schema.ts'
import type { CdcOptions } from '../source/cdc-options.ts'
import { checkFilters, compileFilters } from './filters.ts'
import { parseLike } from './like-pattern.ts'
import { compileObjectMapping, type ObjectMappingRule, readObjectMapping } from './object-mapping.ts'
import { readRuleDocument } from './rule-document.ts'
import { ruleError } from './rules-error.ts'
import { includingRules, locates, readSelection, type SelectionRule } from './selection.ts'
import type { ObjectMapping, TableRules, TableTransform } from './table-rules.ts'
import { makeTableTransform } from './table-transform.ts'
import { type TransformedSchema, transformSchema } from './transform-schema.ts'
import { readTransformation, type TransformationRule } from './transformation.ts'

export function makeRules(options: Pick<CdcOptions, 'tables' | 'mappings'>): TableRules {
  const { tables, mappings } = options
  if (mappings === undefined) return new Rules(selectionOfList(tables ?? ['%.%']), [], [])
  if (tables !== undefined)
    throw new CdcError(
      'CDC_OPTION',
      'tables and mappings are both given. Allowed: one of them; a selection rule of the mappings does what tables does.',
    )
  const selection: SelectionRule[] = []
  const transformations: TransformationRule[] = []
  const objects: ObjectMappingRule[] = []
  for (const { rule, type } of readRuleDocument(mappings)) {
    if (type === 'selection') selection.push(readSelection(rule))
    else if (type === 'transformation') transformations.push(readTransformation(rule))
    else if (type === 'object-mapping') objects.push(readObjectMapping(rule))
  }
  if (!selection.some(({ action }) => action !== 'exclude'))
    throw ruleError(
      undefined,
      'the rules',
      undefined,
      'at least one selection rule that includes tables',
      'Add {"rule-type": "selection", "rule-id": "1", "rule-name": "all", "rule-action": "include", ' +
        '"object-locator": {"schema-name": "%", "table-name": "%"}}.',
    )
  for (const { filters } of selection) checkFilters(filters)
  return new Rules(selection, transformations, objects)
}

class Rules implements TableRules {
  readonly #selection: readonly SelectionRule[]
  readonly #transformations: readonly TransformationRule[]
  readonly #objects: readonly ObjectMappingRule[]
  readonly #transforms = new WeakMap<TableSchema, TableTransform>()
  readonly #schemas = new WeakMap<TableSchema, TransformedSchema>()
  readonly #mappings = new WeakMap<TableSchema, ObjectMapping>()

  constructor(
    selection: readonly SelectionRule[],
    transformations: readonly TransformationRule[],
    objects: readonly ObjectMappingRule[],
  ) {
    this.#selection = selection
    this.#transformations = transformations
    this.#objects = objects
  }

  isSelected(table: TableName & { readonly type?: 'table' | 'view' }): boolean {
    return includingRules(this.#selection, table, table.type ?? 'table').length > 0
  }

  loadOrder(table: TableName): number {
    const said = this.#including(table).flatMap(({ loadOrder }) => loadOrder ?? [])
    return said.length === 0 ? 0 : Math.max(...said)
  }

  describe(): string {
    return this.#selection
      .map(({ action, schema, table }) => `${action === 'exclude' ? 'not ' : ''}${schema.text}.${table.text}`)
      .join(', ')
  }

  forTable(schema: TableSchema): TableTransform {
    let transform = this.#transforms.get(schema)
    if (transform === undefined) {
      transform = this.#compile(schema)
      this.#transforms.set(schema, transform)
    }
    return transform
  }

  mappingOf(transformed: TableSchema): ObjectMapping | undefined {
    return this.#mappings.get(transformed)
  }

  #including(table: TableName): readonly SelectionRule[] {
    const asTable = includingRules(this.#selection, table, 'table')
    return asTable.length > 0 ? asTable : includingRules(this.#selection, table, 'view')
  }

  #compile(schema: TableSchema): TableTransform {
    const transformed = this.#transformed(schema)
    const passes = compileFilters(this.#including(schema), schema)
    const mapping = this.#mappingFor(schema, transformed.schema)
    if (mapping !== undefined) this.#mappings.set(transformed.schema, mapping)
    return makeTableTransform(
      schema,
      transformed,
      passes,
      mapping,
      (other) => this.#transformed(other).schema,
    )
  }

  /** One object for each schema of the source, since envelopes recognise schemas by identity. */
  #transformed(schema: TableSchema): TransformedSchema {
    let transformed = this.#schemas.get(schema)
    if (transformed === undefined) {
      transformed = transformSchema(this.#transformations, schema)
      this.#schemas.set(schema, transformed)
    }
    return transformed
  }

  #mappingFor(source: TableSchema, transformed: TableSchema): ObjectMapping | undefined {
    const found = this.#objects.filter(({ locator }) => locates(locator, source))
    const [first, second] = found
    if (first === undefined) return undefined
    if (second !== undefined)
      throw ruleError(
        second.rule.place,
        'object-locator',
        second.rule.value('object-locator'),
        `one object mapping for each table: ${source.schema}.${source.table} has that of rule ${first.rule.place.id} already`,
        'Leave one of the two out, or narrow its locator.',
      )
    return compileObjectMapping(first, transformed)
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
      loadOrder: undefined,
      filters: [],
    }
  })
}

/** Query and Scan: what they check alike, and replies of pages. */
import {
  attributeOf,
  type IndexSpec,
  type ItemCondition,
  type ItemPage,
  type ItemProjection,
  itemSize,
  readItem,
  setMember,
  type TypedItem,
} from '@millrace/tables'
import { WireError } from '../../wire/wire-error.ts'
import { invalidParameters, validation } from '../faults.ts'
import type { RawItem } from '../shapes/attribute-shapes.ts'
import type { ItemInput } from '../shapes/item-inputs.ts'
import type { DynamoTable } from '../tables/table-directory.ts'
import { pageUnits, projected, projectedNames } from './capacity-units.ts'
import { ConsumedCapacity } from './consumed-capacity.ts'
import { type ItemContext, spend } from './item-context.ts'
import { itemKey, type Keys, keyPart } from './item-keys.ts'

export type PageInput = ItemInput<'Query'> | ItemInput<'Scan'>

const startInvalid = 'The provided starting key is invalid'

/** What a page is read from. */
export interface PageSource {
  readonly table: DynamoTable
  readonly index: IndexSpec | undefined
  /** Of the index, or of the table. */
  readonly keys: Keys
  /** Whole items through an index that shows less of them. */
  readonly whole: boolean
}

/** Select and what goes with it. Errors: ValidationException. */
export function checkSelect(input: PageInput): void {
  const { Select: select, IndexName: index } = input
  const named = input.AttributesToGet === undefined ? input.ProjectionExpression : input.AttributesToGet
  const parameter = input.AttributesToGet === undefined ? 'ProjectionExpression' : 'AttributesToGet'
  if (select === undefined) return
  if (select === 'SPECIFIC_ATTRIBUTES') {
    if (named !== undefined) return
    throw validation(
      'Must specify the AttributesToGet or ProjectionExpression when choosing to get SPECIFIC_ATTRIBUTES',
    )
  }
  if (named !== undefined) {
    const what = select === 'COUNT' ? 'only the Count' : select
    throw validation(`Cannot specify the ${parameter} when choosing to get ${what}`)
  }
  if (select === 'ALL_PROJECTED_ATTRIBUTES' && index === undefined) {
    throw invalidParameters(
      'Select type ALL_PROJECTED_ATTRIBUTES is not supported for a table without an index',
    )
  }
}

/** `ExclusiveStartKey`, as far as it can be read without the table. Errors: ValidationException. */
export function readStart(given: RawItem | undefined): TypedItem | undefined {
  if (given === undefined) return undefined
  try {
    return readItem(given)
  } catch (error) {
    const reason = error instanceof Error && 'reason' in error ? String(error.reason) : undefined
    if (reason === undefined) throw error
    // Of these faults the service does not say where they are.
    const isBare =
      /contains duplicates|number set|numeric value|significant digits|number with magnitude/.test(reason)
    throw validation(isBare ? reason : `${startInvalid}: ${reason}`)
  }
}

/** Errors: ValidationException. */
export function sourceOf(table: DynamoTable, input: PageInput): PageSource {
  const { IndexName: name } = input
  if (name === undefined) return { table, index: undefined, keys: table.info, whole: false }
  const index = table.info.settings.indexes.find((each) => each.name === name)
  if (index === undefined) throw validation(`The table does not have the specified index: ${name}`)
  if (index.kind === 'global' && input.ConsistentRead === true) {
    throw validation('Consistent reads are not supported on global secondary indexes')
  }
  return { table, index, keys: index, whole: false }
}

/** The source as what is asked for needs it. Errors: ValidationException. */
export function withWhole(
  source: PageSource,
  input: PageInput,
  attributes: Iterable<string> | undefined,
): PageSource {
  const { index, table } = source
  if (index === undefined || index.projection.kind === 'ALL') return source
  const shown = projectedNames(table.info, index)
  const lacking = [...(attributes ?? [])].filter((name) => !shown.has(name))
  if (index.kind === 'global') {
    if (input.Select === 'ALL_ATTRIBUTES') {
      throw invalidParameters(
        `Select type ALL_ATTRIBUTES is not supported for global secondary index ${index.name} because its projection type is not ALL`,
      )
    }
    if (lacking.length > 0) {
      throw invalidParameters(`Global secondary index ${index.name} does not project [${lacking.join(', ')}]`)
    }
    return source
  }
  return input.Select === 'ALL_ATTRIBUTES' || lacking.length > 0 ? { ...source, whole: true } : source
}

/** The filter of a query sees what the index has of an item, and no more; that of a scan may name anything. Errors: ValidationException. */
export function checkFilterProjected(
  { index, table }: PageSource,
  attributes: ReadonlySet<string> | undefined,
): void {
  if (index === undefined || index.projection.kind === 'ALL' || attributes === undefined) return
  const shown = projectedNames(table.info, index)
  const lacking = [...attributes].filter((name) => !shown.has(name))
  if (lacking.length === 0) return
  throw invalidParameters(
    `Secondary index ${index.name} does not project one or more filter attributes: [${lacking.join(', ')}]`,
  )
}

/** `countFault`: what the service says of too few or too many attributes. Errors: ValidationException. */
export function checkStartCount(
  { table, index }: PageSource,
  start: TypedItem,
  countFault = startInvalid,
): void {
  const names = new Set<string>()
  for (const { partitionKey, sortKey } of index === undefined ? [table.info] : [table.info, index]) {
    names.add(partitionKey.name)
    if (sortKey !== undefined) names.add(sortKey.name)
  }
  if (Object.keys(start).length !== names.size) throw validation(countFault)
}

/** One key of what is read. Errors: ValidationException. */
export function checkStartPart(keys: Keys, part: 'partition' | 'sort', start: TypedItem): void {
  const key = part === 'partition' ? keys.partitionKey : keys.sortKey
  if (key === undefined) return
  if (attributeOf(start, key.name) === undefined) throw validation(startInvalid)
  keyPart(key, start, part)
}

/** The keys of the table. Errors: ValidationException. */
export function checkTableStart({ table: { info } }: PageSource, start: TypedItem): void {
  const { partitionKey, sortKey } = info
  const own: Record<string, TypedItem[string]> = {}
  for (const { name } of sortKey === undefined ? [partitionKey] : [partitionKey, sortKey]) {
    const value = attributeOf(start, name)
    if (value !== undefined) setMember(own, name, value)
  }
  try {
    itemKey(info, own)
  } catch (error) {
    if (error instanceof WireError) throw validation(`${startInvalid}: ${error.message}`)
    throw error
  }
}

/** Top-level attributes of what is to be shown. */
export function projectedHeads(projection: ItemProjection | undefined): string[] | undefined {
  return projection?.paths.map(([head]) => head)
}

/** What of a page is counted beside the page's own bytes, and its filter, which sees every item that was examined. */
export class PageFilter {
  /** Of what the index shows of the items, where they are read whole. */
  indexBytes = 0
  readonly holds: ((item: TypedItem) => boolean) | undefined

  constructor({ table: { info }, index, whole }: PageSource, condition: ItemCondition | undefined) {
    const holds = condition && ((item: TypedItem) => condition.holds(item))
    if (index === undefined || !whole) {
      this.holds = holds
      return
    }
    this.holds = (item) => {
      const shown = projected(info, index, item)
      if (shown !== undefined) this.indexBytes += itemSize(shown)
      return holds === undefined || holds(item)
    }
  }
}

export function pageReply(
  page: ItemPage,
  options: {
    readonly source: PageSource
    readonly input: PageInput
    readonly projection: ItemProjection | undefined
    readonly filter: PageFilter
    readonly operation: 'Query' | 'Scan'
  },
  context: ItemContext,
): object {
  const { source, input, projection, filter, operation } = options
  const { table, index, whole } = source
  const consumed = new ConsumedCapacity(table.info, 'read')
  const mode = { isConsistent: input.ConsistentRead === true }
  if (index === undefined || whole) consumed.add(pageUnits(page.bytes, mode))
  if (index !== undefined) {
    consumed.addIndex(index.name, pageUnits(whole ? filter.indexBytes : page.bytes, mode))
  }
  spend(table, 'read', consumed, context)
  context.meters.observe('ReturnedItemCount', table.name, page.items.length, operation)
  const items = projection === undefined ? page.items : page.items.map((item) => projection.of(item))
  return {
    ...(input.Select === 'COUNT' ? {} : { Items: items }),
    Count: page.items.length,
    ScannedCount: page.examined,
    LastEvaluatedKey: page.lastKey,
    ConsumedCapacity: consumed.shown(input.ReturnConsumedCapacity),
  }
}

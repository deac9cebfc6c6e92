/** GetItem, BatchGetItem and TransactGetItems. */
import {
  assertOneForm,
  compileExpressions,
  type ItemProjection,
  itemSize,
  legacyProjection,
  readItem,
  type TypedItem,
} from '@millrace/tables'
import type { DynamoCall } from '../dynamodb-context.ts'
import { throttled, validation } from '../faults.ts'
import type { RawItem } from '../shapes/attribute-shapes.ts'
import type { ItemInput } from '../shapes/item-inputs.ts'
import type { DynamoTable } from '../tables/table-directory.ts'
import { readUnits } from './capacity-units.ts'
import { ConsumedCapacity } from './consumed-capacity.ts'
import { type ItemContext, type ItemOperation, mustHaveReads, spend } from './item-context.ts'
import { itemKey, keyText } from './item-keys.ts'
import { checkNested } from './key-paths.ts'

const BATCH_KEYS_MAX = 100
const BATCH_BYTES_MAX = 16 * 1024 * 1024
const TRANSACTION_BYTES_MAX = 4 * 1024 * 1024
const projectionParameters = { expressions: ['ProjectionExpression'], older: ['AttributesToGet'] }

export const getItem: ItemOperation<ItemInput<'GetItem'>> = (input, { caller }, context) => {
  assertOneForm(input, projectionParameters)
  const given = readItem(input.Key)
  const projection = projectionOf(input)
  const table = context.directory.findReady(input.TableName, caller, 'dynamodb:GetItem')
  const key = itemKey(table.info, given)
  checkNested(table.info, projection?.nested)
  mustHaveReads(table, undefined, context)
  const item = context.tables.get(table.name, key)
  const consumed = new ConsumedCapacity(table.info, 'read')
  consumed.add(readUnits(sizeOf(item), { isConsistent: input.ConsistentRead === true }))
  spend(table, 'read', consumed, context)
  return {
    Item: shown(item, projection),
    ConsumedCapacity: consumed.shown(input.ReturnConsumedCapacity),
  }
}

interface TableGet {
  readonly table: DynamoTable
  readonly input: ItemInput<'BatchGetItem'>['RequestItems'][string]
  readonly keys: readonly TypedItem[]
  readonly projection: ItemProjection | undefined
}

export const batchGetItem: ItemOperation<ItemInput<'BatchGetItem'>> = (input, call, context) => {
  const gets = readBatch(input, call, context)
  const { Responses, UnprocessedKeys, capacities, isThrottled } = getAll(gets, input, context)
  if (isThrottled && Object.keys(Responses).length === 0) throw throttled()
  return {
    Responses,
    UnprocessedKeys,
    ConsumedCapacity: capacities.length === 0 ? undefined : capacities,
  }
}

/** Errors: those of a batch that is not carried out at all. */
function readBatch(
  input: ItemInput<'BatchGetItem'>,
  { caller }: DynamoCall,
  { directory }: ItemContext,
): readonly TableGet[] {
  let count = 0
  const read = Object.entries(input.RequestItems).map(([name, request]) => {
    assertOneForm(request, projectionParameters)
    const projection = projectionOf(request)
    const keys = request.Keys.map((key) => readItem(key))
    if (new Set(keys.map(keyAttributesText)).size < keys.length) {
      throw validation('Provided list of item keys contains duplicates')
    }
    count += keys.length
    if (count > BATCH_KEYS_MAX) throw validation('Too many items requested for the BatchGetItem call')
    return { name, input: request, keys, projection }
  })
  return read.map(({ name, ...rest }) => {
    const table = directory.findReady(name, caller, 'dynamodb:BatchGetItem')
    for (const key of rest.keys) itemKey(table.info, key)
    checkNested(table.info, rest.projection?.nested)
    return { table, ...rest }
  })
}

function getAll(
  gets: readonly TableGet[],
  input: ItemInput<'BatchGetItem'>,
  context: ItemContext,
): {
  readonly Responses: Record<string, TypedItem[]>
  readonly UnprocessedKeys: Record<string, object>
  readonly capacities: object[]
  readonly isThrottled: boolean
} {
  const Responses: Record<string, TypedItem[]> = {}
  const UnprocessedKeys: Record<string, object> = {}
  const capacities: object[] = []
  let bytes = 0
  let isThrottled = false
  for (const { table, input: request, keys, projection } of gets) {
    const consumed = new ConsumedCapacity(table.info, 'read')
    const items: TypedItem[] = []
    const left: TypedItem[] = []
    for (const given of keys) {
      const isOpen = context.capacity.mayRead(table.info, undefined, context.clock.now())
      if (!isOpen) isThrottled = true
      if (!isOpen || bytes > BATCH_BYTES_MAX) {
        left.push(given)
        continue
      }
      const item = context.tables.get(table.name, itemKey(table.info, given))
      const size = sizeOf(item)
      if (bytes > 0 && bytes + size > BATCH_BYTES_MAX) {
        left.push(given)
        bytes = BATCH_BYTES_MAX + 1
        continue
      }
      bytes += size
      consumed.add(readUnits(size, { isConsistent: request.ConsistentRead === true }))
      const part = shown(item, projection)
      if (part !== undefined) items.push(part)
    }
    spend(table, 'read', consumed, context)
    if (left.length < keys.length) Responses[table.name] = items
    if (left.length > 0) UnprocessedKeys[table.name] = { ...request, Keys: left }
    const capacity = consumed.shown(input.ReturnConsumedCapacity)
    if (capacity !== undefined) capacities.push(capacity)
  }
  return { Responses, UnprocessedKeys, capacities, isThrottled }
}

export const transactGetItems: ItemOperation<ItemInput<'TransactGetItems'>> = (
  input,
  { caller },
  context,
) => {
  const read = input.TransactItems.map(({ Get: get }) => ({
    get,
    given: readItem(get.Key),
    projection: compileExpressions(get).projection,
  }))
  const gets = read.map(({ get, given, projection }) => {
    const table = context.directory.findReady(get.TableName, caller, 'dynamodb:GetItem')
    checkNested(table.info, projection?.nested)
    return { table, key: itemKey(table.info, given), projection }
  })
  if (new Set(gets.map(({ table, key }) => `${table.name} ${keyText(key)}`)).size < gets.length) {
    throw validation('Transaction request cannot include multiple operations on one item')
  }
  for (const { table } of gets) mustHaveReads(table, undefined, context)
  const found = context.store.snapshot(() =>
    gets.map(({ table, key }) => context.tables.get(table.name, key)),
  )
  if (found.reduce((sum, item) => sum + sizeOf(item), 0) > TRANSACTION_BYTES_MAX) {
    throw validation('The items of a transaction have more than 4 MB')
  }
  const byTable = new Map<string, { readonly table: DynamoTable; readonly consumed: ConsumedCapacity }>()
  const Responses = gets.map(({ table, projection }, i) => {
    const entry = byTable.get(table.name) ?? { table, consumed: new ConsumedCapacity(table.info, 'read') }
    byTable.set(table.name, entry)
    entry.consumed.add(readUnits(sizeOf(found[i]), { isTransactional: true }))
    const Item = shown(found[i], projection)
    return Item === undefined ? {} : { Item }
  })
  const capacities: object[] = []
  for (const { table, consumed } of byTable.values()) {
    spend(table, 'read', consumed, context)
    const capacity = consumed.shown(input.ReturnConsumedCapacity, { isTyped: true })
    if (capacity !== undefined) capacities.push(capacity)
  }
  return { Responses, ConsumedCapacity: capacities.length === 0 ? undefined : capacities }
}

function projectionOf(input: {
  readonly AttributesToGet?: readonly string[] | undefined
  readonly ProjectionExpression?: string | undefined
  readonly ExpressionAttributeNames?: Readonly<Record<string, string>> | undefined
}): ItemProjection | undefined {
  const older = legacyProjection(input.AttributesToGet)
  return compileExpressions(input).projection ?? older
}

function shown(item: TypedItem | undefined, projection: ItemProjection | undefined): TypedItem | undefined {
  return item === undefined || projection === undefined ? item : projection.of(item)
}

function sizeOf(item: TypedItem | undefined): number {
  return item === undefined ? 0 : itemSize(item)
}

/** One text for each key, whatever the order of its attributes. */
function keyAttributesText(key: RawItem): string {
  return JSON.stringify(Object.entries(key).sort(([a], [b]) => (a < b ? -1 : 1)))
}

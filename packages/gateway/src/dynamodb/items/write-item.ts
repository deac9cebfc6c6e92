/** PutItem, DeleteItem and UpdateItem. */
import {
  assertOneForm,
  compileExpressions,
  expectedCondition,
  ITEM_BYTES_MAX,
  type ItemCondition,
  type ItemRejected,
  type ItemTest,
  itemSize,
  legacyUpdate,
  readItem,
  type TableWriter,
  type TypedItem,
  type Update,
} from '@millrace/tables'
import { conditionFailed, validation } from '../faults.ts'
import type { ItemInput } from '../shapes/item-inputs.ts'
import type { DynamoTable } from '../tables/table-directory.ts'
import { tableWriteUnits, type WriteUnits, writeUnits } from './capacity-units.ts'
import { ConsumedCapacity } from './consumed-capacity.ts'
import { itemCollectionMetrics } from './item-collection.ts'
import { countsWrites, type ItemContext, type ItemOperation, mustHaveWrites, spend } from './item-context.ts'
import { checkItemKeys, itemKey } from './item-keys.ts'
import { checkNested, checkUpdate, checkUpdatedKeys } from './key-paths.ts'

const conditionParameters = { expressions: ['ConditionExpression'], older: ['Expected'] }
const updateParameters = {
  expressions: ['UpdateExpression', 'ConditionExpression'],
  older: ['AttributeUpdates', 'Expected'],
}

export const putItem: ItemOperation<ItemInput<'PutItem'>> = async (input, { caller }, context) => {
  assertOneForm(input, conditionParameters)
  const item = readItem(input.Item)
  const { ReturnValues: returns = 'NONE' } = input
  if (returns !== 'ALL_OLD' && returns !== 'NONE')
    throw validation('ReturnValues can only be ALL_OLD or NONE')
  checkSize(item)
  const condition = conditionOf(input)
  const table = context.directory.findReady(input.TableName, caller, 'dynamodb:PutItem')
  checkItemKeys(table.info, item)
  checkNested(table.info, condition?.nested)
  mustHaveWrites(table, context)
  const { name } = table
  const when = testOf(condition)
  const counts = countsWrites(table, input.ReturnConsumedCapacity, context)
  const before = await written(input, () =>
    context.tables.commit((writer) => {
      if (when !== undefined || counts || returns === 'ALL_OLD') return writer.put(name, item, when)
      writer.replace(name, item)
      return undefined
    }),
  )
  return {
    Attributes: returns === 'ALL_OLD' ? before : undefined,
    ...outcome({ table, item, before, after: item, counts }, input, context),
  }
}

export const deleteItem: ItemOperation<ItemInput<'DeleteItem'>> = async (input, { caller }, context) => {
  assertOneForm(input, conditionParameters)
  const given = readItem(input.Key)
  const condition = conditionOf(input)
  const { ReturnValues: returns = 'NONE' } = input
  if (returns !== 'ALL_OLD' && returns !== 'NONE')
    throw validation('ReturnValues can only be ALL_OLD or NONE')
  const table = context.directory.findReady(input.TableName, caller, 'dynamodb:DeleteItem')
  const key = itemKey(table.info, given)
  checkNested(table.info, condition?.nested)
  mustHaveWrites(table, context)
  const when = testOf(condition)
  const before = await written(input, () =>
    context.tables.commit((writer) => writer.delete(table.name, key, when)),
  )
  const counts = countsWrites(table, input.ReturnConsumedCapacity, context)
  return {
    Attributes: returns === 'ALL_OLD' ? before : undefined,
    ...outcome({ table, item: given, before, after: undefined, counts }, input, context),
  }
}

export const updateItem: ItemOperation<ItemInput<'UpdateItem'>> = async (input, { caller }, context) => {
  assertOneForm(input, updateParameters)
  const given = readItem(input.Key)
  const older = input.AttributeUpdates === undefined ? undefined : legacyUpdate(input.AttributeUpdates)
  const expected = expectedCondition(input.Expected, input.ConditionalOperator)
  const compiled = compileExpressions(input)
  const condition = compiled.condition ?? expected
  const update = compiled.update ?? older ?? legacyUpdate(undefined)
  const table = context.directory.findReady(input.TableName, caller, 'dynamodb:UpdateItem')
  const key = itemKey(table.info, given)
  checkUpdate(table.info, update)
  checkNested(table.info, condition?.nested)
  mustHaveWrites(table, context)
  const when = testOf(condition)
  const { before, after } = await written(input, () =>
    context.tables.commit((writer) => applyUpdate(writer, { table, key, given, update, when })),
  )
  const counts = countsWrites(table, input.ReturnConsumedCapacity, context)
  return {
    Attributes: updatedAttributes(input.ReturnValues, update, before, after),
    ...outcome({ table, item: given, before, after, counts }, input, context),
  }
}

export interface UpdateWork {
  readonly table: DynamoTable
  readonly key: Parameters<TableWriter['update']>[1]
  /** The key as attributes. */
  readonly given: TypedItem
  readonly update: Update
  readonly when: ItemTest | undefined
}

/** `after` undefined: an update that only takes away found nothing to take from. Errors: TableError, TableRequestError. */
export function applyUpdate(
  writer: TableWriter,
  { table, key, given, update, when }: UpdateWork,
): { readonly before: TypedItem | undefined; readonly after: TypedItem | undefined } {
  const { info, name } = table
  if (!update.createsItem) {
    const before = writer.get(name, key)
    if (before === undefined) {
      // As a condition that fails there, it writes nothing.
      if (when !== undefined) writer.delete(name, key, when)
      return { before, after: update.apply(before, given) }
    }
  }
  return writer.update(
    name,
    key,
    (before) => {
      const after = update.apply(before, given) ?? given
      checkUpdatedKeys(info, update, after)
      return after
    },
    when,
  )
}

/** Error: ValidationException. */
export function checkSize(item: TypedItem): void {
  if (itemSize(item) > ITEM_BYTES_MAX) throw validation('Item size has exceeded the maximum allowed size')
}

export function testOf(condition: ItemCondition | undefined): ItemTest | undefined {
  return condition === undefined ? undefined : (item) => condition.holds(item)
}

/** Undefined: there is none. Errors: ValidationException. */
function conditionOf(input: ItemInput<'PutItem' | 'DeleteItem'>): ItemCondition | undefined {
  const expected = expectedCondition(input.Expected, input.ConditionalOperator)
  return compileExpressions(input).condition ?? expected
}

interface WriteInput {
  readonly ReturnConsumedCapacity?: 'INDEXES' | 'TOTAL' | 'NONE' | undefined
  readonly ReturnItemCollectionMetrics?: 'SIZE' | 'NONE' | undefined
  readonly ReturnValuesOnConditionCheckFailure?: 'ALL_OLD' | 'NONE' | undefined
}

/** Error: ConditionalCheckFailedException, with the item if it is asked for. */
async function written<T>(input: WriteInput, write: () => Promise<T>): Promise<T> {
  try {
    return await write()
  } catch (error) {
    const rejected = rejectedItem(error)
    if (rejected === undefined) throw error
    throw conditionFailed(input.ReturnValuesOnConditionCheckFailure === 'ALL_OLD' ? rejected.item : undefined)
  }
}

/** Undefined: the error is another one. */
export function rejectedItem(error: unknown): ItemRejected | undefined {
  // The name is that class's alone; it may be another copy of it.
  return error instanceof Error && error.name === 'ItemRejected' ? (error as ItemRejected) : undefined
}

function outcome(
  write: {
    readonly table: DynamoTable
    /** Has the key's attributes. */
    readonly item: TypedItem
    readonly before: TypedItem | undefined
    readonly after: TypedItem | undefined
    readonly counts: boolean
  },
  input: WriteInput,
  context: ItemContext,
): object {
  const { table, item, before, after, counts } = write
  const metrics = itemCollectionMetrics(table, item, input.ReturnItemCollectionMetrics)
  if (!counts) {
    // What was before is not known; a write of this item alone is what is told.
    const units = tableWriteUnits(undefined, after)
    context.meters.observe('ConsumedWriteCapacityUnits', table.name, units)
    return { ItemCollectionMetrics: metrics }
  }
  const consumed = new ConsumedCapacity(table.info, 'write')
  const units: WriteUnits = writeUnits(table.info, before, after)
  consumed.addWrite(units)
  spend(table, 'write', consumed, context)
  return { ConsumedCapacity: consumed.shown(input.ReturnConsumedCapacity), ItemCollectionMetrics: metrics }
}

function updatedAttributes(
  returns: ItemInput<'UpdateItem'>['ReturnValues'],
  update: Update,
  before: TypedItem | undefined,
  after: TypedItem | undefined,
): TypedItem | undefined {
  switch (returns) {
    case 'ALL_OLD':
      return before
    case 'ALL_NEW':
      return after
    case 'UPDATED_OLD':
      return before === undefined ? undefined : notEmpty(update.updatedOf(before))
    case 'UPDATED_NEW':
      return after === undefined ? undefined : notEmpty(update.updatedOf(after))
    default:
      return undefined
  }
}

function notEmpty(item: TypedItem): TypedItem | undefined {
  return Object.keys(item).length === 0 ? undefined : item
}

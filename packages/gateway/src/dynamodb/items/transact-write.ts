/**
 * TransactWriteItems: all actions or none, in one commit. First every action is tried on the items as they are, and the
 * reasons of those that fail are collected in order; only if none does anything is written.
 *
 * What is wrong with a request by itself is a ValidationException; what is wrong with it for an item is a reason.
 */
import {
  compileExpressions,
  ITEM_BYTES_MAX,
  type ItemCondition,
  type ItemKey,
  itemSize,
  readItem,
  type TableWriter,
  type TypedItem,
  type Update,
} from '@millrace/tables'
import { WireError } from '../../wire/wire-error.ts'
import type { DynamoCall } from '../dynamodb-context.ts'
import { validation } from '../faults.ts'
import type { ItemInput } from '../shapes/item-inputs.ts'
import type { DynamoTable } from '../tables/table-directory.ts'
import { writeUnits } from './capacity-units.ts'
import { ConsumedCapacity } from './consumed-capacity.ts'
import { itemCollectionMetrics } from './item-collection.ts'
import { countsWrites, type ItemContext, type ItemOperation, mustHaveWrites, spend } from './item-context.ts'
import { checkItemKeys, itemKey, keyText } from './item-keys.ts'
import { checkNested, checkUpdate, checkUpdatedKeys } from './key-paths.ts'
import { checkSize } from './write-item.ts'

const BYTES_MAX = 4 * 1024 * 1024
const ACTION_FAULT = 'TransactItems can only contain one of Check, Put, Update or Delete'

type Input = ItemInput<'TransactWriteItems'>

interface Action {
  readonly kind: 'check' | 'put' | 'delete' | 'update'
  readonly table: DynamoTable
  /** The item of a put, the key of others. */
  readonly given: TypedItem
  readonly condition: ItemCondition | undefined
  readonly update: Update | undefined
  readonly showsItem: boolean
  readonly key: ItemKey | WireError
}

/** What an action makes of its item. */
interface Result {
  readonly before: TypedItem | undefined
  readonly after: TypedItem | undefined
}

export interface Reason {
  readonly Code: string
  readonly Message?: string
  readonly Item?: TypedItem | undefined
}

export const transactWriteItems: ItemOperation<Input> = async (input, call, context) => {
  const actions = input.TransactItems.map((item) => readAction(item, call, context))
  checkUnique(actions)
  for (const { table } of actions) mustHaveWrites(table, context)
  const { ClientRequestToken: token } = input
  const now = context.clock.now()
  const tokenKey = token === undefined ? undefined : `${call.caller.account} ${token}`
  const { results, trimmed } = await context.tables.commit((writer) => {
    const { transaction } = writer
    const trimmed = context.tokens.trim(transaction, now)
    if (tokenKey === undefined) return { results: writeAll(writer, actions), trimmed }
    if (context.tokens.isKnown(transaction, tokenKey, input.TransactItems, now)) {
      return { results: undefined, trimmed }
    }
    const results = writeAll(writer, actions)
    context.tokens.put(transaction, tokenKey, input.TransactItems, now)
    return { results, trimmed }
  })
  context.tokens.committed(results === undefined ? undefined : tokenKey, trimmed, now)
  return reply(actions, results, input, context)
}

/** Errors: TransactionCanceledException. */
function writeAll(writer: TableWriter, actions: readonly Action[]): readonly Result[] {
  const reasons: Reason[] = []
  const results: Result[] = []
  for (const action of actions) {
    const tried = tryAction(writer, action)
    if ('Code' in tried) reasons.push(tried)
    else {
      reasons.push({ Code: 'None' })
      results.push(tried)
    }
  }
  if (results.length < actions.length) throw canceled(reasons)
  for (const [i, { kind, table, key }] of actions.entries()) {
    // As many as actions; and no key is a fault, since none failed.
    const { after } = results[i]!
    if (kind === 'check' || key instanceof WireError) continue
    if (after === undefined) writer.delete(table.name, key)
    else writer.put(table.name, after)
  }
  return results
}

function tryAction(writer: TableWriter, action: Action): Result | Reason {
  const { kind, table, key, given, condition, update } = action
  if (key instanceof WireError) return { Code: 'ValidationError', Message: key.message }
  const before = writer.get(table.name, key)
  if (condition?.holds(before) === false) {
    return {
      Code: 'ConditionalCheckFailed',
      Message: 'The conditional request failed',
      ...(action.showsItem && before !== undefined ? { Item: before } : {}),
    }
  }
  switch (kind) {
    case 'check':
      return { before, after: before }
    case 'put':
      return { before, after: given }
    case 'delete':
      return { before, after: undefined }
    case 'update':
      try {
        return { before, after: updated(table, update!, before, given) }
      } catch (error) {
        const message = reasonOf(error)
        if (message === undefined) throw error
        return { Code: 'ValidationError', Message: message }
      }
  }
}

function updated(
  { info }: DynamoTable,
  update: Update,
  before: TypedItem | undefined,
  key: TypedItem,
): TypedItem | undefined {
  const after = update.apply(before, key)
  if (after === undefined) return undefined
  checkUpdatedKeys(info, update, after)
  checkItemKeys(info, after)
  if (itemSize(after) > ITEM_BYTES_MAX) {
    throw validation('Item size to update has exceeded the maximum allowed size')
  }
  return after
}

/** What a fault of a request says on the wire; undefined for other errors. */
function reasonOf(error: unknown): string | undefined {
  if (error instanceof WireError) return error.message
  const isReasoned = error instanceof Error && 'reason' in error && typeof error.reason === 'string'
  return isReasoned ? String(error.reason) : undefined
}

function canceled(reasons: readonly Reason[]): WireError {
  const codes = reasons.map(({ Code }) => Code).join(', ')
  return new WireError(
    'TransactionCanceledException',
    `Transaction cancelled, please refer cancellation reasons for specific reasons [${codes}]`,
    { members: { CancellationReasons: reasons } },
  )
}

function readAction(
  item: Input['TransactItems'][number],
  { caller }: DynamoCall,
  { directory }: ItemContext,
): Action {
  const { ConditionCheck: check, Put: put, Delete: remove, Update: change } = item
  const given = [check, put, remove, change].filter((each) => each !== undefined)
  const [input] = given
  if (input === undefined || given.length > 1) throw validation(ACTION_FAULT)
  const kind =
    check !== undefined ? 'check' : put !== undefined ? 'put' : remove !== undefined ? 'delete' : 'update'
  const attributes = readItem('Item' in input ? input.Item : input.Key)
  if (kind === 'put') checkSize(attributes)
  const { condition, update } = compileExpressions(input)
  const action = `dynamodb:${kind === 'check' ? 'ConditionCheck' : kind.charAt(0).toUpperCase() + kind.slice(1)}Item`
  const table = directory.findReady(input.TableName, caller, action)
  checkNested(table.info, condition?.nested)
  return {
    kind,
    table,
    given: attributes,
    condition,
    update,
    showsItem: input.ReturnValuesOnConditionCheckFailure === 'ALL_OLD',
    key: keyOf(table, attributes, kind, update),
  }
}

function keyOf(
  { info }: DynamoTable,
  given: TypedItem,
  kind: Action['kind'],
  update: Update | undefined,
): ItemKey | WireError {
  try {
    if (update !== undefined) checkUpdate(info, update)
    return kind === 'put' ? checkItemKeys(info, given) : itemKey(info, given)
  } catch (error) {
    if (error instanceof WireError) return error
    throw error
  }
}

/** Errors: ValidationException. */
function checkUnique(actions: readonly Action[]): void {
  const seen = new Set<string>()
  let bytes = 0
  for (const { table, key, given } of actions) {
    bytes += itemSize(given)
    if (key instanceof WireError) continue
    const text = `${table.name} ${keyText(key)}`
    if (seen.has(text)) {
      throw validation('Transaction request cannot include multiple operations on one item')
    }
    seen.add(text)
  }
  if (bytes > BYTES_MAX) throw validation('The items of a transaction have more than 4 MB')
}

/** `results` undefined: the transaction was carried out before, which costs reads only. */
function reply(
  actions: readonly Action[],
  results: readonly Result[] | undefined,
  input: Input,
  context: ItemContext,
): object {
  const byTable = new Map<string, { readonly table: DynamoTable; readonly consumed: ConsumedCapacity }>()
  const metrics: Record<string, object[]> = {}
  for (const [i, { table, given, kind }] of actions.entries()) {
    const collection = itemCollectionMetrics(table, given, input.ReturnItemCollectionMetrics)
    if (collection !== undefined && kind !== 'check') {
      const list = metrics[table.name] ?? []
      list.push(collection)
      metrics[table.name] = list
    }
    if (!countsWrites(table, input.ReturnConsumedCapacity, context)) continue
    const isRepeated = results === undefined
    const entry = byTable.get(table.name) ?? {
      table,
      consumed: new ConsumedCapacity(table.info, isRepeated ? 'read' : 'write'),
    }
    byTable.set(table.name, entry)
    const result = results?.[i]
    if (result === undefined) entry.consumed.add(2)
    else entry.consumed.addWrite(writeUnits(table.info, result.before, result.after), 2)
  }
  const capacities: object[] = []
  for (const { table, consumed } of byTable.values()) {
    spend(table, results === undefined ? 'read' : 'write', consumed, context)
    const capacity = consumed.shown(input.ReturnConsumedCapacity, { isTyped: true })
    if (capacity !== undefined) capacities.push(capacity)
  }
  return {
    ConsumedCapacity: capacities.length === 0 ? undefined : capacities,
    ItemCollectionMetrics: Object.keys(metrics).length === 0 ? undefined : metrics,
  }
}

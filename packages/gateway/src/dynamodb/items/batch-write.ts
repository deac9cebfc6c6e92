/**
 * BatchWriteItem: puts and deletes that stand by themselves, in one commit with whatever else this turn writes. All is
 * checked before anything is written. Items of tables that are out of capacity come back as unprocessed.
 */
import { type ItemKey, readItem, type TypedItem } from '@millrace/tables'
import { WireError } from '../../wire/wire-error.ts'
import { throttled, validation } from '../faults.ts'
import type { ItemInput } from '../shapes/item-inputs.ts'
import type { DynamoTable } from '../tables/table-directory.ts'
import { tableWriteUnits, writeUnits } from './capacity-units.ts'
import { ConsumedCapacity } from './consumed-capacity.ts'
import { itemCollectionMetrics } from './item-collection.ts'
import { countsWrites, type ItemOperation, spend } from './item-context.ts'
import { checkItemKeys, itemKey, keyText, schemaMismatch } from './item-keys.ts'
import { checkSize } from './write-item.ts'

const REQUESTS_MAX = 25

type Input = ItemInput<'BatchWriteItem'>
type WriteRequest = Input['RequestItems'][string][number]

interface Write {
  readonly request: WriteRequest
  /** Undefined: the item is deleted. */
  readonly item: TypedItem | undefined
  readonly given: TypedItem
  key: ItemKey
}

interface TableWrites {
  readonly table: DynamoTable
  readonly writes: readonly Write[]
  readonly isThrottled: boolean
  readonly counts: boolean
}

export const batchWriteItem: ItemOperation<Input> = async (input, { caller }, context) => {
  const read = Object.entries(input.RequestItems).map(([name, requests]) => ({
    name,
    writes: requests.map(readWrite),
  }))
  if (read.reduce((count, { writes }) => count + writes.length, 0) > REQUESTS_MAX) {
    throw validation('Too many items requested for the BatchWriteItem call')
  }
  const all = read.map(({ name, writes }): TableWrites => {
    const table = context.directory.findReady(name, caller, 'dynamodb:BatchWriteItem')
    checkKeys(table, writes)
    return {
      table,
      writes,
      isThrottled: !context.capacity.mayWrite(table.info, context.clock.now()),
      counts: countsWrites(table, input.ReturnConsumedCapacity, context),
    }
  })
  const open = all.filter(({ isThrottled }) => !isThrottled)
  if (open.length === 0) throw throttled()
  const befores = await context.tables.commit((writer) =>
    open.map(({ table: { name }, writes, counts }) =>
      writes.map(({ item, key }) => {
        if (item === undefined) return writer.delete(name, key)
        if (counts) return writer.put(name, item)
        writer.replace(name, item)
        return undefined
      }),
    ),
  )
  const capacities: object[] = []
  const metrics: Record<string, object[]> = {}
  for (const [i, { table, writes, counts }] of open.entries()) {
    const collections = writes.flatMap(
      ({ given }) => itemCollectionMetrics(table, given, input.ReturnItemCollectionMetrics) ?? [],
    )
    if (collections.length > 0) metrics[table.name] = collections
    if (!counts) {
      let units = 0
      for (const { item } of writes) units += tableWriteUnits(undefined, item)
      context.meters.observe('ConsumedWriteCapacityUnits', table.name, units)
      continue
    }
    const consumed = new ConsumedCapacity(table.info, 'write')
    for (const [j, { item }] of writes.entries()) {
      consumed.addWrite(writeUnits(table.info, befores[i]?.[j], item))
    }
    spend(table, 'write', consumed, context)
    const capacity = consumed.shown(input.ReturnConsumedCapacity)
    if (capacity !== undefined) capacities.push(capacity)
  }
  const left = all.filter(({ isThrottled }) => isThrottled)
  return {
    UnprocessedItems: Object.fromEntries(
      left.map(({ table, writes }) => [table.name, writes.map(({ request }) => request)]),
    ),
    ItemCollectionMetrics: Object.keys(metrics).length === 0 ? undefined : metrics,
    ConsumedCapacity: capacities.length === 0 ? undefined : capacities,
  }
}

const noKey: ItemKey = { partitionKey: '' }

/** The key is read once the table is known. Errors: ValidationException. */
function readWrite(request: WriteRequest): Write {
  const { PutRequest: put, DeleteRequest: remove } = request
  if ((put === undefined) === (remove === undefined)) {
    throw validation(
      'Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes',
    )
  }
  if (put === undefined) {
    // One of the two is there.
    return { request, item: undefined, given: readItem(remove!.Key), key: noKey }
  }
  const item = readItem(put.Item)
  checkSize(item)
  return { request, item, given: item, key: noKey }
}

/** Errors: ValidationException. */
function checkKeys({ info }: DynamoTable, writes: readonly Write[]): void {
  const seen = new Set<string>()
  for (const write of writes) {
    write.key = write.item === undefined ? itemKey(info, write.given) : putKey(write.item, info)
    const text = keyText(write.key)
    if (seen.has(text)) throw validation('Provided list of item keys contains duplicates')
    seen.add(text)
  }
}

/** Of keys the service says less here than in a put by itself. */
function putKey(item: TypedItem, info: DynamoTable['info']): ItemKey {
  try {
    return checkItemKeys(info, item)
  } catch (error) {
    if (error instanceof WireError && /Missing the key|Type mismatch for key/.test(error.message)) {
      throw validation(schemaMismatch)
    }
    throw error
  }
}

/** Every operation on items, by name. */
import type { ItemInput, itemInputs } from '../shapes/item-inputs.ts'
import { batchWriteItem } from './batch-write.ts'
import { batchGetItem, getItem, transactGetItems } from './get-item.ts'
import type { ItemOperation } from './item-context.ts'
import { query } from './query.ts'
import { scan } from './scan.ts'
import { transactWriteItems } from './transact-write.ts'
import { deleteItem, putItem, updateItem } from './write-item.ts'

export const itemOperations = {
  PutItem: putItem,
  GetItem: getItem,
  UpdateItem: updateItem,
  DeleteItem: deleteItem,
  Query: query,
  Scan: scan,
  BatchGetItem: batchGetItem,
  BatchWriteItem: batchWriteItem,
  TransactWriteItems: transactWriteItems,
  TransactGetItems: transactGetItems,
} as const satisfies { readonly [N in keyof typeof itemInputs]: ItemOperation<ItemInput<N>> }

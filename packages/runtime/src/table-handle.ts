/**
 * A table as app code holds it. A handle knows only the table's definition; which store it speaks to follows from the
 * invocation that calls it, so the same handle serves all stages and all lanes at once.
 *
 * A put of many checks all of them first and blames every bad record in one error: a function stage that is not stopped by
 * its handler sets those records aside and runs the handler again with the rest.
 */
import type { KeyValue, TableDefinition } from '@millrace/store'
import {
  type ItemKey,
  ItemRejected,
  type ItemTest,
  type ScanRequest,
  TableError,
  TableRequestError,
} from '@millrace/tables'
import { messageOf, RuntimeError, shown } from './errors.ts'
import type {
  Item,
  KeyArgument,
  Page,
  QueryOptions,
  ScanOptions,
  TableHandle,
  WriteCondition,
} from './function-api.ts'
import { currentInvocation, type Invocation } from './invocation.ts'
import { ItemKeys, type KeyProblem, keyError } from './item-keys.ts'
import { type BatchRecord, isBatchRecord } from './stream-record.ts'
import { compileFilter, compileWrite, plainItem, sortRange } from './table-expressions.ts'

const encoder = new TextEncoder()
const decoder = new TextDecoder()

export function makeTableHandle(definition: TableDefinition): TableHandle {
  const keys = new ItemKeys(definition)
  const { name } = definition
  const keyOf = (partitionKey: unknown, sortKey: unknown): ItemKey => {
    const problem = keys.check(partitionKey, sortKey)
    if (problem) throw keyError(problem, name, [], 0)
    return keys.key
  }
  return Object.freeze({
    name,
    async put(items: object | readonly object[], condition?: WriteCondition): Promise<void> {
      const { when } = compileWrite(condition)
      putAll(mustInvocation(definition), keys, isList(items) ? items : [items], when)
    },
    async get<T extends object = Item>(partitionKey: KeyValue, sortKey?: KeyValue): Promise<T | undefined> {
      const json = mustInvocation(definition).get(name, keyOf(partitionKey, sortKey))
      // The caller names the type that it expects; the item is what was put.
      return json === undefined ? undefined : (JSON.parse(decoder.decode(json)) as T)
    },
    async delete(partitionKey: KeyValue, sortKey?: KeyValue): Promise<void> {
      mustInvocation(definition).delete(name, keyOf(partitionKey, sortKey))
    },
    async deleteIf(key: KeyArgument, condition: WriteCondition): Promise<void> {
      const { when } = compileWrite(condition)
      mustInvocation(definition).delete(name, keyOf(...partsOf(key)), when)
    },
    async update<T extends object = Item>(
      key: KeyArgument,
      expression: string,
      settings?: WriteCondition,
    ): Promise<T | undefined> {
      const invocation = mustInvocation(definition)
      const { when, update } = compileWrite(settings, expression)
      if (update === undefined) return undefined
      const itemKey = keyOf(...partsOf(key))
      const attributes = keys.attributes(itemKey)
      const after = invocation.update(name, itemKey, (before) => update.apply(before, attributes), when)
      return after && plainItem<T>(after)
    },
    async query<T extends object = Item>(partition: KeyValue, options: QueryOptions = {}): Promise<Page<T>> {
      const { engine } = mustInvocation(definition).scope
      const { sort, reverse } = options
      const page = engine.query({
        ...scanRequest(name, options),
        partition,
        ...(sort === undefined ? {} : { sort: sortRange(sort) }),
        forward: reverse !== true,
      })
      return { items: page.items.map(plainItem<T>), next: page.lastKey }
    },
    async scan<T extends object = Item>(options: ScanOptions = {}): Promise<Page<T>> {
      const page = mustInvocation(definition).scope.engine.scan(scanRequest(name, options))
      return { items: page.items.map(plainItem<T>), next: page.lastKey }
    },
  })
}

function scanRequest(
  table: string,
  { index, limit, after, filter, ...placeholders }: ScanOptions,
): ScanRequest {
  const { names, values } = placeholders
  const test = compileFilter(filter, {
    ...(names === undefined ? {} : { names }),
    ...(values === undefined ? {} : { values }),
  })
  return {
    table,
    ...(index === undefined ? {} : { index }),
    ...(limit === undefined ? {} : { limit }),
    ...(after === undefined ? {} : { after }),
    ...(test === undefined ? {} : { filter: test }),
  }
}

function partsOf(key: KeyArgument): readonly [unknown, unknown] {
  return Array.isArray(key) ? [key[0], key[1]] : [key, undefined]
}

function isList(items: unknown): items is readonly object[] {
  return Array.isArray(items)
}

function putAll(
  invocation: Invocation,
  keys: ItemKeys,
  items: readonly object[],
  when: ItemTest | undefined,
): void {
  const { name } = keys.table
  let firstProblem: KeyProblem | undefined
  const bad: BatchRecord[] = []
  for (const item of items) {
    if (isBatchRecord(item)) {
      const problem = keys.readRecord(item) ?? putRead(invocation, keys, item.data, when)
      if (problem) {
        firstProblem ??= problem
        bad.push(item)
      }
    } else putObject(invocation, keys, item, when)
  }
  if (firstProblem) throw keyError(firstProblem, name, bad, bad.length - 1)
}

/** Puts an item whose keys were read last. A problem: it is too large, or cannot be in one of the indexes. */
function putRead(
  invocation: Invocation,
  keys: ItemKeys,
  json: Uint8Array,
  when: ItemTest | undefined,
): KeyProblem | undefined {
  try {
    invocation.put(keys.table.name, keys.key, json, when)
    return undefined
  } catch (error) {
    if (error instanceof ItemRejected) throw error
    if (!(error instanceof TableError || error instanceof TableRequestError)) throw error
    return { code: 'TABLE_ITEM_INVALID', what: `the table does not take it: ${error.message}` }
  }
}

function putObject(invocation: Invocation, keys: ItemKeys, item: unknown, when: ItemTest | undefined): void {
  const { name } = keys.table
  if (typeof item !== 'object' || item === null || Array.isArray(item) || item instanceof Uint8Array) {
    throw new RuntimeError('TABLE_ITEM_INVALID', {
      place: `table "${name}"`,
      what: 'this cannot be an item',
      value: shown(item),
      allowed: 'an object, or a record of a stream whose data is a JSON object',
    })
  }
  // Just checked to be an object that is no array.
  const problem = keys.readItem(item as Record<string, unknown>)
  if (problem) throw keyError(problem, name, [], 0)
  let text: string
  try {
    text = JSON.stringify(item, bytesAsBase64)
  } catch (cause) {
    throw new RuntimeError('TABLE_ITEM_INVALID', {
      place: `table "${name}"`,
      what: `the item cannot be written as JSON: ${messageOf(cause)}`,
      next: 'Convert such values to strings or numbers before the put',
      cause,
    })
  }
  const refused = putRead(invocation, keys, encoder.encode(text), when)
  if (refused) throw keyError(refused, name, [], 0)
}

function bytesAsBase64(this: unknown, key: string, value: unknown): unknown {
  // A Buffer has been through its toJSON by now, so look at what it was.
  const original = (this as Record<string, unknown>)[key]
  return original instanceof Uint8Array ? Buffer.from(original).toString('base64') : value
}

function mustInvocation(definition: TableDefinition): Invocation {
  const invocation = currentInvocation()
  if (!invocation) {
    throw new RuntimeError('TABLE_OUTSIDE_STAGE', {
      place: `table "${definition.name}"`,
      what: 'it was used outside the handler of a function stage, where there is no commit to be part of',
      next: 'Use it inside a function of the app, or read it with `millrace table scan`',
    })
  }
  if (!invocation.scope.tables.has(definition.name)) {
    throw new RuntimeError('TABLE_UNKNOWN', {
      place: `function "${invocation.scope.stage}"`,
      what: `the app has no table "${definition.name}"`,
      allowed: [...invocation.scope.tables.keys()].join(', '),
      next: 'Declare it with app.table(...) of the same app',
    })
  }
  return invocation
}

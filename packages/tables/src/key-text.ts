/**
 * Keys and ranges of sort keys as people type them: on a command line and in the console. A number is its digits, a binary key is
 * base64, a string stands for itself. No digit of a number is lost.
 */
import type { KeyDefinition, KeyValue, SortRange, TableEntry } from '@millrace/store'
import { didYouMean } from '@millrace/values'
import { TableError } from './errors.ts'
import type { IndexSpec, ItemKey } from './port.ts'
import { planOf } from './table-plan.ts'

export interface QueriedKeys {
  readonly partitionKey: KeyDefinition
  readonly sortKey?: KeyDefinition
}

export interface TextBound {
  readonly text: string
  readonly inclusive: boolean
}

export interface TextRange {
  readonly from?: TextBound
  readonly to?: TextBound
  readonly prefix?: string
}

/** The keys that a query of the table, or of one of its indexes, goes by. Error: TABLE_INDEX_UNKNOWN. */
export function queriedKeys(entry: TableEntry, index: string | undefined): QueriedKeys {
  if (index === undefined) return entry
  const { indexes } = planOf(entry).settings
  const spec = indexes.find(({ name }) => name === index)
  if (spec !== undefined) return spec satisfies IndexSpec
  const names = indexes.map(({ name }) => name)
  throw new TableError(
    'TABLE_INDEX_UNKNOWN',
    `Table "${entry.name}" has no index "${index}". ${didYouMean(index, names)}It has: ${names.join(', ') || 'none'}.`,
  )
}

/** Error: TABLE_KEY_INVALID. */
export function keyFromText({ name, type }: KeyDefinition, text: string): KeyValue {
  if (type === 'string') return text
  const isRight =
    type === 'number'
      ? /^-?\d+(\.\d+)?([eE][+-]?\d+)?$/.test(text)
      : Buffer.from(text, 'base64').toString('base64') === text
  if (isRight) return type === 'number' ? text : new Uint8Array(Buffer.from(text, 'base64'))
  throw new TableError(
    'TABLE_KEY_INVALID',
    `The key "${name}" is a ${type}, but got ${JSON.stringify(text)}. ` +
      (type === 'number' ? 'Give a decimal number.' : 'Give base64 text.'),
  )
}

/** The key of one item. Errors: TABLE_KEY_INVALID, also where the sort key is missing or too much. */
export function itemKeyFromText(entry: TableEntry, partition: string, sort: string | undefined): ItemKey {
  const { name, partitionKey, sortKey } = entry
  const key = { partitionKey: keyFromText(partitionKey, partition) }
  if (sortKey === undefined) {
    if (sort === undefined) return key
    throw new TableError('TABLE_KEY_INVALID', `Table "${name}" has no sort key. Leave it out.`)
  }
  if (sort !== undefined) return { ...key, sortKey: keyFromText(sortKey, sort) }
  throw new TableError(
    'TABLE_KEY_INVALID',
    `An item of table "${name}" is named by its sort key "${sortKey.name}" too. Give it.`,
  )
}

/** Undefined: all sort keys. Errors: TABLE_QUERY_INVALID, TABLE_KEY_INVALID. */
export function sortRangeFromText(
  key: KeyDefinition | undefined,
  { from, to, prefix }: TextRange,
): SortRange | undefined {
  if (from === undefined && to === undefined && prefix === undefined) return undefined
  if (key === undefined) {
    throw new TableError(
      'TABLE_QUERY_INVALID',
      'What is queried has no sort key. Leave out the condition on it.',
    )
  }
  if (prefix !== undefined && key.type === 'number') {
    throw new TableError(
      'TABLE_QUERY_INVALID',
      `The sort key "${key.name}" is a number, which has no prefix. Give bounds.`,
    )
  }
  const bound = ({ text, inclusive }: TextBound) => ({ value: keyFromText(key, text), inclusive })
  return {
    ...(from === undefined ? {} : { from: bound(from) }),
    ...(to === undefined ? {} : { to: bound(to) }),
    // A number was refused above.
    ...(prefix === undefined ? {} : { prefix: keyFromText(key, prefix) as string | Uint8Array }),
  }
}

/** From the query of an address to what is to be read: names and values are checked, keys typed as the table has them. */
import { AdminProblem } from '@millrace/gateway'
import type { TableEntry } from '@millrace/store'
import {
  keyFromText,
  queriedKeys,
  readItem,
  sortRangeFromText,
  type TextRange,
  type TypedItem,
} from '@millrace/tables'
import { type SortOperator, sortOperators } from '../../protocol/tables.ts'
import type { PageRequest } from './read-page.ts'

const limitDefault = 100
export const pageLimitMax = 1_000
const filterLengthMax = 500

/** Errors: AdminProblem, TableError. */
export function pageRequestOf(table: TableEntry, query: URLSearchParams): PageRequest {
  const index = query.get('index') ?? undefined
  const keys = queriedKeys(table, index)
  const partition = query.get('partition')
  const range = rangeOf(query)
  if (partition === null && Object.keys(range).length > 0) {
    throw new AdminProblem(
      'VALUE_MISSING',
      `A condition on the sort key needs "partition", the value of "${keys.partitionKey.name}".`,
    )
  }
  const order = query.get('order') ?? 'forward'
  if (order !== 'forward' && order !== 'backward')
    throw new AdminProblem('VALUE_INVALID', `"order" is "${order}", allowed are forward and backward.`)
  if (partition === null && order === 'backward')
    throw new AdminProblem('VALUE_MISSING', 'Only the items of one "partition" can be read backward.')
  const filter = query.get('filter') ?? ''
  if (filter.length > filterLengthMax)
    throw new AdminProblem('VALUE_INVALID', `"filter" has up to ${filterLengthMax} characters.`)
  return {
    table,
    index,
    partition:
      partition === null
        ? undefined
        : {
            key: keyFromText(keys.partitionKey, partition),
            sort: sortRangeFromText(keys.sortKey, range),
          },
    forward: order === 'forward',
    filter: filter === '' ? undefined : filter,
    limit: limitOf(query.get('limit')),
    after: keyOfToken(query.get('after')),
  }
}

/** `op`, `sort` and, of between, `to`. Without `op` a sort key is one that is equal. */
function rangeOf(query: URLSearchParams): TextRange {
  const sort = query.get('sort')
  const to = query.get('to')
  const op = query.get('op') ?? '='
  if (!isOperator(op)) {
    throw new AdminProblem('VALUE_INVALID', `"op" is "${op}", allowed are ${sortOperators.join(', ')}.`)
  }
  if (sort === null) {
    if (to === null && query.get('op') === null) return {}
    throw new AdminProblem('VALUE_MISSING', '"sort" is needed: the value that the sort key is compared with.')
  }
  if ((to !== null) !== (op === 'between')) {
    throw new AdminProblem('VALUE_INVALID', '"to" belongs to "op" between, which needs it.')
  }
  const bound = (text: string, inclusive = true) => ({ text, inclusive })
  switch (op) {
    case '=':
      return { from: bound(sort), to: bound(sort) }
    case '<':
      return { to: bound(sort, false) }
    case '<=':
      return { to: bound(sort) }
    case '>':
      return { from: bound(sort, false) }
    case '>=':
      return { from: bound(sort) }
    case 'between':
      return { from: bound(sort), to: bound(to ?? '') }
    case 'begins':
      return { prefix: sort }
  }
}

function isOperator(op: string): op is SortOperator {
  return sortOperators.some((known) => known === op)
}

function limitOf(text: string | null): number {
  const limit = text === null ? limitDefault : Number(text)
  if (Number.isInteger(limit) && limit >= 1 && limit <= pageLimitMax) return limit
  throw new AdminProblem('VALUE_INVALID', `"limit" has to be 1 to ${pageLimitMax}.`)
}

export function tokenOfKey(key: TypedItem | undefined): string | null {
  return key === undefined ? null : Buffer.from(JSON.stringify(key)).toString('base64url')
}

function keyOfToken(token: string | null): TypedItem | undefined {
  if (token === null) return undefined
  try {
    return readItem(JSON.parse(Buffer.from(token, 'base64url').toString()))
  } catch {
    // Told below.
  }
  throw new AdminProblem('VALUE_INVALID', '"after" has to be what "next" of the page before was.')
}

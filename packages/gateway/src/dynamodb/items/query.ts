import {
  type AttributeValue,
  assertOneForm,
  attributeOf,
  attributeOfKey,
  compareValues,
  compileExpressions,
  filterCondition,
  type KeyRange,
  keyValueOf,
  legacyKeyCondition,
  legacyProjection,
  type SortRange,
  type TypedItem,
} from '@millrace/tables'
import { validation } from '../faults.ts'
import type { ItemInput } from '../shapes/item-inputs.ts'
import { type ItemOperation, mustHaveReads } from './item-context.ts'
import type { Keys } from './item-keys.ts'
import { checkFilter, checkNested } from './key-paths.ts'
import {
  checkFilterProjected,
  checkSelect,
  checkStartCount,
  checkStartPart,
  checkTableStart,
  PageFilter,
  pageReply,
  projectedHeads,
  readStart,
  sourceOf,
  withWhole,
} from './read-page.ts'

const parameters = {
  expressions: ['ProjectionExpression', 'FilterExpression', 'KeyConditionExpression'],
  older: ['AttributesToGet', 'QueryFilter', 'ConditionalOperator', 'KeyConditions'],
}

export const query: ItemOperation<ItemInput<'Query'>> = (input, { caller }, context) => {
  assertOneForm(input, parameters)
  const olderFilter = filterCondition('QueryFilter', input.QueryFilter, input.ConditionalOperator)
  const olderProjection = legacyProjection(input.AttributesToGet)
  const start = readStart(input.ExclusiveStartKey)
  if (input.KeyConditions === undefined && input.KeyConditionExpression === undefined) {
    throw validation(
      'Either the KeyConditions or KeyConditionExpression parameter must be specified in the request.',
    )
  }
  const compiled = compileExpressions(input)
  const keyCondition = compiled.keyCondition ?? legacyKeyCondition(input.KeyConditions)
  checkSelect(input)
  const filter = compiled.filter ?? olderFilter
  const projection = compiled.projection ?? olderProjection
  const table = context.directory.findReady(input.TableName, caller, 'dynamodb:Query', input.IndexName)
  const given = sourceOf(table, input)
  if (start !== undefined) {
    checkStartCount(given, start)
    checkStartPart(given.keys, 'partition', start)
  }
  const range = keyCondition.rangeOf(given.keys)
  if (start !== undefined) {
    checkStartPart(given.keys, 'sort', start)
    checkTableStart(given, start)
    checkInRange(given.keys, range, start)
  }
  checkNested(table.info, projection?.nested)
  checkFilter(
    given.keys,
    filter?.attributes,
    compiled.filter === undefined ? 'QueryFilter' : 'Filter Expression',
  )
  const source = withWhole(given, input, projectedHeads(projection))
  checkFilterProjected(given, filter?.attributes)
  checkNested(table.info, filter?.nested)
  mustHaveReads(table, input.IndexName, context)
  const pageFilter = new PageFilter(source, filter)
  const page = context.tables.query({
    table: table.name,
    ...(source.index === undefined ? {} : { index: source.index.name }),
    partition: range.partition,
    ...(range.sort === undefined ? {} : { sort: range.sort }),
    forward: input.ScanIndexForward !== false,
    ...(input.Limit === undefined ? {} : { limit: input.Limit }),
    ...(start === undefined ? {} : { after: start }),
    whole: source.whole,
    ...(pageFilter.holds === undefined ? {} : { filter: pageFilter.holds }),
  })
  return pageReply(page, { source, input, projection, filter: pageFilter, operation: 'Query' }, context)
}

/** A start key is of the partition that is asked for, and in its range. Errors: ValidationException. */
function checkInRange(
  { partitionKey, sortKey }: Keys,
  { partition, sort }: KeyRange,
  start: TypedItem,
): void {
  const value = attributeOf(start, partitionKey.name)
  const isSame =
    value !== undefined && compareValues(value, attributeOfKey(partition, partitionKey.type)) === 0
  if (sortKey === undefined || sort === undefined) {
    if (isSame) return
    throw validation('The provided starting key is outside query boundaries based on provided conditions')
  }
  const at = attributeOf(start, sortKey.name)
  const type = sortKey.type
  if (at === undefined || !isIn(sort, at, (bound) => attributeOfKey(bound, type))) {
    throw validation('The provided starting key does not match the range key predicate')
  }
  if (!isSame) throw validation('The query can return at most one row and cannot be restarted')
}

type Bound = NonNullable<SortRange['from']>['value']

function isIn(
  { from, to, prefix }: SortRange,
  at: AttributeValue,
  typed: (value: Bound) => AttributeValue,
): boolean {
  if (prefix !== undefined) return hasPrefix(at, prefix)
  const above = from === undefined ? 1 : (compareValues(at, typed(from.value)) ?? -1)
  const below = to === undefined ? -1 : (compareValues(at, typed(to.value)) ?? 1)
  return (
    (above > 0 || (above === 0 && from?.inclusive === true)) &&
    (below < 0 || (below === 0 && to?.inclusive === true))
  )
}

function hasPrefix(at: AttributeValue, prefix: string | Uint8Array): boolean {
  if (typeof prefix === 'string') return 'S' in at && at.S.startsWith(prefix)
  const bytes = keyValueOf(at, 'binary')
  return bytes instanceof Uint8Array && Buffer.from(bytes.subarray(0, prefix.length)).equals(prefix)
}

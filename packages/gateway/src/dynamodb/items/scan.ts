import {
  assertOneForm,
  attributeOf,
  compileExpressions,
  filterCondition,
  keyValueOf,
  legacyProjection,
  segmentOf,
  type TypedItem,
} from '@millrace/tables'
import { validation } from '../faults.ts'
import type { ItemInput } from '../shapes/item-inputs.ts'
import { type ItemOperation, mustHaveReads } from './item-context.ts'
import type { Keys } from './item-keys.ts'
import { checkNested } from './key-paths.ts'
import {
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
  expressions: ['ProjectionExpression', 'FilterExpression'],
  older: ['AttributesToGet', 'ScanFilter', 'ConditionalOperator'],
}

const tableCountFault =
  'The provided starting key is invalid: The provided key element does not match the schema'

export const scan: ItemOperation<ItemInput<'Scan'>> = (input, { caller }, context) => {
  assertOneForm(input, parameters)
  const olderProjection = legacyProjection(input.AttributesToGet)
  const olderFilter = filterCondition('ScanFilter', input.ScanFilter, input.ConditionalOperator)
  const start = readStart(input.ExclusiveStartKey)
  const segment = segmentIn(input)
  const compiled = compileExpressions(input)
  checkSelect(input)
  const filter = compiled.filter ?? olderFilter
  const projection = compiled.projection ?? olderProjection
  const table = context.directory.findReady(input.TableName, caller, 'dynamodb:Scan', input.IndexName)
  const given = sourceOf(table, input)
  if (start !== undefined) {
    checkStartCount(given, start, given.index === undefined ? tableCountFault : undefined)
    if (given.index !== undefined) {
      checkStartPart(given.keys, 'partition', start)
      checkStartPart(given.keys, 'sort', start)
    }
  }
  const wanted = projectedHeads(projection)
  const source = withWhole(given, input, wanted && [...wanted, ...(filter?.attributes ?? [])])
  if (start !== undefined) checkTableStart(given, start)
  if (start !== undefined && segment !== undefined) checkSegment(given.keys, segment, start)
  checkNested(table.info, projection?.nested)
  checkNested(table.info, filter?.nested)
  mustHaveReads(table, input.IndexName, context)
  const pageFilter = new PageFilter(source, filter)
  const page = context.tables.scan({
    table: table.name,
    ...(source.index === undefined ? {} : { index: source.index.name }),
    ...(input.Limit === undefined ? {} : { limit: input.Limit }),
    ...(start === undefined ? {} : { after: start }),
    ...(segment === undefined || segment.of === 1 ? {} : { segment }),
    whole: source.whole,
    ...(pageFilter.holds === undefined ? {} : { filter: pageFilter.holds }),
  })
  return pageReply(page, { source, input, projection, filter: pageFilter, operation: 'Scan' }, context)
}

interface Segment {
  readonly index: number
  readonly of: number
}

/** Errors: ValidationException. */
function segmentIn({ Segment: index, TotalSegments: of }: ItemInput<'Scan'>): Segment | undefined {
  if (index !== undefined && of === undefined) {
    throw validation(
      'The TotalSegments parameter is required but was not present in the request when Segment parameter is present',
    )
  }
  if (of === undefined) return undefined
  if (index === undefined) {
    throw validation(
      'The Segment parameter is required but was not present in the request when parameter TotalSegments is present',
    )
  }
  if (index >= of) {
    throw validation(
      'The Segment parameter is zero-based and must be less than parameter TotalSegments: ' +
        `Segment: ${index} is not less than TotalSegments: ${of}`,
    )
  }
  return { index, of }
}

/** A start key is of the segment that is read. Errors: ValidationException. */
function checkSegment({ partitionKey }: Keys, { index, of }: Segment, start: TypedItem): void {
  const value = attributeOf(start, partitionKey.name)
  const key = value === undefined ? undefined : keyValueOf(value, partitionKey.type)
  if (key !== undefined && segmentOf(key, partitionKey.type, of) === index) return
  throw validation(
    'The provided starting key is invalid: Invalid ExclusiveStartKey. Please use ExclusiveStartKey with correct Segment. ' +
      `TotalSegments: ${of} Segment: ${index}`,
  )
}

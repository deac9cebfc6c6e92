/** Cases of the black-box tests of tables. */
import type { ServiceCase } from '../../service-case.ts'
import type { TableWorld } from './table-world.ts'

export type TableCase = ServiceCase<TableWorld>

export const streamOperations: ReadonlySet<string> = new Set([
  'ListStreams',
  'DescribeStream',
  'GetShardIterator',
  'GetRecords',
])

/** The service's name in clients and signatures. */
export function serviceOf(operation: string): 'dynamodb' | 'dynamodbstreams' {
  return streamOperations.has(operation) ? 'dynamodbstreams' : 'dynamodb'
}

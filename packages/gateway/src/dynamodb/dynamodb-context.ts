/** What the operations of the DynamoDB API share. */
import type { Store } from '@millrace/store'
import type { Tables } from '@millrace/tables'
import type { Clock } from '@millrace/values'
import type { Caller } from '../wire/wire-service.ts'
import type { TableExports } from './exports/table-exports.ts'
import type { TableDirectory } from './tables/table-directory.ts'

export interface DynamoContext {
  readonly store: Store
  readonly tables: Tables
  readonly clock: Clock
  readonly region: string
  readonly directory: TableDirectory
  readonly exports: TableExports
  /** Host and port at which clients reach the service, as DescribeEndpoints tells them. */
  readonly address: () => string
}

export interface DynamoCall {
  readonly caller: Caller
  readonly requestId: string
}

/** One operation: its input was checked against its shape before. */
export type DynamoOperation<Input> = (
  input: Input,
  call: DynamoCall,
  context: DynamoContext,
) => object | undefined | Promise<object | undefined>

/**
 * A case of the black-box tests of tables: one call of one operation, what has to be there before, and how it has to end.
 * Inputs and outputs are in the form of the wire (binaries are base64 text, times are seconds), whatever the client.
 */
import type { Members, Signer } from '../../client.ts'
import type { TableWorld } from './table-world.ts'

export interface TableCase {
  readonly operation: string
  /** Completes "<operation> ..." or "<operation> fails ...". */
  readonly name: string
  /** The type of the error that the call ends with; absent: it succeeds. */
  readonly error?: string
  readonly message?: RegExp
  /** Default owner. */
  readonly signer?: Signer
  /** Only for clients that send what no library would. */
  readonly isPlain?: boolean
  input(world: TableWorld): Members | Promise<Members>
  check?(output: Members, world: TableWorld, input: Members): void | Promise<void>
}

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

/** What the operations on items share beside the context of all operations. */
import type { DynamoCall, DynamoContext } from '../dynamodb-context.ts'
import { throttled } from '../faults.ts'
import type { TableMeters } from '../table-meters.ts'
import type { DynamoTable } from '../tables/table-directory.ts'
import type { CapacityLimits } from './capacity-limits.ts'
import type { ConsumedCapacity } from './consumed-capacity.ts'
import type { TransactionTokens } from './transaction-tokens.ts'

export interface ItemContext extends DynamoContext {
  readonly capacity: CapacityLimits
  readonly tokens: TransactionTokens
  readonly meters: TableMeters
}

/** One operation on items: its input was checked against its shape before. */
export type ItemOperation<Input> = (
  input: Input,
  call: DynamoCall,
  context: ItemContext,
) => object | Promise<object>

/** Error: ProvisionedThroughputExceededException. */
export function mustHaveWrites(table: DynamoTable, { capacity, clock }: ItemContext): void {
  if (!capacity.mayWrite(table.info, clock.now())) throw throttled()
}

/** `index`: the one that is read. Error: ProvisionedThroughputExceededException. */
export function mustHaveReads(
  table: DynamoTable,
  index: string | undefined,
  { capacity, clock }: ItemContext,
): void {
  if (!capacity.mayRead(table.info, index, clock.now())) throw throttled()
}

/** Whether somebody wants to know what a write costs, which takes the item before it. */
export function countsWrites(
  table: DynamoTable,
  how: 'INDEXES' | 'TOTAL' | 'NONE' | undefined,
  { capacity }: ItemContext,
): boolean {
  return (how !== undefined && how !== 'NONE') || capacity.isLimited(table.info)
}

export function spend(
  table: DynamoTable,
  kind: 'read' | 'write',
  consumed: ConsumedCapacity,
  { capacity, clock, meters }: ItemContext,
): void {
  const metric = kind === 'read' ? 'ConsumedReadCapacityUnits' : 'ConsumedWriteCapacityUnits'
  meters.observe(metric, table.name, consumed.total)
  capacity.spend(table.info, kind, consumed, clock.now())
}

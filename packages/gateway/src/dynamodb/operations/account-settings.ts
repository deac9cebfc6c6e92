/** What holds for the account: its quotas, and where the service is. */
import type { DynamoOperation } from '../dynamodb-context.ts'
import type { TableInput } from '../shapes/table-inputs.ts'

/** The service's defaults; nothing is refused for them. */
const quotas = {
  AccountMaxReadCapacityUnits: 80_000,
  AccountMaxWriteCapacityUnits: 80_000,
  TableMaxReadCapacityUnits: 40_000,
  TableMaxWriteCapacityUnits: 40_000,
}

const ENDPOINT_MINUTES = 1440

export const describeLimits: DynamoOperation<TableInput<'DescribeLimits'>> = (_input, { caller }) => {
  caller.authorize('dynamodb:DescribeLimits', '*')
  return quotas
}

/** Needs no right: clients ask before they do anything else. */
export const describeEndpoints: DynamoOperation<TableInput<'DescribeEndpoints'>> = (
  _input,
  _call,
  context,
) => ({
  Endpoints: [{ Address: context.address(), CachePeriodInMinutes: ENDPOINT_MINUTES }],
})

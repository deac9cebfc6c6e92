/** DescribeTable, ListTables and DeleteTable. */
import type { DynamoOperation } from '../dynamodb-context.ts'
import { inUse, validation } from '../faults.ts'
import type { TableInput } from '../shapes/table-inputs.ts'
import { describeTable } from '../tables/describe-table.ts'

const PAGE_TABLES_MAX = 100

export const describeTableOperation: DynamoOperation<TableInput<'DescribeTable'>> = (
  input,
  { caller },
  { directory, clock, region },
) => {
  const table = directory.find(input.TableName, caller, 'dynamodb:DescribeTable')
  return { Table: describeTable(table, { nowMs: clock.now(), region }) }
}

export const listTables: DynamoOperation<TableInput<'ListTables'>> = (input, { caller }, { directory }) => {
  caller.authorize('dynamodb:ListTables', '*')
  const { ExclusiveStartTableName: after, Limit: limit = PAGE_TABLES_MAX } = input
  const names = directory.names().filter((name) => after === undefined || name > after)
  const page = names.slice(0, limit)
  return {
    TableNames: page,
    LastEvaluatedTableName: names.length > page.length ? page.at(-1) : undefined,
  }
}

export const deleteTable: DynamoOperation<TableInput<'DeleteTable'>> = (input, { caller }, context) => {
  const { directory, clock, region } = context
  const table = directory.find(input.TableName, caller, 'dynamodb:DeleteTable')
  const { name, status, info } = table
  if (status === 'CREATING' || status === 'DELETING') {
    throw inUse(
      `Attempt to change a resource which is still in use: Table is being ${status === 'CREATING' ? 'created' : 'deleted'}: ${name}`,
    )
  }
  if (info.settings.isProtected) {
    throw validation(
      'Resource cannot be deleted as it is currently protected against deletion. Disable deletion protection first.',
    )
  }
  const description = describeTable(table, { nowMs: clock.now(), region, status: 'DELETING' })
  directory.remove(table)
  return { TableDescription: description }
}

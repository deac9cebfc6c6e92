/** Every operation of the API that is not on items, by name. */
import type { DynamoOperation } from '../dynamodb-context.ts'
import type { TableInput, tableInputs } from '../shapes/table-inputs.ts'
import { describeEndpoints, describeLimits } from './account-settings.ts'
import { createTable } from './create-table.ts'
import { deleteTable, describeTableOperation, listTables } from './describe-table.ts'
import { describeExport, exportTable, listExports } from './exports.ts'
import {
  describeContinuousBackups,
  describeKinesis,
  describeTimeToLive,
  disableKinesis,
  enableKinesis,
  listTagsOfResource,
  tagResource,
  untagResource,
  updateContinuousBackups,
  updateKinesis,
  updateTimeToLive,
} from './table-settings.ts'
import { updateTable } from './update-table.ts'

export const tableOperations = {
  CreateTable: createTable,
  DescribeTable: describeTableOperation,
  UpdateTable: updateTable,
  DeleteTable: deleteTable,
  ListTables: listTables,
  DescribeTimeToLive: describeTimeToLive,
  UpdateTimeToLive: updateTimeToLive,
  TagResource: tagResource,
  UntagResource: untagResource,
  ListTagsOfResource: listTagsOfResource,
  DescribeLimits: describeLimits,
  DescribeEndpoints: describeEndpoints,
  DescribeContinuousBackups: describeContinuousBackups,
  UpdateContinuousBackups: updateContinuousBackups,
  EnableKinesisStreamingDestination: enableKinesis,
  DisableKinesisStreamingDestination: disableKinesis,
  DescribeKinesisStreamingDestination: describeKinesis,
  UpdateKinesisStreamingDestination: updateKinesis,
  ExportTableToPointInTime: exportTable,
  DescribeExport: describeExport,
  ListExports: listExports,
} as const satisfies { readonly [N in keyof typeof tableInputs]: DynamoOperation<TableInput<N>> }

/** Operations whose table is named first of all checks. */
export const namesTableFirst: ReadonlySet<string> = new Set([
  'CreateTable',
  'DescribeTable',
  'UpdateTable',
  'DeleteTable',
  'DescribeTimeToLive',
  'UpdateTimeToLive',
])

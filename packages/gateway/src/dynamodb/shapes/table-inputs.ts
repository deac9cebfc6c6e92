/** Inputs of the operations on tables and of the Streams API. Order of members and enums as in item-inputs.ts. */
import type { Shape, ValueOf } from '../../wire/shape.ts'
import { controlTableName, indexName, tableName } from './name-shapes.ts'
import { boolean, integer, list, long, required, string, structure, timestamp } from './value-shapes.ts'

const billingMode = string({ enum: ['PROVISIONED', 'PAY_PER_REQUEST'] })
const tableClass = string({ enum: ['STANDARD', 'STANDARD_INFREQUENT_ACCESS'] })

const throughput = structure('ProvisionedThroughput', {
  WriteCapacityUnits: required(long({ min: 1 })),
  ReadCapacityUnits: required(long({ min: 1 })),
})

const onDemandThroughput = structure('OnDemandThroughput', {
  MaxReadRequestUnits: long(),
  MaxWriteRequestUnits: long(),
})

const warmThroughput = structure('WarmThroughput', {
  ReadUnitsPerSecond: long({ min: 1 }),
  WriteUnitsPerSecond: long({ min: 1 }),
})

const attributeDefinition = structure('AttributeDefinition', {
  AttributeName: required(string()),
  AttributeType: required(string({ enum: ['B', 'N', 'S'] })),
})

const keySchema = list(
  structure('KeySchemaElement', {
    AttributeName: required(string()),
    KeyType: required(string({ enum: ['HASH', 'RANGE'] })),
  }),
  { min: 1, max: 2 },
)

const projection = structure('Projection', {
  ProjectionType: string({ enum: ['ALL', 'INCLUDE', 'KEYS_ONLY'] }),
  NonKeyAttributes: list(string(), { min: 1 }),
})

const indexMembers = {
  IndexName: required(indexName),
  KeySchema: required(keySchema),
  Projection: required(projection),
} as const

const globalMembers = {
  ProvisionedThroughput: throughput,
  OnDemandThroughput: onDemandThroughput,
  WarmThroughput: warmThroughput,
} as const

const streamSpecification = structure('StreamSpecification', {
  StreamEnabled: required(boolean()),
  StreamViewType: string({ enum: ['OLD_IMAGE', 'NEW_IMAGE', 'KEYS_ONLY', 'NEW_AND_OLD_IMAGES'] }),
})

const sseSpecification = structure('SSESpecification', {
  Enabled: boolean(),
  SSEType: string({ enum: ['AES256', 'KMS'] }),
  KMSMasterKeyId: string(),
})

const tag = structure('Tag', { Key: required(string()), Value: required(string()) })

const createTableInput = structure('CreateTableInput', {
  AttributeDefinitions: required(list(attributeDefinition)),
  TableName: required(controlTableName),
  BillingMode: billingMode,
  ProvisionedThroughput: throughput,
  KeySchema: required(keySchema),
  LocalSecondaryIndexes: list(structure('LocalSecondaryIndex', indexMembers)),
  GlobalSecondaryIndexes: list(structure('GlobalSecondaryIndex', { ...indexMembers, ...globalMembers })),
  StreamSpecification: streamSpecification,
  SSESpecification: sseSpecification,
  Tags: list(tag),
  TableClass: tableClass,
  DeletionProtectionEnabled: boolean(),
  OnDemandThroughput: onDemandThroughput,
  WarmThroughput: warmThroughput,
  ResourcePolicy: string(),
})

const indexUpdate = structure('GlobalSecondaryIndexUpdate', {
  Update: structure('UpdateGlobalSecondaryIndexAction', {
    IndexName: required(indexName),
    ProvisionedThroughput: throughput,
    OnDemandThroughput: onDemandThroughput,
    WarmThroughput: warmThroughput,
  }),
  Create: structure('CreateGlobalSecondaryIndexAction', {
    Projection: required(projection),
    IndexName: required(indexName),
    ...globalMembers,
    KeySchema: required(keySchema),
  }),
  Delete: structure('DeleteGlobalSecondaryIndexAction', { IndexName: required(indexName) }),
})

const updateTableInput = structure('UpdateTableInput', {
  TableName: required(controlTableName),
  ProvisionedThroughput: throughput,
  BillingMode: billingMode,
  AttributeDefinitions: list(attributeDefinition),
  GlobalSecondaryIndexUpdates: list(indexUpdate),
  StreamSpecification: streamSpecification,
  SSESpecification: sseSpecification,
  TableClass: tableClass,
  DeletionProtectionEnabled: boolean(),
  OnDemandThroughput: onDemandThroughput,
  WarmThroughput: warmThroughput,
  ReplicaUpdates: list(structure('ReplicationGroupUpdate', {}), { min: 1 }),
})

const byTableName = structure('DescribeTableInput', { TableName: required(controlTableName) })

const listTablesInput = structure('ListTablesInput', {
  ExclusiveStartTableName: string({ min: 3, max: 255, pattern: '[a-zA-Z0-9_.-]+' }),
  Limit: integer({ min: 1, max: 100 }),
})

const kinesisDestination = {
  TableName: required(tableName),
  StreamArn: required(string({ min: 37, max: 1024 })),
} as const
const precision = string({ enum: ['MILLISECOND', 'MICROSECOND'] })

const streamArn = string({ min: 37, max: 1024 })
const shardId = string({ min: 28, max: 65 })

export const tableInputs = {
  CreateTable: createTableInput,
  DescribeTable: byTableName,
  UpdateTable: updateTableInput,
  DeleteTable: byTableName,
  ListTables: listTablesInput,
  DescribeTimeToLive: byTableName,
  UpdateTimeToLive: structure('UpdateTimeToLiveInput', {
    TableName: required(controlTableName),
    TimeToLiveSpecification: required(
      structure('TimeToLiveSpecification', {
        Enabled: required(boolean()),
        AttributeName: required(string({ min: 1, max: 255 })),
      }),
    ),
  }),
  TagResource: structure('TagResourceInput', {
    ResourceArn: string(),
    Tags: list(structure('Tag', { Key: string(), Value: string() })),
  }),
  UntagResource: structure('UntagResourceInput', { ResourceArn: string(), TagKeys: list(string()) }),
  ListTagsOfResource: structure('ListTagsOfResourceInput', { ResourceArn: string(), NextToken: string() }),
  DescribeLimits: structure('DescribeLimitsInput', {}),
  DescribeEndpoints: structure('DescribeEndpointsRequest', {}),
  DescribeContinuousBackups: structure('DescribeContinuousBackupsInput', {
    TableName: required(tableName),
  }),
  UpdateContinuousBackups: structure('UpdateContinuousBackupsInput', {
    TableName: required(tableName),
    PointInTimeRecoverySpecification: required(
      structure('PointInTimeRecoverySpecification', {
        PointInTimeRecoveryEnabled: required(boolean()),
        RecoveryPeriodInDays: integer({ min: 1, max: 35 }),
      }),
    ),
  }),
  EnableKinesisStreamingDestination: structure('KinesisStreamingDestinationInput', {
    ...kinesisDestination,
    EnableKinesisStreamingConfiguration: structure('EnableKinesisStreamingConfiguration', {
      ApproximateCreationDateTimePrecision: precision,
    }),
  }),
  DisableKinesisStreamingDestination: structure('KinesisStreamingDestinationInput', kinesisDestination),
  DescribeKinesisStreamingDestination: structure('DescribeKinesisStreamingDestinationInput', {
    TableName: required(tableName),
  }),
  UpdateKinesisStreamingDestination: structure('UpdateKinesisStreamingDestinationInput', {
    ...kinesisDestination,
    UpdateKinesisStreamingConfiguration: structure('UpdateKinesisStreamingConfiguration', {
      ApproximateCreationDateTimePrecision: precision,
    }),
  }),
  ExportTableToPointInTime: structure('ExportTableToPointInTimeInput', {
    TableArn: required(string({ min: 1, max: 1024 })),
    ExportTime: timestamp(),
    ClientToken: string({ min: 1, max: 36 }),
    S3Bucket: required(string({ max: 255, pattern: '^[a-z0-9A-Z]+[\\.\\-\\w]*[a-z0-9A-Z]+$' })),
    S3Prefix: string({ min: 1, max: 1024 }),
    ExportFormat: string({ enum: ['DYNAMODB_JSON', 'ION'] }),
    ExportType: string({ enum: ['FULL_EXPORT', 'INCREMENTAL_EXPORT'] }),
  }),
  DescribeExport: structure('DescribeExportInput', {
    ExportArn: required(string({ min: 37, max: 1024 })),
  }),
  ListExports: structure('ListExportsInput', {
    TableArn: string({ min: 1, max: 1024 }),
    MaxResults: integer({ min: 1, max: 25 }),
    NextToken: string(),
  }),
} as const satisfies Readonly<Record<string, Shape<unknown>>>

export type TableInput<N extends keyof typeof tableInputs> = ValueOf<(typeof tableInputs)[N]>

export const streamInputs = {
  ListStreams: structure('ListStreamsInput', {
    TableName: tableName,
    Limit: integer({ min: 1, max: 100 }),
    ExclusiveStartStreamArn: streamArn,
  }),
  DescribeStream: structure('DescribeStreamInput', {
    StreamArn: required(streamArn),
    Limit: integer({ min: 1, max: 100 }),
    ExclusiveStartShardId: shardId,
    ShardFilter: structure('ShardFilter', {
      Type: string({ enum: ['CHILD_SHARDS'] }),
      ShardId: shardId,
    }),
  }),
  GetShardIterator: structure('GetShardIteratorInput', {
    StreamArn: required(streamArn),
    ShardId: required(shardId),
    ShardIteratorType: required(
      string({ enum: ['TRIM_HORIZON', 'LATEST', 'AT_SEQUENCE_NUMBER', 'AFTER_SEQUENCE_NUMBER'] }),
    ),
    SequenceNumber: string({ min: 21, max: 40 }),
  }),
  GetRecords: structure('GetRecordsInput', {
    ShardIterator: required(string({ min: 1, max: 2048 })),
    Limit: integer({ min: 1, max: 1000 }),
  }),
} as const satisfies Readonly<Record<string, Shape<unknown>>>

export type StreamInput<N extends keyof typeof streamInputs> = ValueOf<(typeof streamInputs)[N]>

/** Cases of the operations on tables and their settings. */
import { expect } from 'vitest'
import type { Members } from '../../client.ts'
import type { TableCase } from './table-case.ts'
import { account, key, keyed, region } from './table-world.ts'

const validation = 'ValidationException'
const notFound = 'ResourceNotFoundException'

const tables: TableCase[] = [
  {
    operation: 'CreateTable',
    name: 'makes a table with indexes, a stream and tags',
    input: (world) => ({
      TableName: world.name(),
      ...keyed,
      AttributeDefinitions: [
        ...(keyed.AttributeDefinitions as object[]),
        { AttributeName: 'day', AttributeType: 'S' },
      ],
      GlobalSecondaryIndexes: [
        {
          IndexName: 'by-day',
          KeySchema: [{ AttributeName: 'day', KeyType: 'HASH' }],
          Projection: { ProjectionType: 'KEYS_ONLY' },
        },
      ],
      StreamSpecification: { StreamEnabled: true, StreamViewType: 'NEW_IMAGE' },
      Tags: [{ Key: 'team', Value: 'a' }],
    }),
    async check({ TableDescription }, world, { TableName }) {
      expect(TableDescription).toMatchObject({ TableName, TableStatus: 'CREATING' })
      expect(await world.describe(String(TableName))).toMatchObject({
        TableStatus: 'ACTIVE',
        TableArn: world.arn(String(TableName)),
        GlobalSecondaryIndexes: [{ IndexName: 'by-day', IndexStatus: 'ACTIVE' }],
        StreamSpecification: { StreamEnabled: true, StreamViewType: 'NEW_IMAGE' },
      })
    },
  },
  {
    operation: 'CreateTable',
    name: 'under a name that is taken',
    error: 'ResourceInUseException',
    input: async (world) => ({ TableName: await world.table(), ...keyed }),
  },
  {
    operation: 'CreateTable',
    name: 'with a key that is not defined',
    error: validation,
    message: /Some index key attributes are not defined in AttributeDefinitions/,
    input: (world) => ({
      TableName: world.name(),
      ...keyed,
      AttributeDefinitions: [
        { AttributeName: 'pk', AttributeType: 'S' },
        { AttributeName: 'other', AttributeType: 'N' },
      ],
    }),
  },
  {
    operation: 'DescribeTable',
    name: 'describes a table, by its ARN too',
    input: async (world) => ({ TableName: world.arn(await world.table()) }),
    check: ({ Table }) =>
      expect(Table).toMatchObject({
        TableStatus: 'ACTIVE',
        ItemCount: 0,
        BillingModeSummary: { BillingMode: 'PAY_PER_REQUEST' },
      }),
  },
  {
    operation: 'DescribeTable',
    name: 'of a table that is not there',
    error: notFound,
    input: () => ({ TableName: 'none' }),
  },
  {
    operation: 'ListTables',
    name: 'lists names in pages',
    async input(world) {
      await world.table()
      await world.table()
      return { Limit: 1 }
    },
    check(output) {
      expect(output.TableNames).toHaveLength(1)
      expect(output.LastEvaluatedTableName).toEqual((output.TableNames as string[])[0])
    },
  },
  {
    operation: 'ListTables',
    name: 'with a page of more than 100',
    error: validation,
    message:
      /Value '101' at 'limit' failed to satisfy constraint: Member must have value less than or equal to 100/,
    input: () => ({ Limit: 101 }),
  },
  {
    operation: 'UpdateTable',
    name: 'adds an index',
    async input(world) {
      const TableName = await world.table()
      await world.put(TableName, { ...key('a'), day: { S: 'mon' } })
      return {
        TableName,
        AttributeDefinitions: [{ AttributeName: 'day', AttributeType: 'S' }],
        GlobalSecondaryIndexUpdates: [
          {
            Create: {
              IndexName: 'by-day',
              KeySchema: [{ AttributeName: 'day', KeyType: 'HASH' }],
              Projection: { ProjectionType: 'ALL' },
            },
          },
        ],
      }
    },
    async check({ TableDescription }, world, { TableName }) {
      expect(TableDescription).toMatchObject({ TableStatus: 'UPDATING' })
      const { Count } = await world.admin('Scan', { TableName, IndexName: 'by-day' })
      expect(Count).toBe(1)
    },
  },
  {
    operation: 'UpdateTable',
    name: 'that changes nothing',
    error: validation,
    message: /^At least one of ProvisionedThroughput/,
    input: async (world) => ({ TableName: await world.table() }),
  },
  {
    operation: 'DeleteTable',
    name: 'deletes a table',
    input: async (world) => ({ TableName: await world.table() }),
    async check({ TableDescription }, world, { TableName }) {
      expect(TableDescription).toMatchObject({ TableStatus: 'DELETING' })
      expect((await world.admin('ListTables')).TableNames).not.toContain(TableName)
    },
  },
  {
    operation: 'DeleteTable',
    name: 'of a table that is not there',
    error: notFound,
    input: () => ({ TableName: 'none' }),
  },
]

const TimeToLiveSpecification = { Enabled: true, AttributeName: 'until' }

const settings: TableCase[] = [
  {
    operation: 'UpdateTimeToLive',
    name: 'switches expiry on',
    input: async (world) => ({ TableName: await world.table(), TimeToLiveSpecification }),
    check: (output) => expect(output).toEqual({ TimeToLiveSpecification }),
  },
  {
    operation: 'UpdateTimeToLive',
    name: 'off where it is off',
    error: validation,
    message: /^TimeToLive is already disabled$/,
    input: async (world) => ({
      TableName: await world.table(),
      TimeToLiveSpecification: { Enabled: false, AttributeName: 'until' },
    }),
  },
  {
    operation: 'DescribeTimeToLive',
    name: 'shows the attribute',
    async input(world) {
      const TableName = await world.table()
      await world.admin('UpdateTimeToLive', { TableName, TimeToLiveSpecification })
      return { TableName }
    },
    check: (output) =>
      expect(output.TimeToLiveDescription).toEqual({ TimeToLiveStatus: 'ENABLED', AttributeName: 'until' }),
  },
  {
    operation: 'DescribeTimeToLive',
    name: 'of a table that is not there',
    error: notFound,
    input: () => ({ TableName: 'none' }),
  },
  {
    operation: 'TagResource',
    name: 'adds tags',
    input: async (world) => ({
      ResourceArn: world.arn(await world.table()),
      Tags: [{ Key: 'a', Value: '1' }],
    }),
    async check(_output, world, { ResourceArn }) {
      expect(await world.admin('ListTagsOfResource', { ResourceArn })).toEqual({
        Tags: [{ Key: 'a', Value: '1' }],
      })
    },
  },
  {
    operation: 'TagResource',
    name: 'of a table that is not there',
    error: notFound,
    input: (world) => ({ ResourceArn: world.arn('none'), Tags: [{ Key: 'a', Value: '1' }] }),
  },
  {
    operation: 'UntagResource',
    name: 'takes tags away',
    async input(world) {
      const ResourceArn = world.arn(await world.table({ Tags: [{ Key: 'a', Value: '1' }] }))
      return { ResourceArn, TagKeys: ['a', 'b'] }
    },
    async check(_output, world, { ResourceArn }) {
      expect(await world.admin('ListTagsOfResource', { ResourceArn })).toEqual({ Tags: [] })
    },
  },
  {
    operation: 'UntagResource',
    name: 'of a table that is not there',
    error: notFound,
    input: (world) => ({ ResourceArn: world.arn('none'), TagKeys: ['a'] }),
  },
  {
    operation: 'ListTagsOfResource',
    name: 'gives the tags',
    input: async (world) => ({
      ResourceArn: world.arn(await world.table({ Tags: [{ Key: 'a', Value: '1' }] })),
    }),
    check: (output) => expect(output).toEqual({ Tags: [{ Key: 'a', Value: '1' }] }),
  },
  {
    operation: 'ListTagsOfResource',
    name: 'of what is no table',
    error: validation,
    message: /Invalid ResourceArn provided/,
    input: () => ({ ResourceArn: `arn:aws:dynamodb:${region}:${account}:backup/none` }),
  },
  {
    operation: 'DescribeLimits',
    name: 'gives quotas',
    input: () => ({}),
    check: (output) => expect(output).toMatchObject({ TableMaxWriteCapacityUnits: 40_000 }),
  },
  {
    operation: 'DescribeEndpoints',
    name: 'gives the address of the server',
    input: () => ({}),
    check: (output, world) =>
      expect(output.Endpoints).toEqual([
        { Address: new URL(world.server.url).host, CachePeriodInMinutes: 1440 },
      ]),
  },
  {
    operation: 'UpdateContinuousBackups',
    name: 'keeps and shows it',
    input: async (world) => ({
      TableName: await world.table(),
      PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
    }),
    check: (output) =>
      expect(output.ContinuousBackupsDescription).toMatchObject({
        PointInTimeRecoveryDescription: { PointInTimeRecoveryStatus: 'ENABLED', RecoveryPeriodInDays: 35 },
      }),
  },
  {
    operation: 'UpdateContinuousBackups',
    name: 'of a table that is not there',
    error: 'TableNotFoundException',
    input: () => ({
      TableName: 'none',
      PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
    }),
  },
  {
    operation: 'DescribeContinuousBackups',
    name: 'shows that they are off',
    input: async (world) => ({ TableName: await world.table() }),
    check: (output) =>
      expect(output.ContinuousBackupsDescription).toEqual({
        ContinuousBackupsStatus: 'ENABLED',
        PointInTimeRecoveryDescription: { PointInTimeRecoveryStatus: 'DISABLED' },
      }),
  },
  {
    operation: 'DescribeContinuousBackups',
    name: 'of a table that is not there',
    error: 'TableNotFoundException',
    input: () => ({ TableName: 'none' }),
  },
]

const StreamArn = `arn:aws:kinesis:${region}:${account}:stream/exported`

async function exported(world: Parameters<TableCase['input']>[0]): Promise<Members> {
  const input = { TableName: await world.table(), StreamArn }
  await world.stream('exported')
  await world.admin('EnableKinesisStreamingDestination', input)
  return input
}

const exportsToStreams: TableCase[] = [
  {
    operation: 'EnableKinesisStreamingDestination',
    name: 'exports changes to a stream',
    async input(world) {
      await world.stream('exported')
      return { TableName: await world.table(), StreamArn }
    },
    check: (output) => expect(output).toMatchObject({ StreamArn, DestinationStatus: 'ENABLING' }),
  },
  {
    operation: 'EnableKinesisStreamingDestination',
    name: 'twice',
    error: validation,
    input: exported,
  },
  {
    operation: 'DisableKinesisStreamingDestination',
    name: 'ends an export',
    input: exported,
    check: (output) => expect(output).toMatchObject({ DestinationStatus: 'DISABLING' }),
  },
  {
    operation: 'DisableKinesisStreamingDestination',
    name: 'of no export',
    error: validation,
    input: async (world) => ({ TableName: await world.table(), StreamArn }),
  },
  {
    operation: 'UpdateKinesisStreamingDestination',
    name: 'changes the precision of times',
    input: async (world) => ({
      ...(await exported(world)),
      UpdateKinesisStreamingConfiguration: { ApproximateCreationDateTimePrecision: 'MICROSECOND' },
    }),
    check: (output) => expect(output).toMatchObject({ DestinationStatus: 'UPDATING' }),
  },
  {
    operation: 'UpdateKinesisStreamingDestination',
    name: 'to the precision that it has',
    error: validation,
    input: async (world) => ({
      ...(await exported(world)),
      UpdateKinesisStreamingConfiguration: { ApproximateCreationDateTimePrecision: 'MILLISECOND' },
    }),
  },
  {
    operation: 'DescribeKinesisStreamingDestination',
    name: 'shows the exports',
    input: async (world) => ({ TableName: (await exported(world)).TableName }),
    check: (output) =>
      expect(output.KinesisDataStreamDestinations).toEqual([
        { StreamArn, DestinationStatus: 'ACTIVE', ApproximateCreationDateTimePrecision: 'MILLISECOND' },
      ]),
  },
  {
    operation: 'DescribeKinesisStreamingDestination',
    name: 'of a table that is not there',
    error: notFound,
    input: () => ({ TableName: 'none' }),
  },
]

async function exportable(world: Parameters<TableCase['input']>[0]): Promise<Members> {
  const TableName = await world.table()
  await world.admin('UpdateContinuousBackups', {
    TableName,
    PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
  })
  return { TableArn: world.arn(TableName), S3Bucket: 'backups', S3Prefix: TableName }
}

const exportsToFiles: TableCase[] = [
  {
    operation: 'ExportTableToPointInTime',
    name: 'begins an export',
    input: exportable,
    check: ({ ExportDescription }, _world, { TableArn }) =>
      expect(ExportDescription).toMatchObject({ ExportStatus: 'IN_PROGRESS', TableArn }),
  },
  {
    operation: 'ExportTableToPointInTime',
    name: 'of a table without backups',
    error: 'PointInTimeRecoveryUnavailableException',
    input: async (world) => ({ TableArn: world.arn(await world.table()), S3Bucket: 'backups' }),
  },
  {
    operation: 'DescribeExport',
    name: 'describes an export',
    async input(world) {
      const { ExportDescription } = await world.admin('ExportTableToPointInTime', await exportable(world))
      // By the API's model.
      return { ExportArn: (ExportDescription as { ExportArn: string }).ExportArn }
    },
    check: ({ ExportDescription }, _world, { ExportArn }) =>
      expect(ExportDescription).toMatchObject({ ExportArn, ExportFormat: 'DYNAMODB_JSON' }),
  },
  {
    operation: 'DescribeExport',
    name: 'of an export that is not there',
    error: 'ExportNotFoundException',
    input: (world) => ({ ExportArn: `${world.arn('none')}/export/00000000000000-none` }),
  },
  {
    operation: 'ListExports',
    name: 'lists the exports of a table',
    async input(world) {
      const input = await exportable(world)
      await world.admin('ExportTableToPointInTime', input)
      return { TableArn: input.TableArn }
    },
    check: ({ ExportSummaries }) => expect(ExportSummaries).toMatchObject([{ ExportType: 'FULL_EXPORT' }]),
  },
  {
    operation: 'ListExports',
    name: 'of what is no table',
    error: validation,
    input: () => ({ TableArn: 'nonsense' }),
  },
]

export const tableCases: readonly TableCase[] = [
  ...tables,
  ...settings,
  ...exportsToStreams,
  ...exportsToFiles,
]

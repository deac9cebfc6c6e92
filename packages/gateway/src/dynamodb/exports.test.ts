/** Exports of tables to files under the data directory. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import {
  account,
  type DynamoKit,
  dynamoKit,
  makeTable,
  type Reply,
  region,
  startTime,
} from './testing/dynamodb-kit.ts'

const TableArn = `arn:aws:dynamodb:${region}:${account}:table/orders`

async function exportable(kit: DynamoKit): Promise<void> {
  await makeTable(kit, 'orders')
  for (const id of ['a', 'b']) await kit.call('PutItem', { TableName: 'orders', Item: { pk: { S: id } } })
  await kit.call('UpdateContinuousBackups', {
    TableName: 'orders',
    PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
  })
}

/** Once its thread has ended. */
async function ended(kit: DynamoKit, ExportArn: string): Promise<Reply> {
  for (;;) {
    const { ExportDescription } = await kit.call('DescribeExport', { ExportArn })
    if (ExportDescription.ExportStatus !== 'IN_PROGRESS') return ExportDescription
    await new Promise((resolve) => setImmediate(resolve))
  }
}

test('an export is written aside, described while and after, and listed', async () => {
  const kit = await dynamoKit()
  await exportable(kit)
  const input = { TableArn, S3Bucket: 'backups', S3Prefix: 'nightly/orders', ClientToken: 'one' }
  const { ExportDescription } = await kit.call('ExportTableToPointInTime', input)
  expect(ExportDescription).toMatchObject({
    ExportStatus: 'IN_PROGRESS',
    ExportArn: expect.stringContaining(`${TableArn}/export/`),
    StartTime: startTime / 1000,
    S3Bucket: 'backups',
  })
  const { ExportArn } = ExportDescription
  const again = await kit.call('ExportTableToPointInTime', input)
  expect(again.ExportDescription.ExportArn).toBe(ExportArn)
  expect(await kit.fault('ExportTableToPointInTime', { ...input, S3Bucket: 'other' })).toContain(
    'ExportConflictException',
  )
  const done = await ended(kit, ExportArn)
  expect(done).toMatchObject({ ExportStatus: 'COMPLETED', ItemCount: 2, ExportFormat: 'DYNAMODB_JSON' })
  const bucket = join(kit.dir, 'exports/backups/nightly/orders')
  const summary = JSON.parse(readFileSync(join(bucket, done.ExportManifest), 'utf8'))
  const files = readFileSync(join(bucket, summary.manifestFilesS3Key), 'utf8')
  const { dataFileS3Key } = JSON.parse(files)
  expect(gunzipSync(readFileSync(join(bucket, dataFileS3Key))).toString()).toBe(
    '{"Item":{"pk":{"S":"a"}}}\n{"Item":{"pk":{"S":"b"}}}\n',
  )
  expect(await kit.call('ListExports', { TableArn })).toEqual({
    ExportSummaries: [{ ExportArn, ExportStatus: 'COMPLETED', ExportType: 'FULL_EXPORT' }],
  })
  await kit.close()
  const later = await dynamoKit({ dir: kit.dir, clock: kit.clock })
  expect((await later.call('DescribeExport', { ExportArn })).ExportDescription).toEqual(done)
})

test('what cannot be exported says why', async () => {
  const kit = await dynamoKit()
  await makeTable(kit, 'orders')
  const input = { TableArn, S3Bucket: 'backups' }
  expect(await kit.fault('ExportTableToPointInTime', input)).toBe(
    "PointInTimeRecoveryUnavailableException: Point in time recovery is not enabled for table 'orders'",
  )
  await kit.call('DeleteTable', { TableName: 'orders' })
  expect(await kit.fault('ExportTableToPointInTime', input)).toContain('ResourceNotFoundException')
  await exportable(kit)
  for (const [more, text] of [
    [{ ExportFormat: 'ION' }, 'DYNAMODB_JSON'],
    [{ ExportType: 'INCREMENTAL_EXPORT' }, 'FULL_EXPORT'],
    [{ ExportTime: startTime / 1000 + 60 }, 'InvalidExportTimeException'],
    [{ S3Prefix: '../../elsewhere' }, 'not a path below the bucket'],
    [{ S3Bucket: '..' }, 'regular expression pattern'],
    [{ TableArn: 'orders' }, 'Invalid TableArn'],
  ] as const) {
    expect(await kit.fault('ExportTableToPointInTime', { ...input, ...more })).toContain(text)
  }
  expect(await kit.fault('DescribeExport', { ExportArn: `${TableArn}/export/none` })).toContain(
    'ExportNotFoundException',
  )
  // Without a change stream nobody knows how the table was.
  await kit.clock.advance(60_000)
  const { ExportDescription } = await kit.call('ExportTableToPointInTime', {
    ...input,
    ExportTime: startTime / 1000 + 1,
  })
  expect(await ended(kit, ExportDescription.ExportArn)).toMatchObject({
    ExportStatus: 'FAILED',
    FailureCode: 'TABLE_EXPORT_IMPOSSIBLE',
    FailureMessage: expect.stringContaining('no change stream with old images'),
  })
})

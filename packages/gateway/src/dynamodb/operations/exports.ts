/** ExportTableToPointInTime, DescribeExport and ListExports. */
import { parseTableArn } from '@millrace/values'
import { WireError } from '../../wire/wire-error.ts'
import type { DynamoContext, DynamoOperation } from '../dynamodb-context.ts'
import type { StoredExport } from '../exports/table-exports.ts'
import { notFound, validation } from '../faults.ts'
import type { TableInput } from '../shapes/table-inputs.ts'

const PAGE_MAX = 25

export const exportTable: DynamoOperation<TableInput<'ExportTableToPointInTime'>> = (
  input,
  { caller },
  context,
) => {
  const { directory, exports, clock } = context
  if (parseTableArn(input.TableArn) === undefined) throw validation(`Invalid TableArn: ${input.TableArn}`)
  const table = directory.find(input.TableArn, caller, 'dynamodb:ExportTableToPointInTime')
  if (input.ExportFormat !== undefined && input.ExportFormat !== 'DYNAMODB_JSON') {
    throw validation('ExportFormat: exports are in DYNAMODB_JSON here')
  }
  if (input.ExportType === 'INCREMENTAL_EXPORT') {
    throw validation(
      'ExportType: exports are FULL_EXPORT here. Changes are in the change stream of the table.',
    )
  }
  checkPrefix(input.S3Prefix)
  if (table.stored.pointInTime === undefined) {
    throw new WireError(
      'PointInTimeRecoveryUnavailableException',
      `Point in time recovery is not enabled for table '${table.name}'`,
    )
  }
  const { ExportTime: at, ClientToken: token = '', S3Bucket: bucket, S3Prefix: prefix } = input
  const atMs = at === undefined ? undefined : Math.floor(at * 1000)
  if (atMs !== undefined && (atMs > clock.now() || atMs < table.info.createdAt)) {
    throw new WireError(
      'InvalidExportTimeException',
      'The specified ExportTime is outside of the point in time recovery window.',
    )
  }
  const wanted = {
    table: table.name,
    account: caller.account,
    bucket,
    token,
    ...(atMs === undefined ? {} : { atMs }),
    ...(prefix === undefined ? {} : { prefix }),
  }
  const known = token === '' ? undefined : exports.all().find((each) => each.token === token)
  if (known !== undefined && !isSame(known, wanted)) {
    throw new WireError(
      'ExportConflictException',
      'There is an export with this ClientToken and other parameters',
    )
  }
  return { ExportDescription: describe(known ?? exports.start(wanted), context) }
}

export const describeExport: DynamoOperation<TableInput<'DescribeExport'>> = (input, { caller }, context) => {
  const { ExportArn: arn } = input
  caller.authorize('dynamodb:DescribeExport', arn)
  const found = context.exports.get(arn.slice(arn.lastIndexOf('/') + 1))
  if (found === undefined || found.account !== caller.account || exportArn(found, context) !== arn) {
    throw new WireError('ExportNotFoundException', `Export not found: ${arn}`)
  }
  return { ExportDescription: describe(found, context) }
}

export const listExports: DynamoOperation<TableInput<'ListExports'>> = (input, { caller }, context) => {
  const { TableArn: arn, MaxResults: limit = PAGE_MAX, NextToken: after = '' } = input
  const parsed = arn === undefined ? undefined : parseTableArn(arn)
  if (arn !== undefined && parsed === undefined) throw validation(`Invalid TableArn: ${arn}`)
  caller.authorize('dynamodb:ListExports', arn ?? '*')
  if (parsed !== undefined && parsed.account !== caller.account)
    throw notFound('Requested resource not found')
  const all = context.exports
    .all()
    .filter(
      (each) =>
        each.account === caller.account &&
        (parsed === undefined || each.table === parsed.table) &&
        each.id > after,
    )
  const page = all.slice(0, limit)
  return {
    ExportSummaries: page.map((each) => ({
      ExportArn: exportArn(each, context),
      ExportStatus: each.status,
      ExportType: 'FULL_EXPORT',
    })),
    NextToken: all.length > page.length ? page.at(-1)?.id : undefined,
  }
}

/** A prefix is a path below the bucket's folder. Error: ValidationException. */
function checkPrefix(prefix: string | undefined): void {
  if (prefix === undefined || /^(?!.*(?:^|\/)\.{1,2}(?:\/|$))[\w!*'()./=-]+$/.test(prefix)) return
  throw validation(`S3Prefix ${prefix} is not a path below the bucket`)
}

function isSame(known: StoredExport, wanted: Partial<StoredExport>): boolean {
  return (['table', 'account', 'bucket', 'prefix', 'atMs'] as const).every(
    (name) => known[name] === wanted[name],
  )
}

function exportArn({ table, account, id }: StoredExport, { directory }: DynamoContext): string {
  return `${directory.arn(table, { account })}/export/${id}`
}

function describe(each: StoredExport, context: DynamoContext): object {
  return {
    ExportArn: exportArn(each, context),
    ExportStatus: each.status,
    StartTime: new Date(each.begunAt),
    EndTime: each.endedAt === undefined ? undefined : new Date(each.endedAt),
    ExportManifest: each.manifest,
    TableArn: context.directory.arn(each.table, { account: each.account }),
    ExportTime: new Date(each.atMs ?? each.begunAt),
    ClientToken: each.token === '' ? undefined : each.token,
    S3Bucket: each.bucket,
    S3Prefix: each.prefix,
    FailureCode: each.failure?.code,
    FailureMessage: each.failure?.message,
    ExportFormat: 'DYNAMODB_JSON',
    BilledSizeBytes: each.bytes,
    ItemCount: each.items,
    ExportType: 'FULL_EXPORT',
  }
}

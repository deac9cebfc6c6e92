/** Settings of a table with operations of their own: expiry, tags, backups, exports to data streams. */
import { type ExportStream, tableOfChanges } from '@millrace/tables'
import { parseStreamArn, parseTableArn } from '@millrace/values'
import { WireError } from '../../wire/wire-error.ts'
import type { Caller } from '../../wire/wire-service.ts'
import type { DynamoContext, DynamoOperation } from '../dynamodb-context.ts'
import { inUse, invalidParameters, notFound, validation } from '../faults.ts'
import type { TableInput } from '../shapes/table-inputs.ts'
import { checkTags } from '../tables/check-tags.ts'
import { type DynamoTable, mustBeActive } from '../tables/table-directory.ts'

const BACKUP_DAYS = 35
const DAY_MS = 86_400_000
/** A backup reaches to here before now, as the service has it. */
const BACKUP_LAG_MS = 5 * 60_000

export const describeTimeToLive: DynamoOperation<TableInput<'DescribeTimeToLive'>> = (
  input,
  { caller },
  { directory },
) => {
  const { ttlAttribute } = directory.find(input.TableName, caller, 'dynamodb:DescribeTimeToLive').info
    .settings
  return {
    TimeToLiveDescription:
      ttlAttribute === undefined
        ? { TimeToLiveStatus: 'DISABLED' }
        : { TimeToLiveStatus: 'ENABLED', AttributeName: ttlAttribute },
  }
}

export const updateTimeToLive: DynamoOperation<TableInput<'UpdateTimeToLive'>> = (
  input,
  { caller },
  { directory, tables },
) => {
  const table = directory.find(input.TableName, caller, 'dynamodb:UpdateTimeToLive')
  mustBeActive(table)
  const { Enabled, AttributeName } = input.TimeToLiveSpecification
  const { ttlAttribute } = table.info.settings
  if (Enabled && ttlAttribute === AttributeName) throw validation('TimeToLive is already enabled')
  if (!Enabled && ttlAttribute === undefined) throw validation('TimeToLive is already disabled')
  if (ttlAttribute !== undefined && ttlAttribute !== AttributeName) {
    throw validation(
      `TimeToLive is active on a different AttributeName: current AttributeName is ${ttlAttribute}`,
    )
  }
  tables.alter(table.name, { ttlAttribute: Enabled ? AttributeName : undefined })
  return { TimeToLiveSpecification: { Enabled, AttributeName } }
}

export const tagResource: DynamoOperation<TableInput<'TagResource'>> = (input, { caller }, context) => {
  const { ResourceArn, Tags: tags } = input
  checkArn(ResourceArn, 'TagResource', caller)
  if (tags === undefined) throw mustNotBeNull('tags')
  mustNameTable(ResourceArn)
  if (tags.length === 0) throw validation('Atleast one Tag needs to be provided as Input.')
  const table = taggedTable(ResourceArn, caller, context, 'TagResource')
  const added = tags.map(({ Key, Value }) => {
    if (Key === undefined || Value === undefined) throw invalidParameters('A tag has a Key and a Value')
    return { Key, Value }
  })
  const present = table.info.settings.tags
  checkTags(added, present)
  context.tables.alter(table.name, {
    tags: { ...present, ...Object.fromEntries(added.map(({ Key, Value }) => [Key, Value])) },
  })
  return noOutput
}

export const untagResource: DynamoOperation<TableInput<'UntagResource'>> = (input, { caller }, context) => {
  const { ResourceArn, TagKeys: keys } = input
  checkArn(ResourceArn, 'UntagResource', caller)
  if (keys === undefined) throw mustNotBeNull('tagKeys')
  mustNameTable(ResourceArn)
  if (keys.length === 0) throw validation('Atleast one Tag Key needs to be provided as Input.')
  const table = taggedTable(ResourceArn, caller, context, 'UntagResource')
  const removed = new Set(keys)
  const tags = Object.entries(table.info.settings.tags).filter(([key]) => !removed.has(key))
  context.tables.alter(table.name, { tags: Object.fromEntries(tags) })
  return noOutput
}

export const listTagsOfResource: DynamoOperation<TableInput<'ListTagsOfResource'>> = (
  input,
  { caller },
  context,
) => {
  const { ResourceArn } = input
  checkArn(ResourceArn, 'ListTagsOfResource', caller)
  mustNameTable(ResourceArn)
  const table = taggedTable(ResourceArn, caller, context, 'ListTagsOfResource')
  return { Tags: Object.entries(table.info.settings.tags).map(([Key, Value]) => ({ Key, Value })) }
}

export const describeContinuousBackups: DynamoOperation<TableInput<'DescribeContinuousBackups'>> = (
  input,
  { caller },
  context,
) => backupsOf(findForBackup(input.TableName, caller, context, 'DescribeContinuousBackups'), context)

export const updateContinuousBackups: DynamoOperation<TableInput<'UpdateContinuousBackups'>> = (
  input,
  { caller },
  context,
) => {
  const table = findForBackup(input.TableName, caller, context, 'UpdateContinuousBackups')
  const { PointInTimeRecoveryEnabled: isOn, RecoveryPeriodInDays: days } =
    input.PointInTimeRecoverySpecification
  const { pointInTime, ...rest } = table.stored
  const since = pointInTime?.since ?? context.clock.now()
  const stored = isOn ? { ...rest, pointInTime: { since, days: days ?? BACKUP_DAYS } } : rest
  context.directory.stored.put(table.name, stored)
  return backupsOf({ ...table, stored }, context)
}

export const enableKinesis: DynamoOperation<TableInput<'EnableKinesisStreamingDestination'>> = (
  input,
  { caller },
  context,
) => {
  const table = findForItems(input.TableName, caller, context, 'EnableKinesisStreamingDestination')
  const stream = mustStream(input.StreamArn, caller, context)
  const { exports } = table.info.settings
  if (exports.some(({ status }) => status === 'ACTIVE')) {
    throw validation(
      'Table is not in a valid state to enable Kinesis Streaming Destination: ' +
        'KinesisStreamingDestination must be DISABLED or ENABLE_FAILED to perform ENABLE operation.',
    )
  }
  const precision =
    input.EnableKinesisStreamingConfiguration?.ApproximateCreationDateTimePrecision ?? 'MILLISECOND'
  putExport(table, { stream, status: 'ACTIVE', precision }, context)
  return {
    TableName: table.name,
    StreamArn: input.StreamArn,
    DestinationStatus: 'ENABLING',
    EnableKinesisStreamingConfiguration: { ApproximateCreationDateTimePrecision: precision },
  }
}

export const disableKinesis: DynamoOperation<TableInput<'DisableKinesisStreamingDestination'>> = (
  input,
  { caller },
  context,
) => {
  const table = findForItems(input.TableName, caller, context, 'DisableKinesisStreamingDestination')
  const active = mustBeExported(table, input.StreamArn, 'DISABLE')
  putExport(table, { ...active, status: 'DISABLED' }, context)
  return { TableName: table.name, StreamArn: input.StreamArn, DestinationStatus: 'DISABLING' }
}

export const updateKinesis: DynamoOperation<TableInput<'UpdateKinesisStreamingDestination'>> = (
  input,
  { caller },
  context,
) => {
  const table = findForItems(input.TableName, caller, context, 'UpdateKinesisStreamingDestination')
  const active = mustBeExported(table, input.StreamArn, 'UPDATE')
  const precision = input.UpdateKinesisStreamingConfiguration?.ApproximateCreationDateTimePrecision
  if (precision === undefined || precision === active.precision) {
    throw validation(
      'Invalid Request: Precision is already set to the desired value of ' +
        `${active.precision} for tableId: ${table.name}, kdsArn: ${input.StreamArn}`,
    )
  }
  putExport(table, { ...active, precision }, context)
  return {
    TableName: table.name,
    StreamArn: input.StreamArn,
    DestinationStatus: 'UPDATING',
    UpdateKinesisStreamingConfiguration: { ApproximateCreationDateTimePrecision: precision },
  }
}

export const describeKinesis: DynamoOperation<TableInput<'DescribeKinesisStreamingDestination'>> = (
  input,
  { caller },
  context,
) => {
  const table = findForItems(input.TableName, caller, context, 'DescribeKinesisStreamingDestination')
  return {
    TableName: table.name,
    KinesisDataStreamDestinations: table.info.settings.exports.map(({ stream, status, precision }) => ({
      StreamArn: `arn:aws:kinesis:${context.region}:${table.account}:stream/${stream}`,
      DestinationStatus: status,
      ApproximateCreationDateTimePrecision: precision,
    })),
  }
}

/** These operations answer with no body at all. */
const noOutput = undefined

function findForBackup(
  given: string,
  caller: Caller,
  { directory }: DynamoContext,
  operation: string,
): DynamoTable {
  try {
    return directory.findReady(given, caller, `dynamodb:${operation}`)
  } catch (error) {
    if (!(error instanceof WireError) || error.type !== 'ResourceNotFoundException') throw error
    throw new WireError('TableNotFoundException', `Table not found: ${given}`)
  }
}

function findForItems(
  given: string,
  caller: Caller,
  { directory }: DynamoContext,
  operation: string,
): DynamoTable {
  const table = directory.find(given, caller, `dynamodb:${operation}`)
  if (table.status === 'CREATING' || table.status === 'DELETING') {
    throw inUse(`Table is not in a valid state: ${table.name} is ${table.status}`)
  }
  return table
}

function backupsOf({ stored }: DynamoTable, { clock }: DynamoContext): object {
  const { pointInTime } = stored
  const now = clock.now()
  return {
    ContinuousBackupsDescription: {
      ContinuousBackupsStatus: 'ENABLED',
      PointInTimeRecoveryDescription:
        pointInTime === undefined
          ? { PointInTimeRecoveryStatus: 'DISABLED' }
          : {
              PointInTimeRecoveryStatus: 'ENABLED',
              RecoveryPeriodInDays: pointInTime.days,
              EarliestRestorableDateTime: new Date(
                Math.max(pointInTime.since, now - pointInTime.days * DAY_MS),
              ),
              LatestRestorableDateTime: new Date(Math.max(pointInTime.since, now - BACKUP_LAG_MS)),
            },
    },
  }
}

/** The name of a stream that is there. Errors: ValidationException, ResourceNotFoundException. */
function mustStream(arn: string, caller: Caller, { store, region }: DynamoContext): string {
  const parsed = parseStreamArn(arn)
  if (parsed === undefined) throw validation(`Invalid StreamArn: ${arn} is not the ARN of a data stream`)
  const isHere = parsed.region === region && parsed.account === caller.account
  if (!isHere || store.stream(parsed.stream) === undefined) {
    throw notFound(`Requested resource not found: Kinesis stream: ${arn} not found`)
  }
  if (tableOfChanges(store, parsed.stream) !== undefined) {
    throw validation(`Kinesis stream ${arn} takes the changes of a table and nothing else`)
  }
  return parsed.stream
}

function mustBeExported(table: DynamoTable, arn: string, operation: string): ExportStream {
  const stream = parseStreamArn(arn)?.stream
  const found = table.info.settings.exports.find((each) => each.stream === stream)
  if (found?.status === 'ACTIVE') return found
  throw validation(
    `Table is not in a valid state to ${operation.toLowerCase()} Kinesis Streaming Destination: ` +
      `KinesisStreamingDestination must be ACTIVE to perform ${operation} operation.`,
  )
}

function putExport(table: DynamoTable, changed: ExportStream, { tables }: DynamoContext): void {
  const others = table.info.settings.exports.filter(({ stream }) => stream !== changed.stream)
  tables.alter(table.name, { exports: [...others, changed] })
}

/** Errors: ValidationException, AccessDeniedException. */
function checkArn(arn: string | undefined, operation: string, caller: Caller): asserts arn is string {
  if (arn === undefined) throw validation('Invalid TableArn')
  // What names no resource at all cannot be allowed to anybody, which is what the service looks at first.
  if (/^.+:.+:.+:.+:.+:.+\/.+$/.test(arn)) return
  throw new WireError(
    'AccessDeniedException',
    `User: arn:aws:iam::${caller.account}:user/${caller.keyId} is not authorized to perform: ` +
      `dynamodb:${operation} on resource: ${arn === '' ? '*' : arn}`,
  )
}

function mustNameTable(arn: string): void {
  if (parseTableArn(arn) !== undefined) return
  throw validation(`Invalid TableArn: Invalid ResourceArn provided as input ${arn}`)
}

function taggedTable(
  arn: string,
  caller: Caller,
  { directory }: DynamoContext,
  operation: string,
): DynamoTable {
  const name = directory.authorized(arn, caller, `dynamodb:${operation}`)
  const table = name === undefined ? undefined : directory.named(name, caller.account)
  if (table !== undefined) return table
  throw notFound(
    operation === 'UntagResource'
      ? 'Requested resource not found'
      : `Requested resource not found: ResourcArn: ${arn} not found`,
  )
}

function mustNotBeNull(member: string): WireError {
  return validation(
    `1 validation error detected: Value null at '${member}' failed to satisfy constraint: Member must not be null`,
  )
}

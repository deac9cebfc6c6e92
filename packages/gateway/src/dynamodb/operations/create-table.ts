import {
  type ChangeSpec,
  changeStreamName,
  type IndexSpec,
  type TableSettings,
  type TableSpec,
} from '@millrace/tables'
import type { DynamoOperation } from '../dynamodb-context.ts'
import { inUse, invalidParameters, limitExceeded, validation } from '../faults.ts'
import type { TableInput } from '../shapes/table-inputs.ts'
import {
  checkGlobalIndexes,
  checkKeys,
  checkLocalIndexes,
  checkNoneUnused,
  checkProjectedCount,
  checkThroughput,
} from '../tables/check-keys.ts'
import { checkTags } from '../tables/check-tags.ts'
import { describeTable } from '../tables/describe-table.ts'
import type { StoredTable } from '../tables/stored-tables.ts'

/** Tables of an account, as the service's quota has it at most. */
const TABLES_MAX = 10_000

export const createTable: DynamoOperation<TableInput<'CreateTable'>> = (input, { caller }, context) => {
  const { directory, tables, clock, region } = context
  const name = directory.authorized(input.TableName, caller, 'dynamodb:CreateTable')
  if (name === undefined) throw validation(`TableName ${input.TableName} is of another account or region`)
  if (input.Tags !== undefined) directory.authorized(input.TableName, caller, 'dynamodb:TagResource')
  const settings = settingsOf(input, name, clock.now())
  const keys = checkKeys(input.KeySchema, input.AttributeDefinitions)
  if (directory.named(name, caller.account) !== undefined) throw inUse(`Table already exists: ${name}`)
  if (tables.list().length >= TABLES_MAX) {
    throw limitExceeded(`Subscriber limit exceeded: There is a limit of ${TABLES_MAX} tables per subscriber`)
  }
  const spec: TableSpec = { name, ...keys, settings }
  const { createdAt } = tables.create(spec)
  const stored: StoredTable = {
    createdAt,
    change: directory.change('CREATING'),
    ...(input.BillingMode === undefined ? {} : { billing: {} }),
    ...shownOnly(input),
    ...(input.ResourcePolicy === undefined ? {} : { policy: input.ResourcePolicy }),
    ...indexExtras(input),
  }
  directory.stored.put(name, stored)
  const table = directory.named(name, caller.account)
  if (table === undefined) throw new Error(`gateway invariant: table "${name}" was made and is not there`)
  return { TableDescription: describeTable(table, { nowMs: clock.now(), region, status: 'CREATING' }) }
}

type CreateInput = TableInput<'CreateTable'>

/** The engine's part. Errors: ValidationException. */
function settingsOf(input: CreateInput, name: string, nowMs: number): TableSettings {
  const { AttributeDefinitions: definitions, ProvisionedThroughput: given } = input
  const isOnDemand = input.BillingMode === 'PAY_PER_REQUEST'
  if (isOnDemand && given !== undefined) {
    throw invalidParameters(
      'Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST',
    )
  }
  if (!isOnDemand && given === undefined) {
    throw invalidParameters(
      'ReadCapacityUnits and WriteCapacityUnits must both be specified when BillingMode is PROVISIONED',
    )
  }
  const capacity = given === undefined ? undefined : checkThroughput(given)
  if (input.KeySchema.length > definitions.length) {
    throw validation('Invalid KeySchema: Some index key attribute have no definition')
  }
  const keys = checkKeys(input.KeySchema, definitions)
  const { LocalSecondaryIndexes: local, GlobalSecondaryIndexes: global } = input
  if (local === undefined && global === undefined && input.KeySchema.length !== definitions.length) {
    throw invalidParameters(
      'Number of attributes in KeySchema does not exactly match number of attributes defined in AttributeDefinitions',
    )
  }
  const names = new Set<string>()
  const indexes: IndexSpec[] = []
  if (local !== undefined) indexes.push(...checkLocalIndexes(local, keys, definitions, names))
  if (global !== undefined) indexes.push(...checkGlobalIndexes(global, definitions, names, { isOnDemand }))
  checkNoneUnused(definitions, keys, indexes)
  checkProjectedCount(indexes)
  const changes = changesOf(input.StreamSpecification, name, nowMs)
  checkTags(input.Tags ?? [])
  return {
    indexes,
    ...(changes === undefined ? {} : { changes }),
    ...(capacity === undefined ? {} : { capacity }),
    tags: Object.fromEntries((input.Tags ?? []).map(({ Key, Value }) => [Key, Value])),
    exports: [],
    isProtected: input.DeletionProtectionEnabled ?? false,
  }
}

/** Undefined: the stream is off. Errors: ValidationException. */
export function changesOf(
  specification: CreateInput['StreamSpecification'],
  table: string,
  nowMs: number,
): ChangeSpec | undefined {
  if (specification === undefined) return undefined
  const { StreamEnabled, StreamViewType: view } = specification
  if (!StreamEnabled) {
    if (view === undefined) return undefined
    throw invalidParameters('StreamViewType cannot be specified when StreamEnabled is false')
  }
  if (view === undefined)
    throw invalidParameters('StreamViewType must be specified when StreamEnabled is true')
  return { view, stream: changeStreamName(table), label: streamLabel(nowMs) }
}

/** Like 2015-05-11T21:21:33.291. */
function streamLabel(nowMs: number): string {
  return new Date(nowMs).toISOString().slice(0, -1)
}

/** Settings that the wire keeps and shows, and that change nothing else. */
export function shownOnly(input: {
  readonly TableClass?: string | undefined
  readonly SSESpecification?:
    | { readonly Enabled?: boolean | undefined; readonly KMSMasterKeyId?: string | undefined }
    | undefined
  readonly OnDemandThroughput?: StoredTable['onDemand'] | undefined
  readonly WarmThroughput?: StoredTable['warm'] | undefined
}): Partial<StoredTable> {
  const { TableClass, SSESpecification: encryption, OnDemandThroughput, WarmThroughput } = input
  return {
    ...(TableClass === undefined ? {} : { tableClass: TableClass }),
    ...(encryption?.Enabled === true ? { encryption: { keyId: encryption.KMSMasterKeyId } } : {}),
    ...(OnDemandThroughput === undefined ? {} : { onDemand: OnDemandThroughput }),
    ...(WarmThroughput === undefined ? {} : { warm: WarmThroughput }),
  }
}

function indexExtras({ GlobalSecondaryIndexes = [] }: CreateInput): Pick<StoredTable, 'indexes'> {
  const entries = GlobalSecondaryIndexes.flatMap((index) => {
    const extras = {
      ...(index.OnDemandThroughput === undefined ? {} : { onDemand: index.OnDemandThroughput }),
      ...(index.WarmThroughput === undefined ? {} : { warm: index.WarmThroughput }),
    }
    return Object.keys(extras).length === 0 ? [] : [[index.IndexName, extras] as const]
  })
  return entries.length === 0 ? {} : { indexes: Object.fromEntries(entries) }
}

/** A table as the API describes it. */
import { createHash } from 'node:crypto'
import type { KeyDefinition } from '@millrace/store'
import type { Capacity, ChangeSpec, IndexSpec, TableInfo, TableSpec } from '@millrace/tables'
import { changeStreamArn } from '@millrace/values'
import { letterOf } from './key-types.ts'
import type { CapacityHistory, StatusChange, StoredIndex } from './stored-tables.ts'
import { type DynamoTable, statusOf, type TableStatus } from './table-directory.ts'

const DAY_MS = 86_400_000

export interface DescribeOptions {
  readonly nowMs: number
  readonly region: string
  /** Counts of an index: as the engine has them. */
  readonly indexCounts?: (index: string) => { readonly items: number; readonly bytes: number }
  /** In place of the table's own: replies to changes show the status that the change begins with. */
  readonly status?: TableStatus
}

export function describeTable(table: DynamoTable, options: DescribeOptions): object {
  const { info, stored } = table
  const { settings } = info
  const { nowMs, status = table.status } = options
  const isOnDemand = settings.capacity === undefined
  const billing =
    isOnDemand || stored.billing !== undefined
      ? {
          BillingMode: isOnDemand ? 'PAY_PER_REQUEST' : 'PROVISIONED',
          // While the table is made it has no time yet.
          ...((stored.billing?.onDemandSince === undefined && !isOnDemand) || status === 'CREATING'
            ? {}
            : {
                LastUpdateToPayPerRequestDateTime: new Date(stored.billing?.onDemandSince ?? info.createdAt),
              }),
        }
      : undefined
  // Of a table that goes the service shows no indexes.
  const isGoing = status === 'DELETING'
  const local = isGoing ? [] : settings.indexes.filter(({ kind }) => kind === 'local')
  const global = isGoing ? [] : globalIndexes(table, options)
  const { changes } = settings
  return {
    AttributeDefinitions: attributeDefinitions(info),
    TableName: table.name,
    KeySchema: keySchema(info),
    TableStatus: status,
    CreationDateTime: new Date(info.createdAt),
    ProvisionedThroughput: throughput(settings.capacity, stored.capacity, {
      nowMs,
      isUpdating: status === 'UPDATING',
    }),
    TableSizeBytes: info.bytes,
    ItemCount: info.items,
    TableArn: table.arn,
    TableId: tableId(info),
    BillingModeSummary: billing,
    TableThroughputModeSummary:
      billing === undefined
        ? undefined
        : {
            TableThroughputMode: billing.BillingMode,
            LastUpdateToPayPerRequestDateTime: billing.LastUpdateToPayPerRequestDateTime,
          },
    LocalSecondaryIndexes:
      local.length === 0 ? undefined : local.map((index) => indexDescription(table, index, options)),
    GlobalSecondaryIndexes: global.length === 0 ? undefined : global,
    ...(changes === undefined ? {} : streamDescription(table, changes, options.region)),
    SSEDescription:
      stored.encryption === undefined
        ? undefined
        : {
            Status: 'ENABLED',
            SSEType: 'KMS',
            KMSMasterKeyArn: kmsArn(stored.encryption.keyId, { ...options, account: table.account }),
          },
    TableClassSummary: stored.tableClass === undefined ? undefined : { TableClass: stored.tableClass },
    DeletionProtectionEnabled: settings.isProtected,
    OnDemandThroughput: stored.onDemand,
    WarmThroughput: stored.warm === undefined ? undefined : { ...stored.warm, Status: 'ACTIVE' },
  }
}

/** The parts of a description that name the table's change stream. */
export function streamDescription(table: DynamoTable, changes: ChangeSpec, region: string): object {
  const arn = changeStreamArn({ region, account: table.account }, { table: table.name, label: changes.label })
  return {
    StreamSpecification: { StreamEnabled: true, StreamViewType: changes.view },
    LatestStreamLabel: changes.label,
    LatestStreamArn: arn,
  }
}

/** In the order of their first use. */
export function attributeDefinitions({ partitionKey, sortKey, settings }: TableSpec): object[] {
  const keys = new Map<string, KeyDefinition>()
  const add = (key: KeyDefinition | undefined): void => {
    if (key !== undefined && !keys.has(key.name)) keys.set(key.name, key)
  }
  for (const each of [{ partitionKey, sortKey }, ...settings.indexes]) {
    add(each.partitionKey)
    add(each.sortKey)
  }
  return [...keys.values()].map((key) => ({ AttributeName: key.name, AttributeType: letterOf(key) }))
}

export function keySchema(keys: { partitionKey: KeyDefinition; sortKey?: KeyDefinition }): object[] {
  const schema = [{ AttributeName: keys.partitionKey.name, KeyType: 'HASH' }]
  if (keys.sortKey !== undefined) schema.push({ AttributeName: keys.sortKey.name, KeyType: 'RANGE' })
  return schema
}

/** Follows from the table, so that it needs no place of its own; in the form of a random UUID. */
export function tableId({ name, createdAt }: TableInfo): string {
  const hex = createHash('sha256').update(`${createdAt} ${name}`).digest('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`
}

function globalIndexes(table: DynamoTable, options: DescribeOptions): object[] {
  const { info, stored } = table
  const { nowMs } = options
  const described = info.settings.indexes
    .filter(({ kind }) => kind === 'global')
    .map((index) => {
      const kept = stored.indexes?.[index.name]
      return {
        ...indexDescription(table, index, options),
        IndexStatus: indexStatus(table, kept?.change, options),
        Backfilling: kept?.change?.status === 'CREATING' && nowMs < kept.change.until ? true : undefined,
        ProvisionedThroughput: throughput(index.capacity, kept?.capacity, {
          nowMs,
          isUpdating: statusOf(kept?.change, nowMs) === 'UPDATING',
        }),
        OnDemandThroughput: kept?.onDemand,
        WarmThroughput: kept?.warm === undefined ? undefined : { ...kept.warm, Status: 'ACTIVE' },
      }
    })
  const removed = Object.values(stored.indexes ?? {})
    .filter((kept): kept is StoredIndex & { removed: IndexSpec; change: StatusChange } => {
      return kept.removed !== undefined && kept.change !== undefined && nowMs < kept.change.until
    })
    .map((kept) => ({
      ...indexDescription(table, kept.removed, { ...options, indexCounts: () => ({ items: 0, bytes: 0 }) }),
      IndexStatus: 'DELETING',
      ProvisionedThroughput: throughput(kept.removed.capacity, kept.capacity, { nowMs, isUpdating: false }),
    }))
  return [...described, ...removed]
}

function indexStatus(
  table: DynamoTable,
  change: StatusChange | undefined,
  { nowMs, status = table.status }: DescribeOptions,
): string {
  // The indexes of a table that is being made or deleted are as it is.
  if (status === 'CREATING' || status === 'DELETING') return status
  return statusOf(change, nowMs)
}

function indexDescription(table: DynamoTable, index: IndexSpec, { indexCounts }: DescribeOptions): object {
  const { items, bytes } = indexCounts?.(index.name) ?? { items: 0, bytes: 0 }
  const { projection } = index
  return {
    IndexName: index.name,
    KeySchema: keySchema(index),
    Projection: {
      ProjectionType: projection.kind,
      NonKeyAttributes: projection.kind === 'INCLUDE' ? projection.attributes : undefined,
    },
    IndexSizeBytes: bytes,
    ItemCount: items,
    IndexArn: `${table.arn}/index/${index.name}`,
  }
}

function throughput(
  capacity: Capacity | undefined,
  history: CapacityHistory | undefined,
  { nowMs, isUpdating }: { readonly nowMs: number; readonly isUpdating: boolean },
): object {
  const shown = isUpdating && capacity !== undefined ? (history?.before ?? capacity) : capacity
  const decreases = history?.decreasedAt ?? []
  const today = Math.floor(nowMs / DAY_MS) * DAY_MS
  const time = (at: number | undefined): Date | undefined =>
    at === undefined ? undefined : new Date(at > nowMs ? (history?.begunAt ?? nowMs) : at)
  return {
    LastIncreaseDateTime: time(history?.increasedAt),
    LastDecreaseDateTime: time(decreases.at(-1)),
    NumberOfDecreasesToday: decreases.filter((at) => at >= today && at <= nowMs).length,
    ReadCapacityUnits: shown?.readUnits ?? 0,
    WriteCapacityUnits: shown?.writeUnits ?? 0,
  }
}

function kmsArn(keyId: string | undefined, at: { region: string; account: string }): string {
  if (keyId?.startsWith('arn:') === true) return keyId
  const key = keyId ?? 'alias/aws/dynamodb'
  return `arn:aws:kms:${at.region}:${at.account}:${key.startsWith('alias/') ? key : `key/${key}`}`
}

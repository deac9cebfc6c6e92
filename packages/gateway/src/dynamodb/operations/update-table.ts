/**
 * UpdateTable: capacity and billing mode, global indexes, the change stream, deletion protection, and what is only shown.
 * The engine changes the table at once, filling new indexes from its items; the status follows after its time.
 */
import type { Capacity, IndexSpec, TableSettings } from '@millrace/tables'
import type { WireError } from '../../wire/wire-error.ts'
import type { DynamoOperation } from '../dynamodb-context.ts'
import { invalidParameters, limitExceeded, notFound, validation } from '../faults.ts'
import type { TableInput } from '../shapes/table-inputs.ts'
import {
  type AttributeDefinition,
  checkGlobalIndex,
  checkThroughput,
  GLOBAL_INDEXES_MAX,
  type ThroughputInput,
  UNITS_MAX,
} from '../tables/check-keys.ts'
import { describeTable } from '../tables/describe-table.ts'
import { letterOf } from '../tables/key-types.ts'
import type { CapacityHistory, StoredIndex, StoredTable } from '../tables/stored-tables.ts'
import { type DynamoTable, mustBeActive } from '../tables/table-directory.ts'
import { changesOf, shownOnly } from './create-table.ts'

type UpdateInput = TableInput<'UpdateTable'>
type IndexUpdate = NonNullable<UpdateInput['GlobalSecondaryIndexUpdates']>[number]

/** Changes of index capacity in one call. */
const INDEX_UPDATES_MAX = 5

export const updateTable: DynamoOperation<UpdateInput> = (input, { caller }, context) => {
  const { directory, tables, clock, region } = context
  checkInput(input)
  const table = directory.find(input.TableName, caller, 'dynamodb:UpdateTable')
  mustBeActive(table)
  const nowMs = clock.now()
  const status = directory.change('UPDATING')
  const change = new TableChange(table, input, { nowMs, until: status.until })
  const { name } = table
  tables.alter(name, change.settings)
  directory.stored.put(name, { ...change.stored, change: status })
  const after = directory.named(name, caller.account)
  if (after === undefined) throw new Error(`gateway invariant: table "${name}" was changed and is not there`)
  return { TableDescription: describeTable(after, { nowMs, region, status: 'UPDATING' }) }
}

/** What needs no look at the table. Errors: ValidationException. */
function checkInput(input: UpdateInput): void {
  const { ProvisionedThroughput: throughput, GlobalSecondaryIndexUpdates: updates } = input
  const asks =
    throughput !== undefined ||
    input.BillingMode !== undefined ||
    input.StreamSpecification !== undefined ||
    (updates !== undefined && updates.length > 0) ||
    input.SSESpecification !== undefined ||
    input.TableClass !== undefined ||
    input.DeletionProtectionEnabled !== undefined ||
    input.OnDemandThroughput !== undefined ||
    input.WarmThroughput !== undefined ||
    input.ReplicaUpdates !== undefined
  if (!asks) {
    throw validation(
      'At least one of ProvisionedThroughput, BillingMode, UpdateStreamEnabled, GlobalSecondaryIndexUpdates or SSESpecification or ReplicaUpdates is required',
    )
  }
  if (input.ReplicaUpdates !== undefined) {
    throw validation('ReplicaUpdates: tables have no replicas here, since there is one region')
  }
  if (input.BillingMode === 'PROVISIONED' && throughput === undefined) {
    throw invalidParameters('ProvisionedThroughput must be specified when BillingMode is PROVISIONED')
  }
  if (throughput !== undefined) checkThroughput(throughput)
  const names = new Set<string>()
  for (const update of updates ?? []) {
    const name = (update.Update ?? update.Create ?? update.Delete)?.IndexName
    if (name === undefined) {
      throw invalidParameters(
        'One of GlobalSecondaryIndexUpdate.Update, GlobalSecondaryIndexUpdate.Create, ' +
          'GlobalSecondaryIndexUpdate.Delete must not be null',
      )
    }
    if (names.has(name)) {
      throw invalidParameters(
        `Only one global secondary index update per index is allowed simultaneously. Index: ${name}`,
      )
    }
    names.add(name)
  }
  if (names.size > INDEX_UPDATES_MAX) throw tooManyIndexes()
}

/** The settings of a table after an update. Errors of its making: ValidationException, LimitExceededException. */
class TableChange {
  settings: Partial<TableSettings> = {}
  stored: StoredTable
  readonly #table: DynamoTable
  readonly #nowMs: number
  /** When changed indexes are ACTIVE or gone. */
  readonly #until: number

  constructor(
    table: DynamoTable,
    input: UpdateInput,
    time: { readonly nowMs: number; readonly until: number },
  ) {
    this.#table = table
    this.#nowMs = time.nowMs
    this.#until = time.until
    this.stored = { ...table.stored, ...shownOnly(input) }
    if (input.SSESpecification?.Enabled === false) this.stored = without(this.stored, 'encryption')
    this.#changeCapacity(input)
    this.#changeIndexes(input)
    this.#changeStream(input)
    if (input.DeletionProtectionEnabled !== undefined)
      this.#set({ isProtected: input.DeletionProtectionEnabled })
  }

  #set(settings: Partial<TableSettings>): void {
    this.settings = { ...this.settings, ...settings }
  }

  #changeCapacity({
    BillingMode,
    ProvisionedThroughput: given,
    GlobalSecondaryIndexUpdates = [],
  }: UpdateInput): void {
    const { settings } = this.#table.info
    const wasOnDemand = settings.capacity === undefined
    const isOnDemand = BillingMode === undefined ? wasOnDemand : BillingMode === 'PAY_PER_REQUEST'
    if (given !== undefined && isOnDemand) {
      throw invalidParameters(
        'Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST',
      )
    }
    if (BillingMode !== undefined) {
      const onDemandSince = isOnDemand && !wasOnDemand ? this.#nowMs : this.stored.billing?.onDemandSince
      this.stored = { ...this.stored, billing: onDemandSince === undefined ? {} : { onDemandSince } }
    }
    if (isOnDemand && !wasOnDemand) {
      // The engine takes an absent capacity for none.
      const indexes = settings.indexes.map((index) => without(index, 'capacity'))
      this.#set({ indexes, ...({ capacity: undefined } as object) })
      return
    }
    if (!isOnDemand && wasOnDemand) {
      const lacking = settings.indexes
        .filter(({ kind, name }) => kind === 'global' && !hasThroughput(GlobalSecondaryIndexUpdates, name))
        .map(({ name }) => name)
      if (lacking.length > 0) {
        throw invalidParameters(`ProvisionedThroughput must be specified for index: ${lacking.join(',')}`)
      }
    }
    if (given === undefined) return
    const { capacity } = settings
    if (capacity !== undefined) {
      this.stored = { ...this.stored, capacity: this.#history(given, capacity, this.stored.capacity) }
    }
    this.#set({ capacity: checkThroughput(given) })
  }

  #history(given: ThroughputInput, now: Capacity, history: CapacityHistory = {}): CapacityHistory {
    const { ReadCapacityUnits: reads, WriteCapacityUnits: writes } = given
    if (reads === now.readUnits && writes === now.writeUnits) throw unchanged(given)
    const isMore = reads > now.readUnits || writes > now.writeUnits
    const isLess = reads < now.readUnits || writes < now.writeUnits
    return {
      ...history,
      before: now,
      begunAt: this.#nowMs,
      ...(isMore ? { increasedAt: this.#until } : {}),
      ...(isLess ? { decreasedAt: [...(history.decreasedAt ?? []), this.#until] } : {}),
    }
  }

  #changeIndexes({
    GlobalSecondaryIndexUpdates: updates = [],
    AttributeDefinitions = [],
  }: UpdateInput): void {
    if (updates.length === 0) return
    if (updates.filter(({ Create, Delete }) => Create !== undefined || Delete !== undefined).length > 1) {
      throw tooManyIndexes()
    }
    let indexes = [...(this.settings.indexes ?? this.#table.info.settings.indexes)]
    for (const { Create, Delete, Update } of updates) {
      if (Create !== undefined) indexes.push(this.#newIndex(Create, indexes, AttributeDefinitions))
      if (Delete !== undefined) {
        const removed = mustFind(indexes, Delete.IndexName)
        indexes = indexes.filter((index) => index !== removed)
        this.#keep(removed.name, { removed, change: { status: 'DELETING', until: this.#until } })
      }
      if (Update !== undefined) {
        checkIndexUnits(Update)
        const index = mustFind(indexes, Update.IndexName)
        indexes = indexes.map((each) => (each === index ? this.#changed(index, Update) : each))
      }
    }
    this.#set({ indexes })
  }

  #newIndex(
    create: NonNullable<IndexUpdate['Create']>,
    indexes: readonly IndexSpec[],
    given: readonly AttributeDefinition[],
  ): IndexSpec {
    const names = new Set(indexes.map(({ name }) => name))
    if (names.has(create.IndexName)) {
      throw validation(`Attempting to create an index which already exists: ${create.IndexName}`)
    }
    const isOnDemand = this.#capacityAfter() === undefined
    const index = checkGlobalIndex(create, this.#definitions(given), names, { isOnDemand })
    if (indexes.filter(({ kind }) => kind === 'global').length >= GLOBAL_INDEXES_MAX) {
      throw limitExceeded(
        `Subscriber limit exceeded: There is a limit of ${GLOBAL_INDEXES_MAX} global secondary indexes per table`,
      )
    }
    this.#keep(index.name, { change: { status: 'CREATING', until: this.#until }, ...extras(create) })
    return index
  }

  #changed(index: IndexSpec, update: NonNullable<IndexUpdate['Update']>): IndexSpec {
    const { ProvisionedThroughput: given } = update
    const kept = this.stored.indexes?.[index.name]
    this.#keep(index.name, {
      ...kept,
      change: { status: 'UPDATING', until: this.#until },
      ...extras(update),
      ...(given === undefined || index.capacity === undefined
        ? {}
        : { capacity: this.#history(given, index.capacity, kept?.capacity) }),
    })
    if (given === undefined) return index
    if (this.#capacityAfter() === undefined) {
      throw invalidParameters(
        `ProvisionedThroughput should not be specified for index: ${index.name} when BillingMode is PAY_PER_REQUEST`,
      )
    }
    return { ...index, capacity: checkThroughput(given) }
  }

  /** Those of the call, and those that the table has already, which have to agree. */
  #definitions(given: readonly AttributeDefinition[]): AttributeDefinition[] {
    const definitions = new Map(given.map((each) => [each.AttributeName, each]))
    const { info } = this.#table
    for (const { partitionKey, sortKey } of [info, ...info.settings.indexes]) {
      for (const key of sortKey === undefined ? [partitionKey] : [partitionKey, sortKey]) {
        const known = { AttributeName: key.name, AttributeType: letterOf(key) }
        const other = definitions.get(key.name)
        if (other !== undefined && other.AttributeType !== known.AttributeType) {
          throw invalidParameters(
            `Attribute ${key.name} is of type ${known.AttributeType}, not ${other.AttributeType}`,
          )
        }
        definitions.set(key.name, known)
      }
    }
    return [...definitions.values()]
  }

  #capacityAfter(): TableSettings['capacity'] {
    return 'capacity' in this.settings ? this.settings.capacity : this.#table.info.settings.capacity
  }

  #keep(index: string, stored: StoredIndex): void {
    this.stored = { ...this.stored, indexes: { ...this.stored.indexes, [index]: stored } }
  }

  #changeStream({ StreamSpecification: specification }: UpdateInput): void {
    if (specification === undefined) return
    const { changes } = this.#table.info.settings
    const after = changesOf(specification, this.#table.name, this.#nowMs)
    if (after !== undefined && changes !== undefined) {
      throw validation(`Table already has an enabled stream: TableName: ${this.#table.name}`)
    }
    if (after === undefined && changes === undefined) {
      throw validation(`Table is already disabled for streams: TableName: ${this.#table.name}`)
    }
    // The engine takes an absent change stream for one that is off.
    this.#set(after === undefined ? ({ changes: undefined } as object) : { changes: after })
  }
}

/** Before it is known whether the index is there. Error: ValidationException. */
function checkIndexUnits({ ProvisionedThroughput: given }: NonNullable<IndexUpdate['Update']>): void {
  if (given === undefined) return
  if (Math.max(given.ReadCapacityUnits, given.WriteCapacityUnits) <= UNITS_MAX) return
  throw validation(
    'This operation cannot be performed with given input values. Please contact DynamoDB service team for more info: ' +
      'Action Blocked: IndexUpdate',
  )
}

function hasThroughput(updates: readonly IndexUpdate[], index: string): boolean {
  return updates.some(
    ({ Update }) => Update?.IndexName === index && Update.ProvisionedThroughput !== undefined,
  )
}

function mustFind(indexes: readonly IndexSpec[], name: string): IndexSpec {
  const index = indexes.find((each) => each.kind === 'global' && each.name === name)
  if (index === undefined) throw notFound(`Requested resource not found: No such index: ${name}`)
  return index
}

function extras(input: {
  readonly OnDemandThroughput?: StoredIndex['onDemand'] | undefined
  readonly WarmThroughput?: StoredIndex['warm'] | undefined
}): StoredIndex {
  return {
    ...(input.OnDemandThroughput === undefined ? {} : { onDemand: input.OnDemandThroughput }),
    ...(input.WarmThroughput === undefined ? {} : { warm: input.WarmThroughput }),
  }
}

function without<T extends object, K extends keyof T>(value: T, name: K): Omit<T, K> {
  const { [name]: _, ...rest } = value
  return rest
}

function tooManyIndexes(): WireError {
  return limitExceeded(
    'Subscriber limit exceeded: Only 1 online index can be created or deleted simultaneously per table',
  )
}

function unchanged({ ReadCapacityUnits: reads, WriteCapacityUnits: writes }: ThroughputInput): WireError {
  return validation(
    'The provisioned throughput for the table will not change. The requested value equals the current value. ' +
      `Current ReadCapacityUnits provisioned for the table: ${reads}. Requested ReadCapacityUnits: ${reads}. ` +
      `Current WriteCapacityUnits provisioned for the table: ${writes}. Requested WriteCapacityUnits: ${writes}. ` +
      'Refer to the Amazon DynamoDB Developer Guide for current limits and how to request higher limits.',
  )
}
